//! Retiring listings: they were taken off, and their stores may still show them. They are in a table of their own because
//! they take part in nothing but pushes. A retiring kit has its components until it is gone.

use crate::{
    db::{
        Backend, Conn,
        engine::{
            among::among,
            paging::{Place, at_pair},
            schema::retiring_listings,
            sql::{SqlText, sql},
            types::{PlainSku, plain_sku},
        },
        stores::{
            components,
            listings::{Listing, name_of},
            pushes,
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
    },
    insert_rows,
};
use diesel::{prelude::*, sql_types::Bool};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = retiring_listings)]
pub struct RetiringListing {
    pub id: ListingId,
    pub store: StoreCode,
    pub seller_sku: String,
    /// The SKU of a plain listing; `None` for a kit.
    #[diesel(deserialize_as = PlainSku)]
    pub sku: Option<SkuCode>,
    pub title: String,
    pub item_id: Option<String>,
    pub variant_id: Option<String>,
    /// When it was listed.
    pub created_at: Moment,
    pub retired_at: Moment,
    pub retired_by: String,
}

impl RetiringListing {
    pub fn new(listing: Listing, at: Moment, by: String) -> Self {
        let Listing { id, store, seller_sku, sku, title, item_id, variant_id, created_at } = listing;
        let (retired_at, retired_by) = (at, by);
        Self { id, store, seller_sku, sku, title, item_id, variant_id, created_at, retired_at, retired_by }
    }

    pub fn into_listing(self) -> Listing {
        let Self { id, store, seller_sku, sku, title, item_id, variant_id, created_at, .. } = self;
        Listing { id, store, seller_sku, sku, title, item_id, variant_id, created_at }
    }

    /// What pages call it: its SKU or, of a kit, its seller SKU.
    pub fn name(&self) -> &str {
        name_of(self.sku.as_ref(), &self.seller_sku)
    }
}

#[derive(Insertable)]
#[diesel(table_name = retiring_listings, treat_none_as_default_value = false)]
struct Row {
    id: ListingId,
    store: StoreCode,
    seller_sku: String,
    sku: String,
    title: String,
    item_id: Option<String>,
    variant_id: Option<String>,
    created_at: Moment,
    retired_at: Moment,
    retired_by: String,
}

impl From<&RetiringListing> for Row {
    fn from(listing: &RetiringListing) -> Self {
        Self {
            id: listing.id,
            store: listing.store.clone(),
            seller_sku: listing.seller_sku.clone(),
            sku: plain_sku(listing.sku.as_ref()).to_owned(),
            title: listing.title.clone(),
            item_id: listing.item_id.clone(),
            variant_id: listing.variant_id.clone(),
            created_at: listing.created_at,
            retired_at: listing.retired_at,
            retired_by: listing.retired_by.clone(),
        }
    }
}

pub fn insert(conn: &mut Conn, listings: &[RetiringListing]) -> QueryResult<()> {
    let rows: Vec<Row> = listings.iter().map(Row::from).collect();
    insert_rows!(conn, retiring_listings::table, rows)
}

/// Deletes a retiring listing, and its push and its components with it.
pub fn delete(conn: &mut Conn, listing: ListingId) -> QueryResult<()> {
    take_back(conn, listing)?;
    components::delete(conn, listing)?;
    pushes::delete(conn, listing)
}

/// Deletes a retiring listing and keeps its push and its components, because it is listed again.
pub fn take_back(conn: &mut Conn, listing: ListingId) -> QueryResult<()> {
    diesel::delete(retiring_listings::table.find(listing)).execute(conn).map(drop)
}

pub fn find(conn: &mut Conn, listing: ListingId) -> QueryResult<Option<RetiringListing>> {
    retiring_listings::table.find(listing).select(RetiringListing::as_select()).first(conn).optional()
}

/// The retiring listings with these ids, without a query if there are none.
pub fn by_ids<'a>(conn: &mut Conn, ids: impl IntoIterator<Item = &'a ListingId>) -> QueryResult<Vec<RetiringListing>> {
    let mut ids = ids.into_iter().peekable();
    if ids.peek().is_none() {
        return Ok(Vec::new());
    }
    let with_ids = among(conn, "retiring_listings.id", ids);
    retiring_listings::table.filter(with_ids).select(RetiringListing::as_select()).load(conn)
}

/// The first retiring listing of `store` with a seller SKU.
pub fn with_seller_sku(conn: &mut Conn, store: &StoreCode, seller_sku: &str) -> QueryResult<Option<RetiringListing>> {
    retiring_listings::table
        .filter(retiring_listings::store.eq(store).and(retiring_listings::seller_sku.eq(seller_sku)))
        .order((retiring_listings::sku, retiring_listings::id))
        .select(RetiringListing::as_select())
        .first(conn)
        .optional()
}

/// The retiring listings of `store` with one of these seller SKUs.
pub fn with_seller_skus<T: AsRef<str>>(
    conn: &mut Conn,
    store: &StoreCode,
    seller_skus: &[T],
) -> QueryResult<Vec<RetiringListing>> {
    retiring_listings::table
        .filter(retiring_listings::store.eq(store))
        .filter(among(conn, "retiring_listings.seller_sku", seller_skus))
        .select(RetiringListing::as_select())
        .load(conn)
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

/// The plain retiring listings of each of `codes`.
pub fn of_skus<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, Vec<RetiringListing>>> {
    let of_skus = retiring_listings::table.filter(among(conn, "retiring_listings.sku", codes)).order((
        retiring_listings::sku,
        retiring_listings::store,
        retiring_listings::id,
    ));
    let rows: Vec<RetiringListing> = of_skus.select(RetiringListing::as_select()).load(conn)?;
    let mut of_sku: HashMap<SkuCode, Vec<RetiringListing>> = HashMap::new();
    for row in rows {
        of_sku.entry(row.sku.clone().expect("it was found by its SKU")).or_default().push(row);
    }
    Ok(of_sku)
}

/// The retiring ones among the plain listings of `codes`, each with its store.
pub fn keys_of<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<ListingId, StoreCode>> {
    let keys = retiring_listings::table
        .filter(among(conn, "retiring_listings.sku", codes))
        .select((retiring_listings::id, retiring_listings::store));
    Ok(keys.load(conn)?.into_iter().collect())
}

/// Those of `ids` that are retiring, without a query if there are none.
pub fn among_ids<'a>(conn: &mut Conn, ids: impl IntoIterator<Item = &'a ListingId>) -> QueryResult<HashSet<ListingId>> {
    let mut ids = ids.into_iter().peekable();
    if ids.peek().is_none() {
        return Ok(HashSet::new());
    }
    let with_ids = among(conn, "retiring_listings.id", ids);
    Ok(retiring_listings::table.filter(with_ids).select(retiring_listings::id).load(conn)?.into_iter().collect())
}

/// The ids of the retiring listings of `store`, with the SKUs of plain ones.
pub(super) fn keys_on(conn: &mut Conn, store: &StoreCode) -> QueryResult<Vec<(ListingId, PlainSku)>> {
    let of_store = retiring_listings::table.filter(retiring_listings::store.eq(store));
    of_store.select((retiring_listings::id, retiring_listings::sku)).load(conn)
}

/// Up to `limit` retiring listings of `store` at `place`, by SKU; for [`Place::Before`] in reverse.
pub fn of_store(conn: &mut Conn, store: &StoreCode, place: &Place, limit: i64) -> QueryResult<Vec<RetiringListing>> {
    let query = retiring_listings::table.filter(retiring_listings::store.eq(store)).limit(limit);
    let query = query.into_boxed::<Backend>();
    at_pair!(query, place, retiring_listings::sku, retiring_listings::id)
        .select(RetiringListing::as_select())
        .load(conn)
}

pub fn count_of(conn: &mut Conn, store: &StoreCode) -> QueryResult<i64> {
    retiring_listings::table.filter(retiring_listings::store.eq(store)).count().get_result(conn)
}

/// Whether a row of `pushes` is that of a retiring listing.
pub(super) const IS_OF_PUSH: SqlText<Bool> =
    sql("EXISTS (SELECT 1 FROM retiring_listings r WHERE r.id = pushes.listing)");
