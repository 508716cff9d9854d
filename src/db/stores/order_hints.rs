//! Orders that messages of marketplaces were about: they have to be read again. A message that comes twice is known as long as
//! its row is there.

use crate::{
    db::{Conn, engine::schema::order_hints},
    domain::{code::StoreCode, moment::Moment},
    on_db,
};
use diesel::{dsl::exists, prelude::*, upsert::excluded};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = order_hints, treat_none_as_default_value = false)]
pub struct Hint {
    pub store: StoreCode,
    /// By which the order is asked for.
    pub order_id: String,
    /// What the message said, to know it again.
    pub message_key: String,
    pub noted_at: Moment,
    pub read_at: Option<Moment>,
}

/// Notes that the order has to be read. Does nothing if the same message is noted already.
pub fn note(conn: &mut Conn, hint: &Hint) -> QueryResult<bool> {
    let found: Option<Hint> =
        order_hints::table.find((&hint.store, &hint.order_id)).select(Hint::as_select()).first(conn).optional()?;
    if found.is_some_and(|found| found.message_key == hint.message_key) {
        return Ok(false);
    }
    on_db!(conn, |conn| {
        diesel::insert_into(order_hints::table)
            .values(hint)
            .on_conflict((order_hints::store, order_hints::order_id))
            .do_update()
            .set((
                order_hints::message_key.eq(excluded(order_hints::message_key)),
                order_hints::noted_at.eq(excluded(order_hints::noted_at)),
                order_hints::read_at.eq(excluded(order_hints::read_at)),
            ))
            .execute(conn)
    })?;
    Ok(true)
}

/// The stores with orders that have to be read.
pub fn stores_waiting(conn: &mut Conn) -> QueryResult<Vec<StoreCode>> {
    let unread = order_hints::table.filter(order_hints::read_at.is_null());
    unread.select(order_hints::store).distinct().order(order_hints::store).load(conn)
}

/// The orders of a store that have to be read, those that were noted first.
pub fn unread(conn: &mut Conn, store: &StoreCode, most: usize) -> QueryResult<Vec<Hint>> {
    order_hints::table
        .filter(order_hints::store.eq(store))
        .filter(order_hints::read_at.is_null())
        .order((order_hints::noted_at, order_hints::order_id))
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .select(Hint::as_select())
        .load(conn)
}

/// Notes that an order was read, unless another message about it arrived meanwhile.
pub fn mark_read(conn: &mut Conn, hint: &Hint, at: Moment) -> QueryResult<()> {
    diesel::update(order_hints::table.find((&hint.store, &hint.order_id)))
        .filter(order_hints::noted_at.eq(hint.noted_at))
        .set(order_hints::read_at.eq(Some(at)))
        .execute(conn)
        .map(drop)
}

/// Notes that the orders of all messages of a store from before `before` were read.
pub fn mark_all_read(conn: &mut Conn, store: &StoreCode, before: Moment, at: Moment) -> QueryResult<()> {
    diesel::update(order_hints::table.filter(order_hints::store.eq(store)))
        .filter(order_hints::read_at.is_null())
        .filter(order_hints::noted_at.lt(before))
        .set(order_hints::read_at.eq(Some(at)))
        .execute(conn)
        .map(drop)
}

pub fn is_any_read_before(conn: &mut Conn, before: Moment) -> QueryResult<bool> {
    let old = order_hints::table.filter(order_hints::read_at.lt(before));
    diesel::select(exists(old.select(order_hints::order_id))).get_result(conn)
}

/// Deletes those that were read before `before`, whose messages would be old news.
pub fn trim(conn: &mut Conn, before: Moment) -> QueryResult<usize> {
    diesel::delete(order_hints::table.filter(order_hints::read_at.lt(before))).execute(conn)
}
