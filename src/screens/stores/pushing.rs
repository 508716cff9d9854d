//! The part of a store's page about its connection: its health, counts by state, and the listings that are out of sync.

use super::path_of;
use crate::{
    db::{
        self,
        engine::paging::{Page, Place},
        stores::{
            Store,
            connections::{self, Connection},
            failed_tests::{self, FailedTest},
            permissions::{self, Permission},
            push_status::{self, Behind, Counts},
            pushes::{self, Push},
            retiring::{self, RetiringListing},
            warehouses,
        },
    },
    domain::{
        moment::Moment,
        promotions::schedule::{self, duration_in_words},
        stores::{
            listing_state::{ListingSnapshot, ListingState},
            permission::ends_soon,
            warehouse::Warehouse,
        },
        text::counted,
    },
    screens::{
        catalogue,
        stores::{listing_state, push_log},
    },
    web::{form::SelectOption, lists::PageLinks, query::href},
};
use serde::Deserialize;

/// Retiring listings that the page shows.
const RETIRING_ROWS: i64 = 50;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct BehindQuery {
    state: String,
    after: String,
    before: String,
    pub(super) notice: String,
}

pub(super) struct Read {
    connection: Connection,
    retiring: Vec<(RetiringListing, Option<Push>)>,
    warehouses: Vec<Warehouse>,
    failed_test: Option<FailedTest>,
    permission: Permission,
    counts: Counts,
    behind: Page<Behind>,
}

impl Read {
    pub(super) fn all(
        conn: &mut db::Conn,
        connection: Connection,
        query: &BehindQuery,
        now: Moment,
    ) -> Result<Self, db::Error> {
        let place = Place::from_query(&query.after, &query.before);
        let behind = push_status::page(conn, &connection, ListingState::parse(&query.state), &place, now)?;
        let warehouses = warehouses::of(conn, &connection.store)?;
        let retiring = read_retiring(conn, &connection)?;
        let failed_test = failed_tests::of(conn, &connection.store)?;
        let counts = push_status::counts(conn, &connection, now)?;
        let permission = permissions::of(conn, &connection.store)?;
        Ok(Self { counts, behind, warehouses, failed_test, permission, retiring, connection })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// The first retiring listings of a store, each with its push.
fn read_retiring(
    conn: &mut db::Conn,
    connection: &Connection,
) -> Result<Vec<(RetiringListing, Option<Push>)>, db::Error> {
    let listings = retiring::of_store(conn, &connection.store, &Place::Start, RETIRING_ROWS)?;
    let mut pushes = pushes::of_listings(conn, listings.iter().map(|listing| &listing.id))?;
    let mut read = Vec::with_capacity(listings.len());
    for listing in listings {
        let push = pushes.remove(&listing.id);
        read.push((listing, push));
    }
    Ok(read)
}

pub(super) struct Pushing {
    pub(super) kind: &'static str,
    pub(super) is_pushed: bool,
    pub(super) is_paused: bool,
    pub(super) is_tested: bool,
    /// The tone of a badge, and its words.
    pub(super) health: (&'static str, String),
    /// The kind of a callout, and its sentences.
    pub(super) notes: Vec<(&'static str, String)>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) tiles: Vec<Tile>,
    pub(super) states: Vec<SelectOption>,
    pub(super) is_narrowed: bool,
    pub(super) rows: Vec<BehindRow>,
    pub(super) links: PageLinks,
    pub(super) retiring: Vec<RetiringRow>,
    pub(super) retiring_count: i64,
    pub(super) log_href: String,
    pub(super) zone: String,
}

pub(super) struct RetiringRow {
    /// The SKU or, of a kit, its seller SKU; a kit has no `sku_path`.
    pub(super) sku: String,
    pub(super) sku_path: String,
    pub(super) seller_sku: String,
    pub(super) shown: String,
    pub(super) why: String,
    pub(super) since: String,
    pub(super) by: String,
    pub(super) leave_href: String,
}

pub(super) struct Tile {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) hint: String,
    pub(super) tone: &'static str,
    pub(super) href: String,
}

pub(super) struct BehindRow {
    /// The SKU or, of a kit, its seller SKU; a kit has no `sku_path`.
    pub(super) sku: String,
    pub(super) sku_path: String,
    pub(super) should: i64,
    pub(super) shown: String,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    pub(super) since: String,
    pub(super) exposed: i64,
    pub(super) why: String,
    /// The end of the campaign that locks it; empty where none does, or the end is unknown.
    pub(super) locked_until: String,
    /// Where to fix its mapping; empty unless the store refused it.
    pub(super) mapping_href: String,
    pub(super) next: String,
}

impl Pushing {
    /// `reconnects` says whether the seller can be asked for permission again.
    pub(super) fn new(read: Read, store: &Store, query: &BehindQuery, reconnects: bool, now: Moment) -> Self {
        let Read { connection, warehouses, failed_test, permission, counts, behind, retiring } = read;
        let mut facts = facts(&connection, &warehouses, store);
        facts.extend(permission_facts(&permission, store));
        let mut notes = notes(&connection, failed_test.as_ref(), store, reconnects, now);
        notes.extend(permission.permission_ends_at.and_then(|end| permission_note(end, store, now)));
        let path = path_of(&store.code);
        let is_paused = connection.paused_at.is_some();
        let links = behind.links(&path, &[("state", &query.state)], Behind::place);
        Self {
            kind: connection.kind.label(),
            is_pushed: connection.kind.is_pushed(),
            is_paused,
            is_tested: connection.is_tested(),
            health: health(&connection, now),
            notes,
            facts,
            tiles: tiles(&counts, &path, is_paused),
            states: SelectOption::list(
                [("", "All")].into_iter().chain(states(is_paused).map(|state| (state.as_str(), state.label()))),
                &query.state,
            ),
            is_narrowed: !query.state.is_empty(),
            rows: behind.rows.into_iter().map(|row| BehindRow::new(&row, &connection, store, now)).collect(),
            links: links.at("behind"),
            retiring: retiring.into_iter().map(|row| RetiringRow::new(row, &connection, store, now)).collect(),
            retiring_count: counts.retiring,
            log_href: push_log::of_store(&store.code),
            zone: store.time_zone.clone(),
        }
    }
}

/// The states of a listing that is out of sync.
fn states(is_paused: bool) -> impl Iterator<Item = ListingState> {
    let left = if is_paused { ListingState::Paused } else { ListingState::Waiting };
    [
        left,
        ListingState::Sending,
        ListingState::Refused,
        ListingState::Blocked,
        ListingState::NotWritable,
        ListingState::Retiring,
    ]
    .into_iter()
}

fn health(connection: &Connection, now: Moment) -> (&'static str, String) {
    match (connection.paused_at, connection.problem) {
        (Some(_), _) if !connection.is_tested() => ("warning", "Not tested".to_owned()),
        (Some(_), _) if connection.is_paused_by_program() => ("danger", "Paused".to_owned()),
        (Some(_), _) => ("warning", "Paused".to_owned()),
        (None, Some(_)) if connection.failures == 0 => ("warning", "A request failed".to_owned()),
        (None, Some(_)) => ("warning", format!("Retrying {}", when(connection.not_before, now))),
        (None, None) => ("success", "Connected".to_owned()),
    }
}

fn notes(
    connection: &Connection,
    failed_test: Option<&FailedTest>,
    store: &Store,
    reconnects: bool,
    now: Moment,
) -> Vec<(&'static str, String)> {
    let mut notes = Vec::new();
    // What was acknowledged since says more than a test.
    if let Some(FailedTest { at, problem }) = failed_test.filter(|test| connection.last_push_at < Some(test.at)) {
        let at = schedule::display(*at, store.zone());
        notes.push(("warning", format!("The latest test failed, on {at}: {problem}")));
    }
    if !connection.is_tested() {
        notes.push((
            "warning",
            "No test of this connection has succeeded yet. Test it: this changes nothing at the store.".to_owned(),
        ));
    }
    if connection.paused_at.is_none() {
        notes.extend(backing_off(connection, now));
        return notes;
    }
    match connection.pause_reason.as_deref() {
        Some(connections::NOT_TESTED) => {}
        // What was tested may have been changed since.
        Some(connections::NOT_RESUMED) if !connection.is_tested() => {}
        Some(connections::NOT_RESUMED) => {
            notes
                .push(("warning", "The connection works. Nothing is sent until someone presses Resume, sees what would change, and starts pushing.".to_owned()));
        }
        Some(_) | None => notes.extend(pause(connection, store, reconnects)),
    }
    notes
}

fn pause(connection: &Connection, store: &Store, reconnects: bool) -> Option<(&'static str, String)> {
    let at = schedule::display(connection.paused_at?, store.zone());
    let by = connection.paused_by.as_ref()?;
    let reason = connection.pause_reason.as_deref().unwrap_or_default();
    Some(if connection.is_paused_by_program() {
        let fix = if reconnects { "Press Reconnect, fix it" } else { "Fix it" };
        (
            "danger",
            format!("Nothing has been sent since {at}. {reason} {fix} under Edit connection, or resume to try again."),
        )
    } else {
        ("warning", format!("{by} paused it on {at}: {reason}. What it should show is sent when someone resumes it."))
    })
}

fn backing_off(connection: &Connection, now: Moment) -> Option<(&'static str, String)> {
    let class = connection.problem?;
    let message = connection.problem_text.as_deref().unwrap_or_default();
    let label = class.label();
    if connection.failures == 0 {
        return Some((
            "warning",
            format!(
                "{label}: {message} That was the latest answer. What failed is tried again by itself, and whatever else is due \
                 is still sent."
            ),
        ));
    }
    let again = when(connection.not_before, now);
    let failures = counted(connection.failures, "request");
    Some(("warning", format!("{label}: {message} {failures} failed in a row. Retrying {again}.")))
}

fn facts(connection: &Connection, warehouses: &[Warehouse], store: &Store) -> Vec<(&'static str, String)> {
    let at = |moment| schedule::display(moment, store.zone());
    let last = connection.last_push_at.map_or_else(|| "never".to_owned(), at);
    let mut facts = Vec::new();
    if connection.kind.is_pushed() {
        facts.push(("API address", connection.api_url.clone()));
        facts.push(("Rate", format!("at most {} a second", counted(connection.rate, "request"))));
        facts.push(("Tested", connection.tested_at.map_or_else(|| "not yet".to_owned(), at)));
        facts.push(("Last acknowledged", last));
        facts.extend(warehouse_facts(connection, warehouses));
    } else {
        facts.push(("Last fetched by a program", last));
    }
    facts.push(("Connected", format!("{} by {}", at(connection.created_at), connection.created_by)));
    facts
}

/// How long the access lasts that the seller gave, as far as it is known.
fn permission_facts(permission: &Permission, store: &Store) -> Vec<(&'static str, String)> {
    let at = |moment| schedule::display(moment, store.zone());
    let mut facts = Vec::new();
    if let Some(end) = permission.access_ends_at {
        facts.push(("Access token", format!("until {}; it is renewed before", at(end))));
    }
    if let Some(end) = permission.permission_ends_at {
        facts.push(("Permission of the seller", format!("until {}", at(end))));
    }
    facts
}

/// A permission that ends within a month, or has ended.
fn permission_note(end: Moment, store: &Store, now: Moment) -> Option<(&'static str, String)> {
    let at = schedule::display(end, store.zone());
    if end <= now {
        return Some((
            "danger",
            format!("The permission of the seller ended on {at}. Press Reconnect to ask for it again."),
        ));
    }
    let left = duration_in_words(end.since(now));
    ends_soon(end, now).then(|| {
        let words = format!("The permission of the seller ends in {left}, on {at}. Press Reconnect before that: nothing can be sent after it.");
        ("warning", words)
    })
}

/// Which warehouse is set, and which are not, for a seller with several.
fn warehouse_facts(connection: &Connection, warehouses: &[Warehouse]) -> Vec<(&'static str, String)> {
    if warehouses.len() < 2 {
        return Vec::new();
    }
    let mut set = "none is chosen yet".to_owned();
    let mut others = Vec::new();
    for warehouse in warehouses {
        if connection.warehouse.as_ref() == Some(&warehouse.code) {
            set = warehouse.label();
        } else {
            others.push(warehouse.label());
        }
    }
    vec![("Warehouse", set), ("Warehouses not set here", others.join(", "))]
}

fn tiles(counts: &Counts, path: &str, is_paused: bool) -> Vec<Tile> {
    let tile = |state: ListingState, count: push_status::Count, hint: &str, tone: &'static str| Tile {
        label: state.label(),
        value: count.to_string(),
        hint: if count.is_none() { String::new() } else { hint.to_owned() },
        tone: if count.is_none() { "" } else { tone },
        href: if count.is_none() { String::new() } else { format!("{path}?state={}#behind", state.as_str()) },
    };
    let left = if is_paused { ListingState::Paused } else { ListingState::Waiting };
    vec![
        Tile {
            label: ListingState::InSync.label(),
            value: counts.in_step.map_or_else(|| "All others".to_owned(), |number| number.to_string()),
            hint: "show what they should".to_owned(),
            tone: "",
            href: String::new(),
        },
        tile(left, counts.waiting, "to be sent", if is_paused { "warning" } else { "" }),
        tile(ListingState::Sending, counts.sending, "on their way", ""),
        tile(ListingState::Refused, counts.refused, "check their mapping", "danger"),
        tile(ListingState::Blocked, counts.blocked, "locked by a campaign", "warning"),
        tile(ListingState::NotWritable, counts.not_writable, "in the marketplace’s own hands", ""),
        Tile {
            href: if counts.not_mapped.is_none() { String::new() } else { format!("{path}/listings?mapping=unmapped") },
            ..tile(ListingState::NotMapped, counts.not_mapped, "not sent", "warning")
        },
        Tile {
            label: ListingState::Retiring.label(),
            value: counts.retiring.to_string(),
            hint: if counts.retiring == 0 { "" } else { "set to 0 before they go" }.to_owned(),
            tone: if counts.retiring == 0 { "" } else { "warning" },
            href: if counts.retiring == 0 { String::new() } else { format!("{path}#retiring") },
        },
        Tile {
            label: "Units exposed",
            value: counts.exposed.to_string(),
            hint: if counts.exposed.is_none() { "" } else { "shown, but should not be sold here" }.to_owned(),
            tone: if counts.exposed.is_none() { "" } else { "danger" },
            href: String::new(),
        },
    ]
}

impl RetiringRow {
    fn new(
        (listing, push): (RetiringListing, Option<Push>),
        connection: &Connection,
        store: &Store,
        now: Moment,
    ) -> Self {
        let RetiringListing { id, retired_at, retired_by, .. } = listing.clone();
        let is_paused = connection.paused_at.is_some();
        let as_listed = listing.clone().into_listing();
        let push = push.unwrap_or_else(|| Push::new(&as_listed));
        let is_mapped = as_listed.is_pushed_by(connection.kind);
        let snapshot = ListingSnapshot { is_retiring: true, is_mapped, ..push.snapshot(0, is_paused, now) };
        Self {
            sku: listing.name().to_owned(),
            sku_path: listing.sku.as_ref().map(catalogue::path_of).unwrap_or_default(),
            seller_sku: listing.seller_sku.clone(),
            shown: listing_state::shown(push.acknowledged),
            why: match connection.kind.is_pushed() {
                true => snapshot.why(&store.marketplace),
                false => "The file has it with 0.".to_owned(),
            },
            since: schedule::display(retired_at, store.zone()),
            by: retired_by,
            leave_href: href(
                &format!("{}/retiring", path_of(&store.code)),
                &[("sku", listing.name()), ("listing", id.as_str())],
            ),
        }
    }
}

impl BehindRow {
    fn new(row: &Behind, connection: &Connection, store: &Store, now: Moment) -> Self {
        let snapshot = row.snapshot(connection, now);
        let state = snapshot.state();
        let sync_state = snapshot.sync_state();
        let at = |moment: Option<Moment>| moment.map(|at| schedule::display(at, store.zone())).unwrap_or_default();
        Self {
            sku: row.name.clone(),
            sku_path: row.push.sku.as_ref().map(catalogue::path_of).unwrap_or_default(),
            should: row.should,
            shown: listing_state::shown(row.push.acknowledged),
            state: state.label(),
            tone: listing_state::tone(state),
            since: at(row.push.behind_since),
            exposed: snapshot.listing.exposed(),
            why: snapshot.why(&store.marketplace),
            locked_until: if sync_state == ListingState::Blocked { at(row.push.locked_until) } else { String::new() },
            mapping_href: if state == ListingState::Refused {
                href(&format!("{}/listings", path_of(&store.code)), &[("q", &row.name)])
            } else {
                String::new()
            },
            next: next(row, sync_state, connection, now),
        }
    }
}

fn next(row: &Behind, state: ListingState, connection: &Connection, now: Moment) -> String {
    match state {
        ListingState::Sending | ListingState::InSync | ListingState::NotMapped => String::new(),
        _ if connection.paused_at.is_some() => "when the store is resumed".to_owned(),
        ListingState::Waiting
        | ListingState::Refused
        | ListingState::Blocked
        | ListingState::NotWritable
        | ListingState::Retiring
        | ListingState::Paused => when(row.push.due_at.max(connection.not_before), now),
    }
}

/// `in 40 seconds`, `in 3 minutes`, or `now`.
fn when(at: Option<Moment>, now: Moment) -> String {
    let Some(at) = at.filter(|at| *at > now) else {
        return "now".to_owned();
    };
    let wait = at.since(now);
    if wait.num_seconds() > 90 {
        return format!("in {}", duration_in_words(wait));
    }
    format!("in {}", counted(wait.num_seconds().max(1), "second"))
}
