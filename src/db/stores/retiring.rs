//! Retiring listings: they were taken off, and their stores may still show them. They are in a table of their own because
//! they take part in nothing but pushes. A SKU is not listed and retiring on one store at a time.

use crate::{
    db::{
        Backend, Conn,
        engine::{
            among::among,
            paging::{Place, at_place},
            schema::{pushes as push_rows, retiring_listings},
            sql::{SqlText, sql},
        },
        stores::{
            listings::Listing,
            pushes::{self, Push},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
    on_db,
};
use diesel::{prelude::*, sql_types::Bool};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = retiring_listings, treat_none_as_default_value = false)]
pub struct RetiringListing {
    pub sku: SkuCode,
    pub store: StoreCode,
    pub seller_sku: String,
    /// When it was listed.
    pub created_at: Moment,
    pub item_id: Option<String>,
    pub variant_id: Option<String>,
    pub retired_at: Moment,
    pub retired_by: String,
}

impl RetiringListing {
    pub fn new(listing: Listing, at: Moment, by: String) -> Self {
        let Listing { sku, store, seller_sku, created_at, item_id, variant_id } = listing;
        Self { sku, store, seller_sku, created_at, item_id, variant_id, retired_at: at, retired_by: by }
    }

    pub fn into_listing(self) -> Listing {
        let Self { sku, store, seller_sku, created_at, item_id, variant_id, retired_at: _, retired_by: _ } = self;
        Listing { sku, store, seller_sku, created_at, item_id, variant_id }
    }
}

pub fn insert(conn: &mut Conn, rows: &[RetiringListing]) -> QueryResult<()> {
    for some in rows.chunks(1_000) {
        on_db!(conn, |conn| diesel::insert_into(retiring_listings::table).values(some).execute(conn))?;
    }
    Ok(())
}

/// Deletes a retiring listing, and its push with it.
pub fn delete(conn: &mut Conn, sku: &SkuCode, store: &StoreCode) -> QueryResult<()> {
    take_back(conn, sku, store)?;
    pushes::delete(conn, sku, store)
}

/// Deletes a retiring listing and keeps its push, because the SKU is listed there again.
pub fn take_back(conn: &mut Conn, sku: &SkuCode, store: &StoreCode) -> QueryResult<()> {
    diesel::delete(retiring_listings::table.find((sku, store))).execute(conn).map(drop)
}

pub fn find(conn: &mut Conn, sku: &SkuCode, store: &StoreCode) -> QueryResult<Option<RetiringListing>> {
    retiring_listings::table.find((sku, store)).select(RetiringListing::as_select()).first(conn).optional()
}

/// The SKU of the retiring listing of `store` with a seller SKU.
pub fn with_seller_sku(conn: &mut Conn, store: &StoreCode, seller_sku: &str) -> QueryResult<Option<SkuCode>> {
    retiring_listings::table
        .filter(retiring_listings::store.eq(store).and(retiring_listings::seller_sku.eq(seller_sku)))
        .order(retiring_listings::sku)
        .select(retiring_listings::sku)
        .first(conn)
        .optional()
}

/// The retiring listings of `store` with one of these items, in any spelling of the number, or one of these seller SKUs.
pub fn with_ids<Item: AsRef<str>, SellerSku: AsRef<str>>(
    conn: &mut Conn,
    store: &StoreCode,
    items: &[Item],
    seller_skus: &[SellerSku],
) -> QueryResult<Vec<RetiringListing>> {
    let items = items.iter().map(|item| item.as_ref().trim_start_matches(['+', '0']));
    let has_item = among(conn, "ltrim(retiring_listings.item_id, '+0')", items);
    let has_seller_sku = among(conn, "retiring_listings.seller_sku", seller_skus);
    retiring_listings::table
        .filter(retiring_listings::store.eq(store))
        .filter(has_item.or(has_seller_sku))
        .select(RetiringListing::as_select())
        .load(conn)
}

/// The retiring listings whose seller SKU is one of `codes`, but for those of the SKUs themselves.
pub fn with_code_of_another<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<Vec<RetiringListing>> {
    retiring_listings::table
        .filter(among(conn, "retiring_listings.seller_sku", codes))
        .filter(sql::<Bool>("retiring_listings.seller_sku <> retiring_listings.sku"))
        .select(RetiringListing::as_select())
        .load(conn)
}

pub fn of_skus<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, Vec<RetiringListing>>> {
    let of_skus = retiring_listings::table
        .filter(among(conn, "retiring_listings.sku", codes))
        .order((retiring_listings::sku, retiring_listings::store));
    let rows: Vec<RetiringListing> = of_skus.select(RetiringListing::as_select()).load(conn)?;
    let mut of_sku: HashMap<SkuCode, Vec<RetiringListing>> = HashMap::new();
    for row in rows {
        of_sku.entry(row.sku.clone()).or_default().push(row);
    }
    Ok(of_sku)
}

/// The retiring listings of `codes`, as SKU and store.
pub fn keys_of<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashSet<(SkuCode, StoreCode)>> {
    let keys = retiring_listings::table
        .filter(among(conn, "retiring_listings.sku", codes))
        .select((retiring_listings::sku, retiring_listings::store));
    Ok(keys.load(conn)?.into_iter().collect())
}

/// Up to `limit` retiring listings of `store` at `place`, by SKU; for [`Place::Before`] in reverse.
pub fn of_store(conn: &mut Conn, store: &StoreCode, place: &Place, limit: i64) -> QueryResult<Vec<RetiringListing>> {
    let query = retiring_listings::table.filter(retiring_listings::store.eq(store)).limit(limit);
    let query = query.into_boxed::<Backend>();
    at_place!(query, place, retiring_listings::sku).select(RetiringListing::as_select()).load(conn)
}

pub fn skus_of(conn: &mut Conn, store: &StoreCode) -> QueryResult<Vec<SkuCode>> {
    let of_store = retiring_listings::table.filter(retiring_listings::store.eq(store));
    of_store.order(retiring_listings::sku).select(retiring_listings::sku).load(conn)
}

pub fn count_of(conn: &mut Conn, store: &StoreCode) -> QueryResult<i64> {
    retiring_listings::table.filter(retiring_listings::store.eq(store)).count().get_result(conn)
}

/// Whether a row of `pushes` is that of a retiring listing.
pub(super) const IS_OF_PUSH: SqlText<Bool> =
    sql("EXISTS (SELECT 1 FROM retiring_listings r WHERE r.sku = pushes.sku AND r.store = pushes.store)");

/// The pushes of retiring listings of `store`, by SKU.
pub fn pushes_of(conn: &mut Conn, listings: &[RetiringListing]) -> QueryResult<HashMap<SkuCode, Push>> {
    let Some(first) = listings.first() else { return Ok(HashMap::new()) };
    let rows: Vec<Push> = push_rows::table
        .filter(push_rows::store.eq(&first.store))
        .filter(among(conn, "pushes.sku", listings.iter().map(|listing| &listing.sku)))
        .select(Push::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|push| (push.sku.clone(), push)).collect())
}
