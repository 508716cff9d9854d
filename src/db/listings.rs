//! Listings: which SKUs each store sells.

use super::{Conn, schema::listings};
use crate::{
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
    on_db,
};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// A SKU sold on a store.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = listings, treat_none_as_default_value = false)]
pub struct Listing {
    /// The SKU.
    pub sku: SkuCode,
    /// The store.
    pub store: StoreCode,
    /// What the seller calls it on that store (CSKU).
    pub seller_sku: String,
    /// When it was listed.
    pub created_at: Moment,
}

impl Listing {
    /// A listing under the SKU's own code.
    #[must_use]
    pub fn new(sku: SkuCode, store: StoreCode, created_at: Moment) -> Self {
        Self { seller_sku: sku.as_str().to_owned(), sku, store, created_at }
    }
}

/// The stores that list each of `codes`.
///
/// # Errors
/// When the database fails.
pub fn stores_of<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<BTreeMap<SkuCode, Vec<StoreCode>>> {
    let pairs: Vec<(SkuCode, StoreCode)> = listings::table
        .filter(listings::sku.eq_any(codes))
        .order((listings::sku, listings::store))
        .select((listings::sku, listings::store))
        .load(conn)?;
    let mut stores: BTreeMap<SkuCode, Vec<StoreCode>> = BTreeMap::new();
    for (sku, store) in pairs {
        stores.entry(sku).or_default().push(store);
    }
    Ok(stores)
}

/// Adds listings; those that exist stay as they are.
///
/// # Errors
/// When the database fails.
pub fn insert(conn: &mut Conn, new: &[Listing]) -> QueryResult<()> {
    for some in new.chunks(1_000) {
        on_db!(conn, |conn| diesel::insert_into(listings::table).values(some).on_conflict_do_nothing().execute(conn))?;
    }
    Ok(())
}

/// Takes a SKU off a store.
///
/// # Errors
/// When the database fails.
pub fn delete(conn: &mut Conn, sku: &SkuCode, store: &StoreCode) -> QueryResult<()> {
    diesel::delete(listings::table.find((sku, store))).execute(conn).map(drop)
}
