//! Takes listings off. What their stores show is set to 0 first: until a store has acknowledged that, the listing is
//! retiring. It goes at once where no quantity can be sent, or none ever was: then what the store shows did not come from
//! here.

use crate::{
    db::{
        Conn, QueryResult,
        catalogue::quantity_checks,
        stores::{
            connections::{self, Connection},
            listings::{self, Listing},
            pushes::{self, Push},
            retiring::{self, RetiringListing},
        },
    },
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
    },
};
use std::collections::{BTreeSet, HashMap};

/// Takes off the listings with these keys, whose SKUs are locked, and returns those that are retiring now.
pub fn run(
    conn: &mut Conn,
    cause: &Cause,
    keys: &[(SkuCode, StoreCode)],
) -> QueryResult<BTreeSet<(SkuCode, StoreCode)>> {
    if keys.is_empty() {
        return Ok(BTreeSet::new());
    }
    let skus: BTreeSet<&SkuCode> = keys.iter().map(|(sku, _)| sku).collect();
    let wanted: BTreeSet<&(SkuCode, StoreCode)> = keys.iter().collect();
    let connections: HashMap<StoreCode, Connection> =
        connections::all(conn)?.into_iter().map(|connection| (connection.store.clone(), connection)).collect();
    let mut pushes: HashMap<(SkuCode, StoreCode), Push> = HashMap::new();
    for push in pushes::of_skus(conn, skus.iter().copied())?.into_values().flatten() {
        pushes.insert((push.sku.clone(), push.store.clone()), push);
    }
    let mut rows = Vec::new();
    let mut retiring = BTreeSet::new();
    for listing in listings::of_skus(conn, skus.iter().copied())?.into_values().flatten() {
        let key = (listing.sku.clone(), listing.store.clone());
        if !wanted.contains(&key) {
            continue;
        }
        listings::delete(conn, &listing.sku, &listing.store)?;
        if may_be_shown(&listing, connections.get(&listing.store), pushes.get(&key), cause) {
            rows.push(RetiringListing::new(listing, cause.at, cause.actor.clone()));
            retiring.insert(key);
        } else {
            pushes::delete(conn, &listing.sku, &listing.store)?;
        }
    }
    retiring::insert(conn, &rows)?;
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
