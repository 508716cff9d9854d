//! A draft with everything its pages show of it.

use crate::{
    db::{
        Conn,
        catalogue::skus::Sku,
        engine::{
            schema::{listings as listing_rows, skus as sku_rows},
            search,
        },
        promotions::{
            drafts::{self, Draft},
            holds,
        },
        stores::{self, Store, Stores, listings},
    },
    domain::{
        catalogue::quantity::Position,
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{hold::Hold, sale_changes::Offer},
        refusal::HoldRefusal,
    },
};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// SKUs that a search offers to add.
pub const OFFERED: i64 = 20;

/// A draft, the stores there are, and its products as they stand now.
#[derive(Debug, Clone)]
pub struct DraftSheet {
    /// The draft.
    pub draft: Draft,
    /// Every store.
    pub stores: Stores,
    /// The products, in the order they were added.
    pub lines: Vec<ShelfLine>,
    /// What was typed for each of them.
    pub typed: Vec<String>,
    /// The moment it stands at.
    pub now: Moment,
}

impl DraftSheet {
    /// The store of the draft, if one is chosen.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.stores.get(&self.draft.store)
    }
}

/// One SKU as it stands on the shelf now.
#[derive(Debug, Clone)]
pub struct ShelfLine {
    /// The SKU.
    pub sku: Sku,
    /// The live holds on it, oldest promotion first.
    pub holds: Vec<Hold>,
    /// The stores that list it.
    pub listed_on: Vec<StoreCode>,
}

impl ShelfLine {
    /// Its stock with the live holds on it.
    #[must_use]
    pub fn position(&self) -> Position<'_> {
        Position { stock: self.sku.stock(), holds: &self.holds }
    }

    /// What is decided about a hold on it.
    #[must_use]
    pub fn offer(&self) -> Offer<'_> {
        Offer { position: self.position(), listed_on: &self.listed_on }
    }

    /// Whether `store` may take a new hold of `quantity` units of it.
    ///
    /// # Errors
    /// The reason why not.
    pub fn admit(&self, store: &StoreCode, quantity: i64) -> Result<(), HoldRefusal> {
        self.position().admit(&self.sku.code, store, &self.listed_on, quantity)
    }
}

/// The draft of `id` as it stands at `now`.
///
/// # Errors
/// When the database fails.
pub fn sheet(conn: &mut Conn, id: PromotionId, now: Moment) -> QueryResult<Option<DraftSheet>> {
    let Some(draft) = drafts::find(conn, id)? else { return Ok(None) };
    let products = drafts::products(conn, id)?.into_iter();
    let (skus, typed): (Vec<Sku>, Vec<String>) = products.map(|product| (product.sku, product.typed)).unzip();
    Ok(Some(DraftSheet { draft, stores: stores::all(conn)?, lines: shelf(conn, skus, now)?, typed, now }))
}

/// SKUs that `store` lists and `term` finds, by code, the first [`OFFERED`].
///
/// # Errors
/// When the database fails.
pub fn offered(conn: &mut Conn, store: &StoreCode, term: &str, now: Moment) -> QueryResult<Vec<ShelfLine>> {
    let mut query = sku_rows::table
        .inner_join(listing_rows::table)
        .filter(listing_rows::store.eq(store))
        .order(listing_rows::sku)
        .limit(OFFERED)
        .select(Sku::as_select())
        .into_boxed();
    if let Some(matching) = search::matching(conn, search::Searched::Skus, term) {
        query = query.filter(matching);
    }
    let skus = query.load(conn)?;
    shelf(conn, skus, now)
}

/// How each of `skus` stands at `now`.
///
/// # Errors
/// When the database fails.
pub fn shelf(conn: &mut Conn, skus: Vec<Sku>, now: Moment) -> QueryResult<Vec<ShelfLine>> {
    let codes = || skus.iter().map(|sku| &sku.code);
    let mut holds: HashMap<SkuCode, Vec<Hold>> = holds::live_on(conn, codes(), now)?;
    let mut listed: BTreeMap<SkuCode, Vec<StoreCode>> = listings::stores_of(conn, codes())?;
    let line = |sku: Sku| ShelfLine {
        holds: holds.remove(&sku.code).unwrap_or_default(),
        listed_on: listed.remove(&sku.code).unwrap_or_default(),
        sku,
    };
    Ok(skus.into_iter().map(line).collect())
}
