//! Deletes retiring listings before their store has acknowledged 0, because a person says so: it may go on showing what it
//! shows. The ledgers of their SKUs say who said it.

use crate::{
    db::{
        Conn, QueryResult,
        catalogue::{
            ledger,
            skus::{self, Sku},
        },
        engine::paging::Place,
        stores::{
            components,
            listings::Listing,
            pushes::{self, Push},
            retiring::{self, RetiringListing},
        },
    },
    domain::{
        catalogue::ledger::{Cause, Entry, EntryKind},
        code::{SkuCode, StoreCode},
        id::ListingId,
        stores::components::Components,
    },
};
use std::collections::{BTreeSet, HashMap};

/// Listings that are loaded at a time.
const BATCH: i64 = 1_000;

/// Leaves one retiring listing of `store`. Returns whether there is one.
pub fn one(conn: &mut Conn, cause: &Cause, listing: ListingId, store: &StoreCode) -> QueryResult<bool> {
    let found = Vec::from_iter(retiring::find(conn, listing)?);
    lock(conn, &found)?;
    let mut found = Vec::from_iter(retiring::find(conn, listing)?);
    found.retain(|listing| listing.store == *store);
    leave(conn, cause, found).map(|left| left > 0)
}

/// Leaves all retiring listings of `store`, and returns how many.
pub fn all_of(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> QueryResult<usize> {
    // All of them before the first is written, in the order of their codes, as locks are always taken.
    let all = retiring::of_store(conn, store, &Place::Start, i64::MAX)?;
    lock(conn, &all)?;
    let mut left = 0;
    loop {
        let found = retiring::of_store(conn, store, &Place::Start, BATCH)?;
        if found.is_empty() {
            return Ok(left);
        }
        left += leave(conn, cause, found)?;
    }
}

/// The SKUs of listings, and of the components of kits, with their rows locked.
fn lock(conn: &mut Conn, listings: &[RetiringListing]) -> QueryResult<(HashMap<ListingId, Components>, Vec<Sku>)> {
    let listings: Vec<Listing> = listings.iter().cloned().map(RetiringListing::into_listing).collect();
    let made_of = components::of(conn, &listings)?;
    let skus: BTreeSet<&SkuCode> =
        made_of.values().flat_map(Components::iter).map(|component| &component.sku).collect();
    let locked = skus::lock(conn, skus)?;
    Ok((made_of, locked))
}

fn leave(conn: &mut Conn, cause: &Cause, listings: Vec<RetiringListing>) -> QueryResult<usize> {
    let (made_of, locked) = lock(conn, &listings)?;
    let pushes = pushes::of_listings(conn, listings.iter().map(|listing| &listing.id))?;
    let mut entries = Vec::new();
    for listing in &listings {
        let reason = reason(listing, pushes.get(&listing.id));
        for component in made_of[&listing.id].iter() {
            let entry = Entry::new(component.sku.clone(), EntryKind::ListingLeft);
            let entry = Entry { store: Some(listing.store.clone()), ..entry };
            entries.push((Cause { reason: reason.clone(), ..cause.clone() }, entry));
        }
        retiring::delete(conn, listing.id)?;
    }
    ledger::record_each(conn, locked, entries.iter().map(|(cause, entry)| (cause, entry.clone())))?;
    Ok(listings.len())
}

fn reason(listing: &RetiringListing, push: Option<&Push>) -> String {
    let shown = match push.and_then(|push| push.acknowledged) {
        Some(units) => format!("the store showed {units}"),
        None => "what the store shows is unknown".to_owned(),
    };
    match listing.sku {
        Some(_) => format!("Left as it is: {shown}"),
        None => format!("The kit “{}” was left as it is: {shown}", listing.seller_sku),
    }
}
