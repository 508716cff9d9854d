//! Finds listings that are out of sync without the program knowing it. A listing whose push is due or leased, or whose
//! SKU is still to be scanned, is not a fault.

use crate::{
    db::{
        Conn, QueryResult, availability,
        catalogue::quantity_checks,
        engine::paging::Place,
        stores::{
            connections,
            listings::{self, Listing},
            pushes::{self, Push},
            retiring,
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
};
use std::collections::BTreeSet;

/// SKUs that are loaded at a time.
const BATCH: i64 = 500;

/// A listing that is out of sync and for which no push is due, or a push that belongs to no listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    pub sku: SkuCode,
    pub store: StoreCode,
    pub acknowledged: Option<i64>,
    /// Units that the store should show; `None` if the SKU is neither listed there nor retiring.
    pub should: Option<i64>,
}

pub fn run(conn: &mut Conn, now: Moment) -> QueryResult<Vec<Forgotten>> {
    let mut forgotten = Vec::new();
    let mut last = None;
    loop {
        let codes = pushes::skus_after(conn, last.as_ref(), BATCH)?;
        let Some(end) = codes.last().cloned() else { break };
        let available = availability::read(conn, &codes, now)?;
        let listed = listings::stores_of(conn, &codes)?;
        let retiring = retiring::keys_of(conn, &codes)?;
        let mut pushes = pushes::of_skus(conn, &codes)?;
        let unscanned: BTreeSet<SkuCode> = quantity_checks::due_of(conn, &codes, now)?.into_iter().collect();
        for sku in codes.iter().filter(|sku| !unscanned.contains(*sku)) {
            for push in pushes.remove(sku).unwrap_or_default() {
                let is_listed = listed.get(sku).is_some_and(|stores| stores.contains(&push.store));
                let should = if retiring.contains(&(sku.clone(), push.store.clone())) {
                    Some(0)
                } else {
                    is_listed.then(|| available[sku].quantity_for(&push.store).total())
                };
                if should.is_none() || (push.behind_since.is_none() && push.acknowledged != should) {
                    let Push { sku, store, acknowledged, .. } = push;
                    forgotten.push(Forgotten { sku, store, acknowledged, should });
                }
            }
        }
        last = Some(end);
    }
    retiring_without_push(conn, now, &mut forgotten)?;
    Ok(forgotten)
}

/// Retiring listings that are never sent 0, although their stores could take it.
fn retiring_without_push(conn: &mut Conn, now: Moment, forgotten: &mut Vec<Forgotten>) -> QueryResult<()> {
    for connection in connections::all(conn)? {
        let mut place = Place::Start;
        loop {
            let listings = retiring::of_store(conn, &connection.store, &place, BATCH)?;
            let Some(end) = listings.last() else { break };
            place = Place::After(end.sku.to_string());
            let pushes = retiring::pushes_of(conn, &listings)?;
            let unscanned = quantity_checks::due_of(conn, listings.iter().map(|listing| &listing.sku), now)?;
            for listing in listings {
                let is_known = pushes.contains_key(&listing.sku) || unscanned.contains(&listing.sku);
                let listing = listing.into_listing();
                if !is_known && listing.is_pushed_by(connection.kind) {
                    let Listing { sku, store, .. } = listing;
                    forgotten.push(Forgotten { sku, store, acknowledged: None, should: Some(0) });
                }
            }
        }
    }
    Ok(())
}
