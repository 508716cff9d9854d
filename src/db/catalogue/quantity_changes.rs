//! The order in which the quantities of SKUs changed. The quantities themselves are not read from here: a client that
//! asks for changes gets the quantities of now.

use super::skus::{Sku, later};
use crate::{
    db::{
        Conn,
        engine::{
            among::among,
            schema::{ledger_entries, quantity_change_counter as counter, quantity_changes},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
    on_db,
};
use diesel::{prelude::*, upsert::excluded};
use std::collections::{HashMap, HashSet};

/// The quantities of a SKU on all its stores at its last change, in one text, to detect that one has changed.
pub type Fingerprint = String;

/// A SKU whose quantities changed.
pub struct Changed<'a> {
    pub sku: &'a Sku,
    pub quantities: Fingerprint,
}

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

/// The stores whose orders took or gave back units of `codes` since the last change, by SKU.
pub fn ordered_since<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, HashSet<StoreCode>>> {
    let is_new = ledger_entries::number.gt(quantity_changes::revision);
    let since = quantity_changes::table
        .inner_join(ledger_entries::table.on(ledger_entries::sku.eq(quantity_changes::sku).and(is_new)))
        .filter(among(conn, "quantity_changes.sku", codes))
        .filter(ledger_entries::order_number.is_not_null());
    let rows: Vec<(SkuCode, Option<StoreCode>)> =
        since.select((ledger_entries::sku, ledger_entries::store)).distinct().load(conn)?;
    let mut of_sku: HashMap<SkuCode, HashSet<StoreCode>> = HashMap::new();
    for (sku, store) in rows {
        of_sku.entry(sku).or_default().extend(store);
    }
    Ok(of_sku)
}

/// Gives each of some SKUs, whose rows are locked, the next number, because their quantities changed. Others see the
/// numbers in order, because the counter is locked until the transaction ends.
pub fn record(conn: &mut Conn, changed: &[Changed<'_>], now: Moment) -> QueryResult<()> {
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
    let mut rows = Vec::with_capacity(changed.len());
    for (number, Changed { sku, quantities }) in (last - more + 1..).zip(changed) {
        rows.push((
            quantity_changes::sku.eq(&sku.code),
            quantity_changes::number.eq(number),
            quantity_changes::quantities.eq(quantities),
            quantity_changes::revision.eq(sku.revision),
        ));
    }
    on_db!(conn, |conn| diesel::insert_into(quantity_changes::table)
        .values(&rows)
        .on_conflict(quantity_changes::sku)
        .do_update()
        .set((
            quantity_changes::number.eq(excluded(quantity_changes::number)),
            quantity_changes::quantities.eq(excluded(quantity_changes::quantities)),
            quantity_changes::revision.eq(excluded(quantity_changes::revision)),
        ))
        .execute(conn))
    .map(drop)
}

/// The time to compute quantities at: `now`, or `last_at`, the time of the last numbered change, if that is later
/// because another server's clock is ahead or this request had to wait.
pub fn latest(last_at: Option<Moment>, now: Moment) -> Moment {
    last_at.map_or(now, |last_at| later(last_at, now))
}

/// The number of the last change; 0 before the first.
pub fn last(conn: &mut Conn) -> QueryResult<i64> {
    counter::table.select(counter::last).first(conn)
}

/// The number of the last change, and the latest time that changes were numbered at. A client that lists quantities of
/// an earlier time would never see that change.
pub fn last_at(conn: &mut Conn) -> QueryResult<(i64, Option<Moment>)> {
    counter::table.select((counter::last, counter::at)).first(conn)
}

/// Up to `limit` SKUs whose quantities changed after the change number `after`, by the numbers of their changes.
pub fn after(conn: &mut Conn, after: i64, limit: i64) -> QueryResult<Vec<(SkuCode, i64)>> {
    quantity_changes::table
        .filter(quantity_changes::number.gt(after))
        .order(quantity_changes::number)
        .select((quantity_changes::sku, quantity_changes::number))
        .limit(limit)
        .load(conn)
}

/// The number of the last change of one SKU, if it is after the change number `after`.
pub fn of_sku_after(conn: &mut Conn, sku: &SkuCode, after: i64) -> QueryResult<Option<i64>> {
    let number = quantity_changes::table.find(sku).select(quantity_changes::number).first::<i64>(conn).optional()?;
    Ok(number.filter(|number| *number > after))
}
