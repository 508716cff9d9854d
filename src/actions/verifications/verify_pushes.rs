//! Finds listings that are out of sync without the program knowing it. A listing whose push is due or leased, or one of
//! whose SKUs is still to be scanned, is not a fault.

use crate::{
    db::{
        Conn, QueryResult,
        availability::ListingQuantities,
        catalogue::quantity_checks,
        engine::paging::Place,
        stores::{
            components, connections,
            listings::{self, Listing},
            pushes::{self, Push},
            retiring::{self, RetiringListing},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
        stores::components::Components,
    },
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Listings that are loaded at a time.
const BATCH: i64 = 500;

/// A listing that is out of sync and for which no push is due, or a push that belongs to no listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// The listing in words: `SKU MUG`, or `kit SET`.
    pub listing: String,
    pub store: StoreCode,
    pub acknowledged: Option<i64>,
    /// Units that the store should show; `None` if it is neither listed there nor retiring.
    pub should: Option<i64>,
}

pub fn run(conn: &mut Conn, now: Moment) -> QueryResult<Vec<Forgotten>> {
    let mut forgotten = Vec::new();
    let mut last = None;
    loop {
        let pushes = pushes::after(conn, last, BATCH)?;
        let Some(end) = pushes.last() else { break };
        last = Some(end.listing);
        let ids = || pushes.iter().map(|push| &push.listing);
        let listed = listings::by_ids(conn, ids())?;
        let retiring: Vec<Listing> =
            retiring::by_ids(conn, ids())?.into_iter().map(RetiringListing::into_listing).collect();
        let quantities = ListingQuantities::read(conn, listed.iter().map(Listing::key), now)?;
        let all: Vec<Listing> = listed.iter().chain(&retiring).cloned().collect();
        let unscanned = unscanned(conn, &all, now)?;
        let listed: HashMap<ListingId, &Listing> = listed.iter().map(|listing| (listing.id, listing)).collect();
        let retiring: HashSet<ListingId> = retiring.iter().map(|listing| listing.id).collect();
        for push in pushes.iter().filter(|push| !unscanned.contains(&push.listing)) {
            let should = match listed.get(&push.listing) {
                Some(listing) => Some(quantities.of(listing.key()).total()),
                None => retiring.contains(&push.listing).then_some(0),
            };
            if should.is_none() || (push.behind_since.is_none() && push.acknowledged != should) {
                let seller_sku = all.iter().find(|listing| listing.id == push.listing);
                let seller_sku = seller_sku.map_or("", |listing| listing.seller_sku.as_str());
                forgotten.push(Forgotten {
                    listing: in_words(push.sku.as_ref(), seller_sku),
                    store: push.store.clone(),
                    acknowledged: push.acknowledged,
                    should,
                });
            }
        }
    }
    retiring_without_push(conn, now, &mut forgotten)?;
    Ok(forgotten)
}

fn in_words(sku: Option<&SkuCode>, seller_sku: &str) -> String {
    match sku {
        Some(sku) => format!("SKU {sku}"),
        None => format!("kit {seller_sku}"),
    }
}

/// Those of `listings` that have a SKU which is still to be scanned.
fn unscanned(conn: &mut Conn, listings: &[Listing], now: Moment) -> QueryResult<BTreeSet<ListingId>> {
    let made_of = components::of(conn, listings)?;
    let skus: BTreeSet<&SkuCode> =
        made_of.values().flat_map(Components::iter).map(|component| &component.sku).collect();
    let due: HashSet<SkuCode> = quantity_checks::due_of(conn, skus, now)?.into_iter().collect();
    let is_unscanned = |components: &Components| components.iter().any(|component| due.contains(&component.sku));
    Ok(made_of.iter().filter(|(_, components)| is_unscanned(components)).map(|(id, _)| *id).collect())
}

/// Retiring listings that are never sent 0, although their stores could take it.
fn retiring_without_push(conn: &mut Conn, now: Moment, forgotten: &mut Vec<Forgotten>) -> QueryResult<()> {
    for connection in connections::all(conn)? {
        let mut place = Place::Start;
        loop {
            let retiring = retiring::of_store(conn, &connection.store, &place, BATCH)?;
            let listings: Vec<Listing> = retiring.into_iter().map(RetiringListing::into_listing).collect();
            let Some(end) = listings.last() else { break };
            place = Place::After(end.place());
            let pushes: HashMap<ListingId, Push> =
                pushes::of_listings(conn, listings.iter().map(|listing| &listing.id))?;
            let unscanned = unscanned(conn, &listings, now)?;
            for listing in listings {
                let is_known = pushes.contains_key(&listing.id) || unscanned.contains(&listing.id);
                if !is_known && listing.is_pushed_by(connection.kind) {
                    let words = in_words(listing.sku.as_ref(), &listing.seller_sku);
                    let store = listing.store;
                    forgotten.push(Forgotten { listing: words, store, acknowledged: None, should: Some(0) });
                }
            }
        }
    }
    Ok(())
}
