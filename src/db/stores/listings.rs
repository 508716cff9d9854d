//! Listings: which SKUs each store sells.

use crate::{
    db::{
        Backend, Conn,
        catalogue::quantity_checks,
        engine::{
            among::among,
            paging::{Place, at_place},
            schema::{listings, pushes},
            sql::sql,
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::{connection::ConnectorKind, mapping::ListingIds},
    },
    on_db,
};
use diesel::{dsl::count_star, prelude::*, sql_types::Bool};
use std::collections::{BTreeMap, HashMap};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = listings, treat_none_as_default_value = false)]
pub struct Listing {
    pub sku: SkuCode,
    pub store: StoreCode,
    /// The seller's own code of it on that store (CSKU).
    pub seller_sku: String,
    pub created_at: Moment,
    /// The marketplace's id of the item, if its API needs one and it has been entered.
    pub item_id: Option<String>,
    /// The marketplace's id of the variant of the item, where there is one.
    pub variant_id: Option<String>,
}

impl Listing {
    /// A listing under the SKU's own code.
    pub fn new(sku: SkuCode, store: StoreCode, created_at: Moment) -> Self {
        Self { seller_sku: sku.as_str().to_owned(), sku, store, created_at, item_id: None, variant_id: None }
    }

    pub fn ids(&self) -> ListingIds {
        let Self { seller_sku, item_id, variant_id, .. } = self.clone();
        ListingIds { seller_sku, item_id, variant_id }
    }

    /// Whether it has the ids that are needed to push it to a store of that kind.
    pub fn is_pushed_by(&self, kind: ConnectorKind) -> bool {
        kind.is_pushed() && kind.is_mapped(self.item_id.as_deref(), self.variant_id.as_deref())
    }
}

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

pub fn of_skus<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, Vec<Listing>>> {
    let of_skus = listings::table.filter(among(conn, "listings.sku", codes)).order((listings::sku, listings::store));
    // Thousands are read when a sale starts. Rows of the concrete database cost less than those of `MultiConnection`.
    let rows: Vec<Listing> = on_db!(conn, |conn| of_skus.select(Listing::as_select()).load(conn))?;
    let mut of_sku: HashMap<SkuCode, Vec<Listing>> = HashMap::new();
    for row in rows {
        of_sku.entry(row.sku.clone()).or_default().push(row);
    }
    Ok(of_sku)
}

pub fn of_skus_on<'a>(
    conn: &mut Conn,
    store: &StoreCode,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, Listing>> {
    let rows: Vec<Listing> = listings::table
        .filter(among(conn, "listings.sku", codes))
        .filter(listings::store.eq(store))
        .select(Listing::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.sku.clone(), row)).collect())
}

/// How many listings each store has.
pub fn counts(conn: &mut Conn) -> QueryResult<HashMap<StoreCode, usize>> {
    let rows: Vec<(StoreCode, i64)> =
        listings::table.group_by(listings::store).select((listings::store, count_star())).load(conn)?;
    Ok(rows.into_iter().map(|(store, count)| (store, usize::try_from(count).unwrap_or(usize::MAX))).collect())
}

pub fn find(conn: &mut Conn, sku: &SkuCode, store: &StoreCode) -> QueryResult<Option<Listing>> {
    listings::table.find((sku, store)).select(Listing::as_select()).first(conn).optional()
}

/// Up to `limit` listings of `store` without the ids that its `kind` needs, by SKU; for [`Place::Before`] in reverse.
pub fn not_mapped(
    conn: &mut Conn,
    store: &StoreCode,
    kind: ConnectorKind,
    place: &Place,
    limit: i64,
) -> QueryResult<Vec<Listing>> {
    let mut found = if kind.needs_item_id() {
        part(conn, listings::table.filter(listings::item_id.is_null()).into_boxed(), store, place, limit)?
    } else {
        Vec::new()
    };
    if kind.needs_variant_id() {
        // An index of its own: a common one would have all listings of marketplaces without variants.
        let without = listings::table.filter(listings::item_id.is_not_null()).filter(listings::variant_id.is_null());
        found.extend(part(conn, without.into_boxed(), store, place, limit)?);
        found.sort_by(|one, other| one.sku.cmp(&other.sku));
        if matches!(place, Place::Before(_)) {
            found.reverse();
        }
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(found)
}

/// Up to `limit` listings of `store` with the ids that its `kind` needs, in the order of [`not_mapped`].
pub fn mapped(
    conn: &mut Conn,
    store: &StoreCode,
    kind: ConnectorKind,
    place: &Place,
    limit: i64,
) -> QueryResult<Vec<Listing>> {
    let mut query = listings::table.into_boxed();
    if kind.needs_item_id() {
        query = query.filter(listings::item_id.is_not_null());
    }
    if kind.needs_variant_id() {
        query = query.filter(listings::variant_id.is_not_null());
    }
    part(conn, query, store, place, limit)
}

/// Up to `limit` listings of `store`, mapped or not, from `place` on, in the order of [`not_mapped`].
pub fn of_store(conn: &mut Conn, store: &StoreCode, place: &Place, limit: i64) -> QueryResult<Vec<Listing>> {
    part(conn, listings::table.into_boxed(), store, place, limit)
}

/// The listings of `store` whose item id is one of `items`, or the same number in another spelling, by SKU.
pub fn with_items<T: AsRef<str>>(conn: &mut Conn, store: &StoreCode, items: &[T]) -> QueryResult<Vec<Listing>> {
    // As text, exactly as the index has it.
    let items = items.iter().map(|item| item.as_ref().trim_start_matches(['+', '0']));
    // Without ORDER BY: with it, SQLite scans all listings in that order instead of using the index.
    let mut found: Vec<Listing> = listings::table
        .filter(listings::store.eq(store))
        .filter(listings::item_id.is_not_null())
        .filter(among(conn, "ltrim(listings.item_id, '+0')", items))
        .select(Listing::as_select())
        .load(conn)?;
    found.sort_by(|one, other| one.sku.cmp(&other.sku));
    Ok(found)
}

fn part(
    conn: &mut Conn,
    query: listings::BoxedQuery<'_, Backend>,
    store: &StoreCode,
    place: &Place,
    limit: i64,
) -> QueryResult<Vec<Listing>> {
    let query = query.filter(listings::store.eq(store)).limit(limit);
    let query = at_place!(query, place, listings::sku);
    query.select(Listing::as_select()).load(conn)
}

/// Saves the ids of a listing. Until [`settle_seller_sku`] its seller SKU may be that of another listing: SKUs may swap them.
pub fn map(conn: &mut Conn, sku: &SkuCode, store: &StoreCode, ids: &ListingIds) -> QueryResult<()> {
    let ListingIds { seller_sku, item_id, variant_id } = ids;
    let listing = listings::table.find((sku, store));
    let other_seller_sku = listing.filter(listings::seller_sku.ne(seller_sku));
    diesel::update(other_seller_sku)
        .set((listings::seller_sku.eq(seller_sku), listings::shared_by.eq(sku)))
        .execute(conn)?;
    diesel::update(listings::table.find((sku, store)))
        .set((listings::item_id.eq(item_id), listings::variant_id.eq(variant_id)))
        .execute(conn)
        .map(drop)
}

/// Makes a seller SKU unique on `store` again, unless listings have shared it since before it had to be.
pub fn settle_seller_sku(conn: &mut Conn, store: &StoreCode, seller_sku: &str) -> QueryResult<()> {
    let with_it = || listings::table.filter(listings::store.eq(store).and(listings::seller_sku.eq(seller_sku)));
    if with_it().count().get_result::<i64>(conn)? == 1 {
        diesel::update(with_it().filter(listings::shared_by.ne(""))).set(listings::shared_by.eq("")).execute(conn)?;
    }
    Ok(())
}

/// The listings of `store` that share a seller SKU since before it had to be unique, by seller SKU.
pub fn sharing(conn: &mut Conn, store: &StoreCode, limit: i64) -> QueryResult<Vec<Listing>> {
    listings::table
        .filter(listings::store.eq(store))
        .filter(sql::<Bool>("listings.shared_by <> ''"))
        .order((listings::seller_sku, listings::sku))
        .select(Listing::as_select())
        .limit(limit)
        .load(conn)
}

/// The listings whose seller SKU is one of `codes`, but for those of the SKUs themselves.
pub fn with_code_of_another<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<Vec<Listing>> {
    listings::table
        .filter(among(conn, "listings.seller_sku", codes))
        .filter(sql::<Bool>("listings.seller_sku <> listings.sku"))
        .select(Listing::as_select())
        .load(conn)
}

/// The listings of `store` with one of these seller SKUs, by SKU.
pub fn with_seller_skus<T: AsRef<str>>(
    conn: &mut Conn,
    store: &StoreCode,
    seller_skus: &[T],
) -> QueryResult<Vec<Listing>> {
    let mut found: Vec<Listing> = listings::table
        .filter(listings::store.eq(store))
        .filter(among(conn, "listings.seller_sku", seller_skus))
        .select(Listing::as_select())
        .load(conn)?;
    found.sort_by(|one, other| one.sku.cmp(&other.sku));
    Ok(found)
}

/// Adds listings; existing ones are not changed.
pub fn insert(conn: &mut Conn, new: &[Listing]) -> QueryResult<()> {
    for some in new.chunks(1_000) {
        on_db!(conn, |conn| diesel::insert_into(listings::table)
            .values(some)
            .on_conflict((listings::sku, listings::store))
            .do_nothing()
            .execute(conn))?;
    }
    quantity_checks::enqueue(conn, new.iter().map(|listing| &listing.sku))
}

/// Makes a listing, and its push, that of another SKU, which `store` does not list.
pub fn move_to(conn: &mut Conn, store: &StoreCode, from: &SkuCode, to: &SkuCode) -> QueryResult<()> {
    diesel::update(listings::table.find((from, store))).set(listings::sku.eq(to)).execute(conn)?;
    diesel::update(pushes::table.find((from, store))).set(pushes::sku.eq(to)).execute(conn).map(drop)
}

/// Deletes a listing. Its push stays: see [`super::retiring`].
pub fn delete(conn: &mut Conn, sku: &SkuCode, store: &StoreCode) -> QueryResult<()> {
    diesel::delete(listings::table.find((sku, store))).execute(conn).map(drop)
}
