//! The part of a store's page about its orders: up to when they are complete, and what could not be read.

use crate::{
    db::{
        self,
        promotions::running,
        stores::{
            Store,
            connections::Connection,
            drifts::{self, Drift},
            pulls::{self, Pull},
        },
    },
    domain::{
        moment::Moment,
        promotions::schedule::{self, duration_in_words},
        stores::{look::DRIFTS_KNOWN, pull::period},
        text::counted,
    },
    marketplaces::{hooks::Hooks, registry},
    screens::stores::drifts::{DriftRow, of_store},
    web::visit::Visit,
};

pub(super) struct Read {
    connection: Connection,
    pull: Option<Pull>,
    has_sale: bool,
    drifts: Vec<Drift>,
    drift_count: i64,
}

/// The drifts that the page shows.
const DRIFTS: i64 = 20;

impl Read {
    /// `None` if the orders of the store's marketplace are not read.
    pub(super) fn of(conn: &mut db::Conn, connection: &Connection, now: Moment) -> Result<Option<Self>, db::Error> {
        if registry::describe(connection.kind).pulling.is_none() {
            return Ok(None);
        }
        let pull = pulls::find(conn, &connection.store)?;
        let has_sale = running::selling_stores(conn, now)?.contains(&connection.store);
        let drifts = drifts::latest(conn, Some(&connection.store), DRIFTS)?;
        let drift_count = drifts::count_since(conn, Some(&connection.store), now.plus(-DRIFTS_KNOWN))?;
        Ok(Some(Self { connection: connection.clone(), pull, has_sale, drifts, drift_count }))
    }
}

pub(super) struct Pulling {
    pub(super) facts: Vec<(&'static str, String)>,
    /// The kind of a callout, and its sentences.
    pub(super) notes: Vec<(&'static str, String)>,
    /// Where the marketplace sends messages about the orders of this store alone; empty if it does not.
    pub(super) hook: String,
    pub(super) drifts: Vec<DriftRow>,
    /// How many there were in a month, in a sentence.
    pub(super) drift_count: String,
    /// All of them.
    pub(super) drifts_href: String,
}

impl Pulling {
    pub(super) fn new(read: &Read, visit: &Visit, store: &Store) -> Self {
        let Read { connection, pull, has_sale, drifts, drift_count } = read;
        let now = visit.now;
        let at = |moment| schedule::display_second(moment, store.zone());
        let mut facts = Vec::new();
        let mut notes = Vec::new();
        let complete_until = pull.as_ref().and_then(|pull| pull.complete_until);
        facts.push(("Orders complete up to", complete_until.map_or_else(|| "not read yet".to_owned(), at)));
        if let Some(until) = complete_until {
            facts.push(("Lag", duration_in_words(now.since(until))));
        }
        let every = period(*has_sale);
        let seconds = every.num_seconds();
        let words = if seconds < 60 { counted(seconds, "second") } else { duration_in_words(every) };
        facts.push(("Read every", words));
        let last = pull.as_ref().and_then(|pull| pull.last_webhook_at);
        facts.push(("Last webhook", last.map_or_else(|| "never".to_owned(), at)));
        if let Some(pull) = pull {
            if let Some(text) = &pull.problem_text {
                notes.push(("warning", format!("The orders could not be read: {text}")));
            }
            if let (true, Some(text)) = (pull.refused > 0, &pull.refused_text) {
                let count = counted(pull.refused, "order");
                notes.push((
                    "warning",
                    format!("{count} could not be recorded as the marketplace has it. The latest: {text}"),
                ));
            }
            if pull.is_late(*has_sale, now) {
                notes.push(("warning", why_late(connection).to_owned()));
            }
        }
        let latest = if *drift_count > DRIFTS { "; these are the latest" } else { "" };
        let drift_count = format!("{} in {} days{latest}.", counted(*drift_count, "drift"), DRIFTS_KNOWN.num_days());
        let drifts = drifts.iter().map(|drift| DriftRow::new(drift, store)).collect();
        let drifts_href = of_store(&store.code);
        Self { facts, notes, hook: hook(visit, connection), drifts, drift_count, drifts_href }
    }
}

/// Up to when the orders of a store are read, in a few words.
pub(super) struct ReadUntil {
    pub(super) words: String,
    pub(super) is_late: bool,
}

impl ReadUntil {
    /// `pull` says how far they are read, and whether that is too long ago.
    pub(super) fn new(
        store: &Store,
        connection: Option<&Connection>,
        pull: Option<&(Pull, bool)>,
        now: Moment,
    ) -> Self {
        let is_read = |connection: &Connection| registry::describe(connection.kind).pulling.is_some();
        if !connection.is_some_and(is_read) {
            return Self { words: "Not read".to_owned(), is_late: false };
        }
        let until = pull.and_then(|(pull, _)| pull.complete_until);
        let up_to = |until| format!("Up to {}", schedule::display_second_of_day(until, now, store.zone()));
        Self {
            words: until.map_or_else(|| "Not read yet".to_owned(), up_to),
            is_late: pull.is_some_and(|(_, is_late)| *is_late),
        }
    }
}

/// Why orders are not read, as far as the connection says it.
pub fn why_late(connection: &Connection) -> &'static str {
    if connection.tested_at.is_none() {
        "Orders are read once the connection is tested."
    } else if connection.paused_at.is_some() {
        "Orders are not read while the store is paused."
    } else {
        "Orders are read later than they should be."
    }
}

/// The address has a secret, so that only those who manage connections see it.
fn hook(visit: &Visit, connection: &Connection) -> String {
    let hooks = registry::describe(connection.kind).pulling.as_ref().map(|pulling| &pulling.hooks);
    let key = visit.state.settings.credentials_key.as_ref();
    match (hooks, key) {
        (Some(Hooks::OfStore(_)), Some(key)) => {
            let origin = visit.state.settings.public_origin.as_deref().unwrap_or("https://the-address-of-this-server");
            let secret = key.hook_secret(&connection.store);
            format!("{origin}/hook/{}/{}/{secret}", connection.kind.as_str(), connection.store)
        }
        _ => String::new(),
    }
}
