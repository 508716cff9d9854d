//! A draft with everything that its pages show.

use crate::{
    db::{
        Conn,
        availability::{self, ListedSku},
        catalogue::skus::Sku,
        engine::{
            schema::{listings as listing_rows, skus as sku_rows},
            search,
        },
        promotions::drafts::{self, Draft},
        stores::{self, Store, Stores, listings::IS_FIRST},
    },
    domain::{code::StoreCode, id::PromotionId, moment::Moment},
};
use diesel::prelude::*;

pub const OFFERED: i64 = 20;

#[derive(Debug, Clone)]
pub struct DraftSheet {
    pub draft: Draft,
    pub stores: Stores,
    /// The products, in the order they were added.
    pub lines: Vec<ListedSku>,
    /// What was typed for each of them.
    pub typed: Vec<String>,
    pub now: Moment,
}

impl DraftSheet {
    pub fn store(&self) -> Option<&Store> {
        self.stores.get(&self.draft.store)
    }
}

pub fn sheet(conn: &mut Conn, id: PromotionId, now: Moment) -> QueryResult<Option<DraftSheet>> {
    let Some(draft) = drafts::find(conn, id)? else { return Ok(None) };
    let products = drafts::products(conn, id)?.into_iter();
    let (skus, typed): (Vec<Sku>, Vec<String>) = products.map(|product| (product.sku, product.typed)).unzip();
    Ok(Some(DraftSheet {
        draft,
        stores: stores::all(conn)?,
        lines: availability::with_listings(conn, skus, now)?,
        typed,
        now,
    }))
}

/// SKUs that `store` lists and `term` finds, by code, the first [`OFFERED`].
pub fn offered(conn: &mut Conn, store: &StoreCode, term: &str, now: Moment) -> QueryResult<Vec<ListedSku>> {
    let mut query = sku_rows::table
        .inner_join(listing_rows::table)
        .filter(listing_rows::store.eq(store))
        .filter(IS_FIRST)
        .order(listing_rows::sku)
        .limit(OFFERED)
        .select(Sku::as_select())
        .into_boxed();
    if let Some(matching) = search::matching(conn, search::Searched::Skus, term)? {
        query = query.filter(matching);
    }
    let skus = query.load(conn)?;
    availability::with_listings(conn, skus, now)
}
