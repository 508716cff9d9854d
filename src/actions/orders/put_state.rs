//! Makes an order what its store says it is now. The difference to what was known is what it gives back and takes: see
//! [`crate::domain::orders::state`]. A state that comes twice, or that is older than the one that is stored, changes nothing.

use super::{changed_order::ChangedOrder, recipes::Recipes};
use crate::{
    actions::catalogue::alike_codes,
    db::{
        Conn, Failed, QueryResult, availability,
        catalogue::{
            former_codes,
            skus::{self, Sku},
        },
        orders::{self, Line, Order, states, unmatched, unmatched::UnmatchedLine},
        promotions::holds,
        stores::{self, Store, rename},
    },
    domain::{
        catalogue::ledger::Cause,
        code::{OrderNumber, SkuCode, StoreCode},
        moment::Moment,
        money::MAX_VALUE_MINOR,
        orders::{
            fulfilment::EndedSales,
            order::{
                CLOCK_TOLERANCE, Fulfiller, LineItem, OrderRefusal, OrderState, OrderStatus, SAME_NUMBER, StateLine,
            },
            parts::{self, SoldPart},
            state::{Part, Terms, WantedPart, differences},
        },
    },
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What became of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    Created,
    Changed,
    /// The order was like that already.
    Unchanged,
    /// The state is older than the one that is stored.
    Older,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateRefusal {
    #[error(transparent)]
    Order(OrderRefusal),
    #[error("Send a line: the order is new.")]
    NoLines,
    #[error("Check updated_at: it is more than a day in the future.")]
    UpdatedInFuture,
    #[error("Order {number} was placed at {known}: send another that has its number under another number.")]
    NumberReused { number: OrderNumber, known: Moment },
    #[error("Count “{sku}” first: the order has shipped {units} of it, and {on_hand} are on hand.")]
    NotOnHand { sku: SkuCode, units: i64, on_hand: i64 },
}

/// An order that is locked, with its lines; or none.
pub(super) struct Known {
    pub order: Option<Order>,
    pub lines: Vec<Line>,
    pub unmatched: Vec<UnmatchedLine>,
}

impl Known {
    fn read(conn: &mut Conn, store: &StoreCode, number: &OrderNumber) -> QueryResult<Self> {
        let order = orders::find(conn, store, number)?;
        Self::with_lines(conn, order, (store, number))
    }

    fn with_lines(
        conn: &mut Conn,
        order: Option<Order>,
        (store, number): (&StoreCode, &OrderNumber),
    ) -> QueryResult<Self> {
        if order.is_none() {
            return Ok(Self { order, lines: Vec::new(), unmatched: Vec::new() });
        }
        let lines = orders::lines(conn, store, number)?;
        let unmatched = unmatched::of_order(conn, store, number)?;
        Ok(Self { order, lines, unmatched })
    }

    /// Locks the SKUs of the order and `others`, then the order. Its lines may have changed before the lock.
    pub(super) fn lock(
        conn: &mut Conn,
        key @ (store, number): (&StoreCode, &OrderNumber),
        others: &BTreeSet<SkuCode>,
    ) -> QueryResult<(Self, Vec<Sku>)> {
        let before = Self::read(conn, store, number)?;
        let codes: BTreeSet<&SkuCode> = before.lines.iter().map(|line| &line.sku).chain(others).collect();
        let mut locked = skus::lock(conn, codes)?;
        let order = states::lock(conn, store, number)?;
        let known = Self::with_lines(conn, order, key)?;
        let of_known = known.lines.iter().map(|line| &line.sku);
        let missing: BTreeSet<&SkuCode> = of_known.filter(|sku| locked.iter().all(|one| one.code != **sku)).collect();
        if !missing.is_empty() {
            locked.extend(skus::lock(conn, missing)?);
        }
        Ok((known, locked))
    }

    /// The parts that the rules know, in the order of [`Self::lines`].
    pub(super) fn parts(&self) -> Vec<Part> {
        let Some(order) = &self.order else { return Vec::new() };
        self.lines.iter().map(|line| line.part(order.status)).collect()
    }
}

pub fn run(conn: &mut Conn, cause: &Cause, state: OrderState) -> Result<Became, Failed<StateRefusal>> {
    let state = of_today(conn, state)?;
    let key = (&state.store, &state.number);
    let Some(store) = stores::find(conn, &state.store)? else {
        return Err(refused(OrderRefusal::UnknownStore(state.store)));
    };
    check(&store, cause, &state)?;
    let named: BTreeSet<_> = state.lines.iter().filter_map(|line| line.item.seller_sku()).collect();
    let recipes = Recipes::of_listings(conn, named.into_iter().map(|named| (&state.store, named)).collect())?;
    let mut codes: BTreeSet<SkuCode> = recipes.skus().cloned().collect();
    codes.extend(state.lines.iter().filter_map(|line| line.item.sku()).cloned());
    let (known, locked) = Known::lock(conn, key, &codes)?;
    if let Some(unknown) = codes.iter().find(|code| locked.iter().all(|sku| sku.code != **code)) {
        return Err(refused(OrderRefusal::UnknownSku(alike_codes::unknown(conn, unknown)?)));
    }
    if let Some(order) = &known.order {
        if is_older(order, &state) {
            return Ok(Became::Older);
        }
        if state.placed_at.is_some_and(|placed_at| (placed_at.since(order.placed_at)).abs() > SAME_NUMBER)
            && !order.is_cancelled_before_arrival()
        {
            let (number, known) = (order.number.clone(), order.placed_at);
            return Err(Failed::Refused(StateRefusal::NumberReused { number, known }));
        }
    } else if state.lines.is_empty() && state.status != OrderStatus::Cancelled {
        return Err(Failed::Refused(StateRefusal::NoLines));
    }
    apply(conn, cause, (&store, &state), &recipes, known, locked)
}

/// The state with today's codes of its store and of its SKUs. A line that has units of a SKU which was merged into another
/// stays with it.
fn of_today(conn: &mut Conn, mut state: OrderState) -> QueryResult<OrderState> {
    let named: BTreeSet<&SkuCode> = state.lines.iter().filter_map(|line| line.item.sku()).collect();
    let former = former_codes::of(conn, named)?;
    if let Some(now) = rename::former_codes(conn)?.remove(&state.store) {
        state.store = now;
    }
    if former.is_empty() {
        return Ok(state);
    }
    let known = Known::read(conn, &state.store, &state.number)?.parts();
    for line in &mut state.lines {
        let Some(sku) = line.item.sku() else { continue };
        let stays = known.iter().any(|part| part.sku == *sku && part.id == line.id && !part.is_cancelled());
        if let Some(now) = former.get(sku).filter(|_| !stays) {
            line.item = now.clone().into();
        }
    }
    Ok(state)
}

fn refused(refusal: OrderRefusal) -> Failed<StateRefusal> {
    Failed::Refused(StateRefusal::Order(refusal))
}

fn check(store: &Store, cause: &Cause, state: &OrderState) -> Result<(), Failed<StateRefusal>> {
    if let Some(placed_at) = state.placed_at.filter(|at| at.since(cause.at) > CLOCK_TOLERANCE) {
        return Err(refused(OrderRefusal::PlacedInFuture { placed_at, zone: store.zone() }));
    }
    if state.updated_at.is_some_and(|at| at.since(cause.at) > CLOCK_TOLERANCE) {
        return Err(Failed::Refused(StateRefusal::UpdatedInFuture));
    }
    if state.value_minor() > i128::from(MAX_VALUE_MINOR) {
        return Err(refused(OrderRefusal::WorthTooMuch { currency: store.currency }));
    }
    Ok(())
}

/// Whether the stored state is newer. All that is known of an order that was cancelled before it arrived is when.
fn is_older(order: &Order, state: &OrderState) -> bool {
    let since = if order.is_cancelled_before_arrival() { order.closed_at } else { order.updated_at };
    let since = order.updated_at.max(since.filter(|_| state.status != OrderStatus::Cancelled));
    state.updated_at.zip(since).is_some_and(|(now, stored)| now < stored)
}

fn apply(
    conn: &mut Conn,
    cause: &Cause,
    (store, state): (&Store, &OrderState),
    recipes: &Recipes,
    known: Known,
    locked: Vec<Sku>,
) -> Result<Became, Failed<StateRefusal>> {
    let before = known.parts();
    let Wanted { parts, unmatched } = wanted(state, recipes, &before);
    let now = skus::effective_now(&locked, cause.at);
    let mut available = availability::of(conn, &locked, now)?;
    let placed_at = match &known.order {
        Some(order) if !order.is_cancelled_before_arrival() => order.placed_at,
        Some(_) | None => state.placed_at.unwrap_or(cause.at),
    };
    let codes = locked.iter().map(|sku| &sku.code);
    let ended = if placed_at < now { holds::ended(conn, codes, placed_at, now)? } else { EndedSales::default() };
    let stored = known.order.as_ref();
    let fulfilled_by = state.fulfilled_by.or(stored.map(|order| order.fulfilled_by)).unwrap_or(Fulfiller::Seller);
    let terms = Terms {
        store: &state.store,
        placed_at,
        takes: fulfilled_by == Fulfiller::Seller,
        status: state.status,
        ended: &ended,
    };
    let found = differences(&before, &parts, &terms, &mut available);
    for sku in &locked {
        let on_hand = available[&sku.code].stock.on_hand;
        if on_hand < 0 {
            let sku_code = sku.code.clone();
            let refusal = StateRefusal::NotOnHand { sku: sku_code, units: sku.on_hand - on_hand, on_hand: sku.on_hand };
            return Err(Failed::Refused(refusal));
        }
    }
    let mut changed = ChangedOrder::new(store, cause, known, (&state.number, placed_at));
    changed.order.payment = state.payment.unwrap_or(changed.order.payment);
    changed.order.fulfilled_by = fulfilled_by;
    changed.order.updated_at = changed.order.updated_at.max(state.updated_at);
    changed.apply(&found, &unmatched);
    Ok(changed.save(conn, cause, locked)?)
}

/// What is wanted now.
struct Wanted {
    parts: Vec<WantedPart>,
    unmatched: Vec<StateLine>,
}

fn wanted(state: &OrderState, recipes: &Recipes, known: &[Part]) -> Wanted {
    let mut of_lines: HashMap<_, Vec<&Part>> = HashMap::new();
    for part in known {
        if let (Some(id), Some(seller_sku)) = (&part.id, &part.seller_sku) {
            of_lines.entry((id, seller_sku)).or_default().push(part);
        }
    }
    let mut wanted = Wanted { parts: Vec::new(), unmatched: Vec::new() };
    for line in &state.lines {
        let status = line.status.unwrap_or(state.status);
        let of_known = line.id.as_ref().zip(line.item.seller_sku()).and_then(|key| of_lines.get(&key));
        let sold = match of_known {
            // What the listing was made of when the line was taken: the customer ordered that.
            Some(known) => sold_before(line, known),
            None => sold_now(&state.store, line, recipes),
        };
        let Some(sold) = sold else {
            wanted.unmatched.push(StateLine { status: Some(status), ..line.clone() });
            continue;
        };
        for part in sold {
            wanted.parts.push(WantedPart::of(line, status, part));
        }
    }
    wanted
}

fn sold_before(line: &StateLine, known: &[&Part]) -> Option<Vec<SoldPart>> {
    let seller_sku = line.item.seller_sku()?;
    let mut of_sku: BTreeMap<&SkuCode, SoldPart> = BTreeMap::new();
    for part in known {
        let units = (part.per_unit, line.quantity);
        of_sku.insert(&part.sku, SoldPart::of_listing(seller_sku, part.sku.clone(), units));
    }
    let mut sold: Vec<SoldPart> = of_sku.into_values().collect();
    parts::share_price(&mut sold, line.unit_price_minor);
    Some(sold)
}

fn sold_now(store: &StoreCode, line: &StateLine, recipes: &Recipes) -> Option<Vec<SoldPart>> {
    let components = match &line.item {
        LineItem::Sku(_) => None,
        LineItem::SellerSku(seller_sku) => Some(recipes.components(store, seller_sku)?),
    };
    Some(parts::parts(&line.item, line.quantity, line.unit_price_minor, components))
}
