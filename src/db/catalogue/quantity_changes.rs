//! The order in which the quantities of SKUs changed. Nothing is shown from here: whoever asks what is new is answered
//! with what the quantities are now.

use super::skus::later;
use crate::{
    db::{
        Conn,
        engine::{
            among::among,
            schema::{quantity_change_counter as counter, quantity_changes},
        },
    },
    domain::{code::SkuCode, moment::Moment},
    on_db,
};
use diesel::{prelude::*, upsert::excluded};
use std::collections::HashMap;

/// The quantities of a SKU's stores at its last change, in one text, to tell whether they are others now.
pub type Fingerprint = String;

/// The fingerprints of those of `codes` that have one.
///
/// # Errors
/// When the database fails.
pub fn fingerprints<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, Fingerprint>> {
    let found: Vec<(SkuCode, Fingerprint)> = quantity_changes::table
        .filter(among(conn, "quantity_changes.sku", codes))
        .select((quantity_changes::sku, quantity_changes::quantities))
        .load(conn)?;
    Ok(found.into_iter().collect())
}

/// Notes that the quantities of SKUs, whose rows are locked, are others at `now`. The numbers of the changes are seen by
/// others in their order: the counter is locked until the transaction ends.
///
/// # Errors
/// When the database fails.
pub fn record(conn: &mut Conn, changed: &[(SkuCode, Fingerprint)], now: Moment) -> QueryResult<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let more = i64::try_from(changed.len()).expect("fewer than can be counted");
    let (last, last_at): (i64, Option<Moment>) = diesel::update(counter::table)
        .set(counter::last.eq(counter::last + more))
        .returning((counter::last, counter::at))
        .get_result(conn)?;
    let at = latest(last_at, now);
    if last_at != Some(at) {
        diesel::update(counter::table).set(counter::at.eq(at)).execute(conn)?;
    }
    let row = |(number, (sku, quantities)): (i64, &(SkuCode, Fingerprint))| {
        (
            quantity_changes::sku.eq(sku.clone()),
            quantity_changes::number.eq(number),
            quantity_changes::quantities.eq(quantities.clone()),
        )
    };
    let rows: Vec<_> = (last - more + 1..).zip(changed).map(row).collect();
    on_db!(conn, |conn| diesel::insert_into(quantity_changes::table)
        .values(&rows)
        .on_conflict(quantity_changes::sku)
        .do_update()
        .set((
            quantity_changes::number.eq(excluded(quantity_changes::number)),
            quantity_changes::quantities.eq(excluded(quantity_changes::quantities)),
        ))
        .execute(conn))
    .map(drop)
}

/// What the time is at `now` for quantities of which some were numbered at `last_at`, by another server's clock or before
/// this one had to wait.
#[must_use]
pub fn latest(last_at: Option<Moment>, now: Moment) -> Moment {
    last_at.map_or(now, |last_at| later(last_at, now))
}

/// The number of the last change; 0 before the first.
///
/// # Errors
/// When the database fails.
pub fn last(conn: &mut Conn) -> QueryResult<i64> {
    counter::table.select(counter::last).first(conn)
}

/// The number of the last change, and the latest moment by whose quantities any was numbered. Whoever lists quantities
/// of an earlier moment, by another server's clock or because it had to wait, would miss that change for good.
///
/// # Errors
/// When the database fails.
pub fn last_at(conn: &mut Conn) -> QueryResult<(i64, Option<Moment>)> {
    counter::table.select((counter::last, counter::at)).first(conn)
}

/// Up to `limit` SKUs whose quantities changed after the change of number `after`, in that order, with their numbers.
///
/// # Errors
/// When the database fails.
pub fn after(conn: &mut Conn, after: i64, limit: i64) -> QueryResult<Vec<(SkuCode, i64)>> {
    quantity_changes::table
        .filter(quantity_changes::number.gt(after))
        .order(quantity_changes::number)
        .select((quantity_changes::sku, quantity_changes::number))
        .limit(limit)
        .load(conn)
}

/// The number of the last change of one SKU, if that is after the change of number `after`.
///
/// # Errors
/// When the database fails.
pub fn of_sku_after(conn: &mut Conn, sku: &SkuCode, after: i64) -> QueryResult<Option<i64>> {
    let number = quantity_changes::table.find(sku).select(quantity_changes::number).first::<i64>(conn).optional()?;
    Ok(number.filter(|number| *number > after))
}
