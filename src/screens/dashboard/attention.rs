//! The rows of what needs somebody.

use crate::{
    db::{
        orders::Order,
        reads::attention::{NearlySold, ShortHold},
        skus::Sku,
        stores::Store,
    },
    domain::{moment::Moment, schedule::duration_in_words},
    screens::{catalogue::path_of, orders, promotions::store_of},
    web::error::PageError,
};

/// A hold that is short.
pub struct ShortRow {
    pub sku: String,
    pub sku_path: String,
    pub promotion: String,
    pub promotion_path: String,
    pub store: String,
    pub remaining: i64,
    pub short_by: i64,
}

impl ShortRow {
    pub fn new(short: ShortHold, stores: &[Store]) -> Result<Self, PageError> {
        let ShortHold { sku, hold, short_by } = short;
        Ok(Self {
            sku_path: path_of(&sku),
            sku: sku.to_string(),
            promotion_path: format!("/promotions/{}", hold.promotion),
            store: store_of(stores, &hold.store)?.name.clone(),
            remaining: hold.remaining(),
            promotion: hold.promotion_name,
            short_by,
        })
    }
}

/// A hold that is nearly sold.
pub struct NearlyRow {
    pub sku: String,
    pub sku_path: String,
    pub promotion: String,
    pub promotion_path: String,
    pub store: String,
    pub quantity: i64,
    pub remaining: i64,
}

impl NearlyRow {
    pub fn new(hold: NearlySold, stores: &[Store]) -> Result<Self, PageError> {
        let NearlySold { sku, promotion, promotion_name, store, quantity, sold } = hold;
        Ok(Self {
            sku_path: path_of(&sku),
            sku: sku.to_string(),
            promotion: promotion_name,
            promotion_path: format!("/promotions/{promotion}"),
            store: store_of(stores, &store)?.name.clone(),
            quantity,
            remaining: quantity - sold,
        })
    }
}

/// An open order that is owed units.
pub struct OrderRow {
    pub number: String,
    pub path: String,
    pub store: String,
    /// How long ago it was placed.
    pub age: String,
    pub units: i64,
    pub owed: i64,
}

impl OrderRow {
    pub fn new(order: Order, stores: &[Store], now: Moment) -> Result<Self, PageError> {
        let Order { store, number, placed_at, units, oversold, .. } = order;
        Ok(Self {
            path: orders::path_of(&store, &number),
            number: number.to_string(),
            store: store_of(stores, &store)?.name.clone(),
            age: duration_in_words(now.since(placed_at)),
            units,
            owed: oversold,
        })
    }
}

/// A SKU that open orders are owed units of.
pub struct SkuRow {
    pub sku: String,
    pub sku_path: String,
    pub name: String,
    pub oversold: i64,
}

impl SkuRow {
    pub fn new(sku: Sku) -> Self {
        Self { sku_path: path_of(&sku.code), sku: sku.code.to_string(), name: sku.name, oversold: sku.oversold }
    }
}

/// The rows of a list.
pub fn rows<Found, Row>(
    found: impl IntoIterator<Item = Found>,
    row: impl Fn(Found) -> Result<Row, PageError>,
) -> Result<Vec<Row>, PageError> {
    found.into_iter().map(row).collect()
}
