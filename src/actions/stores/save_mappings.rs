//! Saves by what a marketplace knows some listings of one store, as a page showed them: all of them or none.

use super::map_listings::{self, Mapping, MappingRefusal};
use crate::{
    db::{Conn, Failed, catalogue::skus, stores::listings},
    domain::{
        code::{SkuCode, StoreCode},
        stores::mapping::{ListingIds, ProductTaken},
    },
};
use std::collections::HashMap;

/// What somebody makes of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingEdit {
    /// The SKU.
    pub sku: SkuCode,
    /// By what it was known when the page was shown.
    pub shown: ListingIds,
    /// By what it is to be known.
    pub wanted: ListingIds,
}

/// What stands against one of the edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappingConflict {
    /// The store does not list the SKU, or not any more.
    NotListed,
    /// Someone else mapped it since the page was shown: to these.
    Changed(ListingIds),
    /// Another SKU of the store has the product.
    Taken(ProductTaken),
}

/// Saves `edits`, and answers how many of them changed something.
///
/// # Errors
/// The places of the edits that were refused, each with why, and then none was saved; or the database.
pub fn run(
    conn: &mut Conn,
    store: &StoreCode,
    edits: &[MappingEdit],
) -> Result<usize, Failed<Vec<(usize, MappingConflict)>>> {
    skus::lock(conn, edits.iter().map(|edit| &edit.sku))?;
    let listed = listings::of_skus(conn, edits.iter().map(|edit| &edit.sku))?;
    let of_store = listed.into_values().flatten().filter(|listing| listing.store == *store);
    let kept: HashMap<SkuCode, ListingIds> = of_store.map(|listing| (listing.sku.clone(), listing.ids())).collect();
    let mapping = |MappingEdit { sku, shown: _, wanted }: &MappingEdit| Mapping {
        sku: sku.clone(),
        store: store.clone(),
        ids: wanted.clone(),
    };
    let saved = map_listings::run(conn, &edits.iter().map(mapping).collect::<Vec<_>>())?;
    let changed = saved.iter().filter(|saved| **saved == Ok(true)).count();
    let answers = edits.iter().zip(saved).enumerate();
    let conflicts: Vec<(usize, MappingConflict)> = answers
        .filter_map(|(place, (edit, saved))| Some((place, conflict(edit, kept.get(&edit.sku), saved)?)))
        .collect();
    // The transaction is undone with what it has saved.
    if conflicts.is_empty() { Ok(changed) } else { Err(Failed::Refused(conflicts)) }
}

/// What stands against an edit of a listing that was known by `kept`.
fn conflict(
    edit: &MappingEdit,
    kept: Option<&ListingIds>,
    saved: Result<bool, MappingRefusal>,
) -> Option<MappingConflict> {
    match (kept, saved) {
        (None, _) | (_, Err(MappingRefusal::NotListed { .. })) => Some(MappingConflict::NotListed),
        (Some(now), _) if *now != edit.shown && *now != edit.wanted => Some(MappingConflict::Changed(now.clone())),
        (Some(_), Err(MappingRefusal::Taken(taken))) => Some(MappingConflict::Taken(taken)),
        (Some(_), Ok(_)) => None,
    }
}
