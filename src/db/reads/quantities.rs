//! What `/api/v1/quantities` and the files of quantities read: the listings in their order, with the stock and the live
//! holds behind them.

use crate::{
    db::{
        Backend, Conn, holds,
        listings::{self as of_listings, Listing},
        paging::Place,
        reads::positions::Positions,
        schema::listings,
        skus,
    },
    domain::{
        code::{SkuCode, StoreCode},
        hold::Hold,
        moment::Moment,
        stock::Stock,
    },
};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// Rows of a page.
pub const PAGE_ROWS: usize = 1_000;

/// Which listings.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this SKU alone.
    pub sku: Option<SkuCode>,
    /// Of this store alone.
    pub store: Option<StoreCode>,
    /// After the row of this key.
    pub after: Option<(SkuCode, StoreCode)>,
}

/// A page of listings.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// By SKU, then store.
    pub listings: Vec<(SkuCode, StoreCode)>,
    /// The stored totals of each of their SKUs.
    pub stock: HashMap<SkuCode, Stock>,
    /// The live holds of each, oldest promotion first.
    pub live: HashMap<SkuCode, Vec<Hold>>,
    /// Whether there are listings after the last.
    pub has_next: bool,
}

/// The page of `filter`, as things are at `now`.
///
/// The SKUs are read on their own: joined, PostgreSQL walks through all of them up to the page's.
///
/// # Errors
/// When the database fails.
pub fn page(conn: &mut Conn, filter: &Filter, now: Moment) -> QueryResult<Page> {
    let mut query = listings::table.select((listings::sku, listings::store)).into_boxed::<Backend>();
    if let Some(sku) = &filter.sku {
        query = query.filter(listings::sku.eq(sku));
    }
    if let Some(store) = &filter.store {
        query = query.filter(listings::store.eq(store));
    }
    if let Some((sku, store)) = &filter.after {
        // The first condition repeats a part of the second: it is the one that an index can begin at.
        query = query.filter(listings::sku.ge(sku)).filter(listings::sku.gt(sku).or(listings::store.gt(store)));
    }
    let limit = i64::try_from(PAGE_ROWS + 1).expect("a small number");
    let mut listings: Vec<(SkuCode, StoreCode)> =
        query.order((listings::sku, listings::store)).limit(limit).load(conn)?;
    let has_next = listings.len() > PAGE_ROWS;
    listings.truncate(PAGE_ROWS);
    let codes: BTreeSet<&SkuCode> = listings.iter().map(|(sku, _)| sku).collect();
    let live = holds::live_on(conn, codes.iter().copied(), now)?;
    let stock = skus::find_all(conn, codes)?.into_iter().map(|sku| (sku.code.clone(), sku.stock())).collect();
    Ok(Page { listings, stock, live, has_next })
}

/// Some listings of one store, with what their quantities follow from.
pub struct OfStore {
    /// By SKU.
    pub listings: Vec<Listing>,
    /// The stock of their SKUs, and the holds that are live on them.
    pub positions: Positions,
    /// Whether there may be listings after the last.
    pub has_next: bool,
}

/// Up to [`PAGE_ROWS`] listings of `store` after a SKU, as things are at `now`.
///
/// # Errors
/// When the database fails.
pub fn of_store(conn: &mut Conn, store: &StoreCode, after: Option<SkuCode>, now: Moment) -> QueryResult<OfStore> {
    let place = after.map_or(Place::Start, |sku| Place::After(sku.to_string()));
    let limit = i64::try_from(PAGE_ROWS).expect("a small number");
    let listings = of_listings::of_store(conn, store, &place, limit)?;
    let positions = Positions::read(conn, listings.iter().map(|listing| &listing.sku), now)?;
    Ok(OfStore { has_next: listings.len() == PAGE_ROWS, listings, positions })
}
