//! Keyset pages of lists that are sorted by a moment, the newest first. Rows of one moment are sorted by an id: the
//! texts of one or more columns.

use super::{paging::Place, sql::Condition};
use crate::domain::{moment::Moment, promotions::schedule};
use std::{fmt, str::FromStr};

/// What sorts rows of one moment.
pub trait RowId: Clone + Ord + fmt::Display + FromStr {
    /// The values of its columns, in the order in which the list is sorted by them.
    fn columns(&self) -> Vec<&str>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key<Id> {
    pub at: Moment,
    pub id: Id,
}

/// Separates the moment from the id in the text of a key: no moment contains it.
const SEPARATOR: char = '|';

impl<Id: fmt::Display> fmt::Display for Key<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{SEPARATOR}{}", self.at, self.id)
    }
}

#[derive(Debug)]
pub struct NotAKey;

impl<Id: FromStr> FromStr for Key<Id> {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let (at, id) = text.split_once(SEPARATOR).ok_or(NotAKey)?;
        let at = schedule::parse_rfc3339(at).map_err(|_| NotAKey)?;
        let id = id.parse().map_err(|_| NotAKey)?;
        Ok(Self { at, id })
    }
}

/// A part of a list: its ends, the direction in which it is read, and how many rows it has at most. It has one end at
/// each side, so that an index is entered there and nowhere else.
pub struct Part<Id> {
    newest: Option<Bound<Id>>,
    oldest: Option<Bound<Id>>,
    pub(crate) is_backwards: bool,
    pub(crate) limit: i64,
}

#[derive(Debug, Clone)]
enum Bound<Id> {
    /// As the newest end, rows before this moment; as the oldest, rows of this moment or later.
    Moment(Moment),
    /// The row of this key, which is not in the part.
    Key(Key<Id>),
}

impl<Id: RowId> Part<Id> {
    /// The rows from `from` on and before `until` that are at `place`. A place that is no key is no place.
    pub fn new(from: Option<Moment>, until: Option<Moment>, place: &Place, limit: i64) -> Self {
        match place {
            Place::Start => Self::after(from, until, None, limit),
            Place::After(text) => Self::after(from, until, text.parse().ok(), limit),
            Place::Before(text) => {
                let key: Option<Key<Id>> = text.parse().ok();
                let key = key.filter(|key| from.is_none_or(|from| key.at >= from));
                Self {
                    newest: until.map(Bound::Moment),
                    oldest: key.map(Bound::Key).or(from.map(Bound::Moment)),
                    is_backwards: true,
                    limit,
                }
            }
        }
    }

    /// The same rows after `last`, or from the first one on.
    pub fn after(from: Option<Moment>, until: Option<Moment>, last: Option<Key<Id>>, limit: i64) -> Self {
        let last = last.filter(|key| until.is_none_or(|until| key.at < until));
        Self {
            newest: last.map(Bound::Key).or(until.map(Bound::Moment)),
            oldest: from.map(Bound::Moment),
            is_backwards: false,
            limit,
        }
    }

    /// The conditions that a row of `table` is in it. `columns` are that of the moment, and those of the id.
    pub fn conditions(&self, table: &'static str, columns: &'static [&'static str]) -> Vec<Condition> {
        let mut conditions = Vec::new();
        if let Some(newest) = &self.newest {
            conditions.push(newest.compared(table, columns, ") < ("));
        }
        match &self.oldest {
            Some(oldest @ Bound::Moment(_)) => conditions.push(oldest.compared(table, columns, ") >= (")),
            Some(oldest @ Bound::Key(_)) => conditions.push(oldest.compared(table, columns, ") > (")),
            None => {}
        }
        conditions
    }

    pub fn has(&self, key: &Key<Id>) -> bool {
        let is_old_enough = match &self.newest {
            None => true,
            Some(Bound::Moment(until)) => key.at < *until,
            Some(Bound::Key(newer)) => key < newer,
        };
        let is_new_enough = match &self.oldest {
            None => true,
            Some(Bound::Moment(from)) => key.at >= *from,
            Some(Bound::Key(older)) => key > older,
        };
        is_old_enough && is_new_enough
    }

    /// `rows` in the order of the part, and no more than it has.
    pub fn arranged<Row>(&self, mut rows: Vec<Row>, key: impl Fn(&Row) -> Key<Id>) -> Vec<Row> {
        rows.sort_by_cached_key(key);
        if !self.is_backwards {
            rows.reverse();
        }
        rows.truncate(usize::try_from(self.limit).expect("a small number"));
        rows
    }
}

impl<Id: RowId> Bound<Id> {
    /// Whether a row is on the right side of this end. A key is compared as a whole: an index that has its columns is
    /// entered at the key, however many rows are of the same moment.
    fn compared(&self, table: &'static str, columns: &'static [&'static str], operator: &'static str) -> Condition {
        let (at, id) = match self {
            Self::Moment(moment) => (*moment, Vec::new()),
            Self::Key(key) => (key.at, key.id.columns()),
        };
        let mut condition = Condition::default();
        for (nth, column) in columns.iter().take(1 + id.len()).enumerate() {
            condition = condition.sql(if nth == 0 { "(" } else { ", " }).sql(table).sql(".").sql(column);
        }
        condition = condition.sql(operator).moment(at);
        for value in id {
            condition = condition.sql(", ").text(value);
        }
        condition.sql(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::noon;
    use chrono::TimeDelta;

    impl RowId for String {
        fn columns(&self) -> Vec<&str> {
            vec![self]
        }
    }

    fn key(seconds: i64, id: &str) -> Key<String> {
        Key { at: noon().plus(TimeDelta::seconds(seconds)), id: id.to_owned() }
    }

    /// The ids of the rows of a list that are in a part, in its order.
    fn shown(part: &Part<String>) -> String {
        let rows = [(1, "a"), (2, "b"), (2, "c"), (2, "d"), (3, "e")].map(|(seconds, id)| key(seconds, id));
        let inside: Vec<Key<String>> = rows.into_iter().filter(|key| part.has(key)).collect();
        part.arranged(inside, Clone::clone).into_iter().map(|key| key.id).collect()
    }

    #[test]
    fn a_part_lies_between_its_ends_whether_they_are_moments_or_keys() {
        let at = |seconds| Some(key(seconds, "").at);
        let after = |seconds, id| Place::After(key(seconds, id).to_string());
        let before = |seconds, id| Place::Before(key(seconds, id).to_string());
        for (from, until, place, ids) in [
            (None, None, Place::Start, "edcb"),
            (None, at(3), Place::Start, "dcba"),
            (at(2), at(3), Place::Start, "dcb"),
            (None, None, after(2, "c"), "ba"),
            (None, None, before(2, "c"), "de"),
            (at(2), None, after(2, "d"), "cb"),
            (at(3), None, before(1, "a"), "e"),
            (None, at(2), after(3, "e"), "a"),
            (None, None, Place::After("no key".to_owned()), "edcb"),
            (None, None, Place::Before("no key".to_owned()), "abcd"),
        ] {
            assert_eq!(shown(&Part::new(from, until, &place, 4)), ids, "{from:?} {until:?} {place:?}");
        }
    }
}
