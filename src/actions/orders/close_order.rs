//! Ships or cancels an order; doing the same a second time changes nothing. Only the state that its store says it is in can
//! make it another afterwards.

use super::{changed_order::ChangedOrder, put_state::Known};
use crate::{
    db::{
        Conn, Failed, QueryResult, availability,
        catalogue::skus::{self, Sku},
        orders::{self, Order, owed::Owed},
        stores,
    },
    domain::{
        catalogue::ledger::Cause,
        code::{OrderNumber, SkuCode, StoreCode},
        orders::{
            order::{Fulfiller, OrderStatus, Payment, StateLine},
            state::WantedPart,
        },
        text::counted,
    },
};
use std::collections::{BTreeMap, BTreeSet};

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
    let (known, skus) = Known::lock(conn, key, &BTreeSet::new())?;
    let Some(order) = known.order.clone() else { return Err(unknown(key)) };
    match order.status {
        OrderStatus::Shipped => return Ok(()),
        OrderStatus::Cancelled => return Err(Failed::Refused(CloseRefusal::AlreadyCancelled)),
        OrderStatus::Open => {}
    }
    let mut wanted: BTreeMap<&SkuCode, i64> = BTreeMap::new();
    for line in known.lines.iter().filter(|line| line.status(order.status) == OrderStatus::Open) {
        *wanted.entry(&line.sku).or_default() += line.taken().total();
    }
    for sku in &skus {
        let units = wanted.get(&sku.code).copied().unwrap_or(0);
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
    Ok(close(conn, cause, (known, skus), OrderStatus::Shipped)?)
}

/// Gives the units of the order back to where they came from: the hold or the shared stock. The cancellation of an
/// unknown order is stored, so that the order takes nothing if it arrives later. Lines that were shipped on their own stay.
pub fn cancel(conn: &mut Conn, cause: &Cause, key: (&StoreCode, &OrderNumber)) -> Result<(), Failed<CloseRefusal>> {
    let (known, skus) = Known::lock(conn, key, &BTreeSet::new())?;
    let Some(order) = &known.order else {
        return cancel_before_arrival(conn, cause, key);
    };
    match order.status {
        OrderStatus::Cancelled => return Ok(()),
        OrderStatus::Shipped => return Err(Failed::Refused(CloseRefusal::AlreadyShipped)),
        OrderStatus::Open => {}
    }
    Ok(close(conn, cause, (known, skus), OrderStatus::Cancelled)?)
}

/// Gives `status` to the lines that are open.
fn close(conn: &mut Conn, cause: &Cause, (known, skus): (Known, Vec<Sku>), status: OrderStatus) -> QueryResult<()> {
    let order = known.order.clone().expect("it was found");
    let store = stores::find(conn, &order.store)?.expect("orders have a store");
    let of_line = |line: OrderStatus| if line == OrderStatus::Open { status } else { line };
    let unmatched: Vec<StateLine> =
        known.unmatched.iter().map(|line| line.state(of_line(line.status(order.status)))).collect();
    let mut changed = ChangedOrder::new(&store, cause, known, (&order.number, order.placed_at));
    changed.rearrange(
        conn,
        cause,
        &skus,
        |part| WantedPart { status: of_line(part.status), ..part },
        (&[], &unmatched),
    )?;
    changed.save(conn, cause, skus).map(drop)
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
        updated_at: None,
        payment: Payment::Paid,
        fulfilled_by: Fulfiller::Seller,
    };
    Ok(orders::insert(conn, &[cancelled], &[])?)
}

fn unknown((store, number): (&StoreCode, &OrderNumber)) -> Failed<CloseRefusal> {
    Failed::Refused(CloseRefusal::Unknown(store.clone(), number.clone()))
}
