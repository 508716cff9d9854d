//! The catalogue: pages of SKUs by code, with everything that their quantities are computed from.

use crate::{
    db::{
        Conn,
        availability::{self, Available},
        engine::{
            among::among,
            paging::{Page, Place, at_place},
            schema::{self, holds as hold_rows, listings, pushes, skus},
            search::{Searched, matching},
            sql::{Condition, SqlText, sql},
        },
        promotions::holds,
        stores::{
            self, Stores,
            push_status::{IS_LATE, LateListings},
        },
    },
    domain::{
        catalogue::{quantity::Position, stock::Stock},
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
    },
    on_db,
};
use diesel::{
    alias,
    dsl::{exists, not},
    prelude::*,
    sql_types::{Bool, Nullable, Text},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flashsale {
    Running,
    None,
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The words to search for; empty for all.
    pub search: String,
    pub flashsale: Option<Flashsale>,
    pub store: Option<StoreCode>,
    /// Only the products of this flash sale, whether it is running or not.
    pub promotion: Option<PromotionId>,
    /// Only SKUs of which a store (the one above, if it is set) may show a wrong number.
    pub is_behind: bool,
    /// The archived SKUs instead of those of the catalogue.
    pub is_archived: bool,
}

#[derive(Debug, Clone, Queryable)]
pub struct Row {
    pub code: SkuCode,
    pub name: String,
    on_hand: i64,
    committed: i64,
    oversold: i64,
    buffer: i64,
    /// The codes of the stores that list it, joined by `|`, which no code has.
    stores: Option<String>,
}

impl Row {
    pub fn stock(&self) -> Stock {
        let Self { on_hand, committed, oversold, buffer, .. } = *self;
        Stock { on_hand, committed, oversold, buffer }
    }

    pub fn joined_stores(&self) -> &str {
        self.stores.as_deref().unwrap_or_default()
    }

    /// What `store` should show for it, given its `position`; `None` if the store does not list it.
    pub fn quantity(&self, position: &Position<'_>, store: &StoreCode) -> Option<i64> {
        let is_listed = self.joined_stores().split('|').any(|code| code == store.as_str());
        is_listed.then(|| position.quantity_for(store).total())
    }
}

pub struct Catalogue {
    pub page: Page<Row>,
    pub stores: Stores,
    pub late: LateListings,
    available: Available,
}

impl Catalogue {
    pub fn position(&self, row: &Row) -> Position<'_> {
        self.available[&row.code].position()
    }
}

/// Limits a boxed query to one part, sorted by `$code`.
macro_rules! take {
    ($query:expr, $code:expr, $part:expr) => {
        at_place!($query, $part.place, $code).limit($part.limit)
    };
}

/// Whether no flash sale holds the SKU in `$code`. As a value rather than `NOT EXISTS`, PostgreSQL plans it by itself and takes
/// the index of a SKU's open holds; in a join with the SKUs, any index of open holds would look as good.
macro_rules! is_free {
    ($code:expr, $part:expr) => {
        holds::live($part.now).filter(hold_rows::sku.eq($code)).select(hold_rows::sku).single_value().is_null()
    };
}

/// Filters a boxed query by the store of the filter, and by whether a listing is out of sync, there or anywhere.
macro_rules! of_store {
    ($query:expr, $code:expr, $filter:expr) => {{
        let late = || pushes::table.filter(IS_LATE).filter(pushes::sku.eq($code));
        match (&$filter.store, $filter.is_behind) {
            (None, false) => $query,
            (Some(store), false) => {
                let of_store = listings::table.filter(listings::sku.eq($code)).filter(listings::store.eq(store));
                $query.filter(exists(of_store))
            }
            (None, true) => $query.filter(exists(late())),
            (Some(store), true) => $query.filter(exists(late().filter(pushes::store.eq(store)))),
        }
    }};
}

/// The SKUs that match `filter`, from `place` on, with what is available of them at `now`.
pub fn read(conn: &mut Conn, filter: &Filter, place: &Place, now: Moment) -> QueryResult<Catalogue> {
    let page = Page::new(place, rows(conn, filter, Part { place, limit: Place::LIMIT, now })?);
    let late = LateListings::read(conn, page.rows.iter().map(|row| &row.code))?;
    Ok(Catalogue { late, ..with_available(conn, page, now)? })
}

/// Like [`read`], but with as many rows as an export takes at once, and without the late listings.
pub fn read_batch(conn: &mut Conn, filter: &Filter, place: &Place, now: Moment) -> QueryResult<Catalogue> {
    const ROWS: i64 = 1_000;
    let rows = rows(conn, filter, Part { place, limit: ROWS, now })?;
    let page = Page { has_previous: false, has_next: rows.len() as i64 == ROWS, rows };
    with_available(conn, page, now)
}

/// A page of the API: the SKUs at `place`, or that of one code.
pub fn read_for_api(conn: &mut Conn, code: Option<&SkuCode>, place: &Place, now: Moment) -> QueryResult<Catalogue> {
    const ROWS: usize = 1_000;
    let limit = i64::try_from(ROWS + 1).expect("a small number");
    let mut query = skus::table.select(row()).into_boxed();
    if let Some(code) = code {
        query = query.filter(skus::code.eq(code));
    }
    let mut rows: Vec<Row> = take!(query, skus::code, Part { place, limit, now }).load(conn)?;
    let has_next = rows.len() > ROWS;
    rows.truncate(ROWS);
    with_available(conn, Page { has_previous: false, has_next, rows }, now)
}

fn with_available(conn: &mut Conn, page: Page<Row>, now: Moment) -> QueryResult<Catalogue> {
    let stock = page.rows.iter().map(|row| (row.code.clone(), row.stock()));
    let available = availability::of_stock(conn, stock, now)?;
    Ok(Catalogue { page, available, stores: stores::all(conn)?, late: LateListings::default() })
}

pub fn is_empty(conn: &mut Conn) -> QueryResult<bool> {
    skus::table.select(skus::code).first::<SkuCode>(conn).optional().map(|code| code.is_none())
}

#[derive(Clone, Copy)]
struct Part<'a> {
    place: &'a Place,
    limit: i64,
    now: Moment,
}

/// The columns of a SKU. Its stores are one text: a row for each listing would be five times as many rows.
#[diesel::dsl::auto_type]
fn row() -> _ {
    let stores: SqlText<Nullable<Text>> =
        sql("(SELECT string_agg(listings.store, '|') FROM listings WHERE listings.sku = skus.code)");
    (skus::code, skus::name, skus::on_hand, skus::committed, skus::oversold, skus::buffer, stores)
}

/// Each filter has a query of its own, on the index that has the matching SKUs in the order of their codes, so that a
/// page reads little more than it shows. A search uses its own index, and the other filters are applied to its result.
/// They load rows of the concrete database, which cost less than those of `MultiConnection`.
fn rows(conn: &mut Conn, filter: &Filter, part: Part<'_>) -> QueryResult<Vec<Row>> {
    if let Some(promotion) = filter.promotion {
        return of_promotion(conn, promotion, filter, part);
    }
    match (matching(conn, Searched::Skus, &filter.search)?, filter.flashsale, &filter.store) {
        (None, ..) if filter.is_archived => archived(conn, part),
        (None, Some(Flashsale::Running), _) => held(conn, filter, part),
        (None, ..) if filter.is_behind => behind(conn, filter, part),
        (None, None, None) => on_db!(conn, |conn| {
            let in_use = skus::table.filter(skus::archived_at.is_null()).select(row());
            take!(in_use.into_boxed(), skus::code, part).load(conn)
        }),
        (None, None, Some(store)) => listed(conn, store, part),
        (None, Some(Flashsale::None), Some(store)) => listed_and_free(conn, store, part),
        (None, Some(Flashsale::None), None) => free(conn, part),
        (Some(matching), ..) => found(conn, matching, filter, part),
    }
}

/// The SKUs that flash sales hold and that match the other filters, from the index of open holds.
fn held(conn: &mut Conn, filter: &Filter, part: Part<'_>) -> QueryResult<Vec<Row>> {
    // A SKU that several stores hold is listed once, for the first of them.
    let earlier = alias!(schema::holds as earlier);
    let is_earlier = earlier
        .filter(sql::<Bool>("(earlier.settled = FALSE AND earlier.store > '')"))
        .filter(earlier.field(hold_rows::ends_at).gt(part.now))
        .filter(earlier.field(hold_rows::sku).eq(hold_rows::sku))
        .filter(earlier.field(hold_rows::store).lt(hold_rows::store));
    let held = holds::live(part.now).inner_join(skus::table).filter(not(exists(is_earlier))).select(row());
    on_db!(conn, |conn| {
        let query = of_store!(held.into_boxed(), hold_rows::sku, filter);
        // Sorting by store as well makes the databases choose that index: no other has it.
        let query = take!(query, hold_rows::sku, part);
        match part.place {
            Place::Start | Place::After(_) => query.then_order_by(hold_rows::store.asc()).load(conn),
            Place::Before(_) => query.then_order_by(hold_rows::store.desc()).load(conn),
        }
    })
}

/// The products of a flash sale that match the other filters: there are few, so their codes are found first.
fn of_promotion(conn: &mut Conn, promotion: PromotionId, filter: &Filter, part: Part<'_>) -> QueryResult<Vec<Row>> {
    let of_sale = hold_rows::table.filter(hold_rows::promotion_id.eq(promotion).and(hold_rows::removed.eq(false)));
    let codes: Vec<SkuCode> = of_sale.select(hold_rows::sku).load(conn)?;
    if codes.is_empty() {
        return Ok(Vec::new());
    }
    let among = among(conn, "skus.code", &codes);
    let searched = matching(conn, Searched::Skus, &filter.search)?;
    let matching = match searched {
        Some(searched) => among.and(searched),
        None => among,
    };
    found(conn, matching, filter, part)
}

/// The SKUs with a listing that is out of sync and that match the other filters, from the index of those listings.
fn behind(conn: &mut Conn, filter: &Filter, part: Part<'_>) -> QueryResult<Vec<Row>> {
    let mut query = pushes::table.filter(IS_LATE).select(pushes::sku).distinct().into_boxed();
    if let Some(store) = &filter.store {
        query = query.filter(pushes::store.eq(store));
    }
    if filter.flashsale == Some(Flashsale::None) {
        query = query.filter(is_free!(pushes::sku, part));
    }
    // All kits are one row more, without a SKU. A condition on it would lead PostgreSQL to the index of all SKUs.
    let with_kits = Part { limit: part.limit + 1, ..part };
    let mut codes: Vec<SkuCode> = take!(query, pushes::sku, with_kits).load(conn)?;
    codes.retain(|code| !code.as_str().is_empty());
    codes.truncate(usize::try_from(part.limit).expect("a small number"));
    of_codes(conn, &codes, part.place)
}

/// The SKUs that `store` lists, from the index of its listings. A kit has no SKU of its own, and a SKU may be listed twice.
fn listed(conn: &mut Conn, store: &StoreCode, part: Part<'_>) -> QueryResult<Vec<Row>> {
    let query = listings::table.filter(listings::store.eq(store)).filter(listings::sku.gt(""));
    let query = query.select(listings::sku).distinct().into_boxed();
    let codes: Vec<SkuCode> = take!(query, listings::sku, part).load(conn)?;
    of_codes(conn, &codes, part.place)
}

/// The same without the SKUs that a flash sale holds.
fn listed_and_free(conn: &mut Conn, store: &StoreCode, part: Part<'_>) -> QueryResult<Vec<Row>> {
    let query = listings::table.filter(listings::store.eq(store)).filter(listings::sku.gt(""));
    let query = query.filter(is_free!(listings::sku, part)).select(listings::sku).distinct().into_boxed();
    let codes: Vec<SkuCode> = take!(query, listings::sku, part).load(conn)?;
    of_codes(conn, &codes, part.place)
}

/// The SKUs that no flash sale holds, from the index of the codes.
fn free(conn: &mut Conn, part: Part<'_>) -> QueryResult<Vec<Row>> {
    let free = skus::table.filter(is_free!(skus::code, part)).filter(skus::archived_at.is_null());
    take!(free.select(row()).into_boxed(), skus::code, part).load(conn)
}

/// The archived SKUs, from the index of those. No store lists them and no flash sale holds them.
fn archived(conn: &mut Conn, part: Part<'_>) -> QueryResult<Vec<Row>> {
    let archived = skus::table.filter(sql::<Bool>(IS_ARCHIVED)).select(row());
    take!(archived.into_boxed(), skus::code, part).load(conn)
}

/// As text, so that both databases use the partial index.
const IS_ARCHIVED: &str = "skus.archived_at IS NOT NULL";

/// Whether any SKU is archived.
pub fn has_archived(conn: &mut Conn) -> QueryResult<bool> {
    let archived = skus::table.filter(sql::<Bool>(IS_ARCHIVED)).select(skus::code);
    archived.first::<SkuCode>(conn).optional().map(|code| code.is_some())
}

/// The SKUs that match a search and the other filters: their codes first, so that little is sorted.
fn found(conn: &mut Conn, matching: Condition, filter: &Filter, part: Part<'_>) -> QueryResult<Vec<Row>> {
    let mut query = skus::table.select(skus::code).filter(matching).into_boxed();
    query = match filter.is_archived {
        true => query.filter(skus::archived_at.is_not_null()),
        false => query.filter(skus::archived_at.is_null()),
    };
    query = match filter.flashsale {
        Some(Flashsale::Running) => query.filter(exists(holds::live(part.now).filter(hold_rows::sku.eq(skus::code)))),
        Some(Flashsale::None) => query.filter(is_free!(skus::code, part)),
        None => query,
    };
    let query = of_store!(query, skus::code, filter);
    let codes: Vec<SkuCode> = take!(query, skus::code, part).load(conn)?;
    of_codes(conn, &codes, part.place)
}

/// The SKUs of `codes`, in the order of a part at `place`.
fn of_codes(conn: &mut Conn, codes: &[SkuCode], place: &Place) -> QueryResult<Vec<Row>> {
    if codes.is_empty() {
        return Ok(Vec::new());
    }
    let rows = skus::table.filter(among(conn, "skus.code", codes)).select(row());
    on_db!(conn, |conn| match place {
        Place::Start | Place::After(_) => rows.order(skus::code.asc()).load(conn),
        Place::Before(_) => rows.order(skus::code.desc()).load(conn),
    })
}
