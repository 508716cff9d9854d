//! Kits with their components: the kits of one store or of all, by store and seller SKU, and those that a SKU is in.

use crate::{
    db::{
        Backend, Conn,
        engine::{
            paging::{Page, Place, at_place},
            schema::listings as rows,
            search,
            sql::{SqlText, sql},
        },
        stores::{
            components,
            listings::{self, Listing},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        stores::components::Components,
    },
};
use diesel::{prelude::*, sql_types::Bool};
use std::collections::{BTreeMap, BTreeSet};

/// A listing with what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kit {
    pub listing: Listing,
    pub components: Components,
}

/// Which kits a list has.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The words to find in the seller SKU, the title and the SKUs of the components; empty for all.
    pub search: String,
    /// Those of this store alone.
    pub store: Option<StoreCode>,
}

/// In the words of the index of kits.
pub(super) const IS_KIT: SqlText<Bool> = sql("listings.sku = ''");

/// `found` with their components, in their order.
pub fn with_components(conn: &mut Conn, found: Vec<Listing>) -> QueryResult<Vec<Kit>> {
    let mut made_of = components::of(conn, &found)?;
    let mut kits = Vec::with_capacity(found.len());
    for listing in found {
        let components = made_of.remove(&listing.id).expect("every listing is made of something");
        kits.push(Kit { listing, components });
    }
    Ok(kits)
}

/// The listings of `store`, plain ones too, with one of these seller SKUs, by seller SKU. One that several share is not
/// known by it.
pub fn named<T: AsRef<str>>(
    conn: &mut Conn,
    store: &StoreCode,
    seller_skus: &[T],
) -> QueryResult<BTreeMap<String, Kit>> {
    let found = listings::with_seller_skus(conn, store, seller_skus)?;
    let mut named = BTreeMap::new();
    let mut shared = BTreeSet::new();
    for kit in with_components(conn, found)? {
        let seller_sku = kit.listing.seller_sku.clone();
        if named.insert(seller_sku.clone(), kit).is_some() {
            shared.insert(seller_sku);
        }
    }
    named.retain(|seller_sku, _| !shared.contains(seller_sku));
    Ok(named)
}

/// The first `limit` kits of all stores that have one of `codes` among their components, by store and seller SKU.
pub fn with_skus<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
    limit: usize,
) -> QueryResult<Vec<Kit>> {
    let mut found: BTreeMap<ListingId, Listing> = BTreeMap::new();
    for kit in listings::kits_with(conn, codes)?.into_values().flatten() {
        found.insert(kit.id, kit);
    }
    let mut found: Vec<Listing> = found.into_values().collect();
    found.sort_by(|one, other| (&one.store, &one.seller_sku).cmp(&(&other.store, &other.seller_sku)));
    found.truncate(limit);
    with_components(conn, found)
}

/// The first `limit` kits of `store` that `term` finds, by seller SKU.
pub fn offered(conn: &mut Conn, store: &StoreCode, term: &str, limit: i64) -> QueryResult<Vec<Kit>> {
    let found = of_store(conn, store, term, &Place::Start, limit)?;
    with_components(conn, found)
}

/// The key of a row: its place in the list.
pub fn key(listing: &Listing) -> String {
    // The store first: no store's code has the separator, and a seller SKU may have it.
    format!("{}|{}", listing.store, listing.seller_sku)
}

/// The page at `place` of the kits of `stores`, which are sorted by code.
pub fn page(conn: &mut Conn, stores: &[StoreCode], filter: &Filter, place: &Place) -> QueryResult<Page<Kit>> {
    let Page { rows, has_previous, has_next } =
        Page::new(place, part(conn, stores, filter, place, usize::try_from(Place::LIMIT).expect("a few rows"))?);
    Ok(Page { rows: with_components(conn, rows)?, has_previous, has_next })
}

/// Like [`page`], but with as many rows as an export takes at once, after the row of a key if there is one.
pub fn batch(conn: &mut Conn, stores: &[StoreCode], filter: &Filter, after: Option<String>) -> QueryResult<Vec<Kit>> {
    const ROWS: usize = 1_000;
    let place = after.map_or(Place::Start, Place::After);
    let found = part(conn, stores, filter, &place, ROWS)?;
    with_components(conn, found)
}

/// Up to `limit` kits from `place` on, store by store: each is read from the index of its kits.
fn part(
    conn: &mut Conn,
    stores: &[StoreCode],
    filter: &Filter,
    place: &Place,
    limit: usize,
) -> QueryResult<Vec<Listing>> {
    let mut wanted: Vec<&StoreCode> =
        stores.iter().filter(|store| filter.store.as_ref().is_none_or(|only| only == *store)).collect();
    let key = match place {
        Place::Start => None,
        Place::After(key) | Place::Before(key) => key.split_once('|'),
    };
    let is_backwards = matches!(place, Place::Before(_));
    if is_backwards {
        wanted.reverse();
    }
    let mut found = Vec::new();
    for store in wanted {
        let at = match key {
            Some((of_key, seller_sku)) if of_key == store.as_str() && is_backwards => {
                Place::Before(seller_sku.to_owned())
            }
            Some((of_key, seller_sku)) if of_key == store.as_str() => Place::After(seller_sku.to_owned()),
            // Stores on the other side of the key are on other pages.
            Some((of_key, _)) if (store.as_str() > of_key) == is_backwards => continue,
            // Every seller SKU sorts before this one.
            Some(_) | None if is_backwards => Place::Before(char::MAX.to_string()),
            Some(_) | None => Place::Start,
        };
        let left = limit - found.len();
        if left == 0 {
            break;
        }
        let left = i64::try_from(left).expect("a few rows");
        found.extend(of_store(conn, store, &filter.search, &at, left)?);
    }
    Ok(found)
}

/// Up to `limit` kits of a store, from `place` on, that a search finds.
fn of_store(conn: &mut Conn, store: &StoreCode, term: &str, place: &Place, limit: i64) -> QueryResult<Vec<Listing>> {
    let mut query = rows::table
        .filter(rows::store.eq(store))
        .filter(IS_KIT)
        .limit(limit)
        .select(Listing::as_select())
        .into_boxed::<Backend>();
    if let Some(matching) = search::matching_kits(term) {
        query = query.filter(matching);
    }
    at_place!(query, place, rows::seller_sku).load(conn)
}
