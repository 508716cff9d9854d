//! `/stores/{code}/found`: what the marketplace lists for a store, how each is matched, and what can be done with it.

mod form;
mod row;

use super::{code_in, path_of};
use crate::{
    actions::stores::fetch_listings::{self, FetchRefusal},
    db::{
        self, Failed,
        stores::{
            self, Store,
            connections::{self, Connection},
            fetches::{self, Fetch, Task},
            found::{self, Filter, Found},
            listings::{self, Listing},
            push_status::Count,
        },
    },
    domain::{
        code::StoreCode,
        id::ListingId,
        stores::{
            found::{FetchPhase, FoundTask},
            matching::FoundState,
        },
        text::counted,
    },
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form, FormErrors, SelectOption},
        lists::{self, ListQuery, Page, PageLinks},
        notices::done,
        page::{Layout, ok, refused},
        query::{Query, href},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use chrono_tz::Tz;
use form::Typed;
pub use form::submit;
use row::Row;
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FoundQuery {
    q: String,
    state: String,
    after: String,
    before: String,
    /// The keys of the rows that are ticked, wherever they are listed.
    tick: Vec<String>,
}

impl FoundQuery {
    fn filter(&self) -> Filter {
        Filter { search: self.q.clone(), state: FoundState::parse(&self.state) }
    }

    /// The address of the list with these rows ticked.
    fn with_ticks(&self, path: &str, ticks: &[String]) -> String {
        let [after, before] = self.after_before();
        let mut pairs = self.filters();
        pairs.extend([("after", after), ("before", before)]);
        pairs.extend(ticks.iter().take(MAX_TICKS).map(|key| ("tick", key.as_str())));
        href(path, &pairs)
    }
}

impl ListQuery for FoundQuery {
    fn filters(&self) -> Vec<(&'static str, &str)> {
        vec![("q", self.q.trim()), ("state", &self.state)]
    }

    fn after_before(&self) -> [&str; 2] {
        [&self.after, &self.before]
    }
}

/// The most ticks that are kept while the list is filtered: an address has room for them.
const MAX_TICKS: usize = 100;

#[derive(Template)]
#[template(path = "stores/found.html")]
struct FoundPage {
    page: Layout,
    store_path: String,
    path: String,
    store: Store,
    marketplace: &'static str,
    query: FoundQuery,
    action: String,
    states: Vec<SelectOption>,
    /// How the fetch is, and what it says of it: the kind of a callout, and the words.
    progress: Vec<(&'static str, String)>,
    can_fetch: bool,
    /// How many can be accepted or made at once; empty for none.
    matched: String,
    suggested: String,
    unmatched: String,
    /// Whether a person has to start pushing.
    start_path: String,
    rows: Vec<Row>,
    /// Ticked rows that are not in the list.
    elsewhere: Vec<String>,
    links: PageLinks,
    is_empty: bool,
    /// Whether the first fetch is under way.
    is_first: bool,
    /// Whether all of its list was read.
    was_read: bool,
    errors: FormErrors,
}

struct Read {
    store: Store,
    connection: Option<Connection>,
    fetch: Option<Fetch>,
    task: Option<Task>,
    is_started: bool,
    counts: Vec<(FoundState, Count)>,
    page: Page<Found>,
    listings: HashMap<ListingId, Listing>,
}

impl Read {
    async fn load(visit: &Visit, code: StoreCode, query: &FoundQuery) -> Result<Self, PageError> {
        let filter = query.filter();
        let place = query.place();
        let read = move |conn: &mut db::Conn| {
            let Some(store) = stores::find(conn, &code)? else { return Ok(None) };
            let page = found::page(conn, &code, &filter, &place)?;
            let ours: Vec<ListingId> = page.rows.iter().filter_map(|row| row.listing).collect();
            let listings = listings::by_ids(conn, &ours)?;
            Ok::<_, db::Error>(Some(Self {
                connection: connections::find(conn, &code)?,
                fetch: fetches::find(conn, &code)?,
                task: fetches::task(conn, &code)?,
                is_started: fetches::started_at(conn, &code)?.is_some(),
                counts: found::counts(conn, &code)?,
                listings: listings.into_iter().map(|listing| (listing.id, listing)).collect(),
                page,
                store,
            }))
        };
        visit.database().read(read).await?.ok_or(PageError::NotFound)
    }

    fn count(&self, state: FoundState) -> String {
        let count = self.counts.iter().find(|(of, _)| *of == state).map(|(_, count)| *count).unwrap_or_default();
        if count.is_none() { String::new() } else { count.to_string() }
    }

    fn page(self, visit: &Visit, query: FoundQuery, typed: &Typed, errors: FormErrors) -> FoundPage {
        let store_path = path_of(&self.store.code);
        let path = format!("{store_path}/found");
        let zone = self.store.zone();
        let kind = self.connection.as_ref().map(|connection| connection.kind).filter(|kind| kind.has_list());
        let states = self.counts.iter().map(|(state, count)| (state.as_str(), format!("{} ({count})", state.label())));
        let rows: Vec<Row> = self
            .page
            .rows
            .iter()
            .enumerate()
            .map(|(nth, row)| Row::new(nth, row, &self.listings, typed, &store_path))
            .collect();
        let is_here = |key: &&String| rows.iter().all(|row| row.key != **key);
        FoundPage {
            states: lists::options("All", states, &query.state),
            progress: progress(self.fetch.as_ref(), self.task.as_ref(), zone),
            can_fetch: kind.is_some(),
            matched: self.count(FoundState::Matched),
            suggested: self.count(FoundState::Suggested),
            unmatched: self.count(FoundState::Unmatched),
            start_path: match &self.connection {
                Some(connection) if connection.is_tested() && !self.is_started => format!("{store_path}/start"),
                Some(_) | None => String::new(),
            },
            elsewhere: typed.ticks.iter().filter(is_here).cloned().collect(),
            links: self.page.links(&path, &query.filters(), |row| row.key.clone()),
            is_empty: self.counts.iter().all(|(_, count)| count.is_none()),
            is_first: self.fetch.as_ref().is_some_and(Fetch::is_first_under_way),
            was_read: self.fetch.as_ref().is_some_and(|fetch| fetch.finished_at.is_some() && fetch.unreadable == 0),
            action: query.here(&path),
            page: visit.layout("stores"),
            marketplace: kind.map_or("The marketplace", |kind| kind.label()),
            store: self.store,
            rows,
            store_path,
            path,
            query,
            errors,
        }
    }
}

/// What is going on, in words.
fn progress(fetch: Option<&Fetch>, task: Option<&Task>, zone: Tz) -> Vec<(&'static str, String)> {
    let mut words = Vec::new();
    if let Some(fetch) = fetch {
        let read = counted(fetch.found, "listing");
        if fetch.number == 0 && fetch.is_first_under_way() {
            words.push(("info", "What it lists is being read. Load the page again to see it.".to_owned()));
        } else if fetch.phase == FetchPhase::Reading {
            words.push((
                "info",
                format!("{read} read so far. Load the page again to see more. They are matched once all are read."),
            ));
        } else if fetch.phase == FetchPhase::Matching {
            words.push((
                "info",
                format!("{read} read. They are being matched with the catalogue: load the page again."),
            ));
        } else if let Some(finished) = fetch.finished_at {
            let at = crate::domain::promotions::schedule::display(finished, zone);
            words.push(("info", format!("{read} read, last on {at}. The list is read again every few hours.")));
        }
        if let Some(problem) = &fetch.problem {
            words.push(("warning", format!("The marketplace did not answer: {problem} It is tried again by itself.")));
        }
        if fetch.unreadable > 0 {
            let number = counted(fetch.unreadable, "product");
            words.push(("warning", format!("{number} could not be read: what the marketplace says of them is too long, or of an unknown form. List what is yours of them by hand, under the listings of the store. Nothing is marked as gone meanwhile.")));
        }
    }
    if let Some(task) = task {
        let label = task.task.label();
        let done = match task.refused {
            0 => format!("{} done", task.done),
            refused => format!("{} done, and {refused} not: the reason is at each", task.done),
        };
        words.push(match task.finished_at {
            None => ("info", format!("{label}: {done} so far. Load the page again to see more.")),
            Some(_) => (if task.refused == 0 { "success" } else { "warning" }, format!("{label}: {done}.")),
        });
    }
    words
}

pub async fn show(visit: Visit, code: Path<String>, Query(query): Query<FoundQuery>) -> PageResult {
    let read = Read::load(&visit, code_in(&code)?, &query).await?;
    let typed = Typed { ticks: query.tick.clone(), ..Typed::default() };
    ok(&read.page(&visit, query, &typed, FormErrors::default()))
}

/// Asks for a fetch of what the marketplace lists.
pub async fn fetch(visit: Visit, code: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let code = code_in(&code)?;
    let path = format!("{}/found", path_of(&code));
    fetch_now(&visit, code, &path).await
}

/// The same, and then the page at `path`.
async fn fetch_now(visit: &Visit, code: StoreCode, path: &str) -> PageResult {
    let store = code.clone();
    let now = visit.state.clock.now();
    match visit.database().write(move |conn| fetch_listings::run(conn, &store, now)).await {
        Ok(()) => Ok(done(path, "What the marketplace lists is being read.")),
        Err(Failed::Refused(refusal)) => refuse_fetch(visit, code, &refusal).await,
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

async fn refuse_fetch(visit: &Visit, code: StoreCode, refusal: &FetchRefusal) -> PageResult {
    let query = FoundQuery::default();
    let read = Read::load(visit, code, &query).await?;
    refused(&read.page(visit, query, &Typed::default(), FormErrors::of("", refusal)))
}

/// The task of a button.
fn task_of(press: &str) -> Option<FoundTask> {
    FoundTask::parse(press)
}
