//! The log of pushes with their outcomes, and the list of it, newest first. Lines are deleted after a set time.
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
            types::{PlainSku, plain_sku},
        },
        stores::listings::name_of,
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::LoggedPushId,
        moment::Moment,
        stores::push::PushOutcome,
    },
    insert_rows,
};
use diesel::prelude::*;
use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = push_log)]
pub struct LoggedPush {
    pub id: LoggedPushId,
    /// When the response arrived.
    pub at: Moment,
    pub store: StoreCode,
    /// The SKU of a plain listing; `None` for a kit.
    #[diesel(deserialize_as = PlainSku)]
    pub sku: Option<SkuCode>,
    /// The listing's seller SKU at that time; empty in lines of earlier versions.
    pub seller_sku: String,
    /// Units that the store had acknowledged before, if it ever did.
    pub quantity_before: Option<i64>,
    pub quantity: i64,
    /// The sum that explains the quantity, in words.
    pub why: String,
    pub outcome: PushOutcome,
    /// The message of the marketplace.
    pub answer: String,
    /// The marketplace's id of the request.
    pub request_id: Option<String>,
}

impl LoggedPush {
    /// What pages call the listing: its SKU or, of a kit, its seller SKU.
    pub fn name(&self) -> &str {
        name_of(self.sku.as_ref(), &self.seller_sku)
    }
}

#[derive(Insertable)]
#[diesel(table_name = push_log, treat_none_as_default_value = false)]
struct Row {
    id: LoggedPushId,
    at: Moment,
    store: StoreCode,
    sku: String,
    seller_sku: String,
    quantity_before: Option<i64>,
    quantity: i64,
    why: String,
    outcome: PushOutcome,
    answer: String,
    request_id: Option<String>,
}

impl From<&LoggedPush> for Row {
    fn from(line: &LoggedPush) -> Self {
        Self {
            id: line.id,
            at: line.at,
            store: line.store.clone(),
            sku: plain_sku(line.sku.as_ref()).to_owned(),
            seller_sku: line.seller_sku.clone(),
            quantity_before: line.quantity_before,
            quantity: line.quantity,
            why: line.why.clone(),
            outcome: line.outcome,
            answer: line.answer.clone(),
            request_id: line.request_id.clone(),
        }
    }
}

pub fn insert(conn: &mut Conn, lines: &[LoggedPush]) -> QueryResult<()> {
    let rows: Vec<Row> = lines.iter().map(Row::from).collect();
    insert_rows!(conn, push_log::table, rows)
}

pub fn is_any_before(conn: &mut Conn, before: Moment) -> QueryResult<bool> {
    old(conn, before, 1).map(|found| !found.is_empty())
}

/// Deletes up to `limit` lines from before `before`, and returns how many.
pub fn delete_before(conn: &mut Conn, before: Moment, limit: usize) -> QueryResult<usize> {
    let old = old(conn, before, limit)?;
    let of_old = push_log::table.filter(among(conn, "push_log.id", &old));
    diesel::delete(of_old).execute(conn)
}

fn old(conn: &mut Conn, before: Moment, limit: usize) -> QueryResult<Vec<LoggedPushId>> {
    let mut found: Vec<LoggedPushId> = Vec::new();
    // The index has the lines of each outcome by their time.
    for outcome in PushOutcome::all() {
        let left = i64::try_from(limit - found.len()).expect("a small number");
        let of_outcome = push_log::table.filter(push_log::outcome.eq(outcome)).filter(push_log::at.lt(before));
        let query = of_outcome.order(push_log::at).select(push_log::id).limit(left);
        found.extend(query.load::<LoggedPushId>(conn)?);
    }
    Ok(found)
}

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
    pub fn of(line: &LoggedPush) -> Self {
        Self { at: line.at, id: line.id }
    }
}

pub fn page(conn: &mut Conn, filter: &Filter, place: &Place) -> QueryResult<Page<LoggedPush>> {
    let part = Part::new(filter.from, filter.until, place, Place::LIMIT);
    Ok(Page::new(place, rows(conn, filter, &part)?))
}

pub fn after(conn: &mut Conn, filter: &Filter, last: Option<Key>, limit: i64) -> QueryResult<Vec<LoggedPush>> {
    rows(conn, filter, &Part::after(filter.from, filter.until, last, limit))
}

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
