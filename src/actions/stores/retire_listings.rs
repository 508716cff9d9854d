//! Takes listings off. What their stores show is set to 0 first: until a store has acknowledged that, the listing is
//! retiring. It goes at once where no quantity can be sent, or none ever was: then what the store shows did not come from
//! here.

use crate::{
    db::{
        Conn, QueryResult,
        catalogue::quantity_checks,
        stores::{
            components,
            connections::{self, Connection},
            listings::{self, Listing},
            pushes::{self, Push},
            retiring::{self, RetiringListing},
        },
    },
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        id::ListingId,
        stores::components::Components,
    },
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Takes off the plain listings of SKUs on stores. The SKUs are locked.
pub fn of_skus(conn: &mut Conn, cause: &Cause, keys: &[(SkuCode, StoreCode)]) -> QueryResult<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let mut stores: BTreeMap<&SkuCode, BTreeSet<&StoreCode>> = BTreeMap::new();
    for (sku, store) in keys {
        stores.entry(sku).or_default().insert(store);
    }
    let mut wanted = Vec::new();
    for (sku, listed) in listings::of_skus(conn, stores.keys().copied())? {
        wanted.extend(listed.into_iter().filter(|listing| stores[&sku].contains(&listing.store)));
    }
    run(conn, cause, &wanted).map(drop)
}

/// Takes off listings whose SKUs, or those of their components, are locked, and returns those that are retiring now.
pub fn run(conn: &mut Conn, cause: &Cause, wanted: &[Listing]) -> QueryResult<BTreeSet<ListingId>> {
    if wanted.is_empty() {
        return Ok(BTreeSet::new());
    }
    let connections: HashMap<StoreCode, Connection> =
        connections::all(conn)?.into_iter().map(|connection| (connection.store.clone(), connection)).collect();
    let pushes = pushes::of_listings(conn, wanted.iter().map(|listing| &listing.id))?;
    let made_of = components::of(conn, wanted)?;
    let mut rows = Vec::new();
    let mut retiring = BTreeSet::new();
    for listing in wanted {
        listings::delete(conn, listing.id)?;
        if may_be_shown(listing, connections.get(&listing.store), pushes.get(&listing.id), cause) {
            rows.push(RetiringListing::new(listing.clone(), cause.at, cause.actor.clone()));
            retiring.insert(listing.id);
        } else {
            components::delete(conn, listing.id)?;
            pushes::delete(conn, listing.id)?;
        }
    }
    retiring::insert(conn, &rows)?;
    let skus: BTreeSet<&SkuCode> =
        made_of.values().flat_map(Components::iter).map(|component| &component.sku).collect();
    quantity_checks::enqueue(conn, skus)?;
    Ok(retiring)
}

fn may_be_shown(listing: &Listing, connection: Option<&Connection>, push: Option<&Push>, cause: &Cause) -> bool {
    match connection {
        None => false,
        // The file says 0 until a person says that it need not: nobody answers it.
        Some(connection) if !connection.kind.is_pushed() => true,
        Some(connection) => {
            let was_sent = push.is_some_and(|push| push.sync(0, cause.at).may_show_what_was_sent());
            was_sent && listing.is_pushed_by(connection.kind)
        }
    }
}
