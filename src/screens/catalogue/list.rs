//! `/catalogue`

use crate::{
    db::{
        self,
        catalogue::list::{self, Catalogue, Filter, Flashsale, Row},
        stores::connections,
    },
    domain::{catalogue::quantity::Position, code::StoreCode, moment::Moment},
    screens::stores::listing_state::BehindNote,
    web::{
        error::PageResult,
        form::SelectOption,
        page::{Layout, ok},
        paging::{PageLinks, Place},
        query::{Query, href},
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

/// The filters and the place, as the address has them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CatalogueQuery {
    q: String,
    flashsale: String,
    store: String,
    pushed: String,
    after: String,
    before: String,
}

impl CatalogueQuery {
    /// What the filters let through. One that means nothing lets everything through.
    pub(super) fn filter(&self) -> Filter {
        Filter {
            search: self.q.clone(),
            flashsale: match self.flashsale.as_str() {
                "running" => Some(Flashsale::Running),
                "none" => Some(Flashsale::None),
                _ => None,
            },
            store: StoreCode::parse(&self.store).ok(),
            is_behind: self.pushed == "behind",
        }
    }

    fn filters(&self) -> [(&str, &str); 4] {
        let Self { q, flashsale, store, pushed, after: _, before: _ } = self;
        [("q", q.trim()), ("flashsale", flashsale), ("store", store), ("pushed", pushed)]
    }

    fn has_filters(&self) -> bool {
        self.filters().iter().any(|(_, value)| !value.is_empty())
    }
}

#[derive(Template)]
#[template(path = "catalogue/list.html")]
struct CataloguePage {
    page: Layout,
    query: CatalogueQuery,
    flashsale_options: Vec<SelectOption>,
    store_options: Vec<SelectOption>,
    /// None where nothing is pushed.
    pushed_options: Vec<SelectOption>,
    catalogue: Catalogue,
    now: Moment,
    links: PageLinks,
    export_href: String,
    is_empty: bool,
}

impl CataloguePage {
    /// That a store shows another number than it should.
    fn behind(&self, row: &Row, store: &StoreCode, should: &i64) -> Option<BehindNote> {
        BehindNote::of(&self.catalogue.late, (&row.code, store), *should, self.now)
    }

    /// What the badge of a SKU in running flash sales says; nothing for one that is in none.
    fn badge(&self, position: &Position<'_>) -> String {
        match position.holds {
            [] => String::new(),
            [hold] => {
                let store = self.catalogue.stores.iter().find(|store| store.code == hold.store);
                format!("Flashsale: {}", store.map_or(hold.store.as_str(), |store| &store.name))
            }
            holds => format!("Flashsale: {} stores", holds.len()),
        }
    }
}

/// Shows a page of the catalogue.
///
/// # Errors
/// When the database fails.
pub async fn show(visit: Visit, Query(query): Query<CatalogueQuery>) -> PageResult {
    let (filter, place, now) = (query.filter(), Place::from_query(&query.after, &query.before), visit.now);
    let (catalogue, is_empty, connections) = visit
        .database()
        .read(move |conn| {
            let catalogue = list::read(conn, &filter, &place, now)?;
            let is_empty = catalogue.page.rows.is_empty() && list::is_empty(conn)?;
            Ok::<_, db::Error>((catalogue, is_empty, connections::all(conn)?))
        })
        .await?;
    let flashsale = [("", "All"), ("running", "Running"), ("none", "None")];
    let pushed = [("", "All"), ("behind", "Out of sync")];
    let is_pushed = connections.iter().any(|connection| connection.kind.is_pushed());
    let stores = catalogue.stores.iter().map(|store| (store.code.as_str(), store.name.as_str()));
    ok(&CataloguePage {
        page: visit.layout("catalogue"),
        flashsale_options: SelectOption::list(flashsale, &query.flashsale),
        store_options: SelectOption::list([("", "All stores")].into_iter().chain(stores), &query.store),
        pushed_options: SelectOption::list(pushed.into_iter().filter(|_| is_pushed), &query.pushed),
        links: catalogue.page.links("/catalogue", &query.filters(), |row| row.code.clone()),
        export_href: href("/catalogue.csv", &query.filters()),
        is_empty,
        now,
        catalogue,
        query,
    })
}
