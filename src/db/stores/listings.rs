//! Listings: what each store sells. A plain listing is one unit of one SKU; any other is a kit, which has components
//! ([`super::components`]).

use crate::{
    db::{
        Backend, Conn,
        catalogue::quantity_checks,
        engine::{
            among::among,
            paging::{Place, at_pair, pair_key},
            schema::{listings, pushes},
            sql::{SqlText, sql},
            types::{PlainSku, plain_sku},
        },
        stores::components,
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
        stores::{components::Components, connection::ConnectorKind, mapping::ListingIds},
    },
    insert_rows, on_db,
};
use diesel::{dsl::count_star, prelude::*, sql_types::Bool};
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = listings)]
pub struct Listing {
    pub id: ListingId,
    pub store: StoreCode,
    /// The seller's own code of it on that store (CSKU).
    pub seller_sku: String,
    /// The SKU of a plain listing; `None` for a kit.
    #[diesel(deserialize_as = PlainSku)]
    pub sku: Option<SkuCode>,
    /// What the marketplace calls it; empty if that is not known.
    pub title: String,
    /// The marketplace's id of the item, if its API needs one and it has been entered.
    pub item_id: Option<String>,
    /// The marketplace's id of the variant of the item, where there is one.
    pub variant_id: Option<String>,
    pub created_at: Moment,
}

/// What the quantity of a listing follows from, besides the components of a kit.
#[derive(Debug, Clone, Copy)]
pub struct ListingKey<'a> {
    pub id: ListingId,
    pub sku: Option<&'a SkuCode>,
    pub store: &'a StoreCode,
}

impl Listing {
    /// A plain listing under the SKU's own code.
    pub fn new(id: ListingId, sku: SkuCode, store: StoreCode, created_at: Moment) -> Self {
        Self {
            id,
            store,
            seller_sku: sku.as_str().to_owned(),
            sku: Some(sku),
            title: String::new(),
            item_id: None,
            variant_id: None,
            created_at,
        }
    }

    pub fn key(&self) -> ListingKey<'_> {
        ListingKey { id: self.id, sku: self.sku.as_ref(), store: &self.store }
    }

    /// What pages call it: its SKU or, of a kit, its seller SKU.
    pub fn name(&self) -> &str {
        name_of(self.sku.as_ref(), &self.seller_sku)
    }

    /// Its place in a list of a store, which is by SKU.
    pub fn place(&self) -> String {
        pair_key(plain_sku(self.sku.as_ref()), self.id.as_str())
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

/// What pages call a listing: its SKU or, of a kit, its seller SKU.
pub fn name_of<'a>(sku: Option<&'a SkuCode>, seller_sku: &'a str) -> &'a str {
    sku.map_or(seller_sku, SkuCode::as_str)
}

#[derive(Insertable)]
#[diesel(table_name = listings, treat_none_as_default_value = false)]
struct NewListing {
    id: ListingId,
    store: StoreCode,
    seller_sku: String,
    sku: String,
    title: String,
    item_id: Option<String>,
    variant_id: Option<String>,
    created_at: Moment,
}

impl From<&Listing> for NewListing {
    fn from(listing: &Listing) -> Self {
        let Listing { id, store, seller_sku, sku, title, item_id, variant_id, created_at } = listing;
        Self {
            id: *id,
            store: store.clone(),
            seller_sku: seller_sku.clone(),
            sku: plain_sku(sku.as_ref()).to_owned(),
            title: title.clone(),
            item_id: item_id.clone(),
            variant_id: variant_id.clone(),
            created_at: *created_at,
        }
    }
}

/// Whether a listing is the first of its SKU on its store, for lists of SKUs.
pub const IS_FIRST: SqlText<Bool> = sql("NOT EXISTS (SELECT 1 FROM listings earlier \
     WHERE earlier.sku = listings.sku AND earlier.store = listings.store AND earlier.id < listings.id)");

/// The stores that list each of `codes`, plainly or in a kit.
pub fn stores_of<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<BTreeMap<SkuCode, Vec<StoreCode>>> {
    let codes: Vec<&SkuCode> = codes.into_iter().collect();
    let mut stores = plain_stores_of(conn, codes.iter().copied())?;
    for (sku, kits) in kits_with(conn, codes)? {
        let of_sku = stores.entry(sku).or_default();
        let all: BTreeSet<StoreCode> = of_sku.drain(..).chain(kits.into_iter().map(|kit| kit.store)).collect();
        of_sku.extend(all);
    }
    Ok(stores)
}

/// The stores that list each of `codes` plainly.
pub fn plain_stores_of<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<BTreeMap<SkuCode, Vec<StoreCode>>> {
    let pairs: Vec<(SkuCode, StoreCode)> = listings::table
        .filter(listings::sku.eq_any(codes))
        .order((listings::sku, listings::store))
        .select((listings::sku, listings::store))
        .distinct()
        .load(conn)?;
    let mut stores: BTreeMap<SkuCode, Vec<StoreCode>> = BTreeMap::new();
    for (sku, store) in pairs {
        stores.entry(sku).or_default().push(store);
    }
    Ok(stores)
}

/// The plain listings of each of `codes`.
pub fn of_skus<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, Vec<Listing>>> {
    let of_skus = listings::table.filter(among(conn, "listings.sku", codes)).order((
        listings::sku,
        listings::store,
        listings::id,
    ));
    // Thousands are read when a sale starts. Rows of the concrete database cost less than those of `MultiConnection`.
    let rows: Vec<Listing> = on_db!(conn, |conn| of_skus.select(Listing::as_select()).load(conn))?;
    let mut of_sku: HashMap<SkuCode, Vec<Listing>> = HashMap::new();
    for row in rows {
        of_sku.entry(row.sku.clone().expect("it was found by its SKU")).or_default().push(row);
    }
    Ok(of_sku)
}

/// The kits that have each of `codes` among their components.
pub fn kits_with<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, Vec<Listing>>> {
    let mut of_sku: HashMap<SkuCode, Vec<Listing>> = HashMap::new();
    let pairs = components::kits_with(conn, codes)?;
    let ids: BTreeSet<ListingId> = pairs.iter().map(|(_, listing)| *listing).collect();
    let kits: HashMap<ListingId, Listing> = by_ids(conn, &ids)?.into_iter().map(|kit| (kit.id, kit)).collect();
    for (sku, listing) in pairs {
        // A kit that is retiring has components as well.
        if let Some(kit) = kits.get(&listing) {
            of_sku.entry(sku).or_default().push(kit.clone());
        }
    }
    Ok(of_sku)
}

/// The listings of each of `codes`: plain ones, and the kits that have it among their components.
pub fn containing<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, Vec<Listing>>> {
    let codes: Vec<&SkuCode> = codes.into_iter().collect();
    let mut listed = of_skus(conn, codes.iter().copied())?;
    for (sku, kits) in kits_with(conn, codes)? {
        listed.entry(sku).or_default().extend(kits);
    }
    Ok(listed)
}

/// Those of the listings with these ids that are there.
pub fn by_ids<'a>(conn: &mut Conn, ids: impl IntoIterator<Item = &'a ListingId>) -> QueryResult<Vec<Listing>> {
    let mut ids = ids.into_iter().peekable();
    if ids.peek().is_none() {
        return Ok(Vec::new());
    }
    let with_ids = listings::table.filter(among(conn, "listings.id", ids));
    on_db!(conn, |conn| with_ids.select(Listing::as_select()).load(conn))
}

/// How many listings a store has.
pub fn count(conn: &mut Conn, store: &StoreCode) -> QueryResult<usize> {
    let count: i64 = listings::table.filter(listings::store.eq(store)).select(count_star()).first(conn)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// How many listings each store has.
pub fn counts(conn: &mut Conn) -> QueryResult<HashMap<StoreCode, usize>> {
    let rows: Vec<(StoreCode, i64)> =
        listings::table.group_by(listings::store).select((listings::store, count_star())).load(conn)?;
    Ok(rows.into_iter().map(|(store, count)| (store, usize::try_from(count).unwrap_or(usize::MAX))).collect())
}

/// The first plain listing of a SKU on a store.
pub fn find(conn: &mut Conn, sku: &SkuCode, store: &StoreCode) -> QueryResult<Option<Listing>> {
    Ok(of_sku_on(conn, sku, store)?.into_iter().next())
}

/// The plain listings of a SKU on a store.
pub fn of_sku_on(conn: &mut Conn, sku: &SkuCode, store: &StoreCode) -> QueryResult<Vec<Listing>> {
    listings::table
        .filter(listings::sku.eq(sku).and(listings::store.eq(store)))
        .order(listings::id)
        .select(Listing::as_select())
        .load(conn)
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
        sort(&mut found);
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
    sort(&mut found);
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
    let query = at_pair!(query, place, listings::sku, listings::id);
    query.select(Listing::as_select()).load(conn)
}

/// In the order of a list of a store.
fn sort(found: &mut [Listing]) {
    found.sort_by(|one, other| (&one.sku, one.id).cmp(&(&other.sku, other.id)));
}

/// Saves the ids of a listing. Until [`settle_seller_sku`] its seller SKU may be that of another listing: they may swap them.
pub fn map(conn: &mut Conn, listing: ListingId, ids: &ListingIds) -> QueryResult<()> {
    let ListingIds { seller_sku, item_id, variant_id } = ids;
    let other_seller_sku = listings::table.find(listing).filter(listings::seller_sku.ne(seller_sku));
    diesel::update(other_seller_sku)
        .set((listings::seller_sku.eq(seller_sku), listings::shared_by.eq(listing)))
        .execute(conn)?;
    diesel::update(listings::table.find(listing))
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
    sort(&mut found);
    Ok(found)
}

/// Adds listings whose SKUs, or those of their components, are locked or new. The components of kits are inserted by
/// [`components::insert`].
pub fn insert(conn: &mut Conn, new: &[Listing]) -> QueryResult<()> {
    let rows: Vec<NewListing> = new.iter().map(NewListing::from).collect();
    insert_rows!(conn, listings::table, rows)?;
    quantity_checks::enqueue(conn, new.iter().filter_map(|listing| listing.sku.as_ref()))
}

/// Saves what the marketplace calls a listing.
pub fn entitle(conn: &mut Conn, listing: ListingId, title: &str) -> QueryResult<()> {
    diesel::update(listings::table.find(listing)).set(listings::title.eq(title)).execute(conn).map(drop)
}

/// Makes a listing one of other components. All SKUs that it had and has are locked.
pub fn remake(conn: &mut Conn, listing: &Listing, made_of: &Components) -> QueryResult<()> {
    let before = components::of(conn, std::slice::from_ref(listing))?;
    quantity_checks::enqueue(conn, before.values().flat_map(Components::iter).map(|component| &component.sku))?;
    components::delete(conn, listing.id)?;
    if made_of.as_plain().is_none() {
        components::insert(conn, &[(listing.id, made_of.clone())])?;
    }
    quantity_checks::enqueue(conn, made_of.iter().map(|component| &component.sku))?;
    set_sku(conn, listing.id, plain_sku(made_of.as_plain()))
}

/// Makes a plain listing, and its push, that of another SKU. Both SKUs are locked.
pub fn move_to(conn: &mut Conn, listing: ListingId, to: &SkuCode) -> QueryResult<()> {
    set_sku(conn, listing, to.as_str())
}

fn set_sku(conn: &mut Conn, listing: ListingId, sku: &str) -> QueryResult<()> {
    diesel::update(listings::table.find(listing)).set(listings::sku.eq(sku)).execute(conn)?;
    diesel::update(pushes::table.find(listing)).set(pushes::sku.eq(sku)).execute(conn).map(drop)
}

/// Deletes a listing. Its push and its components stay: see [`super::retiring`].
pub fn delete(conn: &mut Conn, listing: ListingId) -> QueryResult<()> {
    diesel::delete(listings::table.find(listing)).execute(conn).map(drop)
}
