//! Ships or cancels an order. Both are final; doing the same a second time changes nothing.

use crate::{
    db::{
        Conn, Failed, QueryResult, availability,
        catalogue::{
            ledger,
            skus::{self, Sku},
        },
        orders::{self, Line, Order, owed::Owed},
        promotions::holds,
        stores,
    },
    domain::{
        catalogue::ledger::{Cause, Entry, EntryKind},
        code::{OrderNumber, SkuCode, StoreCode},
        orders::order::OrderStatus,
        text::counted,
    },
};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloseRefusal {
    #[error("There is no order {1} of {0}.")]
    Unknown(StoreCode, OrderNumber),
    #[error("There is no store “{0}”.")]
    UnknownStore(StoreCode),
    #[error("The order was cancelled: it cannot be shipped.")]
    AlreadyCancelled,
    #[error("The order was shipped: it cannot be cancelled.")]
    AlreadyShipped,
    #[error("Count “{sku}” first: the order has {units} of it, and {on_hand} are on hand.")]
    NotOnHand { sku: SkuCode, units: i64, on_hand: i64 },
    /// Only with [`IfShort::Ask`].
    #[error("“{sku}” is still short by {}: shipping this order takes {} that {} promised to others.", counted(short, "unit"), if *short == 1 { "a unit" } else { "units" }, if *short == 1 { "is" } else { "are" })]
    StillShort { sku: SkuCode, short: i64 },
}

/// What to do with an order that is shipped while stock does not cover all of it: its missing units would be those that
/// other orders and flash sales were promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfShort {
    Ask,
    /// It has left the warehouse.
    Ship,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    Ship,
    Cancel,
}

/// [`ship`] or [`cancel`] for the pages, which know the order. An unknown order is refused; only the API may cancel an
/// order before it has arrived.
pub fn run(
    conn: &mut Conn,
    cause: &Cause,
    (closing, if_short): (Closing, IfShort),
    key: (&StoreCode, &OrderNumber),
) -> Result<(), Failed<CloseRefusal>> {
    match closing {
        _ if orders::find(conn, key.0, key.1)?.is_none() => Err(unknown(key)),
        Closing::Ship => ship_if(conn, cause, key, if_short),
        Closing::Cancel => cancel(conn, cause, key),
    }
}

/// Takes the units of the order out of the stock on hand, for a program: it tells what has happened.
pub fn ship(conn: &mut Conn, cause: &Cause, key: (&StoreCode, &OrderNumber)) -> Result<(), Failed<CloseRefusal>> {
    ship_if(conn, cause, key, IfShort::Ship)
}

fn ship_if(
    conn: &mut Conn,
    cause: &Cause,
    key: (&StoreCode, &OrderNumber),
    if_short: IfShort,
) -> Result<(), Failed<CloseRefusal>> {
    let Some(Locked { order, lines, skus }) = lock(conn, key)? else { return Err(unknown(key)) };
    match order.status {
        OrderStatus::Shipped => return Ok(()),
        OrderStatus::Cancelled => return Err(Failed::Refused(CloseRefusal::AlreadyCancelled)),
        OrderStatus::Open => {}
    }
    let mut wanted: BTreeMap<&SkuCode, i64> = BTreeMap::new();
    for line in &lines {
        *wanted.entry(&line.sku).or_default() += line.quantity;
    }
    for sku in &skus {
        let units = wanted[&sku.code];
        let on_hand = sku.on_hand;
        if units > on_hand {
            return Err(Failed::Refused(CloseRefusal::NotOnHand { sku: sku.code.clone(), units, on_hand }));
        }
    }
    if if_short == IfShort::Ask && order.oversold > 0 {
        let now = skus::effective_now(&skus, cause.at);
        let available = availability::of(conn, &skus, now)?;
        let owed = Owed::of_available(conn, &available)?.skus_of(&order.key());
        if let Some((sku, of_sku)) = owed.iter().find(|(_, of_sku)| of_sku.short() > 0) {
            return Err(Failed::Refused(CloseRefusal::StillShort { sku: sku.clone(), short: of_sku.short() }));
        }
    }
    orders::close(conn, &order, &lines, OrderStatus::Shipped, (cause.at, &cause.actor))?;
    let mut entries = Vec::with_capacity(lines.len());
    for line in &lines {
        entries.push(Entry { change: line.taken().shipment(), ..entry(line, EntryKind::OrderShipped) });
    }
    Ok(ledger::record(conn, cause, skus, entries)?)
}

/// Gives the units of the order back to where they came from: the hold or the shared stock. The cancellation of an
/// unknown order is stored, so that the order takes nothing if it arrives later.
pub fn cancel(conn: &mut Conn, cause: &Cause, key: (&StoreCode, &OrderNumber)) -> Result<(), Failed<CloseRefusal>> {
    let Some(Locked { order, lines, skus }) = lock(conn, key)? else {
        return cancel_before_arrival(conn, cause, key);
    };
    match order.status {
        OrderStatus::Cancelled => return Ok(()),
        OrderStatus::Shipped => return Err(Failed::Refused(CloseRefusal::AlreadyShipped)),
        OrderStatus::Open => {}
    }
    orders::close(conn, &order, &lines, OrderStatus::Cancelled, (cause.at, &cause.actor))?;
    let mut entries = Vec::with_capacity(lines.len());
    for line in &lines {
        let held_change = match (line.from_hold, line.promotion_id) {
            (0, _) => 0,
            (units, Some(promotion)) => holds::give_back(conn, &line.sku, promotion, units)?,
            (units, None) => panic!("{units} units came from a hold without a promotion"),
        };
        entries.push(Entry {
            change: -line.taken().commitment(),
            held_change,
            sold_change: -line.from_hold,
            ..entry(line, EntryKind::OrderCancelled)
        });
    }
    Ok(ledger::record(conn, cause, skus, entries)?)
}

/// An order whose SKUs are locked, so that no other transaction can close it.
struct Locked {
    order: Order,
    lines: Vec<Line>,
    skus: Vec<Sku>,
}

fn lock(conn: &mut Conn, (store, number): (&StoreCode, &OrderNumber)) -> QueryResult<Option<Locked>> {
    if orders::find(conn, store, number)?.is_none() {
        return Ok(None);
    }
    // The lines of an order never change, but its status may have changed before its SKUs were locked.
    let lines = orders::lines(conn, store, number)?;
    let skus = skus::lock(conn, lines.iter().map(|line| &line.sku))?;
    let order = orders::find(conn, store, number)?.expect("orders are never deleted");
    Ok(Some(Locked { order, lines, skus }))
}

fn cancel_before_arrival(
    conn: &mut Conn,
    cause: &Cause,
    (store, number): (&StoreCode, &OrderNumber),
) -> Result<(), Failed<CloseRefusal>> {
    if stores::find(conn, store)?.is_none() {
        return Err(Failed::Refused(CloseRefusal::UnknownStore(store.clone())));
    }
    let cancelled = Order {
        store: store.clone(),
        number: number.clone(),
        status: OrderStatus::Cancelled,
        placed_at: cause.at,
        received_at: cause.at,
        received_by: cause.actor.clone(),
        closed_at: Some(cause.at),
        closed_by: Some(cause.actor.clone()),
        units: 0,
        oversold: 0,
    };
    Ok(orders::insert(conn, &[cancelled], &[])?)
}

fn unknown((store, number): (&StoreCode, &OrderNumber)) -> Failed<CloseRefusal> {
    Failed::Refused(CloseRefusal::Unknown(store.clone(), number.clone()))
}

fn entry(line: &Line, kind: EntryKind) -> Entry {
    Entry {
        store: Some(line.store.clone()),
        promotion: line.promotion_id,
        order: Some(line.number.clone()),
        ..Entry::new(line.sku.clone(), kind)
    }
}
