//! `/orders/unmatched`: lines of orders whose seller SKU no listing of their store has.

use super::path_of;
use crate::{
    db::{
        self, Conn,
        orders::{
            self,
            unmatched::{self, Filter, UnmatchedLine},
        },
        stores::{self, Stores, connections},
    },
    domain::code::StoreCode,
    screens::{
        promotions::{LocalTime, store_of},
        stores::path_of as path_of_store,
    },
    web::{
        error::PageResult,
        form::SelectOption,
        lists::{self, ListQuery, PageLinks},
        page::{Layout, ok},
        query::{Query, href},
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

const PATH: &str = "/orders/unmatched";

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct UnmatchedQuery {
    q: String,
    store: String,
    after: String,
    before: String,
}

impl ListQuery for UnmatchedQuery {
    fn filters(&self) -> Vec<(&'static str, &str)> {
        vec![("q", self.q.trim()), ("store", &self.store)]
    }

    fn after_before(&self) -> [&str; 2] {
        [&self.after, &self.before]
    }
}

/// An unmatched line, as lists show it.
pub struct UnmatchedRow {
    pub number: String,
    pub path: String,
    pub store: String,
    pub seller_sku: String,
    pub quantity: i64,
}

impl UnmatchedRow {
    pub fn new(line: UnmatchedLine, stores: &Stores) -> Self {
        Self {
            path: path_of(&line.store, &line.number),
            number: line.number.to_string(),
            store: stores.name(&line.store).to_owned(),
            seller_sku: line.seller_sku.to_string(),
            quantity: line.quantity,
        }
    }
}

/// Where a line can be matched: the words of the link, and its address.
struct Remedy {
    words: String,
    href: String,
}

impl Remedy {
    /// What the marketplace lists with the seller SKU, if it `has_list`; else the listings of the store.
    fn new(line: &UnmatchedLine, store: &str, has_list: bool) -> Self {
        let path = path_of_store(&line.store);
        match has_list {
            true => Self {
                words: format!("What {store} lists"),
                href: href(&format!("{path}/found"), &[("q", line.seller_sku.as_str())]),
            },
            false => Self { words: format!("Listings of {store}"), href: format!("{path}/listings") },
        }
    }
}

#[derive(Template)]
#[template(path = "orders/unmatched.html")]
struct UnmatchedPage {
    page: Layout,
    query: UnmatchedQuery,
    stores: Vec<SelectOption>,
    rows: Vec<(UnmatchedRow, LocalTime, Remedy)>,
    links: PageLinks,
    is_empty: bool,
}

pub async fn show(visit: Visit, Query(query): Query<UnmatchedQuery>) -> PageResult {
    let filter = Filter { search: query.q.clone(), store: StoreCode::parse(&query.store).ok() };
    let place = query.place();
    let read = move |conn: &mut Conn| {
        let list = unmatched::page(conn, &filter, &place)?;
        let orders = orders::find_all(conn, list.rows.iter().map(|line| (&line.store, &line.number)))?;
        Ok::<_, db::Error>((stores::all(conn)?, connections::all(conn)?, list, orders))
    };
    let (stores, connections, list, orders) = visit.database().read(read).await?;
    let links = list.links(PATH, &query.filters(), unmatched::key);
    let is_empty = list.rows.is_empty() && !query.has_filters();
    let mut rows = Vec::with_capacity(list.rows.len());
    for line in list.rows {
        let store = store_of(&stores, &line.store)?;
        let placed_at = orders[&(line.store.clone(), line.number.clone())].placed_at;
        let of_store = connections.iter().find(|connection| connection.store == line.store);
        let has_list = of_store.is_some_and(|connection| connection.kind.has_list());
        let remedy = Remedy::new(&line, &store.name, has_list);
        rows.push((UnmatchedRow::new(line, &stores), LocalTime::new(placed_at, store), remedy));
    }
    ok(&UnmatchedPage {
        page: visit.layout("orders"),
        stores: lists::store_options("All stores", &stores, &query.store),
        rows,
        links,
        is_empty,
        query,
    })
}
