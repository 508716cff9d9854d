//! `/promotions/{id}/history`: the whole life of a promotion, newest change first. Its own page shows the latest.

use super::{id_of, store_of};
use crate::{
    db::{
        self,
        promotions::{
            self,
            changes::{self, Line},
        },
        stores::{self, Store},
    },
    domain::{
        code::SkuCode,
        id::PromotionId,
        moment::Moment,
        promotions::{history::Change, schedule},
    },
    screens::catalogue::path_of,
    web::{
        error::{PageError, PageResult},
        lists::{Page, PageLinks, PlaceQuery},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;

/// Lines on the promotion's own page.
const LATEST: usize = 8;

/// Lines of a history, as their table shows them.
pub struct History {
    /// The zone of the times.
    pub zone: &'static str,
    /// The lines.
    pub rows: Vec<HistoryRow>,
    /// Whether there are more than these.
    pub has_more: bool,
}

/// One change.
pub struct HistoryRow {
    /// When, where the store is.
    pub when: String,
    /// Who.
    pub who: String,
    /// What was changed.
    pub what: &'static str,
    /// The product that it is about, and its page.
    pub sku: Option<(String, String)>,
    /// What was before; empty where there was nothing.
    pub before: String,
    /// What is after.
    pub after: String,
}

impl History {
    /// The latest of the lines of `page`, for the promotion's own page.
    pub fn latest(page: &Page<Line>, store: &Store) -> Self {
        let has_more = page.rows.len() > LATEST || page.has_next;
        Self { has_more, ..Self::of(page.rows.iter().take(LATEST), store) }
    }

    fn of<'a>(lines: impl IntoIterator<Item = &'a Line>, store: &Store) -> Self {
        let rows = lines.into_iter().map(|line| HistoryRow::new(line, store)).collect();
        Self { zone: store.zone().name(), rows, has_more: false }
    }
}

impl HistoryRow {
    fn new(line: &Line, store: &Store) -> Self {
        let local = |at: &Moment| schedule::display(*at, store.zone());
        let units = |units: &i64| units.to_string();
        let nothing = String::new;
        let (what, sku, before, after) = match &line.change {
            Change::Created { ends_at } => ("Created, with this end", None, nothing(), local(ends_at)),
            Change::Renamed { from, to } => ("Promotion name", None, from.clone(), to.clone()),
            Change::EndMoved { from, to } => ("End", None, local(from), local(to)),
            Change::ProductAdded { sku, quantity } => {
                ("Added, with this quantity:", Some(sku), nothing(), units(quantity))
            }
            Change::QuantityChanged { sku, from, to } => ("Quantity of", Some(sku), units(from), units(to)),
            Change::ProductRemoved { sku, quantity, sold } => {
                ("Removed:", Some(sku), units(quantity), format!("{sold} sold"))
            }
            Change::EndedEarly { scheduled, at } => ("Ended early", None, local(scheduled), local(at)),
        };
        let page_of = |sku: &SkuCode| (sku.to_string(), path_of(sku));
        Self { when: local(&line.at), who: line.actor.clone(), what, sku: sku.map(page_of), before, after }
    }
}

#[derive(Template)]
#[template(path = "promotions/history.html")]
struct HistoryPage {
    page: Layout,
    id: PromotionId,
    name: String,
    history: History,
    links: PageLinks,
}

/// Shows a page of the history.
///
/// # Errors
/// When there is no such promotion, or the database fails.
pub async fn show(visit: Visit, path: Path<String>, query: Query<PlaceQuery>) -> PageResult {
    let id = id_of(&path)?;
    let place = query.0.place();
    let (promotion, stores, lines) = visit
        .database()
        .read(move |conn| {
            let lines = changes::page(conn, id, &place)?;
            Ok::<_, db::Error>((promotions::find(conn, id)?, stores::all(conn)?, lines))
        })
        .await?;
    let promotion = promotion.ok_or(PageError::NotFound)?;
    let store = store_of(&stores, &promotion.store)?;
    ok(&HistoryPage {
        page: visit.layout("promotions"),
        id,
        name: promotion.name,
        history: History::of(&lines.rows, store),
        links: lines.links(&format!("/promotions/{id}/history"), &[], |line| line.number),
    })
}
