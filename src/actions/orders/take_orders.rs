//! Records orders. The orders that are pending at one time are a batch: one transaction reads each row once, decides
//! the orders in sequence, and writes each row once.

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
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        money::{MAX_VALUE_MINOR, decimals_of},
        orders::{
            fulfilment::Taken,
            order::{CLOCK_TOLERANCE, IfShort, NewLine, NewOrder, OrderRefusal, OrderStatus},
        },
        refusal::UnknownSku,
    },
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The orders of one request, form or file chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub cause: Cause,
    pub if_short: IfShort,
    pub orders: Vec<NewOrder>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The order was recorded. The lines say where their units come from.
    Accepted(Vec<Line>),
    /// The order had been recorded before, with these lines. Nothing was changed.
    Duplicate(Vec<Line>),
    Rejected(OrderRefusal),
}

/// Whether a new order sells the same SKUs and quantities as a recorded one, in any sequence of lines.
pub fn is_same(new: &[NewLine], known: &[Line]) -> bool {
    let mut new: Vec<(&SkuCode, i64)> = new.iter().map(|line| (&line.sku, line.quantity)).collect();
    let mut known: Vec<(&SkuCode, i64)> = known.iter().map(|line| (&line.sku, line.quantity)).collect();
    new.sort_unstable();
    known.sort_unstable();
    new == known
}

/// Records the orders of `deliveries` in sequence and returns an outcome for each order. An order that names the
/// former code of a store or of a SKU is one of today's.
pub fn run(conn: &mut Conn, deliveries: &[&Delivery]) -> QueryResult<Vec<Vec<Outcome>>> {
    let lines = deliveries.iter().flat_map(|delivery| &delivery.orders).flat_map(|order| &order.lines);
    let former = former_codes::of(conn, lines.map(|line| &line.sku).collect::<BTreeSet<_>>())?;
    let former_stores = rename::former_codes(conn)?;
    if former.is_empty() && former_stores.is_empty() {
        return record(conn, deliveries);
    }
    let mut of_today: Vec<Delivery> = deliveries.iter().map(|delivery| (*delivery).clone()).collect();
    for order in of_today.iter_mut().flat_map(|delivery| &mut delivery.orders) {
        if let Some(now) = former_stores.get(&order.store) {
            order.store = now.clone();
        }
        for line in &mut order.lines {
            if let Some(now) = former.get(&line.sku) {
                line.sku = now.clone();
            }
        }
    }
    record(conn, &of_today.iter().collect::<Vec<_>>())
}

fn record(conn: &mut Conn, deliveries: &[&Delivery]) -> QueryResult<Vec<Vec<Outcome>>> {
    let all = || deliveries.iter().flat_map(|delivery| &delivery.orders);
    let Some(asked_at) = deliveries.iter().map(|delivery| delivery.cause.at).max() else { return Ok(Vec::new()) };
    let codes: BTreeSet<&SkuCode> = all().flat_map(|order| order.lines.iter().map(|line| &line.sku)).collect();
    let locked = skus::lock(conn, codes.iter().copied())?;
    let may_reject = deliveries.iter().any(|delivery| delivery.if_short == IfShort::Reject);
    let mut state = BatchState {
        stores: stores::all(conn)?,
        listed: if may_reject { listings::stores_of(conn, codes.iter().copied())? } else { BTreeMap::new() },
        known: orders::find_all(conn, all().map(|order| (&order.store, &order.number)))?,
        available: availability::of(conn, &locked, skus::effective_now(&locked, asked_at))?,
        writes: PendingWrites::default(),
    };
    let mut outcomes = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        let mut of_delivery = Vec::with_capacity(delivery.orders.len());
        for order in &delivery.orders {
            of_delivery.push(state.take(conn, delivery, order)?);
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
    writes: PendingWrites<'a>,
}

impl<'a> BatchState<'a> {
    fn take(&mut self, conn: &mut Conn, delivery: &'a Delivery, order: &NewOrder) -> QueryResult<Outcome> {
        let key = (order.store.clone(), order.number.clone());
        let cancelled_before = match self.known.get(&key) {
            Some(known) if known.is_cancelled_before_arrival() => Some(known.clone()),
            Some(_) => return self.duplicate(conn, &key).map(Outcome::Duplicate),
            None => None,
        };
        let cause = &delivery.cause;
        let placed_at = order.placed_at.unwrap_or(cause.at);
        if let Err(mut refusal) = self.check(delivery, order, placed_at) {
            if let OrderRefusal::UnknownSku(unknown) = &mut refusal {
                *unknown = alike_codes::unknown(conn, &unknown.sku)?;
            }
            return Ok(Outcome::Rejected(refusal));
        }
        let currency = self.stores.get(&order.store).and_then(|store| store.currency);
        let price_decimals = decimals_of(currency).cast_signed();
        let mut lines = Vec::with_capacity(order.lines.len());
        for (position, line) in (0..).zip(&order.lines) {
            let taken = if cancelled_before.is_some() {
                Taken::default()
            } else {
                let availability = self.available.get_mut(&line.sku).expect("every SKU was checked");
                availability.take(&order.store, line.quantity, placed_at)
            };
            let Taken { promotion, from_hold, from_shared, oversold } = taken;
            lines.push(Line {
                store: order.store.clone(),
                number: order.number.clone(),
                position,
                sku: line.sku.clone(),
                quantity: line.quantity,
                unit_price_minor: line.unit_price_minor,
                promotion_id: promotion,
                from_hold,
                from_shared,
                oversold,
                price_decimals,
            });
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
        };
        self.known.insert(key, row.clone());
        self.writes.add(cause, row, &lines, cancelled_before.is_some());
        Ok(Outcome::Accepted(lines))
    }

    /// The recorded lines of a duplicate, which may be earlier in the same batch.
    fn duplicate(&self, conn: &mut Conn, (store, number): &OrderKey) -> QueryResult<Vec<Line>> {
        let of_batch: Vec<Line> =
            self.writes.lines.iter().filter(|line| line.number == *number && line.store == *store).cloned().collect();
        if of_batch.is_empty() { orders::lines(conn, store, number) } else { Ok(of_batch) }
    }

    fn check(&self, delivery: &Delivery, order: &NewOrder, placed_at: Moment) -> Result<(), OrderRefusal> {
        let Some(store) = self.stores.get(&order.store) else {
            return Err(OrderRefusal::UnknownStore(order.store.clone()));
        };
        if placed_at.since(delivery.cause.at) > CLOCK_TOLERANCE {
            return Err(OrderRefusal::PlacedInFuture { placed_at, zone: store.zone() });
        }
        if order.value_minor() > i128::from(MAX_VALUE_MINOR) {
            return Err(OrderRefusal::WorthTooMuch { currency: store.currency });
        }
        if let Some(line) = order.lines.iter().find(|line| !self.available.contains_key(&line.sku)) {
            return Err(OrderRefusal::UnknownSku(UnknownSku { sku: line.sku.clone(), meant: None }));
        }
        match delivery.if_short {
            IfShort::Record => Ok(()),
            IfShort::Reject => self.admit(order, placed_at),
        }
    }

    /// Whether the store can cover an order that is rejected if it falls short.
    fn admit(&self, order: &NewOrder, placed_at: Moment) -> Result<(), OrderRefusal> {
        let mut wanted: BTreeMap<&SkuCode, i64> = BTreeMap::new();
        for line in &order.lines {
            *wanted.entry(&line.sku).or_default() += line.quantity;
        }
        for (sku, units) in wanted {
            if !self.listed.get(sku).is_some_and(|stores| stores.contains(&order.store)) {
                return Err(OrderRefusal::NotListed { sku: sku.clone(), store: order.store.clone() });
            }
            self.available[sku].admit(sku, &order.store, units, placed_at)?;
        }
        Ok(())
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
