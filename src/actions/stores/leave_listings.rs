//! Deletes retiring listings before their store has acknowledged 0, because a person says so: it may go on showing what it
//! shows. The ledgers of their SKUs say who said it.

use crate::{
    db::{
        Conn, QueryResult,
        catalogue::{ledger, skus},
        engine::paging::Place,
        stores::{
            pushes::Push,
            retiring::{self, RetiringListing},
        },
    },
    domain::{
        catalogue::ledger::{Cause, Entry, EntryKind},
        code::{SkuCode, StoreCode},
    },
};

/// Listings that are loaded at a time.
const BATCH: i64 = 1_000;

/// Leaves the retiring listing of `sku` on `store`. Returns whether there is one.
pub fn one(conn: &mut Conn, cause: &Cause, sku: &SkuCode, store: &StoreCode) -> QueryResult<bool> {
    skus::lock(conn, [sku])?;
    let found = Vec::from_iter(retiring::find(conn, sku, store)?);
    leave(conn, cause, found).map(|left| left > 0)
}

/// Leaves all retiring listings of `store`, and returns how many.
pub fn all_of(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> QueryResult<usize> {
    // All of them before the first is written, in the order of their codes, as locks are always taken.
    let codes = retiring::skus_of(conn, store)?;
    skus::lock(conn, &codes)?;
    let mut left = 0;
    loop {
        let found = retiring::of_store(conn, store, &Place::Start, BATCH)?;
        if found.is_empty() {
            return Ok(left);
        }
        left += leave(conn, cause, found)?;
    }
}

fn leave(conn: &mut Conn, cause: &Cause, listings: Vec<RetiringListing>) -> QueryResult<usize> {
    let locked = skus::lock(conn, listings.iter().map(|listing| &listing.sku))?;
    let pushes = retiring::pushes_of(conn, &listings)?;
    let mut entries = Vec::new();
    for RetiringListing { sku, store, .. } in &listings {
        let entry = Entry { store: Some(store.clone()), ..Entry::new(sku.clone(), EntryKind::ListingLeft) };
        entries.push((Cause { reason: reason(pushes.get(sku)), ..cause.clone() }, entry));
        retiring::delete(conn, sku, store)?;
    }
    ledger::record_each(conn, locked, entries.iter().map(|(cause, entry)| (cause, entry.clone())))?;
    Ok(listings.len())
}

fn reason(push: Option<&Push>) -> String {
    match push.and_then(|push| push.acknowledged) {
        Some(units) => format!("Left as it is: the store showed {units}"),
        None => "Left as it is: what the store shows is unknown".to_owned(),
    }
}
