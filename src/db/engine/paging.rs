//! Keyset pages: a page begins after the last row of the page before, so a deep page costs no more than the first.

pub const PAGE_ROWS: usize = 50;

/// Where in a list a page is: after a key going forward, or before one going back. Keys are texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Start,
    After(String),
    Before(String),
}

impl Place {
    /// The place that the query's `after` and `before` name. Empty means none, and so does a text that cannot be a key:
    /// PostgreSQL refuses texts with the character 0.
    pub fn from_query(after: &str, before: &str) -> Self {
        let is_key = |text: &str| !text.is_empty() && !text.contains('\0');
        if is_key(after) {
            Self::After(after.to_owned())
        } else if is_key(before) {
            Self::Before(before.to_owned())
        } else {
            Self::Start
        }
    }

    /// Rows to load: one more than are shown, to know whether the list goes on.
    pub const LIMIT: i64 = PAGE_ROWS as i64 + 1;
}

/// Limits a boxed query to the rows at `$place` of a list that is sorted by `$column`, ascending or newest first. A macro,
/// because each query has a type of its own.
macro_rules! at_place {
    ($query:expr, $place:expr, $column:expr) => {
        match $place {
            Place::Start => $query.order($column.asc()),
            Place::After(key) => $query.filter($column.gt(key.as_str())).order($column.asc()),
            Place::Before(key) => $query.filter($column.lt(key.as_str())).order($column.desc()),
        }
    };
    ($query:expr, $place:expr, $column:expr, newest first) => {
        match $place {
            Place::Start => $query.order($column.desc()),
            Place::After(key) => $query.filter($column.lt(key.as_str())).order($column.desc()),
            Place::Before(key) => $query.filter($column.gt(key.as_str())).order($column.asc()),
        }
    };
}

pub(crate) use at_place;

/// Separates the two texts of the key of a row in a list that is sorted by two columns. The second never contains it.
const PAIR_SEPARATOR: char = '|';

/// The key of a row in a list that is sorted by two columns.
pub fn pair_key(first: &str, second: &str) -> String {
    format!("{first}{PAIR_SEPARATOR}{second}")
}

/// The two texts of a key of [`pair_key`].
pub fn pair_of(key: &str) -> (&str, &str) {
    key.rsplit_once(PAIR_SEPARATOR).unwrap_or((key, ""))
}

/// [`at_place`] for a list that is sorted by two columns, with keys of [`pair_key`]. The first condition is implied by the
/// second, but only the first lets an index start there.
macro_rules! at_pair {
    ($query:expr, $place:expr, $first:expr, $second:expr) => {
        match $place {
            Place::Start => $query.order(($first.asc(), $second.asc())),
            Place::After(key) => {
                let (first, second) = $crate::db::engine::paging::pair_of(key);
                let after = $first.gt(first).or($second.gt(second));
                $query.filter($first.ge(first)).filter(after).order(($first.asc(), $second.asc()))
            }
            Place::Before(key) => {
                let (first, second) = $crate::db::engine::paging::pair_of(key);
                let before = $first.lt(first).or($second.lt(second));
                $query.filter($first.le(first)).filter(before).order(($first.desc(), $second.desc()))
            }
        }
    };
}

pub(crate) use at_pair;

/// One page of a list, in the list's order.
#[derive(Debug, Clone)]
pub struct Page<Row> {
    pub rows: Vec<Row>,
    pub has_previous: bool,
    pub has_next: bool,
}

impl<Row> Page<Row> {
    /// `rows` are up to [`Place::LIMIT`], in the order of the list or, for [`Place::Before`], in the reverse.
    pub fn new(place: &Place, mut rows: Vec<Row>) -> Self {
        let has_more = rows.len() > PAGE_ROWS;
        rows.truncate(PAGE_ROWS);
        match place {
            Place::Start => Self { rows, has_previous: false, has_next: has_more },
            Place::After(_) => Self { rows, has_previous: true, has_next: has_more },
            Place::Before(_) => {
                rows.reverse();
                Self { rows, has_previous: has_more, has_next: true }
            }
        }
    }

    /// No more than `count` of its rows, those next to its `place`. The others are on the adjacent page.
    pub fn cut(mut self, place: &Place, count: usize) -> Self {
        let more = self.rows.len().saturating_sub(count);
        match place {
            Place::Start | Place::After(_) => {
                self.rows.truncate(count);
                self.has_next |= more > 0;
            }
            Place::Before(_) => {
                self.rows.drain(..more);
                self.has_previous |= more > 0;
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_whether_the_list_goes_on_either_way() {
        let full: Vec<usize> = (0..=PAGE_ROWS).collect();
        let backwards: Vec<usize> = full.iter().rev().copied().collect();
        for (place, rows, shown, previous, next) in [
            (Place::Start, vec![], vec![], false, false),
            (Place::Start, full.clone(), full[..PAGE_ROWS].to_vec(), false, true),
            (Place::After("x".into()), vec![1], vec![1], true, false),
            (Place::Before("x".into()), vec![2, 1], vec![1, 2], false, true),
            (Place::Before("x".into()), backwards, full[1..].to_vec(), true, true),
        ] {
            let page = Page::new(&place, rows);
            assert_eq!((page.rows, page.has_previous, page.has_next), (shown, previous, next), "{place:?}");
        }
    }

    #[test]
    fn a_page_that_is_cut_goes_on_with_the_rows_it_leaves_out() {
        for (place, count, shown, previous, next) in [
            (Place::Start, 3, vec![1, 2, 3], false, false),
            (Place::Start, 2, vec![1, 2], false, true),
            (Place::After("x".into()), 1, vec![1], true, true),
            (Place::Before("x".into()), 2, vec![2, 3], true, true),
            (Place::Before("x".into()), 9, vec![1, 2, 3], false, true),
        ] {
            let rows = if matches!(place, Place::Before(_)) { vec![3, 2, 1] } else { vec![1, 2, 3] };
            let page = Page::new(&place, rows).cut(&place, count);
            assert_eq!((page.rows, page.has_previous, page.has_next), (shown, previous, next), "{place:?}");
        }
    }
}
