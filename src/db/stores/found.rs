//! What the marketplaces list for the stores, whether it is listed here or not. Rows stay when the marketplace does not list them
//! any more.

use super::push_status::{COUNT_LIMIT, Count};
use crate::{
    db::{
        Backend, Conn,
        engine::{
            among::among,
            paging::{Page, Place, at_place},
            schema::found_listings as rows,
            search::{containing, words},
            sql::Condition,
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
        money::Currency,
        stores::{
            found::{FoundListing, SaleStatus},
            matching::FoundState,
        },
        text::folded,
    },
    in_prepared,
};
use diesel::{IntoSql, dsl::count_star, prelude::*, sql_types::Integer, upsert::excluded};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = rows, treat_none_as_default_value = false)]
pub struct Found {
    pub store: StoreCode,
    /// Its ids in one text, by which lists are sorted.
    pub key: String,
    pub item_id: String,
    pub variant_id: Option<String>,
    pub seller_sku: String,
    pub title: String,
    /// The seller SKU and the title, folded.
    pub search_key: String,
    pub status: SaleStatus,
    /// The address of its picture; empty if there is none.
    pub picture: String,
    pub price_minor: Option<i64>,
    pub currency: Option<Currency>,
    /// Units that buyers could buy when it was read.
    pub shown: Option<i64>,
    pub seen_at: Moment,
    /// The number of the fetch that saw it last.
    pub seen_in: i64,
    pub gone_at: Option<Moment>,
    pub is_ignored: bool,
    pub state: FoundState,
    /// The SKU that it is matched with, or would be.
    pub sku: Option<SkuCode>,
    /// Our listing, if there is one.
    pub listing: Option<ListingId>,
    /// Why the last thing that was asked for was not done; empty if it was.
    pub note: String,
}

impl Found {
    /// A listing as it was read in the fetch `number`, and not matched yet.
    pub fn new(store: StoreCode, found: FoundListing, currency: Option<Currency>, number: i64, at: Moment) -> Self {
        let FoundListing { item_id, variant_id, seller_sku, title, status, picture, price, shown } = found;
        let price = price.and_then(|price| price.minor_units(currency));
        Self {
            store,
            key: key(&item_id, variant_id.as_deref()),
            search_key: folded(&format!("{seller_sku} {title}")),
            item_id,
            variant_id,
            seller_sku,
            title,
            status,
            picture,
            price_minor: price.map(|(minor, _)| minor),
            currency: price.map(|(_, currency)| currency),
            shown,
            seen_at: at,
            seen_in: number,
            gone_at: None,
            is_ignored: false,
            state: FoundState::Unmatched,
            sku: None,
            listing: None,
            note: String::new(),
        }
    }
}

/// No id has a space in it.
pub fn key(item_id: &str, variant_id: Option<&str>) -> String {
    format!("{item_id} {}", variant_id.unwrap_or_default())
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The words to search for in the seller SKU and the title; empty for all.
    pub search: String,
    pub state: Option<FoundState>,
}

/// The page at `place` of what the marketplace lists for a store, by its ids there.
pub fn page(conn: &mut Conn, store: &StoreCode, filter: &Filter, place: &Place) -> QueryResult<Page<Found>> {
    let keys = searched(conn, store, filter, place)?;
    let mut query = rows::table.filter(rows::store.eq(store)).into_boxed::<Backend>();
    if let Some(state) = filter.state {
        query = query.filter(rows::state.eq(state));
    }
    if let Some(keys) = &keys {
        query = query.filter(among(conn, "found_listings.key", keys));
    }
    let query = at_place!(query, place, rows::key);
    Ok(Page::new(place, query.select(Found::as_select()).limit(Place::LIMIT).load(conn)?))
}

/// The keys of the rows that a search finds at `place`, from a narrow index with nothing else; `None` without a search.
fn searched(conn: &mut Conn, store: &StoreCode, filter: &Filter, place: &Place) -> QueryResult<Option<Vec<String>>> {
    let words = words(&filter.search);
    if words.is_empty() {
        return Ok(None);
    }
    let mut condition = Condition::default().sql("(1 = 1");
    for word in words {
        condition = condition.sql(" AND found_listings.search_key LIKE ").text(containing(&word)).sql(" ESCAPE '\\'");
    }
    let mut query = rows::table.filter(rows::store.eq(store)).filter(condition.sql(")")).into_boxed::<Backend>();
    if let Some(state) = filter.state {
        query = query.filter(rows::state.eq(state));
    }
    let query = at_place!(query, place, rows::key);
    query.select(rows::key).limit(Place::LIMIT).load(conn).map(Some)
}

/// How many a store has in each state, each counted up to [`COUNT_LIMIT`].
pub fn counts(conn: &mut Conn, store: &StoreCode) -> QueryResult<Vec<(FoundState, Count)>> {
    let mut counts = Vec::new();
    for state in FoundState::ALL {
        let in_state = rows::table.filter(rows::store.eq(store).and(rows::state.eq(state)));
        let ones = in_state.select(1.into_sql::<Integer>()).limit(COUNT_LIMIT + 1).load::<i32>(conn)?;
        counts.push((state, Count::of(ones.len())));
    }
    Ok(counts)
}

/// Up to `limit` rows of a store after the one with the key `after`, in a state or in all.
pub fn after(
    conn: &mut Conn,
    store: &StoreCode,
    state: Option<FoundState>,
    after: Option<&str>,
    limit: i64,
) -> QueryResult<Vec<Found>> {
    let mut query = rows::table.filter(rows::store.eq(store)).into_boxed::<Backend>();
    if let Some(state) = state {
        query = query.filter(rows::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(rows::key.gt(after));
    }
    query.order(rows::key).limit(limit).select(Found::as_select()).load(conn)
}

/// The rows of a store with these keys.
pub fn with_keys<T: AsRef<str>>(conn: &mut Conn, store: &StoreCode, keys: &[T]) -> QueryResult<Vec<Found>> {
    let keys: HashSet<&str> = keys.iter().map(AsRef::as_ref).collect();
    rows::table
        .filter(rows::store.eq(store))
        .filter(among(conn, "found_listings.key", keys))
        .order(rows::key)
        .select(Found::as_select())
        .load(conn)
}

/// Which of `seller_skus` more than one row of a store has that is not ignored, and was seen in the fetch `number`, or is not gone.
pub fn shared(
    conn: &mut Conn,
    store: &StoreCode,
    seller_skus: &[&str],
    number: Option<i64>,
) -> QueryResult<HashSet<String>> {
    let mut query = rows::table
        .filter(rows::store.eq(store))
        .filter(among(conn, "found_listings.seller_sku", seller_skus))
        .filter(rows::is_ignored.eq(false))
        .group_by(rows::seller_sku)
        .select((rows::seller_sku, count_star()))
        .into_boxed::<Backend>();
    query = match number {
        Some(number) => query.filter(rows::seen_in.eq(number)),
        None => query.filter(rows::gone_at.is_null()),
    };
    let counted: Vec<(String, i64)> = query.load(conn)?;
    Ok(counted.into_iter().filter(|(_, count)| *count > 1).map(|(seller_sku, _)| seller_sku).collect())
}

/// The SKUs that are not archived and resemble one of `likenesses`, by that: see [`crate::domain::stores::matching::likeness`].
pub fn alike(conn: &mut Conn, likenesses: &[String]) -> QueryResult<HashMap<String, Vec<SkuCode>>> {
    use crate::{db::engine::schema::skus, domain::stores::matching::likeness};
    let found: Vec<SkuCode> = skus::table
        .filter(among(conn, LIKENESS, likenesses))
        .filter(skus::archived_at.is_null())
        .order(skus::code)
        .select(skus::code)
        .load(conn)?;
    let mut alike: HashMap<String, Vec<SkuCode>> = HashMap::new();
    for code in found {
        if let Some(of_code) = likeness(code.as_str()) {
            alike.entry(of_code).or_default().push(code);
        }
    }
    Ok(alike)
}

/// In the words of the index.
const LIKENESS: &str = "lower(replace(replace(replace(replace(replace(replace(replace(skus.code, ' ', ''), '-', ''), '_', ''), \
                        '.', ''), '/', ''), ':', ''), '#', ''))";

/// Adds what was read. Of rows that are there already, what staff have decided stays.
pub fn save_read(conn: &mut Conn, found: &[Found]) -> QueryResult<()> {
    // What is in the list twice, because it moved while it was read, counts once.
    let mut known: HashMap<String, Found> = HashMap::new();
    if let Some(first) = found.first() {
        let keys: Vec<&String> = found.iter().map(|found| &found.key).collect();
        for row in with_keys(conn, &first.store, &keys)? {
            known.insert(row.key.clone(), row);
        }
    }
    let mut read: HashMap<&String, Found> = HashMap::new();
    for found in found {
        let mut row = found.clone();
        if let Some(Found { gone_at, is_ignored, state, sku, listing, note, .. }) = known.get(&found.key) {
            row.gone_at = *gone_at;
            row.is_ignored = *is_ignored;
            row.state = *state;
            row.sku.clone_from(sku);
            row.listing = *listing;
            row.note.clone_from(note);
        }
        read.insert(&found.key, row);
    }
    let mut read: Vec<Found> = read.into_values().collect();
    read.sort_by(|one, other| one.key.cmp(&other.key));
    save(conn, &read)
}

/// Inserts or replaces rows.
pub fn save(conn: &mut Conn, found: &[Found]) -> QueryResult<()> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => found.chunks(1_000).try_for_each(|some| {
            diesel::insert_into(rows::table)
                .values(some)
                .on_conflict((rows::store, rows::key))
                .do_update()
                .set((
                    rows::seller_sku.eq(excluded(rows::seller_sku)),
                    rows::title.eq(excluded(rows::title)),
                    rows::search_key.eq(excluded(rows::search_key)),
                    rows::status.eq(excluded(rows::status)),
                    rows::picture.eq(excluded(rows::picture)),
                    rows::price_minor.eq(excluded(rows::price_minor)),
                    rows::currency.eq(excluded(rows::currency)),
                    rows::shown.eq(excluded(rows::shown)),
                    rows::seen_at.eq(excluded(rows::seen_at)),
                    rows::seen_in.eq(excluded(rows::seen_in)),
                    rows::gone_at.eq(excluded(rows::gone_at)),
                    rows::is_ignored.eq(excluded(rows::is_ignored)),
                    rows::state.eq(excluded(rows::state)),
                    rows::sku.eq(excluded(rows::sku)),
                    rows::listing.eq(excluded(rows::listing)),
                    rows::note.eq(excluded(rows::note)),
                ))
                .execute(conn)
                .map(drop)
        }),
        // Nothing refers to them, so replacing is safe; diesel caches no other prepared statement that upserts.
        Conn::Sqlite(conn) => in_prepared!(conn, diesel::replace_into(rows::table), found),
    }
}
