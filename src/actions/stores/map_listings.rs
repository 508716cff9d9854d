//! Maps listings to the ids of their marketplaces. Two listings of a store must not be mapped to the same product, because
//! each would overwrite the other's quantity, and must not have one seller SKU.

use crate::{
    db::{
        Conn, QueryResult,
        catalogue::{quantity_checks, skus},
        stores::{self, Store, listings, pushes, retiring},
    },
    domain::{
        code::{SkuCode, StoreCode},
        stores::{
            connection::ConnectorKind,
            mapping::{self, Claim, IdTaken, ListingIds},
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
    Taken(#[from] IdTaken),
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
    let mut seller_skus = BTreeSet::new();
    let mut results = Vec::with_capacity(mappings.len());
    for (position, Mapping { sku, store, ids }) in mappings.iter().enumerate() {
        results.push(match (current.get_mut(&(sku, store)), conflicts.remove(&position)) {
            (None, _) => Err(MappingRefusal::NotListed { sku: sku.clone(), store: store.clone() }),
            (Some(_), Some(taken)) => Err(taken.into()),
            (Some(known), None) if known == ids => Ok(false),
            (Some(known), None) => {
                if known.seller_sku != ids.seller_sku {
                    seller_skus.insert((store, known.seller_sku.clone()));
                    seller_skus.insert((store, ids.seller_sku.clone()));
                }
                known.clone_from(ids);
                listings::map(conn, sku, store, ids)?;
                // The acknowledged quantity was that of another item.
                pushes::delete(conn, sku, store)?;
                changed.insert(sku);
                Ok(true)
            }
        });
    }
    seller_skus.iter().try_for_each(|(store, seller_sku)| listings::settle_seller_sku(conn, store, seller_sku))?;
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

/// The mappings, by position, whose product or seller SKU belongs to another SKU of the store, or will after this request.
fn conflicts(conn: &mut Conn, mappings: &[Mapping], current: &CurrentIds<'_>) -> QueryResult<HashMap<usize, IdTaken>> {
    let mut conflicts = HashMap::new();
    for code in current.keys().map(|(_, store)| *store).collect::<BTreeSet<_>>() {
        let Some(store) = stores::find(conn, code)? else { continue };
        let Some(kind) = stores::kind_of(conn, code)? else { continue };
        let mut positions = Vec::new();
        let mut of_store = Vec::new();
        let mut wanted: Vec<(SkuCode, Vec<Claim>)> = Vec::new();
        for (position, mapping) in mappings.iter().enumerate() {
            if mapping.store == *code && current.contains_key(&(&mapping.sku, code)) {
                positions.push(position);
                of_store.push(mapping);
                wanted.push((mapping.sku.clone(), mapping.ids.claims(kind)));
            }
        }
        let mut owned = claims_of_listings(conn, (&store, kind), &of_store, current)?;
        let of_retiring = claims_of_retiring(conn, (&store, kind), &of_store)?;
        let retiring: BTreeSet<SkuCode> = of_retiring.iter().map(|(sku, _)| sku.clone()).collect();
        owned.extend(of_retiring);
        for (nth, (by, claim)) in mapping::conflicts(&owned, &wanted) {
            let store = store.name.clone();
            let taken = match claim {
                _ if retiring.contains(&by) => IdTaken::Retiring { by, store },
                Claim::Product(_) => IdTaken::Product { by, item: kind.item_label().unwrap_or("item id"), store },
                Claim::SellerSku(seller_sku) => {
                    IdTaken::SellerSku { sku: wanted[nth].0.clone(), seller_sku, by, store }
                }
            };
            conflicts.insert(positions[nth], taken);
        }
    }
    Ok(conflicts)
}

/// The current claims of the SKUs in `mappings` of a store, and of the other SKUs that have one of the wanted items or
/// seller SKUs.
fn claims_of_listings(
    conn: &mut Conn,
    (store, kind): (&Store, ConnectorKind),
    mappings: &[&Mapping],
    current: &CurrentIds<'_>,
) -> QueryResult<Vec<(SkuCode, Claim)>> {
    let mut owned = Vec::new();
    for mapping in mappings {
        let claims = current[&(&mapping.sku, &store.code)].claims(kind);
        owned.extend(claims.into_iter().map(|claim| (mapping.sku.clone(), claim)));
    }
    let mut others = Vec::new();
    if kind.item_label().is_some() {
        others.extend(listings::with_items(conn, &store.code, &items_of(mappings))?);
    }
    others.extend(listings::with_seller_skus(conn, &store.code, &seller_skus_of(mappings))?);
    for listing in others {
        let claims = listing.ids().claims(kind);
        owned.extend(claims.into_iter().map(|claim| (listing.sku.clone(), claim)));
    }
    Ok(owned)
}

/// The claims of the retiring listings of a store that have one of the wanted items or seller SKUs: a request for 0 must not
/// reach what another SKU is mapped to by then.
fn claims_of_retiring(
    conn: &mut Conn,
    (store, kind): (&Store, ConnectorKind),
    mappings: &[&Mapping],
) -> QueryResult<Vec<(SkuCode, Claim)>> {
    let mut owned = Vec::new();
    for retiring in retiring::with_ids(conn, &store.code, &items_of(mappings), &seller_skus_of(mappings))? {
        let listing = retiring.into_listing();
        let claims = listing.ids().claims(kind);
        owned.extend(claims.into_iter().map(|claim| (listing.sku.clone(), claim)));
    }
    Ok(owned)
}

fn items_of<'a>(mappings: &[&'a Mapping]) -> Vec<&'a String> {
    mappings.iter().filter_map(|mapping| mapping.ids.item_id.as_ref()).collect()
}

fn seller_skus_of<'a>(mappings: &[&'a Mapping]) -> Vec<&'a String> {
    mappings.iter().map(|mapping| &mapping.ids.seller_sku).collect()
}
