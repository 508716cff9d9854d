//! Says by what a marketplace knows listings.

use crate::{
    db::{Conn, QueryResult, listings, pushes, quantity_checks, skus},
    domain::code::{SkuCode, StoreCode},
};

/// By what a marketplace knows a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The SKU.
    pub sku: SkuCode,
    /// The store.
    pub store: StoreCode,
    /// What the seller calls it there.
    pub seller_sku: String,
    /// The marketplace's id of the item, if it has one.
    pub item_id: Option<String>,
    /// The marketplace's id of the variant, if it has one.
    pub variant_id: Option<String>,
}

/// Why a mapping was not saved; the others were.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingRefusal {
    /// The store does not list the SKU.
    #[error("List “{sku}” on {store} first: that store does not sell it.")]
    NotListed {
        /// The SKU.
        sku: SkuCode,
        /// The store.
        store: StoreCode,
    },
}

/// Saves every mapping that can be, and answers for each: whether it was another before.
///
/// # Errors
/// When the database fails.
pub fn run(conn: &mut Conn, mappings: &[Mapping]) -> QueryResult<Vec<Result<bool, MappingRefusal>>> {
    skus::lock(conn, mappings.iter().map(|mapping| &mapping.sku))?;
    mappings.iter().map(|mapping| save(conn, mapping)).collect()
}

fn save(conn: &mut Conn, mapping: &Mapping) -> QueryResult<Result<bool, MappingRefusal>> {
    let Mapping { sku, store, seller_sku, item_id, variant_id } = mapping;
    let Some(listing) = listings::find(conn, sku, store)? else {
        return Ok(Err(MappingRefusal::NotListed { sku: sku.clone(), store: store.clone() }));
    };
    if (&listing.seller_sku, &listing.item_id, &listing.variant_id) == (seller_sku, item_id, variant_id) {
        return Ok(Ok(false));
    }
    listings::map(conn, mapping_of(listing, mapping))?;
    // What another item acknowledged says nothing about this one.
    pushes::delete(conn, sku, store)?;
    quantity_checks::add_for_pushes(conn, [sku])?;
    Ok(Ok(true))
}

fn mapping_of(listing: listings::Listing, mapping: &Mapping) -> listings::Listing {
    let Mapping { sku: _, store: _, seller_sku, item_id, variant_id } = mapping.clone();
    listings::Listing { seller_sku, item_id, variant_id, ..listing }
}
