//! Maps listings to the ids of their marketplaces. Two listings of a store must not be mapped to the same product,
//! because each would overwrite the other's quantity.

use crate::{
    db::{
        Conn, QueryResult,
        catalogue::{quantity_checks, skus},
        stores::{self, Store, listings, pushes},
    },
    domain::{
        code::{SkuCode, StoreCode},
        stores::{
            connection::ConnectorKind,
            mapping::{self, ListingIds, Product, ProductTaken},
        },
    },
};
use std::collections::{BTreeSet, HashMap};

/// The ids of one listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    pub sku: SkuCode,
    pub store: StoreCode,
    pub ids: ListingIds,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingRefusal {
    #[error("List “{sku}” on {store} first: that store does not sell it.")]
    NotListed { sku: SkuCode, store: StoreCode },
    #[error(transparent)]
    Taken(#[from] ProductTaken),
}

/// Saves the valid mappings. The result has for each whether it changed the listing. SKUs may swap products: see
/// [`mapping::conflicts`].
pub fn run(conn: &mut Conn, mappings: &[Mapping]) -> QueryResult<Vec<Result<bool, MappingRefusal>>> {
    skus::lock(conn, mappings.iter().map(|mapping| &mapping.sku))?;
    // Locks all stores, so that two transactions cannot map two SKUs to one product at the same time.
    stores::lock(conn)?;
    let mut current = current_ids(conn, mappings)?;
    let mut conflicts = conflicts(conn, mappings, &current)?;
    let mut changed = BTreeSet::new();
    let mut results = Vec::with_capacity(mappings.len());
    for (position, Mapping { sku, store, ids }) in mappings.iter().enumerate() {
        results.push(match (current.get_mut(&(sku, store)), conflicts.remove(&position)) {
            (None, _) => Err(MappingRefusal::NotListed { sku: sku.clone(), store: store.clone() }),
            (Some(_), Some(taken)) => Err(taken.into()),
            (Some(known), None) if known == ids => Ok(false),
            (Some(known), None) => {
                known.clone_from(ids);
                listings::map(conn, sku, store, ids)?;
                // The acknowledged quantity was that of another item.
                pushes::delete(conn, sku, store)?;
                changed.insert(sku);
                Ok(true)
            }
        });
    }
    quantity_checks::enqueue_for_pushes(conn, changed)?;
    Ok(results)
}

type CurrentIds<'a> = HashMap<(&'a SkuCode, &'a StoreCode), ListingIds>;

/// The current ids of the mappings whose listings exist.
fn current_ids<'a>(conn: &mut Conn, mappings: &'a [Mapping]) -> QueryResult<CurrentIds<'a>> {
    let of_skus = listings::of_skus(conn, mappings.iter().map(|mapping| &mapping.sku))?;
    let mut current = HashMap::new();
    for Mapping { sku, store, .. } in mappings {
        let listing = of_skus.get(sku).and_then(|listings| listings.iter().find(|listing| listing.store == *store));
        if let Some(listing) = listing {
            current.insert((sku, store), listing.ids());
        }
    }
    Ok(current)
}

/// The mappings, by position, whose product belongs to another SKU of the store, or will after this request.
fn conflicts(
    conn: &mut Conn,
    mappings: &[Mapping],
    current: &CurrentIds<'_>,
) -> QueryResult<HashMap<usize, ProductTaken>> {
    let mut conflicts = HashMap::new();
    for code in current.keys().map(|(_, store)| *store).collect::<BTreeSet<_>>() {
        let Some(store) = stores::find(conn, code)? else { continue };
        let Some(kind) = stores::kind_of(conn, code)? else { continue };
        let Some(item) = kind.item_label() else { continue };
        let mut positions = Vec::new();
        let mut of_store = Vec::new();
        let mut wanted: Vec<(SkuCode, Option<Product>)> = Vec::new();
        for (position, mapping) in mappings.iter().enumerate() {
            if mapping.store == *code && current.contains_key(&(&mapping.sku, code)) {
                positions.push(position);
                of_store.push(mapping);
                wanted.push((mapping.sku.clone(), mapping.ids.product(kind)));
            }
        }
        let owned = owned_products(conn, (&store, kind), &of_store, current)?;
        for (nth, by) in mapping::conflicts(&owned, &wanted) {
            conflicts.insert(positions[nth], ProductTaken { by, item, store: store.name.clone() });
        }
    }
    Ok(conflicts)
}

/// The current products of the SKUs in `mappings` of a store, and of the other SKUs that have one of the wanted products.
fn owned_products(
    conn: &mut Conn,
    (store, kind): (&Store, ConnectorKind),
    mappings: &[&Mapping],
    current: &CurrentIds<'_>,
) -> QueryResult<Vec<(SkuCode, Product)>> {
    let items: Vec<&String> = mappings.iter().filter_map(|mapping| mapping.ids.item_id.as_ref()).collect();
    let mut owned = Vec::new();
    for mapping in mappings {
        let product = current[&(&mapping.sku, &store.code)].product(kind);
        owned.extend(product.map(|product| (mapping.sku.clone(), product)));
    }
    for listing in listings::with_items(conn, &store.code, &items)? {
        let product = listing.ids().product(kind);
        owned.extend(product.map(|product| (listing.sku, product)));
    }
    Ok(owned)
}
