//! Saves the mappings of one store that a page submitted: either all of them or none.

use super::map_listings::{self, Mapping, MappingRefusal};
use crate::{
    db::{Conn, Failed, catalogue::skus, stores::listings},
    domain::{
        code::{SkuCode, StoreCode},
        stores::mapping::{IdTaken, ListingIds},
    },
};
use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingEdit {
    pub sku: SkuCode,
    /// The ids that the page showed.
    pub shown: ListingIds,
    /// The ids that were submitted.
    pub wanted: ListingIds,
}

/// Why one of the edits was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappingConflict {
    /// The store does not list the SKU any more.
    NotListed,
    /// Someone else has changed the ids to these since the page was shown.
    Changed(ListingIds),
    /// Another SKU of the store has the product or the seller SKU.
    Taken(IdTaken),
}

/// Returns how many listings were changed, or the positions of the refused edits with their reasons.
pub fn run(
    conn: &mut Conn,
    store: &StoreCode,
    edits: &[MappingEdit],
) -> Result<usize, Failed<Vec<(usize, MappingConflict)>>> {
    skus::lock(conn, edits.iter().map(|edit| &edit.sku))?;
    let listed = listings::of_skus(conn, edits.iter().map(|edit| &edit.sku))?;
    let of_store = listed.into_values().flatten().filter(|listing| listing.store == *store);
    let before: HashMap<SkuCode, ListingIds> = of_store.map(|listing| (listing.sku.clone(), listing.ids())).collect();
    let mut mappings = Vec::with_capacity(edits.len());
    for MappingEdit { sku, wanted, .. } in edits {
        mappings.push(Mapping { sku: sku.clone(), store: store.clone(), ids: wanted.clone() });
    }
    let saved = map_listings::run(conn, &mappings)?;
    let changed = saved.iter().filter(|saved| **saved == Ok(true)).count();
    let mut conflicts = Vec::new();
    for (position, (edit, saved)) in edits.iter().zip(saved).enumerate() {
        if let Some(conflict) = conflict(edit, before.get(&edit.sku), saved) {
            conflicts.push((position, conflict));
        }
    }
    // The refusal rolls the transaction back, and with it the mappings that were saved.
    if conflicts.is_empty() { Ok(changed) } else { Err(Failed::Refused(conflicts)) }
}

/// `before` are the ids of the listing before this request.
fn conflict(
    edit: &MappingEdit,
    before: Option<&ListingIds>,
    saved: Result<bool, MappingRefusal>,
) -> Option<MappingConflict> {
    match (before, saved) {
        (None, _) | (_, Err(MappingRefusal::NotListed { .. })) => Some(MappingConflict::NotListed),
        (Some(ids), _) if *ids != edit.shown && *ids != edit.wanted => Some(MappingConflict::Changed(ids.clone())),
        (Some(_), Err(MappingRefusal::Taken(taken))) => Some(MappingConflict::Taken(taken)),
        (Some(_), Ok(_)) => None,
    }
}
