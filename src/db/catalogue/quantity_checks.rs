//! The SKUs whose quantities may be others now, or will be at a moment that is known: whatever changes one says so in
//! its own transaction, so that no change is missed, and looking for them costs what changed and not what there is.

use crate::{
    db::{
        Conn,
        engine::schema::{listings, quantity_checks},
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
    on_db,
};
use chrono::{DateTime, TimeDelta};
use diesel::{prelude::*, sql_types::Timestamp};
use std::collections::BTreeSet;

/// A SKU that is to be looked at, and when.
pub type Check = (SkuCode, Moment);

/// When a check is due that does not wait: one moment for all, so that a SKU has one such check however often it
/// changes.
fn at_once() -> Moment {
    Moment::from(DateTime::UNIX_EPOCH)
}

/// When a check is due that does not wait, where the quantities are as they were and what is to be sent may be another.
/// It is a moment of its own: changes are numbered after the other checks alone.
fn at_once_for_pushes() -> Moment {
    at_once().plus(TimeDelta::seconds(1))
}

/// Has the quantities of `codes`, whose rows are locked or new, looked at: they may have changed.
pub fn enqueue<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<()> {
    let now = at_once();
    enqueue_at(conn, codes.into_iter().map(|sku| (sku, now)))
}

/// Has what is to be sent of `codes`, whose rows are locked, looked at: their quantities are as they were.
pub fn enqueue_for_pushes<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<()> {
    let now = at_once_for_pushes();
    enqueue_at(conn, codes.into_iter().map(|sku| (sku, now)))
}

/// Has the quantities of SKUs, whose rows are locked, looked at when their moments have come.
pub fn enqueue_at<'a>(conn: &mut Conn, checks: impl IntoIterator<Item = (&'a SkuCode, Moment)>) -> QueryResult<()> {
    let row = |(sku, due_at)| (quantity_checks::sku.eq(sku), quantity_checks::due_at.eq(due_at));
    let rows: Vec<_> = checks.into_iter().map(row).collect();
    // SQLite takes 32,766 values in one statement.
    for some in rows.chunks(10_000) {
        on_db!(conn, |conn| diesel::insert_into(quantity_checks::table)
            .values(some)
            .on_conflict_do_nothing()
            .execute(conn))?;
    }
    Ok(())
}

/// Has what is to be sent to `store` looked at.
pub fn enqueue_store(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    let due_at = at_once_for_pushes().into_sql::<Timestamp>();
    let all = listings::table.filter(listings::store.eq(store)).select((listings::sku, due_at));
    on_db!(conn, |conn| diesel::insert_into(quantity_checks::table)
        .values(all)
        .into_columns((quantity_checks::sku, quantity_checks::due_at))
        .on_conflict_do_nothing()
        .execute(conn))
    .map(drop)
}

/// Up to `limit` checks that are to be made by `now`, those that wait longest first; on PostgreSQL without those that
/// another server is at.
pub fn due(conn: &mut Conn, now: Moment, limit: usize) -> QueryResult<Vec<Check>> {
    let due = quantity_checks::table
        .filter(quantity_checks::due_at.le(now))
        .order((quantity_checks::due_at, quantity_checks::sku))
        .select((quantity_checks::sku, quantity_checks::due_at))
        .limit(i64::try_from(limit).expect("a small number"));
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => due.for_update().skip_locked().load(conn),
        Conn::Sqlite(conn) => due.load(conn),
    }
}

/// Whether there is any to be looked at by `now`.
pub fn is_any_due(conn: &mut Conn, now: Moment) -> QueryResult<bool> {
    let due = quantity_checks::table.filter(quantity_checks::due_at.le(now)).select(quantity_checks::sku);
    due.first::<SkuCode>(conn).optional().map(|sku| sku.is_some())
}

/// Those of `codes` that are to be looked at by `now`.
pub fn due_of<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
    now: Moment,
) -> QueryResult<Vec<SkuCode>> {
    quantity_checks::table
        .filter(crate::db::engine::among::among(conn, "quantity_checks.sku", codes))
        .filter(quantity_checks::due_at.le(now))
        .select(quantity_checks::sku)
        .load(conn)
}

/// Takes checks, of SKUs whose rows are locked, off the list: those that [`due`] answered and no others, which another
/// server may be at.
pub fn remove(conn: &mut Conn, checks: &[Check]) -> QueryResult<()> {
    let moments: BTreeSet<Moment> = checks.iter().map(|(_, due_at)| *due_at).collect();
    for moment in moments {
        let codes = checks.iter().filter(|(_, due_at)| *due_at == moment).map(|(sku, _)| sku);
        let done = quantity_checks::table
            .filter(crate::db::engine::among::among(conn, "quantity_checks.sku", codes))
            .filter(quantity_checks::due_at.eq(moment));
        diesel::delete(done).execute(conn)?;
    }
    Ok(())
}

/// Whether a check is there because the quantities of its SKU may have changed.
pub fn is_of_quantities((_, due_at): &Check) -> bool {
    *due_at != at_once_for_pushes()
}
