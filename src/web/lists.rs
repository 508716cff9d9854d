//! The links between the pages of a list.

pub use crate::db::engine::paging::{PAGE_ROWS, Page, Place};

use super::query::href;
use std::fmt::Display;

impl<Row> Page<Row> {
    /// The addresses of the page before and the one after, with `filters` kept; empty where there is none.
    pub fn links<Key: Display>(&self, path: &str, filters: &[(&str, &str)], key: impl Fn(&Row) -> Key) -> PageLinks {
        let link = |exists: bool, name: &str, row: Option<&Row>| match row {
            Some(row) if exists => {
                let key = key(row).to_string();
                let pairs: Vec<(&str, &str)> = filters.iter().copied().chain([(name, key.as_str())]).collect();
                href(path, &pairs)
            }
            _ => String::new(),
        };
        PageLinks {
            previous: link(self.has_previous, "before", self.rows.first()),
            next: link(self.has_next, "after", self.rows.last()),
        }
    }
}

/// Where the pages before and after are; empty where there is none.
#[derive(Debug, Clone, Default)]
pub struct PageLinks {
    /// The page before.
    pub previous: String,
    /// The page after.
    pub next: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_the_filters_and_escape_the_key() {
        let page = Page::new(&Place::Start, (0..=PAGE_ROWS).collect());
        let links = page.links("/catalogue", &[("q", "a&b"), ("store", "")], |row| format!("{row}/+"));
        assert_eq!((links.previous.as_str(), links.next.as_str()), ("", "/catalogue?q=a%26b&after=49%2F%2B"));
    }
}
