//! `/promotions/{id}/history`: every change of a promotion, newest first. The promotion's own page shows the latest
//! ones.

use super::{find_with_store, id_of};
use crate::{
    db::{
        promotions::changes::{self, Line},
        stores::Store,
    },
    domain::{
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

/// Changes on the promotion's own page.
const LATEST: usize = 8;

pub struct History {
    /// The zone of the times.
    pub zone: &'static str,
    pub rows: Vec<HistoryRow>,
    pub has_more: bool,
}

pub struct HistoryRow {
    pub when: String,
    pub who: String,
    pub what: &'static str,
    /// The product that was changed, and the path of its page.
    pub sku: Option<(String, String)>,
    /// The value before the change; empty if there was none.
    pub before: String,
    pub after: String,
}

impl History {
    /// The latest changes, for the promotion's own page.
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
        let (what, sku, before, after) = match &line.change {
            Change::Created { ends_at } => ("Created, with this end", None, String::new(), local(ends_at)),
            Change::Renamed { from, to } => ("Promotion name", None, from.clone(), to.clone()),
            Change::EndMoved { from, to } => ("End", None, local(from), local(to)),
            Change::ProductAdded { sku, quantity } => {
                ("Added, with this quantity:", Some(sku), String::new(), units(quantity))
            }
            Change::QuantityChanged { sku, from, to } => ("Quantity of", Some(sku), units(from), units(to)),
            Change::ProductRemoved { sku, quantity, sold } => {
                ("Removed:", Some(sku), units(quantity), format!("{sold} sold"))
            }
            Change::EndedEarly { scheduled, at } => ("Ended early", None, local(scheduled), local(at)),
        };
        let sku = sku.map(|sku| (sku.to_string(), path_of(sku)));
        Self { when: local(&line.at), who: line.actor.clone(), what, sku, before, after }
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

pub async fn show(visit: Visit, path: Path<String>, query: Query<PlaceQuery>) -> PageResult {
    let id = id_of(&path)?;
    let place = query.0.place();
    let read = visit.database().read(move |conn| {
        let (promotion, store) = find_with_store(conn, id)?;
        Ok::<_, PageError>((promotion, store, changes::page(conn, id, &place)?))
    });
    let (promotion, store, lines) = read.await?;
    ok(&HistoryPage {
        page: visit.layout("promotions"),
        id,
        name: promotion.name,
        history: History::of(&lines.rows, &store),
        links: lines.links(&format!("/promotions/{id}/history"), &[], |line| line.number),
    })
}
