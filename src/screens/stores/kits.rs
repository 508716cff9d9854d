//! `/kits`: the kits of every store, with their components and numbers; and the same as a file.

use super::listing_state::AtStore;
use crate::{
    db::{
        self, Conn,
        stores::{
            self, Stores,
            kits::{self, Filter},
            listing_rows::{self, ListingRow},
        },
    },
    domain::{code::StoreCode, moment::Moment, stores::listing_state::ListingState},
    screens::stores::path_of,
    web::{
        download,
        error::PageResult,
        form::SelectOption,
        lists::{self, ListQuery, Page, PageLinks},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct KitsQuery {
    q: String,
    store: String,
    after: String,
    before: String,
}

impl KitsQuery {
    fn filter(&self) -> Filter {
        Filter { search: self.q.clone(), store: StoreCode::parse(&self.store).ok() }
    }
}

impl ListQuery for KitsQuery {
    fn filters(&self) -> Vec<(&'static str, &str)> {
        vec![("q", self.q.trim()), ("store", &self.store)]
    }

    fn after_before(&self) -> [&str; 2] {
        [&self.after, &self.before]
    }
}

/// A kit, as lists of kits show it.
pub struct KitRow {
    pub seller_sku: String,
    pub path: String,
    pub title: String,
    pub store: String,
    pub store_path: String,
    pub made_of: String,
    pub quantity: i64,
    pub sum: String,
    pub at_store: AtStore,
}

impl KitRow {
    pub fn new(row: &ListingRow, stores: &Stores, now: Moment) -> Self {
        let listing = &row.listing;
        let store_path = path_of(&listing.store);
        let connection = row.connection.as_ref();
        let is_mapped = connection.is_some_and(|connection| listing.is_pushed_by(connection.kind));
        let at_store = stores.get(&listing.store).map_or_else(AtStore::default, |store| {
            AtStore::new(store, (connection, is_mapped), Some(&row.push), row.quantity, now)
        });
        Self {
            seller_sku: listing.seller_sku.clone(),
            path: format!("{store_path}/listings/{}/edit", listing.id),
            title: listing.title.clone(),
            store: stores.name(&listing.store).to_owned(),
            store_path,
            made_of: row.components.to_string(),
            quantity: row.quantity,
            sum: row.sum(),
            at_store,
        }
    }
}

#[derive(Template)]
#[template(path = "stores/kits.html")]
struct KitsPage {
    page: Layout,
    query: KitsQuery,
    store_options: Vec<SelectOption>,
    rows: Vec<KitRow>,
    links: PageLinks,
    export_href: String,
    is_empty: bool,
}

pub async fn show(visit: Visit, Query(query): Query<KitsQuery>) -> PageResult {
    let filter = query.filter();
    let place = query.place();
    let now = visit.now;
    let read = move |conn: &mut Conn| {
        let stores = stores::all(conn)?;
        let Page { rows, has_previous, has_next } = kits::page(conn, &codes_of(&stores), &filter, &place)?;
        let rows = listing_rows::of_kits(conn, rows, now)?;
        Ok::<_, db::Error>((stores, Page { rows, has_previous, has_next }))
    };
    let (stores, page) = visit.database().read(read).await?;
    let key = |row: &ListingRow| kits::key(&row.listing);
    ok(&KitsPage {
        page: visit.layout("catalogue"),
        store_options: lists::store_options("All stores", &stores, &query.store),
        links: page.links("/kits", &query.filters(), key),
        export_href: query.filtered("/kits.csv"),
        is_empty: page.rows.is_empty() && !query.has_filters(),
        rows: page.rows.iter().map(|row| KitRow::new(row, &stores, now)).collect(),
        query,
    })
}

/// The codes of all stores, sorted.
fn codes_of(stores: &Stores) -> Vec<StoreCode> {
    let mut codes: Vec<StoreCode> = stores.iter().map(|store| store.code.clone()).collect();
    codes.sort();
    codes
}

/// The first columns are those that an import of listings reads.
const COLUMNS: [&str; 9] =
    ["store", "seller_sku", "components", "item_id", "variant_id", "title", "quantity", "shown", "state"];

/// `/kits.csv`: every kit that matches the filters.
pub async fn export(visit: Visit, Query(query): Query<KitsQuery>) -> PageResult {
    let database = visit.database().clone();
    let filter = query.filter();
    let now = visit.now;
    let header = download::rows(|file| file.row(COLUMNS))?;
    Ok(download::csv("kits.csv", header, None, move |after| {
        let database = database.clone();
        let filter = filter.clone();
        async move {
            let read = move |conn: &mut Conn| {
                let stores = stores::all(conn)?;
                let found = kits::batch(conn, &codes_of(&stores), &filter, after)?;
                listing_rows::of_kits(conn, found, now)
            };
            let rows = database.read(read).await?;
            let Some(last) = rows.last() else { return Ok(None) };
            let key = kits::key(&last.listing);
            let written = download::rows(|file| {
                for row in &rows {
                    file.row(cells(row, now))?;
                }
                Ok(())
            })?;
            Ok(Some((written, Some(key))))
        }
    }))
}

fn cells(row: &ListingRow, now: Moment) -> [String; 9] {
    let listing = &row.listing;
    [
        listing.store.to_string(),
        listing.seller_sku.clone(),
        row.components.to_string(),
        listing.item_id.clone().unwrap_or_default(),
        listing.variant_id.clone().unwrap_or_default(),
        listing.title.clone(),
        row.quantity.to_string(),
        row.push.acknowledged.map_or_else(String::new, |units| units.to_string()),
        row.state(now).map_or("", ListingState::as_str).to_owned(),
    ]
}
