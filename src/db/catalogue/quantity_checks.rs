//! The queue of SKUs whose quantities have to be checked, now or at a known moment. Every change of a SKU queues a check
//! in its own transaction, so none is missed, and the scan costs what changed instead of what there is.

use crate::{
    db::{
        Conn,
        engine::{among::among, schema::quantity_checks},
        stores::pushes,
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
    in_prepared,
};
use chrono::{DateTime, TimeDelta};
use diesel::prelude::*;
use std::collections::BTreeSet;

/// A SKU and when its check is due.
pub type Check = (SkuCode, Moment);

/// When an immediate check is due: the same moment for all, so that a SKU has one such check however often it changes.
fn at_once() -> Moment {
    Moment::from(DateTime::UNIX_EPOCH)
}

/// When an immediate check is due of a SKU whose quantities did not change, but whose pushes may have to. It is another
/// moment because only the other checks number a change of the quantities.
fn at_once_for_pushes() -> Moment {
    at_once().plus(TimeDelta::seconds(1))
}

/// Queues `codes`, whose rows are locked or new and whose quantities may have changed.
pub fn enqueue<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<()> {
    let now = at_once();
    enqueue_at(conn, codes.into_iter().map(|sku| (sku, now)))
}

/// Queues `codes`, whose rows are locked and whose quantities did not change, for the sake of their pushes.
pub fn enqueue_for_pushes<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<()> {
    let now = at_once_for_pushes();
    enqueue_at(conn, codes.into_iter().map(|sku| (sku, now)))
}

/// Queues SKUs, whose rows are locked, each for its moment.
pub fn enqueue_at<'a>(conn: &mut Conn, checks: impl IntoIterator<Item = (&'a SkuCode, Moment)>) -> QueryResult<()> {
    let mut rows = Vec::new();
    for (sku, due_at) in checks {
        rows.push((quantity_checks::sku.eq(sku.clone()), quantity_checks::due_at.eq(due_at)));
    }
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => {
            for some in rows.chunks(10_000) {
                let insert = diesel::insert_into(quantity_checks::table).values(some).on_conflict_do_nothing();
                insert.execute(conn)?;
            }
            Ok(())
        }
        Conn::Sqlite(conn) => in_prepared!(conn, diesel::insert_or_ignore_into(quantity_checks::table), rows),
    }
}

/// Queues all SKUs that `store` lists, or still shows, for the sake of their pushes.
pub fn enqueue_store(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    let codes: BTreeSet<SkuCode> = pushes::skus_of_store(conn, store)?.into_iter().collect();
    enqueue_for_pushes(conn, &codes)
}

/// Up to `limit` checks that are due at `now`, those that have waited longest first; on PostgreSQL without those that
/// another server has locked.
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

pub fn is_any_due(conn: &mut Conn, now: Moment) -> QueryResult<bool> {
    // In the order of the index of moments. PostgreSQL takes a third of all checks for due, and any index for as good.
    quantity_checks::table
        .filter(quantity_checks::due_at.le(now))
        .order((quantity_checks::due_at, quantity_checks::sku))
        .select(quantity_checks::sku)
        .first::<SkuCode>(conn)
        .optional()
        .map(|sku| sku.is_some())
}

/// Those of `codes` that have a check due at `now`.
pub fn due_of<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
    now: Moment,
) -> QueryResult<Vec<SkuCode>> {
    quantity_checks::table
        .filter(among(conn, "quantity_checks.sku", codes))
        .filter(quantity_checks::due_at.le(now))
        .select(quantity_checks::sku)
        .load(conn)
}

/// Deletes checks of SKUs whose rows are locked: only those that [`due`] returned, because another server may have locked
/// the others.
pub fn remove(conn: &mut Conn, checks: &[Check]) -> QueryResult<()> {
    let moments: BTreeSet<Moment> = checks.iter().map(|(_, due_at)| *due_at).collect();
    for moment in moments {
        let codes = checks.iter().filter(|(_, due_at)| *due_at == moment).map(|(sku, _)| sku);
        let done = quantity_checks::table
            .filter(among(conn, "quantity_checks.sku", codes))
            .filter(quantity_checks::due_at.eq(moment));
        diesel::delete(done).execute(conn)?;
    }
    Ok(())
}

/// Whether a check is there because the quantities of its SKU may have changed.
pub fn is_of_quantities((_, due_at): &Check) -> bool {
    *due_at != at_once_for_pushes()
}
