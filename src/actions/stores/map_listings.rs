//! Maps listings to the ids of their marketplaces. Two listings of a store must not be mapped to the same product, because
//! each would overwrite the other's quantity, and must not have one seller SKU.

use crate::{
    db::{
        Conn, QueryResult,
        catalogue::{quantity_checks, skus},
        stores::{self, Store, components, listings, listings::Listing, pushes, retiring},
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        stores::{
            components::Components,
            connection::ConnectorKind,
            mapping::{self, Claim, IdTaken, ListingIds},
        },
    },
};
use std::collections::{BTreeSet, HashMap};

/// The ids of one plain listing. Where the store lists the SKU several times, it is the one with the seller SKU.
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
    #[error("Enter the seller SKU of one of its listings: {store} has {count} of “{sku}”, and none with this one.")]
    Several { sku: SkuCode, store: StoreCode, count: usize },
    #[error(transparent)]
    Taken(#[from] IdTaken),
}

/// Saves the valid mappings. The result has for each whether it changed the listing. Listings may swap products: see
/// [`mapping::conflicts`].
pub fn run(conn: &mut Conn, mappings: &[Mapping]) -> QueryResult<Vec<Result<bool, MappingRefusal>>> {
    skus::lock(conn, mappings.iter().map(|mapping| &mapping.sku))?;
    let of_skus = listings::of_skus(conn, mappings.iter().map(|mapping| &mapping.sku))?;
    let mut wanted = Vec::new();
    let mut found = Vec::with_capacity(mappings.len());
    for mapping in mappings {
        let of_sku = of_skus.get(&mapping.sku).into_iter().flatten();
        let of_store: Vec<&Listing> = of_sku.filter(|listing| listing.store == mapping.store).collect();
        found.push(one_of(&of_store, mapping).map(|listing| wanted.push((listing.clone(), mapping.ids.clone()))));
    }
    let mut saved = save(conn, &wanted)?.into_iter();
    let mut results = Vec::with_capacity(mappings.len());
    for found in found {
        results.push(match found {
            Ok(()) => saved.next().expect("a result for every listing").map_err(MappingRefusal::from),
            Err(refusal) => Err(refusal),
        });
    }
    Ok(results)
}

/// The one of the listings of a SKU on a store that a mapping is about.
fn one_of<'a>(listed: &[&'a Listing], Mapping { sku, store, ids }: &Mapping) -> Result<&'a Listing, MappingRefusal> {
    let named = listed.iter().find(|listing| listing.seller_sku == ids.seller_sku);
    match (named, listed) {
        (Some(named), _) => Ok(named),
        (None, [only]) => Ok(only),
        (None, []) => Err(MappingRefusal::NotListed { sku: sku.clone(), store: store.clone() }),
        (None, several) => {
            Err(MappingRefusal::Several { sku: sku.clone(), store: store.clone(), count: several.len() })
        }
    }
}

/// Saves the valid ids of listings whose SKUs are locked, plain ones and kits. The result has for each whether that changed it.
pub fn save(conn: &mut Conn, wanted: &[(Listing, ListingIds)]) -> QueryResult<Vec<Result<bool, IdTaken>>> {
    // Locks all stores, so that two transactions cannot map two listings to one product at the same time.
    stores::lock(conn)?;
    let mut current: HashMap<ListingId, ListingIds> = HashMap::new();
    for listing in listings::by_ids(conn, wanted.iter().map(|(listing, _)| &listing.id))? {
        current.insert(listing.id, listing.ids());
    }
    let mut conflicts = conflicts(conn, wanted, &current)?;
    let mut changed = Vec::new();
    let mut seller_skus = BTreeSet::new();
    let mut results = Vec::with_capacity(wanted.len());
    for (position, (listing, ids)) in wanted.iter().enumerate() {
        let known = current.get_mut(&listing.id).expect("a listing whose SKUs are locked stays");
        results.push(match conflicts.remove(&position) {
            Some(taken) => Err(taken),
            None if known == ids => Ok(false),
            None => {
                if known.seller_sku != ids.seller_sku {
                    seller_skus.insert((&listing.store, known.seller_sku.clone()));
                    seller_skus.insert((&listing.store, ids.seller_sku.clone()));
                }
                known.clone_from(ids);
                listings::map(conn, listing.id, ids)?;
                // The acknowledged quantity was that of another item.
                pushes::delete(conn, listing.id)?;
                changed.push(listing.clone());
                Ok(true)
            }
        });
    }
    seller_skus.iter().try_for_each(|(store, seller_sku)| listings::settle_seller_sku(conn, store, seller_sku))?;
    let made_of = components::of(conn, &changed)?;
    let skus: BTreeSet<&SkuCode> =
        made_of.values().flat_map(Components::iter).map(|component| &component.sku).collect();
    quantity_checks::enqueue_for_pushes(conn, skus)?;
    Ok(results)
}

/// The positions of those whose product or seller SKU belongs to another listing of the store, or will after this request.
fn conflicts(
    conn: &mut Conn,
    wanted: &[(Listing, ListingIds)],
    current: &HashMap<ListingId, ListingIds>,
) -> QueryResult<HashMap<usize, IdTaken>> {
    let mut conflicts = HashMap::new();
    for code in wanted.iter().map(|(listing, _)| &listing.store).collect::<BTreeSet<_>>() {
        let Some(store) = stores::find(conn, code)? else { continue };
        let Some(kind) = stores::kind_of(conn, code)? else { continue };
        let mut positions = Vec::new();
        let mut of_store = Vec::new();
        let mut claimed: Vec<(ListingId, Vec<Claim>)> = Vec::new();
        for (position, (listing, ids)) in wanted.iter().enumerate() {
            if listing.store == *code {
                positions.push(position);
                of_store.push((listing, ids));
                claimed.push((listing.id, ids.claims(kind)));
            }
        }
        let claims = Claims::read(conn, (&store, kind), &of_store, current)?;
        for (nth, (by, claim)) in mapping::conflicts(&claims.owned, &claimed) {
            let store = store.name.clone();
            let is_retiring = claims.retiring.contains(&by);
            let by = claims.names[&by].clone();
            let taken = match claim {
                _ if is_retiring => IdTaken::Retiring { by, store },
                Claim::Product(_) => IdTaken::Product { by, item: kind.item_label().unwrap_or("item id"), store },
                Claim::SellerSku(seller_sku) => {
                    IdTaken::SellerSku { listing: of_store[nth].0.name().to_owned(), seller_sku, by, store }
                }
            };
            conflicts.insert(positions[nth], taken);
        }
    }
    Ok(conflicts)
}

/// What listings of a store have that only one may have.
#[derive(Default)]
struct Claims {
    owned: Vec<(ListingId, Claim)>,
    names: HashMap<ListingId, String>,
    retiring: BTreeSet<ListingId>,
}

impl Claims {
    /// The current claims of the listings that are `wanted`, and of the others that have one of the wanted items or seller
    /// SKUs. Those that are retiring count too: a request for 0 must not reach what another listing is mapped to by then.
    fn read(
        conn: &mut Conn,
        (store, kind): (&Store, ConnectorKind),
        wanted: &[(&Listing, &ListingIds)],
        current: &HashMap<ListingId, ListingIds>,
    ) -> QueryResult<Self> {
        let items: Vec<&String> = wanted.iter().filter_map(|(_, ids)| ids.item_id.as_ref()).collect();
        let seller_skus: Vec<&String> = wanted.iter().map(|(_, ids)| &ids.seller_sku).collect();
        let mut claims = Self::default();
        for (listing, _) in wanted {
            claims.add(listing, &current[&listing.id], kind);
        }
        let mut others = Vec::new();
        if kind.item_label().is_some() {
            others.extend(listings::with_items(conn, &store.code, &items)?);
        }
        others.extend(listings::with_seller_skus(conn, &store.code, &seller_skus)?);
        for listing in others {
            claims.add(&listing, &listing.ids(), kind);
        }
        for retiring in retiring::with_ids(conn, &store.code, &items, &seller_skus)? {
            let listing = retiring.into_listing();
            claims.add(&listing, &listing.ids(), kind);
            claims.retiring.insert(listing.id);
        }
        Ok(claims)
    }

    fn add(&mut self, listing: &Listing, ids: &ListingIds, kind: ConnectorKind) {
        self.owned.extend(ids.claims(kind).into_iter().map(|claim| (listing.id, claim)));
        self.names.insert(listing.id, listing.name().to_owned());
    }
}
