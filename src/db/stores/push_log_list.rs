//! What `/pushes` and `/api/v1/push-log` show of the log of pushes, newest first.
//!
//! It is read by outcome: an index has the lines of each in the list's order, of all stores and SKUs or of one. A list
//! of several outcomes is the newest of each, so it reads little more than it shows.

use crate::{
    db::{
        Backend, Conn,
        engine::{
            among::among,
            paging::{Page, Place},
            schema::push_log,
        },
        stores::push_log::LoggedPush,
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::LoggedPushId,
        moment::Moment,
        promotions::schedule,
        stores::push::PushOutcome,
    },
};
use diesel::prelude::*;
use std::{collections::HashMap, fmt, str::FromStr};

/// Which outcomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcomes {
    /// All of them.
    #[default]
    All,
    /// Every failure.
    Failed,
    /// One alone.
    Only(PushOutcome),
}

impl Outcomes {
    /// The word for every failure.
    pub const FAILED: &'static str = "failed";

    /// The outcomes that `text` names: that word, or one of [`PushOutcome::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == Self::FAILED { Some(Self::Failed) } else { PushOutcome::parse(text).map(Self::Only) }
    }

    fn each(self) -> impl Iterator<Item = PushOutcome> {
        PushOutcome::all().filter(move |outcome| match self {
            Self::All => true,
            Self::Failed => *outcome != PushOutcome::Acknowledged,
            Self::Only(wanted) => *outcome == wanted,
        })
    }
}

/// What the log is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The store that was sent to.
    pub store: Option<StoreCode>,
    /// The SKU.
    pub sku: Option<SkuCode>,
    /// What came of it.
    pub outcomes: Outcomes,
    /// Answered at this moment or later.
    pub from: Option<Moment>,
    /// Answered before this moment.
    pub until: Option<Moment>,
}

/// Where a line stands in the list: later ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Queryable)]
pub struct Key {
    /// When it was answered.
    pub at: Moment,
    /// Tells lines of one moment apart.
    pub id: LoggedPushId,
}

impl Key {
    /// The key of a line.
    #[must_use]
    pub fn of(line: &LoggedPush) -> Self {
        Self { at: line.at, id: line.id }
    }
}

/// What stands between the parts of a key: no moment has it.
const SEPARATOR: char = '|';

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{SEPARATOR}{}", self.at, self.id)
    }
}

/// A text that is no [`Key`].
#[derive(Debug)]
pub struct NotAKey;

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (at, id) = text.split_once(SEPARATOR).ok_or(NotAKey)?;
        let at = schedule::parse_rfc3339(at).map_err(|_| NotAKey)?;
        Ok(Self { at, id: id.parse().map_err(|_| NotAKey)? })
    }
}

/// The page at `place` of what `filter` lets through. A place that is no key is no place.
///
/// # Errors
/// When the database fails.
pub fn page(conn: &mut Conn, filter: &Filter, place: &Place) -> QueryResult<Page<LoggedPush>> {
    let part = match place {
        Place::Start => Part::after(filter, None),
        Place::After(text) => Part::after(filter, text.parse().ok()),
        Place::Before(text) => Part::before(filter, text.parse().ok()),
    };
    Ok(Page::new(place, rows(conn, filter, &part, Place::LIMIT)?))
}

/// Up to `limit` lines of the same after `last`.
///
/// # Errors
/// When the database fails.
pub fn after(conn: &mut Conn, filter: &Filter, last: Option<Key>, limit: i64) -> QueryResult<Vec<LoggedPush>> {
    rows(conn, filter, &Part::after(filter, last), limit)
}

/// Whether nothing is in the log at all.
///
/// # Errors
/// When the database fails.
pub fn is_empty(conn: &mut Conn) -> QueryResult<bool> {
    push_log::table.select(push_log::id).first::<LoggedPushId>(conn).optional().map(|id| id.is_none())
}

/// A part of the list: what it lies between, and which way it is read. It has one end at each side, so that an index is
/// entered there and nowhere else.
struct Part {
    upper: Option<Bound>,
    lower: Option<Bound>,
    is_backwards: bool,
}

/// An end of a part.
#[derive(Clone, Copy)]
enum Bound {
    /// At the top, answered before this; at the bottom, answered then or later.
    Moment(Moment),
    /// The line of this key, which is not in the part.
    Key(Key),
}

impl Part {
    fn after(filter: &Filter, key: Option<Key>) -> Self {
        let key = key.filter(|key| filter.until.is_none_or(|until| key.at < until));
        Self {
            upper: key.map(Bound::Key).or(filter.until.map(Bound::Moment)),
            lower: filter.from.map(Bound::Moment),
            is_backwards: false,
        }
    }

    fn before(filter: &Filter, key: Option<Key>) -> Self {
        let key = key.filter(|key| filter.from.is_none_or(|from| key.at >= from));
        Self {
            upper: filter.until.map(Bound::Moment),
            lower: key.map(Bound::Key).or(filter.from.map(Bound::Moment)),
            is_backwards: true,
        }
    }
}

/// Up to `limit` lines of a part: in the list's order, or backwards in the reverse.
fn rows(conn: &mut Conn, filter: &Filter, part: &Part, limit: i64) -> QueryResult<Vec<LoggedPush>> {
    let mut keys: Vec<Key> = Vec::new();
    for outcome in filter.outcomes.each() {
        keys.extend(of_outcome(conn, filter, part, outcome, limit)?);
    }
    keys.sort_unstable();
    if !part.is_backwards {
        keys.reverse();
    }
    keys.truncate(usize::try_from(limit).expect("a small number"));
    load(conn, &keys)
}

fn of_outcome(
    conn: &mut Conn,
    filter: &Filter,
    part: &Part,
    outcome: PushOutcome,
    limit: i64,
) -> QueryResult<Vec<Key>> {
    use push_log::{at, id};
    let mut query =
        push_log::table.select((at, id)).filter(push_log::outcome.eq(outcome)).limit(limit).into_boxed::<Backend>();
    if let Some(store) = &filter.store {
        query = query.filter(push_log::store.eq(store));
    }
    if let Some(sku) = &filter.sku {
        query = query.filter(push_log::sku.eq(sku));
    }
    // Of a key the first condition repeats a part of the second: it is the one that an index can begin at.
    query = match part.upper {
        None => query,
        Some(Bound::Moment(until)) => query.filter(at.lt(until)),
        Some(Bound::Key(key)) => query.filter(at.le(key.at)).filter(at.lt(key.at).or(id.lt(key.id))),
    };
    query = match part.lower {
        None => query,
        Some(Bound::Moment(from)) => query.filter(at.ge(from)),
        Some(Bound::Key(key)) => query.filter(at.ge(key.at)).filter(at.gt(key.at).or(id.gt(key.id))),
    };
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
