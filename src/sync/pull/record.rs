//! Records orders as their marketplace has them: each is made what it is now, see `actions::orders::put_state`.
//!
//! What the marketplace had finished before our first sweep has left the shelf before we counted it: it is recorded as
//! finished, and takes nothing.

use crate::{
    actions::orders::{
        put_state::{self, StateRefusal},
        recipes::Recipes,
    },
    db::{
        self, Conn, Failed, QueryResult,
        catalogue::skus,
        orders::{self, Order},
        stores::{self, Store, connections::Connection, pulls::Pull},
    },
    domain::{
        catalogue::ledger::Cause,
        code::{LineId, SellerSku, SkuCode, StoreCode},
        moment::Moment,
        orders::{
            order::{Fulfiller, LineItem, OrderState, OrderStatus, StateLine},
            pulled::{PulledLine, PulledOrder},
        },
    },
};
use std::collections::{BTreeSet, HashSet};

/// What became of the orders of a part.
#[derive(Debug, Default)]
pub struct Recorded {
    /// Why an order was refused, in a sentence for each that was not refused in the same state before.
    pub refused: Vec<String>,
}

/// Records the orders of a store, in the order in which they were placed.
pub fn run(
    conn: &mut Conn,
    connection: &Connection,
    pull: &Pull,
    (pulled, is_same): (&[PulledOrder], &[bool]),
    now: Moment,
) -> Result<Recorded, db::Error> {
    let mut recorded = Recorded::default();
    let Some(store) = stores::find(conn, &connection.store)?.filter(|_| !pulled.is_empty()) else {
        return Ok(recorded);
    };
    let stored = orders::find_all(conn, pulled.iter().map(|order| (&store.code, &order.number)))?;
    let mut changed: Vec<(&PulledOrder, bool)> = Vec::new();
    for (order, is_same) in pulled.iter().zip(is_same) {
        let known = stored.get(&(store.code.clone(), order.number.clone()));
        if !is_same || known.is_none_or(|known| !is_stored_like(known, order)) {
            changed.push((order, *is_same));
        }
    }
    if changed.is_empty() {
        return Ok(recorded);
    }
    lock_skus(conn, &store.code, &changed)?;
    let cause = Cause { actor: connection.kind.label().to_owned(), at: now, reason: String::new() };
    changed.sort_by_key(|(order, _)| (order.placed_at, &order.number));
    for (order, is_same) in changed {
        if let Err(why) = order.check() {
            if !is_same {
                recorded.refused.push(format!("Order {}: {why}", order.number));
            }
            continue;
        }
        let state = match order.placed_at {
            Some(placed_at) if placed_at < pull.began_at => state_of_old(conn, &store, order)?,
            _ => Some(state_of(&store, order, |_| true)),
        };
        let Some(state) = state else { continue };
        if let Some(refusal) = record(conn, &cause, state)?
            && !is_same
        {
            recorded.refused.push(format!("Order {}: {refusal}", order.number));
        }
    }
    Ok(recorded)
}

/// Whether what is stored of an order is what was recorded of this state, as far as its row says it.
fn is_stored_like(known: &Order, order: &PulledOrder) -> bool {
    known.status == order.status() && known.updated_at == order.updated_at && known.payment == order.payment
}

/// Records a state, and returns why it was refused. Units that have left although none are on hand stay promised until
/// somebody counts them.
fn record(conn: &mut Conn, cause: &Cause, state: OrderState) -> Result<Option<StateRefusal>, db::Error> {
    let refusal = match put_state::run(conn, cause, state.clone()) {
        Ok(_) => return Ok(None),
        Err(Failed::Database(error)) => return Err(error),
        Err(Failed::Refused(refusal)) => refusal,
    };
    if let StateRefusal::NotOnHand { .. } = refusal {
        match put_state::run(conn, cause, still_open(state)) {
            Ok(_) | Err(Failed::Refused(_)) => {}
            Err(Failed::Database(error)) => return Err(error),
        }
    }
    Ok(Some(refusal))
}

/// The same state before anything left. It has no time, so that the next one is newer.
fn still_open(mut state: OrderState) -> OrderState {
    for line in &mut state.lines {
        if line.status == Some(OrderStatus::Shipped) {
            line.status = Some(OrderStatus::Open);
            line.quantity += line.returned;
            line.returned = 0;
        }
    }
    OrderState { status: OrderStatus::Open, updated_at: None, ..state }
}

/// Locks the SKUs of all orders in one go, so that transactions lock them in the same order.
fn lock_skus(conn: &mut Conn, store: &StoreCode, pulled: &[(&PulledOrder, bool)]) -> QueryResult<()> {
    let mut names = BTreeSet::new();
    for (order, _) in pulled {
        names.extend(order.ours().map(name_of));
    }
    let recipes = Recipes::of_listings(conn, names.iter().map(|name| (store, name)).collect())?;
    let codes: BTreeSet<&SkuCode> = recipes.skus().collect();
    skus::lock(conn, codes).map(drop)
}

/// The state of an order. The lines are left out that are not `wanted`.
fn state_of(store: &Store, order: &PulledOrder, wanted: impl Fn(&PulledLine) -> bool) -> OrderState {
    let lines = order.ours().filter(|line| wanted(line)).map(|line| StateLine {
        id: LineId::parse(&line.id).ok(),
        item: LineItem::SellerSku(name_of(line)),
        quantity: line.quantity,
        status: Some(line.status),
        returned: line.returned,
        unit_price_minor: line.price_minor(order.currency, store.currency),
    });
    OrderState {
        store: store.code.clone(),
        number: order.number.clone(),
        placed_at: order.placed_at,
        updated_at: order.updated_at,
        status: order.status(),
        payment: Some(order.payment),
        fulfilled_by: Some(order.fulfilled_by()),
        lines: lines.collect(),
    }
}

/// A name that cannot be stored is that of no listing of ours.
fn name_of(line: &PulledLine) -> SellerSku {
    let without_name = PulledLine { seller_sku: String::new(), ..line.clone() };
    SellerSku::parse(&line.name())
        .or_else(|_| SellerSku::parse(&without_name.name()))
        .unwrap_or_else(|_| SellerSku::trusted("a product without a name".to_owned()))
}

/// The state of an order that was placed before our first sweep: what was finished then takes nothing, now and later.
fn state_of_old(conn: &mut Conn, store: &Store, order: &PulledOrder) -> QueryResult<Option<OrderState>> {
    let known = orders::find(conn, &store.code, &order.number)?;
    let is_finished = order.status() != OrderStatus::Open;
    let Some(known) = known else {
        let fulfilled_by = Some(match order.fulfilled_by() {
            Fulfiller::Marketplace => Fulfiller::Marketplace,
            Fulfiller::Seller | Fulfiller::Earlier => Fulfiller::Earlier,
        });
        return Ok(Some(match is_finished {
            true => OrderState { fulfilled_by, ..state_of(store, order, |_| true) },
            false => state_of(store, order, |line| line.status == OrderStatus::Open),
        }));
    };
    if known.fulfilled_by != Fulfiller::Seller {
        return Ok(Some(OrderState { fulfilled_by: None, ..state_of(store, order, |_| true) }));
    }
    let ids = known_lines(conn, &known)?;
    let is_wanted = |line: &PulledLine| line.status == OrderStatus::Open || ids.contains(&line.id);
    Ok(Some(state_of(store, order, is_wanted)))
}

/// The marketplace's ids of the lines that are recorded.
fn known_lines(conn: &mut Conn, order: &Order) -> QueryResult<HashSet<String>> {
    let mut ids = HashSet::new();
    for line in orders::lines(conn, &order.store, &order.number)? {
        ids.extend(line.line_id.map(|id| id.as_str().to_owned()));
    }
    for line in orders::unmatched::of_order(conn, &order.store, &order.number)? {
        ids.extend(line.line_id.map(|id| id.as_str().to_owned()));
    }
    Ok(ids)
}
