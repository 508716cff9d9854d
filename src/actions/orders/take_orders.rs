//! Records orders. The orders that are pending at one time are a batch: one transaction reads each row once, decides
//! the orders in sequence, and writes each row once.

use super::recipes::Recipes;
use crate::{
    actions::catalogue::alike_codes,
    db::{
        Conn, QueryResult,
        availability::{self, Available},
        catalogue::{
            former_codes, ledger,
            skus::{self, Sku},
        },
        orders::{self, Line, Order, OrderKey},
        promotions::holds,
        stores::{self, Stores, listings, rename},
    },
    domain::{
        catalogue::ledger::{Cause, Entry, EntryKind},
        code::{SellerSku, SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        money::{MAX_VALUE_MINOR, decimals_of},
        orders::{
            fulfilment::{EndedSales, Taken},
            order::{CLOCK_TOLERANCE, Fulfiller, IfShort, NewOrder, OrderRefusal, OrderStatus, Payment},
            parts::SoldPart,
        },
        refusal::UnknownSku,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// The orders of one request, form or file chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub cause: Cause,
    pub if_short: IfShort,
    pub orders: Arc<[NewOrder]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The order was recorded. The lines say where their units come from.
    Accepted(Vec<Line>),
    /// The order had been recorded before. Nothing was changed.
    Duplicate(Recorded),
    Rejected(OrderRefusal),
}

/// An order that had been recorded before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub lines: Vec<Line>,
    /// Whether what came in has the same SKUs and quantities, in any sequence of lines.
    pub is_same: bool,
}

/// Whether a new order sells the same SKUs and quantities as a recorded one, in any sequence of lines.
fn is_same(new: &[SoldPart], known: &[Line]) -> bool {
    let mut new: Vec<(&SkuCode, i64)> = new.iter().map(|part| (&part.sku, part.units)).collect();
    let mut known: Vec<(&SkuCode, i64)> = known.iter().map(|line| (&line.sku, line.quantity)).collect();
    new.sort_unstable();
    known.sort_unstable();
    new == known
}

/// Records the orders of `deliveries` in sequence and returns an outcome for each order. An order that names the
/// former code of a store or of a SKU is one of today's.
pub fn run(conn: &mut Conn, deliveries: &[&Delivery]) -> QueryResult<Vec<Vec<Outcome>>> {
    let lines = deliveries.iter().flat_map(|delivery| delivery.orders.iter()).flat_map(|order| &order.lines);
    let former = former_codes::of(conn, lines.filter_map(|line| line.item.sku()).collect::<BTreeSet<_>>())?;
    let former_stores = rename::former_codes(conn)?;
    if former.is_empty() && former_stores.is_empty() {
        return record(conn, deliveries);
    }
    let mut of_today: Vec<Delivery> = deliveries.iter().map(|delivery| (*delivery).clone()).collect();
    for order in of_today.iter_mut().flat_map(|delivery| Arc::make_mut(&mut delivery.orders)) {
        if let Some(now) = former_stores.get(&order.store) {
            order.store = now.clone();
        }
        for line in &mut order.lines {
            if let Some(now) = line.item.sku().and_then(|sku| former.get(sku)) {
                line.item = now.clone().into();
            }
        }
    }
    record(conn, &of_today.iter().collect::<Vec<_>>())
}

fn record(conn: &mut Conn, deliveries: &[&Delivery]) -> QueryResult<Vec<Vec<Outcome>>> {
    let all = || deliveries.iter().flat_map(|delivery| delivery.orders.iter());
    let Some(asked_at) = deliveries.iter().map(|delivery| delivery.cause.at).max() else { return Ok(Vec::new()) };
    let recipes = Recipes::of(conn, all())?;
    let mut sold: Vec<Result<Vec<SoldPart>, SellerSku>> = all().map(|order| recipes.parts(order)).collect();
    let codes: BTreeSet<&SkuCode> = sold.iter().flatten().flatten().map(|part| &part.sku).collect();
    let locked = skus::lock(conn, codes.iter().copied())?;
    let may_reject = deliveries.iter().any(|delivery| delivery.if_short == IfShort::Reject);
    let now = skus::effective_now(&locked, asked_at);
    let mut state = BatchState {
        stores: stores::all(conn)?,
        listed: if may_reject { listings::stores_of(conn, codes.iter().copied())? } else { BTreeMap::new() },
        known: orders::find_all(conn, all().map(|order| (&order.store, &order.number)))?,
        available: availability::of(conn, &locked, now)?,
        // Only an order that was placed before now can be of a sale that is over.
        ended: match all().filter_map(|order| order.placed_at).min() {
            Some(earliest) if earliest < now => holds::ended(conn, codes, earliest, now)?,
            Some(_) | None => EndedSales::default(),
        },
        writes: PendingWrites::default(),
    };
    let mut sold = sold.drain(..);
    let mut outcomes = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        let mut of_delivery = Vec::with_capacity(delivery.orders.len());
        for order in delivery.orders.iter() {
            let parts = sold.next().expect("the parts of each order");
            of_delivery.push(state.take(conn, delivery, order, parts)?);
        }
        outcomes.push(of_delivery);
    }
    state.writes.save(conn, locked)?;
    Ok(outcomes)
}

/// The stored state that the orders of a batch are decided on, updated with each decision, and the pending writes.
struct BatchState<'a> {
    stores: Stores,
    /// Loaded only if an order of the batch may be rejected.
    listed: BTreeMap<SkuCode, Vec<StoreCode>>,
    known: HashMap<OrderKey, Order>,
    available: Available,
    ended: EndedSales,
    writes: PendingWrites<'a>,
}

impl<'a> BatchState<'a> {
    fn take(
        &mut self,
        conn: &mut Conn,
        delivery: &'a Delivery,
        order: &NewOrder,
        parts: Result<Vec<SoldPart>, SellerSku>,
    ) -> QueryResult<Outcome> {
        let key = (order.store.clone(), order.number.clone());
        let cancelled_before = match self.known.get(&key) {
            Some(known) if known.is_cancelled_before_arrival() => Some(known.clone()),
            Some(_) => {
                let lines = self.duplicate(conn, &key)?;
                let is_same = parts.is_ok_and(|parts| is_same(&parts, &lines));
                return Ok(Outcome::Duplicate(Recorded { lines, is_same }));
            }
            None => None,
        };
        let cause = &delivery.cause;
        let placed_at = order.placed_at.unwrap_or(cause.at);
        let parts = match self.check(delivery, order, parts, placed_at) {
            Ok(parts) => parts,
            Err(mut refusal) => {
                if let OrderRefusal::UnknownSku(unknown) = &mut refusal {
                    *unknown = alike_codes::unknown(conn, &unknown.sku)?;
                }
                return Ok(Outcome::Rejected(refusal));
            }
        };
        let currency = self.stores.get(&order.store).and_then(|store| store.currency);
        let price_decimals = decimals_of(currency).cast_signed();
        let mut lines = Vec::with_capacity(parts.len());
        for (position, part) in (0..).zip(parts) {
            let taken = match cancelled_before {
                Some(_) => Taken::default(),
                None => self.take_part(order, &part, placed_at),
            };
            lines.push(line(&key, position, part, taken, price_decimals));
        }
        let row = Order {
            store: order.store.clone(),
            number: order.number.clone(),
            status: cancelled_before.as_ref().map_or(OrderStatus::Open, |cancelled| cancelled.status),
            placed_at,
            received_at: cause.at,
            received_by: cause.actor.clone(),
            closed_at: cancelled_before.as_ref().and_then(|cancelled| cancelled.closed_at),
            closed_by: cancelled_before.as_ref().and_then(|cancelled| cancelled.closed_by.clone()),
            units: lines.iter().map(|line| line.quantity).sum(),
            oversold: lines.iter().map(|line| line.oversold).sum(),
            updated_at: None,
            payment: Payment::Paid,
            fulfilled_by: Fulfiller::Seller,
        };
        self.known.insert(key, row.clone());
        self.writes.add(cause, row, &lines, cancelled_before.is_some());
        Ok(Outcome::Accepted(lines))
    }

    fn take_part(&mut self, order: &NewOrder, part: &SoldPart, placed_at: Moment) -> Taken {
        let availability = self.available.get_mut(&part.sku).expect("every SKU was checked");
        let taken = availability.take(&order.store, part.units, placed_at);
        // One without a time was placed when it came in: it is not late.
        let of_ended = || order.placed_at.and_then(|at| self.ended.of(&part.sku, &order.store, at));
        let promotion = taken.promotion.or_else(of_ended);
        Taken { promotion, ..taken }
    }

    /// The recorded lines of a duplicate, which may be earlier in the same batch.
    fn duplicate(&self, conn: &mut Conn, (store, number): &OrderKey) -> QueryResult<Vec<Line>> {
        let of_batch: Vec<Line> =
            self.writes.lines.iter().filter(|line| line.number == *number && line.store == *store).cloned().collect();
        if of_batch.is_empty() { orders::lines(conn, store, number) } else { Ok(of_batch) }
    }

    /// The parts of an order that can be recorded.
    fn check(
        &self,
        delivery: &Delivery,
        order: &NewOrder,
        parts: Result<Vec<SoldPart>, SellerSku>,
        placed_at: Moment,
    ) -> Result<Vec<SoldPart>, OrderRefusal> {
        let Some(store) = self.stores.get(&order.store) else {
            return Err(OrderRefusal::UnknownStore(order.store.clone()));
        };
        if placed_at.since(delivery.cause.at) > CLOCK_TOLERANCE {
            return Err(OrderRefusal::PlacedInFuture { placed_at, zone: store.zone() });
        }
        if order.value_minor() > i128::from(MAX_VALUE_MINOR) {
            return Err(OrderRefusal::WorthTooMuch { currency: store.currency });
        }
        let unknown = |seller_sku| OrderRefusal::UnknownSellerSku { seller_sku, store: order.store.clone() };
        let parts = parts.map_err(unknown)?;
        if let Some(part) = parts.iter().find(|part| !self.available.contains_key(&part.sku)) {
            return Err(OrderRefusal::UnknownSku(UnknownSku { sku: part.sku.clone(), meant: None }));
        }
        if delivery.if_short == IfShort::Reject {
            self.admit(&order.store, &parts, placed_at)?;
        }
        Ok(parts)
    }

    /// Whether the store can cover an order that is rejected if it falls short.
    fn admit(&self, store: &StoreCode, parts: &[SoldPart], placed_at: Moment) -> Result<(), OrderRefusal> {
        let mut wanted: BTreeMap<&SkuCode, i64> = BTreeMap::new();
        for part in parts {
            *wanted.entry(&part.sku).or_default() += part.units;
        }
        for (sku, units) in wanted {
            if !self.listed.get(sku).is_some_and(|stores| stores.contains(store)) {
                return Err(OrderRefusal::NotListed { sku: sku.clone(), store: store.clone() });
            }
            self.available[sku].admit(sku, store, units, placed_at)?;
        }
        Ok(())
    }
}

fn line((store, number): &OrderKey, position: i64, part: SoldPart, taken: Taken, price_decimals: i32) -> Line {
    let Taken { promotion, from_hold, from_shared, oversold } = taken;
    let SoldPart { seller_sku, sku, per_unit, units, unit_price_minor } = part;
    Line {
        store: store.clone(),
        number: number.clone(),
        position,
        sku,
        quantity: units,
        unit_price_minor,
        promotion_id: promotion,
        from_hold,
        from_shared,
        oversold,
        price_decimals,
        seller_sku,
        per_unit,
        line_id: None,
        own_status: None,
        returned: 0,
        restocked: 0,
        written_off: 0,
        returned_at: None,
    }
}

/// The writes of a batch, collected so that each row is written once.
#[derive(Default)]
struct PendingWrites<'a> {
    new: Vec<Order>,
    /// Orders that were cancelled before they arrived: their rows exist already.
    arrived: Vec<Order>,
    lines: Vec<Line>,
    entries: Vec<(&'a Cause, Entry)>,
    sold: BTreeMap<(SkuCode, PromotionId), i64>,
}

impl<'a> PendingWrites<'a> {
    fn add(&mut self, cause: &'a Cause, order: Order, lines: &[Line], was_cancelled_before: bool) {
        if was_cancelled_before {
            self.arrived.push(order);
        } else {
            self.entries.extend(lines.iter().map(|line| (cause, entry(line))));
            for line in lines.iter().filter(|line| line.from_hold > 0) {
                let promotion = line.promotion_id.expect("units from a hold have its promotion");
                *self.sold.entry((line.sku.clone(), promotion)).or_default() += line.from_hold;
            }
            self.new.push(order);
        }
        self.lines.extend_from_slice(lines);
    }

    fn save(self, conn: &mut Conn, locked: Vec<Sku>) -> QueryResult<()> {
        self.arrived.iter().try_for_each(|order| orders::arrive(conn, order))?;
        orders::insert(conn, &self.new, &self.lines)?;
        self.sold.iter().try_for_each(|((sku, promotion), units)| holds::sell(conn, sku, *promotion, *units))?;
        ledger::record_each(conn, locked, self.entries)
    }
}

fn entry(line: &Line) -> Entry {
    Entry {
        store: Some(line.store.clone()),
        promotion: line.promotion_id,
        order: Some(line.number.clone()),
        change: line.taken().commitment(),
        sold_change: line.from_hold,
        ..Entry::new(line.sku.clone(), EntryKind::OrderTaken)
    }
}
