//! The history of an order after it was recorded.

use crate::{
    db::{Conn, engine::schema::order_changes},
    domain::{
        catalogue::ledger::Cause,
        code::{OrderNumber, StoreCode},
        moment::Moment,
    },
};
use diesel::{dsl::max, prelude::*};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = order_changes)]
pub struct OrderChange {
    pub at: Moment,
    pub actor: String,
    /// In sentences.
    pub details: String,
}

/// Adds an entry. The order is locked.
pub fn add(
    conn: &mut Conn,
    cause: &Cause,
    (store, number): (&StoreCode, &OrderNumber),
    details: &str,
) -> QueryResult<()> {
    let of_order = order_changes::number.eq(number).and(order_changes::store.eq(store));
    let last: Option<i64> = order_changes::table.filter(of_order).select(max(order_changes::nth)).first(conn)?;
    diesel::insert_into(order_changes::table)
        .values((
            order_changes::store.eq(store),
            order_changes::number.eq(number),
            order_changes::nth.eq(last.unwrap_or(0) + 1),
            order_changes::at.eq(cause.at),
            order_changes::actor.eq(&cause.actor),
            order_changes::details.eq(details),
        ))
        .execute(conn)
        .map(drop)
}

/// How many are shown.
const SHOWN: i64 = 200;

/// The latest of an order, newest first.
pub fn latest(conn: &mut Conn, store: &StoreCode, number: &OrderNumber) -> QueryResult<Vec<OrderChange>> {
    order_changes::table
        .filter(order_changes::number.eq(number).and(order_changes::store.eq(store)))
        .order(order_changes::nth.desc())
        .limit(SHOWN)
        .select(OrderChange::as_select())
        .load(conn)
}
