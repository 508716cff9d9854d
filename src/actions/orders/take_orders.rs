//! Takes orders. However many there are, their rows are read once, they are decided one after another in their order,
//! and each row is written once: what waits together is one transaction.

use crate::{
    db::{
        Conn, QueryResult,
        catalogue::{
            ledger,
            skus::{self, Sku},
        },
        orders::{self, Line, Order, OrderKey},
        promotions::holds,
        stores::{self, listings},
    },
    domain::{
        catalogue::ledger::{Cause, Entry, EntryKind},
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        orders::{
            fulfilment::{Shelf, Taken},
            order::{CLOCK_TOLERANCE, IfShort, MAX_VALUE_MINOR, NewLine, NewOrder, OrderRefusal, OrderStatus},
        },
    },
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Orders that came in together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Who sent or typed them, and when.
    pub cause: Cause,
    /// What to do with those that want more than their store is shown.
    pub if_short: IfShort,
    /// The orders.
    pub orders: Vec<NewOrder>,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was recorded, with where its units come from, by line.
    Accepted(Vec<Line>),
    /// It had been recorded before: nothing changed.
    Duplicate(Vec<Line>),
    /// It was not recorded.
    Rejected(OrderRefusal),
}

/// Whether a new order sells the same as one that is known, in any order of its lines.
#[must_use]
pub fn is_same(new: &[NewLine], known: &[Line]) -> bool {
    let mut new: Vec<(&SkuCode, i64)> = new.iter().map(|line| (&line.sku, line.quantity)).collect();
    let mut known: Vec<(&SkuCode, i64)> = known.iter().map(|line| (&line.sku, line.quantity)).collect();
    new.sort_unstable();
    known.sort_unstable();
    new == known
}

/// Takes the orders of `deliveries` one after another and answers for each.
///
/// # Errors
/// When the database fails: none was taken.
pub fn run(conn: &mut Conn, deliveries: &[&Delivery]) -> QueryResult<Vec<Vec<Outcome>>> {
    let all = || deliveries.iter().flat_map(|delivery| &delivery.orders);
    let Some(asked_at) = deliveries.iter().map(|delivery| delivery.cause.at).max() else { return Ok(Vec::new()) };
    let codes: BTreeSet<&SkuCode> = all().flat_map(|order| order.lines.iter().map(|line| &line.sku)).collect();
    let locked = skus::lock(conn, codes.iter().copied())?;
    let asks = deliveries.iter().any(|delivery| delivery.if_short == IfShort::Reject);
    let mut batch = BatchState {
        stores: stores::all(conn)?.into_iter().map(|store| store.code).collect(),
        listed: if asks { listings::stores_of(conn, codes.iter().copied())? } else { BTreeMap::new() },
        known: orders::find_all(conn, all().map(|order| (&order.store, &order.number)))?,
        shelves: holds::shelves(conn, &locked, skus::now_for(&locked, asked_at))?,
        written: Written::default(),
    };
    let mut outcomes = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        let of_one = delivery.orders.iter().map(|order| batch.take(conn, delivery, order));
        outcomes.push(of_one.collect::<QueryResult<Vec<Outcome>>>()?);
    }
    batch.written.save(conn, locked)?;
    Ok(outcomes)
}

/// What the orders are decided on, and what was decided.
struct BatchState<'a> {
    stores: HashSet<StoreCode>,
    listed: BTreeMap<SkuCode, Vec<StoreCode>>,
    known: HashMap<OrderKey, Order>,
    shelves: HashMap<SkuCode, Shelf>,
    written: Written<'a>,
}

impl<'a> BatchState<'a> {
    fn take(&mut self, conn: &mut Conn, delivery: &'a Delivery, order: &NewOrder) -> QueryResult<Outcome> {
        let key = (order.store.clone(), order.number.clone());
        let awaited = match self.known.get(&key) {
            Some(known) if known.is_awaited() => Some(known.clone()),
            Some(_) => return self.duplicate(conn, &key).map(Outcome::Duplicate),
            None => None,
        };
        let cause = &delivery.cause;
        let placed_at = order.placed_at.unwrap_or(cause.at);
        if let Err(refusal) = self.check(delivery, order, placed_at) {
            return Ok(Outcome::Rejected(refusal));
        }
        let lines: Vec<Line> = match &awaited {
            // It was cancelled before it came in: there is nothing to take.
            Some(_) => lines_of(order, |_| Taken::default()),
            None => lines_of(order, |line| {
                let shelf = self.shelves.get_mut(&line.sku).expect("every SKU was checked");
                shelf.take(&order.store, line.quantity, placed_at)
            }),
        };
        let row = Order {
            store: order.store.clone(),
            number: order.number.clone(),
            status: awaited.as_ref().map_or(OrderStatus::Open, |awaited| awaited.status),
            placed_at,
            received_at: cause.at,
            received_by: cause.actor.clone(),
            closed_at: awaited.as_ref().and_then(|awaited| awaited.closed_at),
            closed_by: awaited.as_ref().and_then(|awaited| awaited.closed_by.clone()),
            units: lines.iter().map(|line| line.quantity).sum(),
            oversold: lines.iter().map(|line| line.oversold).sum(),
        };
        self.known.insert(key, row.clone());
        self.written.add(cause, row, &lines, awaited.is_some());
        Ok(Outcome::Accepted(lines))
    }

    /// The lines of an order that is known: from this batch, or as they were kept.
    fn duplicate(&self, conn: &mut Conn, (store, number): &OrderKey) -> QueryResult<Vec<Line>> {
        let of_batch: Vec<Line> =
            self.written.lines.iter().filter(|line| line.number == *number && line.store == *store).cloned().collect();
        if of_batch.is_empty() { orders::lines(conn, store, number) } else { Ok(of_batch) }
    }

    fn check(&self, delivery: &Delivery, order: &NewOrder, placed_at: Moment) -> Result<(), OrderRefusal> {
        if !self.stores.contains(&order.store) {
            return Err(OrderRefusal::UnknownStore(order.store.clone()));
        }
        if placed_at.since(delivery.cause.at) > CLOCK_TOLERANCE {
            return Err(OrderRefusal::PlacedInFuture(placed_at));
        }
        if order.value_minor() > i128::from(MAX_VALUE_MINOR) {
            return Err(OrderRefusal::WorthTooMuch);
        }
        if let Some(line) = order.lines.iter().find(|line| !self.shelves.contains_key(&line.sku)) {
            return Err(OrderRefusal::UnknownSku(line.sku.clone()));
        }
        match delivery.if_short {
            IfShort::Record => Ok(()),
            IfShort::Reject => self.admit(order, placed_at),
        }
    }

    /// Whether an order that asks before it sells may have all it wants.
    fn admit(&self, order: &NewOrder, placed_at: Moment) -> Result<(), OrderRefusal> {
        let mut asked: BTreeMap<&SkuCode, i64> = BTreeMap::new();
        order.lines.iter().for_each(|line| *asked.entry(&line.sku).or_default() += line.quantity);
        asked.into_iter().try_for_each(|(sku, units)| {
            if !self.listed.get(sku).is_some_and(|stores| stores.contains(&order.store)) {
                return Err(OrderRefusal::NotListed { sku: sku.clone(), store: order.store.clone() });
            }
            self.shelves[sku].admit(sku, &order.store, units, placed_at)
        })
    }
}

fn lines_of(order: &NewOrder, mut take: impl FnMut(&NewLine) -> Taken) -> Vec<Line> {
    let line = |(position, line): (usize, &NewLine)| {
        let Taken { promotion: promotion_id, from_hold, from_shared, oversold } = take(line);
        Line {
            store: order.store.clone(),
            number: order.number.clone(),
            position: i64::try_from(position).expect("a thousand lines at most"),
            sku: line.sku.clone(),
            quantity: line.quantity,
            unit_price_minor: line.unit_price_minor,
            promotion_id,
            from_hold,
            from_shared,
            oversold,
        }
    };
    order.lines.iter().enumerate().map(line).collect()
}

/// What is to be written of a batch.
#[derive(Default)]
struct Written<'a> {
    new: Vec<Order>,
    arrived: Vec<Order>,
    lines: Vec<Line>,
    entries: Vec<(&'a Cause, Entry)>,
    sold: BTreeMap<(SkuCode, PromotionId), i64>,
}

impl<'a> Written<'a> {
    fn add(&mut self, cause: &'a Cause, order: Order, lines: &[Line], was_awaited: bool) {
        if was_awaited {
            self.arrived.push(order);
        } else {
            self.entries.extend(lines.iter().map(|line| (cause, entry(line))));
            for line in lines.iter().filter(|line| line.from_hold > 0) {
                let promotion = line.promotion_id.expect("what comes from a hold comes from its promotion");
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
