//! The catalogue: a page of SKUs in the order of their codes, with everything that the quantities of each follow from.

use crate::{
    db::{
        Conn, holds,
        paging::{Page, Place},
        schema::{holds as hold_rows, listings, skus},
        search::{Searched, matching},
        stores::{self, Store},
    },
    domain::{
        code::{SkuCode, StoreCode},
        hold::Hold,
        moment::Moment,
        quantity::Position,
        stock::Stock,
    },
};
use diesel::{
    dsl::{exists, not, sql},
    prelude::*,
    sql_types::{Nullable, Text},
};
use std::collections::HashMap;

/// Whether a SKU is in a running flash sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flashsale {
    /// In one or more.
    Running,
    /// In none.
    None,
}

/// Which SKUs a catalogue shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The words that they match; empty for all.
    pub search: String,
    /// Whether they are in a running flash sale.
    pub flashsale: Option<Flashsale>,
    /// The store that lists them.
    pub store: Option<StoreCode>,
}

/// One SKU of the catalogue.
#[derive(Debug, Clone, Queryable)]
pub struct Row {
    /// Its code.
    pub code: SkuCode,
    /// What people call it.
    pub name: String,
    on_hand: i64,
    committed: i64,
    oversold: i64,
    buffer: i64,
    /// The codes of the stores that list it, joined by `|`, which no code has.
    stores: Option<String>,
}

impl Row {
    /// The stored totals.
    #[must_use]
    pub fn stock(&self) -> Stock {
        let Self { on_hand, committed, oversold, buffer, .. } = *self;
        Stock { on_hand, committed, oversold, buffer }
    }

    /// The codes of the stores that list it, joined by `|`.
    #[must_use]
    pub fn joined_stores(&self) -> &str {
        self.stores.as_deref().unwrap_or_default()
    }

    /// What `store` should show for it, given its `position`; nothing if the store does not list it.
    #[must_use]
    pub fn quantity(&self, position: &Position<'_>, store: &StoreCode) -> Option<i64> {
        let is_listed = self.joined_stores().split('|').any(|code| code == store.as_str());
        is_listed.then(|| position.quantity_for(store).total())
    }
}

/// A page of the catalogue, read at one moment.
pub struct Catalogue {
    /// The SKUs.
    pub page: Page<Row>,
    /// Every store.
    pub stores: Vec<Store>,
    holds: HashMap<SkuCode, Vec<Hold>>,
}

impl Catalogue {
    /// The stock of a row together with the holds that are live on it.
    #[must_use]
    pub fn position(&self, row: &Row) -> Position<'_> {
        Position { stock: row.stock(), holds: self.holds.get(&row.code).map_or(&[], Vec::as_slice) }
    }
}

/// The SKUs that `filter` lets through, from `place` on, with the holds that are live at `now`.
///
/// # Errors
/// When the database fails.
pub fn read(conn: &mut Conn, filter: &Filter, place: &Place, now: Moment) -> QueryResult<Catalogue> {
    let page = Page::new(place, rows(conn, filter, place, Place::LIMIT, now)?);
    with_holds(conn, page, now)
}

/// As [`read`], but so many rows as an export takes at once.
///
/// # Errors
/// When the database fails.
pub fn read_batch(conn: &mut Conn, filter: &Filter, place: &Place, now: Moment) -> QueryResult<Catalogue> {
    const ROWS: i64 = 1_000;
    let rows = rows(conn, filter, place, ROWS, now)?;
    let page = Page { has_previous: false, has_next: rows.len() as i64 == ROWS, rows };
    with_holds(conn, page, now)
}

fn with_holds(conn: &mut Conn, page: Page<Row>, now: Moment) -> QueryResult<Catalogue> {
    let holds = holds::live_on(conn, page.rows.iter().map(|row| &row.code), now)?;
    Ok(Catalogue { page, holds, stores: stores::all(conn)? })
}

/// Whether there is no SKU at all.
///
/// # Errors
/// When the database fails.
pub fn is_empty(conn: &mut Conn) -> QueryResult<bool> {
    skus::table.select(skus::code).first::<SkuCode>(conn).optional().map(|code| code.is_none())
}

/// Asks `$from`, a table with the SKUs joined to it whose `$code` is in the order of an index, for up to `$limit` rows.
macro_rules! ask {
    ($conn:expr, $from:expr, $code:expr, $filter:expr, $place:expr, $limit:expr) => {{
        // The stores come as one text: a row for each listing would be five times the rows.
        let stores = sql::<Nullable<Text>>(
            "(SELECT string_agg(listed.store, '|') FROM listings AS listed WHERE listed.sku = skus.code)",
        );
        let row = ($code, skus::name, skus::on_hand, skus::committed, skus::oversold, skus::buffer, stores);
        let mut query = $from.select(row).limit($limit).into_boxed();
        if let Some(matching) = matching($conn, Searched::Skus, &$filter.search) {
            query = query.filter(matching);
        }
        query = match $place {
            Place::Start => query.order($code.asc()),
            Place::After(key) => query.filter($code.gt(key.as_str())).order($code.asc()),
            Place::Before(key) => query.filter($code.lt(key.as_str())).order($code.desc()),
        };
        query
    }};
}

/// Each filter is answered from the index that has what it lets through in the order of the codes, so that a page
/// reads little more than it shows: the SKUs themselves, the listings of the store, or the open holds.
fn rows(conn: &mut Conn, filter: &Filter, place: &Place, limit: i64, now: Moment) -> QueryResult<Vec<Row>> {
    let live = || hold_rows::table.filter(holds::open()).filter(hold_rows::ends_at.gt(now));
    let held = exists(live().filter(hold_rows::sku.eq(skus::code)));
    let of_store = |store| listings::table.inner_join(skus::table).filter(listings::store.eq(store));
    match (filter.flashsale, &filter.store) {
        (None, None) => ask!(conn, skus::table, skus::code, filter, place, limit).load(conn),
        (Some(Flashsale::None), None) => {
            ask!(conn, skus::table, skus::code, filter, place, limit).filter(not(held)).load(conn)
        }
        (None, Some(store)) => ask!(conn, of_store(store), listings::sku, filter, place, limit).load(conn),
        (Some(Flashsale::None), Some(store)) => {
            ask!(conn, of_store(store), listings::sku, filter, place, limit).filter(not(held)).load(conn)
        }
        (Some(Flashsale::Running), None) => {
            let from = live().inner_join(skus::table).distinct();
            ask!(conn, from, hold_rows::sku, filter, place, limit).load(conn)
        }
        (Some(Flashsale::Running), Some(store)) => {
            let from = live().inner_join(skus::table).distinct();
            let listed = listings::table.filter(listings::sku.eq(skus::code)).filter(listings::store.eq(store));
            ask!(conn, from, hold_rows::sku, filter, place, limit).filter(exists(listed)).load(conn)
        }
    }
}
