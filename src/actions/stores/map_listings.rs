//! Says by what marketplaces know listings: no two of a store by one product.

use crate::{
    db::{
        Conn, QueryResult,
        catalogue::{quantity_checks, skus},
        stores::{
            self, Store,
            listings::{self, Listing},
            pushes,
        },
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

/// By what a marketplace is to know a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The SKU.
    pub sku: SkuCode,
    /// The store.
    pub store: StoreCode,
    /// The ids.
    pub ids: ListingIds,
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
    /// Another SKU of the store has the product.
    #[error(transparent)]
    Taken(#[from] ProductTaken),
}

/// Saves every mapping that can be, and answers for each: whether it was another before. SKUs may change products with
/// each other: see [`mapping::taken`].
///
/// # Errors
/// When the database fails.
pub fn run(conn: &mut Conn, mappings: &[Mapping]) -> QueryResult<Vec<Result<bool, MappingRefusal>>> {
    skus::lock(conn, mappings.iter().map(|mapping| &mapping.sku))?;
    // Two SKUs must not come to one product in two transactions either.
    stores::lock(conn)?;
    let mut listed = listed(conn, mappings)?;
    let mut taken = taken(conn, mappings, &listed)?;
    let mut changed = BTreeSet::new();
    let mut answers = Vec::with_capacity(mappings.len());
    for (place, Mapping { sku, store, ids }) in mappings.iter().enumerate() {
        answers.push(match (listed.get_mut(&(sku, store)), taken.remove(&place)) {
            (None, _) => Err(MappingRefusal::NotListed { sku: sku.clone(), store: store.clone() }),
            (Some(_), Some(taken)) => Err(taken.into()),
            (Some(known), None) if known == ids => Ok(false),
            (Some(known), None) => {
                known.clone_from(ids);
                listings::map(conn, sku, store, ids)?;
                // What another item acknowledged says nothing about this one.
                pushes::delete(conn, sku, store)?;
                changed.insert(sku);
                Ok(true)
            }
        });
    }
    quantity_checks::add_for_pushes(conn, changed)?;
    Ok(answers)
}

/// By what listings are known now.
type Listed<'a> = HashMap<(&'a SkuCode, &'a StoreCode), ListingIds>;

/// Those of the mappings that there are.
fn listed<'a>(conn: &mut Conn, mappings: &'a [Mapping]) -> QueryResult<Listed<'a>> {
    let of_skus = listings::of_skus(conn, mappings.iter().map(|mapping| &mapping.sku))?;
    let find = |Mapping { sku, store, .. }: &'a Mapping| {
        let listing = of_skus.get(sku)?.iter().find(|listing| listing.store == *store)?;
        Some(((sku, store), listing.ids()))
    };
    Ok(mappings.iter().filter_map(find).collect())
}

/// The places of the mappings whose product another SKU of the store has, or is to have.
fn taken(conn: &mut Conn, mappings: &[Mapping], listed: &Listed<'_>) -> QueryResult<HashMap<usize, ProductTaken>> {
    let mut taken = HashMap::new();
    for code in listed.keys().map(|(_, store)| *store).collect::<BTreeSet<_>>() {
        let (Some(store), Some(kind)) = (stores::find(conn, code)?, stores::kind_of(conn, code)?) else { continue };
        let Some(item) = kind.item_label() else { continue };
        let is_of_store = |mapping: &Mapping| mapping.store == *code && listed.contains_key(&(&mapping.sku, code));
        let (places, of_store): (Vec<usize>, Vec<&Mapping>) =
            mappings.iter().enumerate().filter(|(_, mapping)| is_of_store(mapping)).unzip();
        let wanted: Vec<(SkuCode, Option<Product>)> =
            of_store.iter().map(|mapping| (mapping.sku.clone(), mapping.ids.product(kind))).collect();
        let kept = kept(conn, (&store, kind), &of_store, listed)?;
        let by = mapping::taken(&kept, &wanted).into_iter();
        taken.extend(by.map(|(nth, by)| (places[nth], ProductTaken { by, item, store: store.name.clone() })));
    }
    Ok(taken)
}

/// The products that the SKUs of mappings of a store have now, and the SKUs that have those which they are to have.
fn kept(
    conn: &mut Conn,
    (store, kind): (&Store, ConnectorKind),
    mappings: &[&Mapping],
    listed: &Listed<'_>,
) -> QueryResult<Vec<(SkuCode, Product)>> {
    let items: Vec<&String> = mappings.iter().filter_map(|mapping| mapping.ids.item_id.as_ref()).collect();
    let having = listings::with_items(conn, &store.code, &items)?;
    let product = |sku: &SkuCode, ids: &ListingIds| Some((sku.clone(), ids.product(kind)?));
    let of_mappings = mappings.iter().filter_map(|it| product(&it.sku, &listed[&(&it.sku, &store.code)]));
    let of_others = having.iter().filter_map(|listing: &Listing| product(&listing.sku, &listing.ids()));
    Ok(of_mappings.chain(of_others).collect())
}
