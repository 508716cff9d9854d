//! `/drifts`: what stores showed and nothing explained.

use super::path_of;
use crate::{
    db::{
        self, Conn,
        stores::{
            self, Store, Stores,
            drifts::{self, Drift, Filter, Key},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        promotions::schedule,
        stores::look::DRIFTS_KNOWN,
    },
    screens::{catalogue, promotions::store_of},
    web::{
        error::{PageError, PageResult},
        form::{FormErrors, SelectOption},
        lists::{self, ListQuery, PageLinks},
        page::{Layout, ok},
        query::{Query, href},
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

const PATH: &str = "/drifts";

pub fn of_store(store: &StoreCode) -> String {
    href(PATH, &[("store", store.as_str())])
}

/// The values of the filter of results, with their words.
const RESULTS: [(&str, &str); 2] = [("corrected", "Corrected"), ("not-corrected", "Not corrected")];

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DriftsQuery {
    store: String,
    sku: String,
    result: String,
    after: String,
    before: String,
}

impl ListQuery for DriftsQuery {
    fn filters(&self) -> Vec<(&'static str, &str)> {
        vec![("store", &self.store), ("sku", self.sku.trim()), ("result", &self.result)]
    }

    fn after_before(&self) -> [&str; 2] {
        [&self.after, &self.before]
    }
}

impl DriftsQuery {
    /// A filter with an unknown value lets everything through; a wrong SKU code is also an error of its field.
    fn filter(&self, errors: &mut FormErrors) -> Filter {
        let sku = match self.sku.trim() {
            "" => None,
            text => errors.keep("sku", SkuCode::parse(text)),
        };
        let result = RESULTS.iter().position(|(value, _)| *value == self.result);
        Filter { store: StoreCode::parse(&self.store).ok(), sku, is_corrected: result.map(|nth| nth == 0) }
    }
}

/// A drift, as lists show it.
pub struct DriftRow {
    pub store: String,
    pub store_path: String,
    pub at: String,
    pub zone: String,
    pub listing: String,
    /// The page of its SKU or, of a kit, the kit in the list of kits.
    pub listing_path: String,
    pub expected: i64,
    pub shown: i64,
    pub result: String,
}

impl DriftRow {
    pub fn new(drift: &Drift, store: &Store) -> Self {
        let Drift { at, sku, seller_sku, expected, shown, sent, corrected, .. } = drift;
        Self {
            store: store.name.clone(),
            store_path: path_of(&store.code),
            at: schedule::display_second(*at, store.zone()),
            zone: store.time_zone.clone(),
            listing: drift.name().to_owned(),
            listing_path: match sku {
                Some(sku) => catalogue::path_of(sku),
                None => href("/kits", &[("q", seller_sku), ("store", store.code.as_str())]),
            },
            expected: *expected,
            shown: *shown,
            result: match corrected {
                true => format!("Set to {sent}"),
                false => format!("{sent} were sent and not acknowledged"),
            },
        }
    }
}

/// The rows of drifts of any stores.
pub fn rows(drifts: &[Drift], stores: &Stores) -> Result<Vec<DriftRow>, PageError> {
    drifts.iter().map(|drift| Ok(DriftRow::new(drift, store_of(stores, &drift.store)?))).collect()
}

#[derive(Template)]
#[template(path = "stores/drifts.html")]
struct DriftsPage {
    page: Layout,
    query: DriftsQuery,
    stores: Vec<SelectOption>,
    results: Vec<SelectOption>,
    rows: Vec<DriftRow>,
    links: PageLinks,
    is_empty: bool,
    /// How many days a drift is known.
    days: i64,
    errors: FormErrors,
}

pub async fn show(visit: Visit, Query(query): Query<DriftsQuery>) -> PageResult {
    let mut errors = FormErrors::default();
    let filter = query.filter(&mut errors);
    let place = query.place();
    let read = move |conn: &mut Conn| Ok::<_, db::Error>((stores::all(conn)?, drifts::page(conn, &filter, &place)?));
    let (stores, list) = visit.database().read(read).await?;
    ok(&DriftsPage {
        page: visit.layout("stores"),
        stores: lists::store_options("All stores", &stores, &query.store),
        results: lists::options("All", RESULTS, &query.result),
        links: list.links(PATH, &query.filters(), Key::of),
        is_empty: list.rows.is_empty() && !query.has_filters(),
        rows: rows(&list.rows, &stores)?,
        days: DRIFTS_KNOWN.num_days(),
        errors,
        query,
    })
}
