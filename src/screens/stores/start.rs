//! `/stores/{code}/start`: what pushing to a store would change there, before anything is sent. A person looks at it and starts
//! pushing.

use super::{code_in, path_of};
use crate::{
    actions::stores::pause_store::{self, PauseRefusal},
    db::{
        self, Failed,
        stores::{
            self, Store,
            connections::{self, Connection},
            fetches::{self, Fetch},
            start_changes::{self, Change, MOST_COUNTED},
        },
    },
    domain::{
        code::StoreCode,
        stores::{
            found::FetchPhase,
            start::{Shift, Shifts},
        },
    },
    screens::catalogue,
    web::{
        download,
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        lists::{Page, PageLinks, PlaceQuery},
        notices::done,
        page::{Layout, ok, refused, see_other},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StartForm {
    /// Not empty: start also without a test.
    untested: String,
}

#[derive(Template)]
#[template(path = "stores/start.html")]
struct StartPage {
    page: Layout,
    store: Store,
    store_path: String,
    path: String,
    is_tested: bool,
    /// Whether quantities are sent to it already.
    is_pushing: bool,
    has_list: bool,
    /// Whether its list is still being read.
    is_reading: bool,
    shifts: Shifts,
    falling_tone: &'static str,
    to_zero_tone: &'static str,
    /// How many listings were counted, if there are more.
    counted: Option<usize>,
    rows: Vec<Row>,
    links: PageLinks,
    errors: FormErrors,
}

struct Row {
    sku_path: String,
    name: String,
    seller_sku: String,
    title: String,
    shown: String,
    should: i64,
    tone: &'static str,
    shift: &'static str,
}

impl Row {
    fn new(change: &Change, connection: &Connection) -> Self {
        let listing = &change.listing;
        let (tone, shift) = match (listing.is_pushed_by(connection.kind), change.shift()) {
            (false, _) => ("warning", "Not mapped"),
            (true, shift @ (Shift::Rises | Shift::Same)) => ("neutral", shift.label()),
            (true, shift @ (Shift::Falls | Shift::Unknown)) => ("warning", shift.label()),
            (true, shift @ Shift::ToZero) => ("danger", shift.label()),
        };
        Self {
            sku_path: listing.sku.as_ref().map(catalogue::path_of).unwrap_or_default(),
            name: listing.name().to_owned(),
            seller_sku: listing.seller_sku.clone(),
            title: listing.title.clone(),
            shown: shown(change),
            should: change.should,
            tone,
            shift,
        }
    }
}

fn shown(change: &Change) -> String {
    change.shown.map_or_else(|| "not known".to_owned(), |shown| shown.to_string())
}

struct Read {
    store: Store,
    connection: Connection,
    fetch: Option<Fetch>,
    is_started: bool,
    shifts: Shifts,
    is_more: bool,
    page: Page<Change>,
}

impl StartPage {
    async fn load(visit: &Visit, code: StoreCode, query: PlaceQuery, errors: FormErrors) -> Result<Self, PageError> {
        let now = visit.now;
        let place = query.place();
        let read = move |conn: &mut db::Conn| {
            let Some((store, connection)) = stores::find(conn, &code)?.zip(connections::find(conn, &code)?) else {
                return Ok(None);
            };
            let (shifts, is_more) = start_changes::count(conn, &code, connection.kind, now)?;
            let fetch = fetches::find(conn, &code)?;
            let is_started = fetches::started_at(conn, &code)?.is_some();
            let page = start_changes::page(conn, &code, &place, now)?;
            Ok::<_, db::Error>(Some(Read { store, connection, fetch, is_started, shifts, is_more, page }))
        };
        let Read { store, connection, fetch, is_started, shifts, is_more, page } =
            visit.database().read(read).await?.ok_or(PageError::NotFound)?;
        let store_path = path_of(&store.code);
        let path = format!("{store_path}/start");
        Ok(Self {
            page: visit.layout("stores"),
            is_tested: connection.is_tested(),
            is_pushing: is_started && connection.paused_at.is_none(),
            has_list: connection.kind.has_list(),
            is_reading: fetch.is_some_and(|fetch| fetch.phase != FetchPhase::Done && fetch.finished_at.is_none()),
            falling_tone: if shifts.falling > 0 { "warning" } else { "" },
            to_zero_tone: if shifts.to_zero > 0 { "danger" } else { "" },
            shifts,
            counted: is_more.then_some(MOST_COUNTED),
            rows: page.rows.iter().map(|change| Row::new(change, &connection)).collect(),
            links: page.links(&path, &[], |change| change.listing.place()),
            store,
            store_path,
            path,
            errors,
        })
    }
}

/// A store that is pushed to already has nothing to start: its own page says what it shows.
pub async fn show(visit: Visit, code: Path<String>, Query(query): Query<PlaceQuery>) -> PageResult {
    let page = StartPage::load(&visit, code_in(&code)?, query, FormErrors::default()).await?;
    if page.is_pushing { Ok(see_other(&page.store_path)) } else { ok(&page) }
}

pub async fn submit(visit: Visit, code: Path<String>, form: Form<StartForm>) -> PageResult {
    let code = code_in(&code)?;
    let cause = visit.cause("");
    let store = code.clone();
    let start = if form.untested.is_empty() { pause_store::start } else { pause_store::start_untested };
    match visit.database().write(move |conn| start(conn, &cause, &store)).await {
        Ok(()) => Ok(done(&path_of(&code), "Pushing has started. What is out of sync is sent now.")),
        Err(Failed::Refused(PauseRefusal::NotConnected(_))) => Err(PageError::NotFound),
        Err(Failed::Refused(refusal)) => {
            refused(&StartPage::load(&visit, code, PlaceQuery::default(), FormErrors::of("", refusal)).await?)
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

const COLUMNS: [&str; 8] = ["store", "sku", "seller_sku", "item_id", "variant_id", "shown", "should_show", "change"];

/// Every listing with what it shows and should show.
pub async fn export(visit: Visit, code: Path<String>) -> PageResult {
    let database = visit.database().clone();
    let store = code_in(&code)?;
    let of_store = store.clone();
    let connection = database.read(move |conn| connections::find(conn, &of_store)).await?;
    if connection.is_none() {
        return Err(PageError::NotFound);
    }
    let now = visit.now;
    let header = download::rows(|file| file.row(COLUMNS))?;
    Ok(download::csv(&format!("start-{store}.csv"), header, None, move |after| {
        let database = database.clone();
        let store = store.clone();
        async move {
            let read = move |conn: &mut db::Conn| Ok::<_, db::Error>(start_changes::batch(conn, &store, after, now)?);
            let changes = database.read(read).await?;
            let Some(last) = changes.last() else { return Ok(None) };
            let written = download::rows(|file| {
                changes.iter().try_for_each(|change| {
                    let listing = &change.listing;
                    file.row([
                        listing.store.as_str(),
                        listing.sku.as_ref().map_or("", |sku| sku.as_str()),
                        &listing.seller_sku,
                        listing.item_id.as_deref().unwrap_or_default(),
                        listing.variant_id.as_deref().unwrap_or_default(),
                        &change.shown.map(|shown| shown.to_string()).unwrap_or_default(),
                        &change.should.to_string(),
                        change.shift().as_str(),
                    ])
                })
            })?;
            Ok(Some((written, Some(last.listing.place()))))
        }
    }))
}
