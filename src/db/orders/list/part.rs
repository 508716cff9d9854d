//! A part of the list of orders: between a moment or an order and another.

use super::Filter;
use crate::{
    db::{engine::paging::Place, orders::Order},
    domain::{
        code::{OrderNumber, StoreCode},
        moment::Moment,
        promotions::schedule,
    },
};
use diesel::{
    Queryable,
    backend::Backend,
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    query_builder::{AstPass, QueryFragment, QueryId},
    result::QueryResult,
    serialize::ToSql,
    sql_types::{Bool, HasSqlType, Text, Timestamp},
};
use std::{fmt, str::FromStr};

/// Where an order stands in the list: later ones first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Queryable)]
pub struct Key {
    pub(super) placed_at: Moment,
    pub(super) number: OrderNumber,
    pub(super) store: StoreCode,
}

impl Key {
    /// The key of `order`.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let Order { placed_at, number, store, .. } = order;
        Self { placed_at: *placed_at, number: number.clone(), store: store.clone() }
    }
}

/// What stands between the parts of a key: no moment and no store's code has it.
const SEPARATOR: char = '|';

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { placed_at, number, store } = self;
        write!(f, "{placed_at}{SEPARATOR}{store}{SEPARATOR}{number}")
    }
}

/// A text that is no [`Key`].
#[derive(Debug)]
pub struct NotAKey;

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let mut parts = text.splitn(3, SEPARATOR);
        let mut next = || parts.next().ok_or(NotAKey);
        let placed_at = schedule::parse_rfc3339(next()?).map_err(|_| NotAKey)?;
        let (store, number) = (StoreCode::trusted(next()?.to_owned()), OrderNumber::trusted(next()?.to_owned()));
        Ok(Self { placed_at, number, store })
    }
}

/// A part of the list: what it lies between, which way it is read, and how many rows it has at most.
pub(super) struct Part {
    /// One end at each side, so that an index is entered there and nowhere else.
    upper: Option<Bound>,
    lower: Option<Bound>,
    pub is_backwards: bool,
    pub limit: i64,
}

/// An end of a part.
#[derive(Debug, Clone)]
enum Bound {
    /// At the top, placed before this; at the bottom, placed then or later.
    Moment(Moment),
    /// The order of this key, which is not in the part.
    Key(Key),
}

impl Part {
    pub fn new(filter: &Filter, place: &Place, limit: i64) -> Self {
        // A place that is no key is no place.
        let key = |text: &String| text.parse::<Key>().ok();
        let (after, before) = match place {
            Place::Start => (None, None),
            Place::After(text) => (key(text), None),
            Place::Before(text) => (None, key(text)),
        };
        let after = after.filter(|key| filter.until.is_none_or(|until| key.placed_at < until));
        let before = before.filter(|key| filter.from.is_none_or(|from| key.placed_at >= from));
        Self {
            upper: after.map(Bound::Key).or(filter.until.map(Bound::Moment)),
            lower: before.map(Bound::Key).or(filter.from.map(Bound::Moment)),
            is_backwards: matches!(place, Place::Before(_)),
            limit,
        }
    }

    /// The conditions that a row of `table`, which has the columns of a key, is in it.
    pub fn conditions(&self, table: &'static str) -> impl Iterator<Item = Inside> {
        let upper = self.upper.clone().map(|bound| Inside { table, side: " < ", bound });
        let lower = self.lower.clone().map(|bound| {
            let side = if matches!(bound, Bound::Moment(_)) { " >= " } else { " > " };
            Inside { table, side, bound }
        });
        upper.into_iter().chain(lower)
    }

    /// Whether the order of `key` is in it.
    pub fn has(&self, key: &Key) -> bool {
        let is_below = self.upper.as_ref().is_none_or(|bound| match bound {
            Bound::Moment(until) => key.placed_at < *until,
            Bound::Key(above) => key < above,
        });
        let is_above = self.lower.as_ref().is_none_or(|bound| match bound {
            Bound::Moment(from) => key.placed_at >= *from,
            Bound::Key(below) => key > below,
        });
        is_below && is_above
    }

    /// In the order of the part, and no more than it has.
    pub fn arranged<T>(&self, mut all: Vec<T>, key: impl Fn(&T) -> Key) -> Vec<T> {
        all.sort_by_cached_key(key);
        if !self.is_backwards {
            all.reverse();
        }
        all.truncate(usize::try_from(self.limit).expect("a small number"));
        all
    }
}

/// Whether a row is on the right side of an end. A key is compared as a whole: an index that has its three columns is
/// entered at the key, however many orders were placed at the same moment.
#[derive(Debug, Clone)]
pub(super) struct Inside {
    table: &'static str,
    side: &'static str,
    bound: Bound,
}

impl Expression for Inside {
    type SqlType = Bool;
}
impl ValidGrouping<()> for Inside {
    type IsAggregate = is_aggregate::No;
}
impl<From> AppearsOnTable<From> for Inside {}
impl<From> SelectableExpression<From> for Inside {}
impl QueryId for Inside {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB> QueryFragment<DB> for Inside
where
    DB: Backend + HasSqlType<Text> + HasSqlType<Timestamp>,
    Moment: ToSql<Timestamp, DB>,
    OrderNumber: ToSql<Text, DB>,
    StoreCode: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let columns: &[&str] = match &self.bound {
            Bound::Moment(_) => &["placed_at"],
            Bound::Key(_) => &["placed_at", "number", "store"],
        };
        for (nth, column) in columns.iter().enumerate() {
            out.push_sql(if nth == 0 { "(" } else { ", " });
            out.push_sql(self.table);
            out.push_sql(".");
            out.push_sql(column);
        }
        out.push_sql(")");
        out.push_sql(self.side);
        out.push_sql("(");
        match &self.bound {
            Bound::Moment(moment) => out.push_bind_param::<Timestamp, Moment>(moment)?,
            Bound::Key(Key { placed_at, number, store }) => {
                out.push_bind_param::<Timestamp, Moment>(placed_at)?;
                out.push_sql(", ");
                out.push_bind_param::<Text, OrderNumber>(number)?;
                out.push_sql(", ");
                out.push_bind_param::<Text, StoreCode>(store)?;
            }
        }
        out.push_sql(")");
        Ok(())
    }
}
