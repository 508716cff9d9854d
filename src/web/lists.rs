//! Lists: filters and places from the query, and the links between the pages of a list.

pub use crate::db::engine::paging::{PAGE_ROWS, Page, Place};

use super::{
    form::{FormErrors, SelectOption},
    query::href,
};
use crate::{
    db::{engine::search::SEARCH_LIMIT, stores::Store},
    domain::{moment::Moment, promotions::schedule},
};
use chrono_tz::Tz;
use serde::Deserialize;
use std::fmt::Display;

/// The query of a list with filters.
pub trait ListQuery {
    /// Every filter with its name. A filter that is not set is empty.
    fn filters(&self) -> Vec<(&'static str, &str)>;

    fn after_before(&self) -> [&str; 2];

    fn place(&self) -> Place {
        let [after, before] = self.after_before();
        Place::from_query(after, before)
    }

    fn has_filters(&self) -> bool {
        self.filters().iter().any(|(_, value)| !value.is_empty())
    }

    /// The address of the first page of the list, with the filters.
    fn filtered(&self, path: &str) -> String {
        href(path, &self.filters())
    }

    /// The address of the same page of the list.
    fn here(&self, path: &str) -> String {
        self.here_with(path, "", "")
    }

    /// The address of the same page of the list, with one more field.
    fn here_with(&self, path: &str, name: &'static str, value: &str) -> String {
        let [after, before] = self.after_before();
        let mut pairs = self.filters();
        pairs.extend([("after", after), ("before", before), (name, value)]);
        href(path, &pairs)
    }
}

/// The value of a filter that comes with a form, short enough for an address: no filter is longer. As where it comes with an
/// address, the character 0 becomes the sign that browsers show for it.
pub fn in_address(typed: &str) -> String {
    let shown = typed.chars().map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c });
    shown.take(SEARCH_LIMIT).collect()
}

/// The query of a list without filters.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PlaceQuery {
    after: String,
    before: String,
}

impl PlaceQuery {
    pub fn new(after: String, before: String) -> Self {
        Self { after, before }
    }

    pub fn after_before(&self) -> [&str; 2] {
        [&self.after, &self.before]
    }

    /// The address of the same page of the list.
    pub fn here(&self, path: &str) -> String {
        href(path, &[("after", &self.after), ("before", &self.before)])
    }

    pub fn place(&self) -> Place {
        Place::from_query(&self.after, &self.before)
    }
}

/// The moments of a filter by the fields `from` and `to`, which are days in `zone`: the beginning of `from` and the end of
/// `to`. A text that is not a day does not filter, and its field has the error.
pub fn days(from: &str, to: &str, zone: Tz, errors: &mut FormErrors) -> (Option<Moment>, Option<Moment>) {
    let first = day("from", from, zone, errors);
    let last = day("to", to, zone, errors);
    (first.map(|(begins, _)| begins), last.map(|(_, ends)| ends))
}

fn day(field: &str, text: &str, zone: Tz, errors: &mut FormErrors) -> Option<(Moment, Moment)> {
    if text.trim().is_empty() {
        return None;
    }
    errors.keep(field, schedule::parse_day(text, zone))
}

pub fn options<V, L>(all: &str, pairs: impl IntoIterator<Item = (V, L)>, chosen: &str) -> Vec<SelectOption>
where
    V: Into<String>,
    L: Into<String>,
{
    let mut options = SelectOption::list([("", all)], chosen);
    options.extend(SelectOption::list(pairs, chosen));
    options
}

pub fn store_options(all: &str, stores: &[Store], chosen: &str) -> Vec<SelectOption> {
    options(all, stores.iter().map(|store| (store.code.as_str(), store.name.as_str())), chosen)
}

impl<Row> Page<Row> {
    pub fn links<Key: Display>(&self, path: &str, filters: &[(&str, &str)], key: impl Fn(&Row) -> Key) -> PageLinks {
        let link = |name: &str, row: Option<&Row>| match row {
            None => String::new(),
            Some(row) => {
                let key = key(row).to_string();
                let mut pairs = filters.to_vec();
                pairs.push((name, &key));
                href(path, &pairs)
            }
        };
        PageLinks {
            previous: link("before", self.rows.first().filter(|_| self.has_previous)),
            next: link("after", self.rows.last().filter(|_| self.has_next)),
        }
    }
}

/// The addresses of the pages before and after; empty if there is none.
#[derive(Debug, Clone, Default)]
pub struct PageLinks {
    pub previous: String,
    pub next: String,
}

impl PageLinks {
    /// The same pages, opened at the element with this id.
    pub fn at(self, id: &str) -> Self {
        let [previous, next] = [self.previous, self.next].map(|href| match href.is_empty() {
            true => href,
            false => format!("{href}#{id}"),
        });
        Self { previous, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Query {
        q: &'static str,
        after: &'static str,
    }

    impl ListQuery for Query {
        fn filters(&self) -> Vec<(&'static str, &str)> {
            vec![("q", self.q), ("store", "")]
        }

        fn after_before(&self) -> [&str; 2] {
            [self.after, ""]
        }
    }

    #[test]
    fn links_keep_the_filters_and_escape_the_key() {
        let page = Page::new(&Place::Start, (0..=PAGE_ROWS).collect());
        let links = page.links("/catalogue", &[("q", "a&b"), ("store", "")], |row| format!("{row}/+"));
        assert_eq!((links.previous.as_str(), links.next.as_str()), ("", "/catalogue?q=a%26b&after=49%2F%2B"));
    }

    #[test]
    fn an_address_has_the_filters_that_are_set_and_the_place() {
        let query = Query { q: "a", after: "k" };
        assert_eq!(query.filtered("/x"), "/x?q=a");
        assert_eq!(query.here("/x"), "/x?q=a&after=k");
        assert_eq!(query.here_with("/x", "notice", "saved"), "/x?q=a&after=k&notice=saved");
        assert_eq!((query.has_filters(), Query { q: "", after: "k" }.has_filters()), (true, false));
    }

    #[test]
    fn days_are_whole_and_a_text_that_is_not_a_day_is_an_error_of_its_field() {
        let mut errors = FormErrors::default();
        let (from, until) = days("2025-11-11", " 2025-11-11 ", Tz::Asia__Singapore, &mut errors);
        let hours = until.expect("a day").since(from.expect("a day")).num_hours();
        assert_eq!((hours, errors.is_empty()), (24, true));
        assert_eq!(days("soon", "", Tz::UTC, &mut errors), (None, None));
        assert_eq!((errors.at("from").is_empty(), errors.at("to")), (false, ""));
    }
}
