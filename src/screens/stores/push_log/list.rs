//! `/push-log`

use super::{PATH, tone};
use crate::{
    db::{
        self, Conn,
        stores::{
            self, Stores,
            push_log::{self, Filter, Key, LoggedPush, Outcomes},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        promotions::schedule,
        stores::push::PushOutcome,
    },
    screens::{
        catalogue,
        promotions::store_of,
        stores::{listing_state::shown, path_of},
    },
    web::{
        error::{PageError, PageResult},
        form::{FormErrors, SelectOption},
        lists::{self, ListQuery, PageLinks, days},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PushesQuery {
    pub(super) store: String,
    sku: String,
    outcome: String,
    from: String,
    to: String,
    after: String,
    before: String,
}

impl ListQuery for PushesQuery {
    fn filters(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("store", &self.store),
            ("sku", self.sku.trim()),
            ("outcome", &self.outcome),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    fn after_before(&self) -> [&str; 2] {
        [&self.after, &self.before]
    }
}

impl PushesQuery {
    /// A filter with an unknown value lets everything through; a wrong SKU code or day is also an error of its field.
    /// Days are those of the chosen store, or of `zone`.
    pub(crate) fn filter(&self, stores: &Stores, zone: Tz, errors: &mut FormErrors) -> Filter {
        let sku = match self.sku.trim() {
            "" => None,
            text => errors.keep("sku", SkuCode::parse(text)),
        };
        let (from, until) = days(&self.from, &self.to, stores.zone_or(&self.store, zone), errors);
        Filter {
            store: StoreCode::parse(&self.store).ok(),
            sku,
            outcomes: Outcomes::parse(&self.outcome).unwrap_or_default(),
            from,
            until,
        }
    }
}

#[derive(Template)]
#[template(path = "stores/push_log.html")]
struct PushesPage {
    page: Layout,
    query: PushesQuery,
    stores: Vec<SelectOption>,
    outcomes: Vec<SelectOption>,
    zone: &'static str,
    rows: Vec<Row>,
    links: PageLinks,
    is_empty: bool,
    /// How many days an entry stays in the log.
    days: u32,
    errors: FormErrors,
}

struct Row {
    when: String,
    zone: String,
    store: String,
    store_path: String,
    /// The SKU or, of a kit, its seller SKU.
    sku: String,
    /// Empty for a kit.
    sku_path: String,
    from: String,
    to: i64,
    why: String,
    tone: &'static str,
    outcome: &'static str,
    answer: String,
    request_id: String,
}

impl Row {
    fn new(line: LoggedPush, stores: &Stores) -> Result<Self, PageError> {
        let name = line.name().to_owned();
        let LoggedPush { at, store, sku, quantity_before, quantity, why, outcome, answer, request_id, .. } = line;
        let known = store_of(stores, &store)?;
        Ok(Self {
            when: schedule::display_second(at, known.zone()),
            zone: known.time_zone.clone(),
            store: known.name.clone(),
            store_path: path_of(&store),
            sku_path: sku.as_ref().map(catalogue::path_of).unwrap_or_default(),
            sku: name,
            from: shown(quantity_before),
            to: quantity,
            why,
            tone: tone(outcome),
            outcome: outcome.label(),
            answer,
            request_id: request_id.unwrap_or_default(),
        })
    }
}

pub async fn show(visit: Visit, Query(query): Query<PushesQuery>) -> PageResult {
    let asked = query.clone();
    let zone = visit.who.zone;
    let read = move |conn: &mut Conn| {
        let stores = stores::all(conn)?;
        let mut errors = FormErrors::default();
        let filter = asked.filter(&stores, zone, &mut errors);
        let list = push_log::page(conn, &filter, &asked.place())?;
        let is_empty = list.rows.is_empty() && push_log::is_empty(conn)?;
        Ok::<_, db::Error>((stores, list, is_empty, errors))
    };
    let (stores, list, is_empty, errors) = visit.database().read(read).await?;
    let every_failure = [(Outcomes::FAILED, "All failures")].into_iter();
    let outcomes = every_failure.chain(PushOutcome::all().map(|outcome| (outcome.as_str(), outcome.label())));
    ok(&PushesPage {
        page: visit.layout("stores"),
        stores: lists::store_options("All stores", &stores, &query.store),
        outcomes: lists::options("All", outcomes, &query.outcome),
        zone: stores.zone_or(&query.store, zone).name(),
        links: list.links(PATH, &query.filters(), Key::of),
        rows: list.rows.into_iter().map(|line| Row::new(line, &stores)).collect::<Result<_, _>>()?,
        days: visit.state.settings.push_log_days,
        is_empty,
        errors,
        query,
    })
}
