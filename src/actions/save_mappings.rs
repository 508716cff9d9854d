//! Saves by what a marketplace knows some listings of one store, as a page showed them: all of them or none.

use super::map_listings::{self, Mapping};
use crate::{
    db::{Conn, Failed, QueryResult, listings, skus, stores},
    domain::{
        code::{SkuCode, StoreCode},
        mapping::ListingIds,
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
    /// Somebody else mapped it since the page was shown: to these.
    Changed(ListingIds),
    /// Another SKU of the store has these ids: the two would set the quantity of one product.
    Taken(SkuCode),
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
    // Two SKUs must not come to the same ids in two transactions either.
    stores::lock(conn)?;
    let kept = kept(conn, store, edits)?;
    let mut conflicts = Vec::new();
    for (place, edit) in edits.iter().enumerate() {
        match kept.get(&edit.sku) {
            None => conflicts.push((place, MappingConflict::NotListed)),
            Some(now) if *now != edit.shown && *now != edit.wanted => {
                conflicts.push((place, MappingConflict::Changed(now.clone())));
            }
            Some(_) => {}
        }
    }
    conflicts.extend(taken(conn, store, edits)?);
    if !conflicts.is_empty() {
        return Err(Failed::Refused(conflicts));
    }
    let mappings: Vec<Mapping> = edits.iter().map(|edit| mapping(store, edit)).collect();
    let saved = map_listings::run(conn, &mappings)?;
    Ok(saved.into_iter().filter(|saved| *saved.as_ref().expect("it is listed")).count())
}

/// By what the listings of the edits are known now.
fn kept(conn: &mut Conn, store: &StoreCode, edits: &[MappingEdit]) -> QueryResult<HashMap<SkuCode, ListingIds>> {
    let listed = listings::of_skus(conn, edits.iter().map(|edit| &edit.sku))?;
    let of_store = listed.into_values().flatten().filter(|listing| listing.store == *store);
    Ok(of_store.map(|listing| (listing.sku.clone(), listing.ids())).collect())
}

/// The edits whose ids another SKU of the store has, or is to have.
fn taken(conn: &mut Conn, store: &StoreCode, edits: &[MappingEdit]) -> QueryResult<Vec<(usize, MappingConflict)>> {
    let Some(kind) = stores::kind_of(conn, store)?.filter(|kind| kind.needs_item_id()) else { return Ok(Vec::new()) };
    let items: Vec<&String> = edits.iter().filter_map(|edit| edit.wanted.item_id.as_ref()).collect();
    let is_edited = |sku: &SkuCode| edits.iter().any(|edit| edit.sku == *sku);
    let others = listings::with_items(conn, store, &items)?;
    let mut known: Vec<(SkuCode, ListingIds)> = others
        .into_iter()
        .filter(|listing| !is_edited(&listing.sku))
        .map(|listing| (listing.sku.clone(), listing.ids()))
        .collect();
    let mut taken = Vec::new();
    for (place, edit) in edits.iter().enumerate() {
        if let Some((by, _)) = known.iter().find(|(_, ids)| ids.is_same_product(&edit.wanted, kind)) {
            taken.push((place, MappingConflict::Taken(by.clone())));
        }
        known.push((edit.sku.clone(), edit.wanted.clone()));
    }
    Ok(taken)
}

fn mapping(store: &StoreCode, MappingEdit { sku, shown: _, wanted }: &MappingEdit) -> Mapping {
    let ListingIds { seller_sku, item_id, variant_id } = wanted.clone();
    Mapping { sku: sku.clone(), store: store.clone(), seller_sku, item_id, variant_id }
}
