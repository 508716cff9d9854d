//! Saves the mappings of one store that a page submitted: either all of them or none.

use super::map_listings;
use crate::{
    db::{
        Conn, Failed,
        catalogue::skus,
        stores::{components, listings, listings::Listing},
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        stores::{
            components::Components,
            mapping::{IdTaken, ListingIds},
        },
    },
};
use std::collections::{BTreeSet, HashMap};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingEdit {
    pub listing: ListingId,
    /// The ids that the page showed.
    pub shown: ListingIds,
    /// The ids that were submitted.
    pub wanted: ListingIds,
}

/// Why one of the edits was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappingConflict {
    /// It is not a listing of the store any more.
    NotListed,
    /// Someone else has changed the ids to these since the page was shown.
    Changed(ListingIds),
    /// Another listing of the store has the product or the seller SKU.
    Taken(IdTaken),
}

/// The positions of the edits that were refused, with their reasons.
type Conflicts = Vec<(usize, MappingConflict)>;

/// Returns how many listings were changed, or the positions of the refused edits with their reasons.
pub fn run(conn: &mut Conn, store: &StoreCode, edits: &[MappingEdit]) -> Result<usize, Failed<Conflicts>> {
    let listed = lock(conn, store, edits)?;
    let mut wanted = Vec::new();
    for edit in edits {
        wanted.extend(listed.get(&edit.listing).map(|listing| (listing.clone(), edit.wanted.clone())));
    }
    let mut saved = map_listings::save(conn, &wanted)?.into_iter();
    let mut changed = 0;
    let mut conflicts = Vec::new();
    for (position, edit) in edits.iter().enumerate() {
        let conflict = match listed.get(&edit.listing) {
            None => Some(MappingConflict::NotListed),
            Some(listing) => {
                let saved = saved.next().expect("a result for every listing");
                changed += usize::from(saved == Ok(true));
                conflict(edit, listing.ids(), saved)
            }
        };
        conflicts.extend(conflict.map(|conflict| (position, conflict)));
    }
    // The refusal rolls the transaction back, and with it the mappings that were saved.
    if conflicts.is_empty() { Ok(changed) } else { Err(Failed::Refused(conflicts)) }
}

/// Locks the SKUs of the listings, and returns those of `store` that are there then.
fn lock(
    conn: &mut Conn,
    store: &StoreCode,
    edits: &[MappingEdit],
) -> Result<HashMap<ListingId, Listing>, Failed<Conflicts>> {
    let before = listings::by_ids(conn, edits.iter().map(|edit| &edit.listing))?;
    let made_of = components::of(conn, &before)?;
    let skus: BTreeSet<&SkuCode> =
        made_of.values().flat_map(Components::iter).map(|component| &component.sku).collect();
    skus::lock(conn, skus)?;
    let locked = listings::by_ids(conn, edits.iter().map(|edit| &edit.listing))?;
    let of_store = locked.into_iter().filter(|listing| listing.store == *store);
    Ok(of_store.map(|listing| (listing.id, listing)).collect())
}

/// `ids` are those of the listing before this request.
fn conflict(edit: &MappingEdit, ids: ListingIds, saved: Result<bool, IdTaken>) -> Option<MappingConflict> {
    match saved {
        _ if ids != edit.shown && ids != edit.wanted => Some(MappingConflict::Changed(ids)),
        Err(taken) => Some(MappingConflict::Taken(taken)),
        Ok(_) => None,
    }
}
