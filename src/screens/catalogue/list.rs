//! `/catalogue`

use crate::{
    db::{
        self,
        catalogue::{
            list::{self, Catalogue, Filter, Flashsale, Row},
            pictures::Pictures,
        },
        promotions,
        stores::connections,
    },
    domain::{catalogue::quantity::Position, code::StoreCode, moment::Moment},
    screens::stores::listing_state::BehindNote,
    web::{
        error::PageResult,
        form::SelectOption,
        lists::{self, ListQuery, PageLinks},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CatalogueQuery {
    q: String,
    flashsale: String,
    store: String,
    promotion: String,
    pushed: String,
    archived: String,
    after: String,
    before: String,
}

impl CatalogueQuery {
    /// A filter with an unknown value lets everything through.
    pub(super) fn filter(&self) -> Filter {
        Filter {
            search: self.q.clone(),
            flashsale: match self.flashsale.as_str() {
                "running" => Some(Flashsale::Running),
                "none" => Some(Flashsale::None),
                _ => None,
            },
            store: StoreCode::parse(&self.store).ok(),
            promotion: self.promotion.parse().ok(),
            is_behind: self.pushed == "behind",
            is_archived: self.archived == "yes",
        }
    }
}

impl ListQuery for CatalogueQuery {
    fn filters(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("q", self.q.trim()),
            ("flashsale", &self.flashsale),
            ("store", &self.store),
            ("promotion", &self.promotion),
            ("pushed", &self.pushed),
            ("archived", &self.archived),
        ]
    }

    fn after_before(&self) -> [&str; 2] {
        [&self.after, &self.before]
    }
}

#[derive(Template)]
#[template(path = "catalogue/list.html")]
struct CataloguePage {
    page: Layout,
    query: CatalogueQuery,
    flashsale_options: Vec<SelectOption>,
    store_options: Vec<SelectOption>,
    /// Empty where the list is not that of one promotion.
    promotion_options: Vec<SelectOption>,
    /// Empty where no store is pushed to.
    pushed_options: Vec<SelectOption>,
    /// Empty where no SKU is archived.
    archived_options: Vec<SelectOption>,
    catalogue: Catalogue,
    pictures: Pictures,
    now: Moment,
    links: PageLinks,
    export_href: String,
    is_empty: bool,
}

impl CataloguePage {
    fn behind(&self, row: &Row, store: &StoreCode, should: &i64) -> Option<BehindNote> {
        BehindNote::of(&self.catalogue.late, (&row.code, store), *should, self.now)
    }

    /// The badge of a SKU in running flash sales; empty for one that is in none.
    fn badge(&self, position: &Position<'_>) -> String {
        match position.holds {
            [] => String::new(),
            [hold] => format!("Flashsale: {}", self.catalogue.stores.name(&hold.store)),
            holds => format!("Flashsale: {} stores", holds.len()),
        }
    }
}

pub async fn show(visit: Visit, Query(query): Query<CatalogueQuery>) -> PageResult {
    let filter = query.filter();
    let place = query.place();
    let now = visit.now;
    let read = move |conn: &mut db::Conn| {
        let promotion = match filter.promotion {
            Some(id) => promotions::find(conn, id)?,
            None => None,
        };
        let catalogue = list::read(conn, &filter, &place, now)?;
        let is_empty = catalogue.page.rows.is_empty() && list::is_empty(conn)?;
        let has_archived = list::has_archived(conn)?;
        let pictures = Pictures::read(conn, catalogue.page.rows.iter().map(|row| &row.code))?;
        Ok::<_, db::Error>((catalogue, pictures, is_empty, connections::all(conn)?, has_archived, promotion))
    };
    let (catalogue, pictures, is_empty, connections, has_archived, promotion) = visit.database().read(read).await?;
    let is_pushed = connections.iter().any(|connection| connection.kind.is_pushed());
    let pushed_options =
        if is_pushed { lists::options("All", [("behind", "Out of sync")], &query.pushed) } else { Vec::new() };
    let archived_options = match has_archived {
        true => lists::options("In use", [("yes", "Archived")], &query.archived),
        false => Vec::new(),
    };
    let promotion_options = match promotion {
        Some(promotion) => lists::options("All", [(promotion.id.to_string(), promotion.name)], &query.promotion),
        None => Vec::new(),
    };
    ok(&CataloguePage {
        promotion_options,
        archived_options,
        page: visit.layout("catalogue"),
        flashsale_options: lists::options("All", [("running", "Running"), ("none", "None")], &query.flashsale),
        store_options: lists::store_options("All stores", &catalogue.stores, &query.store),
        pushed_options,
        links: catalogue.page.links("/catalogue", &query.filters(), |row| row.code.clone()),
        export_href: query.filtered("/catalogue.csv"),
        is_empty,
        now,
        catalogue,
        pictures,
        query,
    })
}
