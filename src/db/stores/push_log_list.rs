//! What `/pushes` and `/api/v1/push-log` show of the log of pushes, newest first.
//!
//! It is read by outcome: an index has the lines of each in the list's order, of all stores and SKUs or of one. A list
//! of several outcomes is the newest of each, so it reads little more than it shows.

use crate::{
    db::{
        Backend, Conn,
        engine::{
            among::among,
            keyset::{self, RowId},
            paging::{Page, Place},
            schema::push_log,
        },
        stores::push_log::LoggedPush,
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::LoggedPushId,
        moment::Moment,
        stores::push::PushOutcome,
    },
};
use diesel::prelude::*;
use std::collections::HashMap;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcomes {
    #[default]
    All,
    Failed,
    Only(PushOutcome),
}

impl Outcomes {
    /// The word for every failure.
    pub const FAILED: &'static str = "failed";

    /// The outcomes that `text` names: that word, or one of [`PushOutcome::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        if text == Self::FAILED { Some(Self::Failed) } else { PushOutcome::parse(text).map(Self::Only) }
    }

    /// Every word that names some.
    pub fn words() -> impl Iterator<Item = &'static str> {
        PushOutcome::all().map(PushOutcome::as_str).chain([Self::FAILED])
    }

    fn each(self) -> impl Iterator<Item = PushOutcome> {
        PushOutcome::all().filter(move |outcome| match self {
            Self::All => true,
            Self::Failed => *outcome != PushOutcome::Acknowledged,
            Self::Only(wanted) => *outcome == wanted,
        })
    }
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub store: Option<StoreCode>,
    pub sku: Option<SkuCode>,
    pub outcomes: Outcomes,
    /// Answered at this moment or later.
    pub from: Option<Moment>,
    /// Answered before this moment.
    pub until: Option<Moment>,
}

/// The place of a line in the list.
pub type Key = keyset::Key<LoggedPushId>;

type Part = keyset::Part<LoggedPushId>;

impl RowId for LoggedPushId {
    fn columns(&self) -> Vec<&str> {
        vec![self.as_str()]
    }
}

impl Key {
    /// The key of a line.
    pub fn of(line: &LoggedPush) -> Self {
        Self { at: line.at, id: line.id }
    }
}

/// The page at `place` of what `filter` lets through. A place that is no key is no place.
pub fn page(conn: &mut Conn, filter: &Filter, place: &Place) -> QueryResult<Page<LoggedPush>> {
    let part = Part::new(filter.from, filter.until, place, Place::LIMIT);
    Ok(Page::new(place, rows(conn, filter, &part)?))
}

/// Up to `limit` lines of the same after `last`.
pub fn after(conn: &mut Conn, filter: &Filter, last: Option<Key>, limit: i64) -> QueryResult<Vec<LoggedPush>> {
    rows(conn, filter, &Part::after(filter.from, filter.until, last, limit))
}

/// Whether nothing is in the log at all.
pub fn is_empty(conn: &mut Conn) -> QueryResult<bool> {
    push_log::table.select(push_log::id).first::<LoggedPushId>(conn).optional().map(|id| id.is_none())
}

/// The lines of a part: in the list's order, or backwards in the reverse.
fn rows(conn: &mut Conn, filter: &Filter, part: &Part) -> QueryResult<Vec<LoggedPush>> {
    let mut keys: Vec<Key> = Vec::new();
    for outcome in filter.outcomes.each() {
        let found = of_outcome(conn, filter, part, outcome)?;
        keys.extend(found.into_iter().map(|(at, id)| Key { at, id }));
    }
    load(conn, &part.arranged(keys, |key| *key))
}

fn of_outcome(
    conn: &mut Conn,
    filter: &Filter,
    part: &Part,
    outcome: PushOutcome,
) -> QueryResult<Vec<(Moment, LoggedPushId)>> {
    use push_log::{at, id};
    let mut query = push_log::table
        .select((at, id))
        .filter(push_log::outcome.eq(outcome))
        .limit(part.limit)
        .into_boxed::<Backend>();
    if let Some(store) = &filter.store {
        query = query.filter(push_log::store.eq(store));
    }
    if let Some(sku) = &filter.sku {
        query = query.filter(push_log::sku.eq(sku));
    }
    for inside in part.conditions("push_log", &["at", "id"]) {
        query = query.filter(inside);
    }
    if part.is_backwards {
        query.order((at.asc(), id.asc())).load(conn)
    } else {
        query.order((at.desc(), id.desc())).load(conn)
    }
}

/// The lines of `keys`, in their order.
fn load(conn: &mut Conn, keys: &[Key]) -> QueryResult<Vec<LoggedPush>> {
    let of_keys = among(conn, "push_log.id", keys.iter().map(|key| key.id));
    let found: Vec<LoggedPush> = push_log::table.filter(of_keys).select(LoggedPush::as_select()).load(conn)?;
    let mut found: HashMap<LoggedPushId, LoggedPush> = found.into_iter().map(|line| (line.id, line)).collect();
    Ok(keys.iter().filter_map(|key| found.remove(&key.id)).collect())
}
