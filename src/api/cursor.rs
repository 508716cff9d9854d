//! The cursor of the next page of a list: the list and its filter, and the key of the last row, as an opaque text.

use super::problem::{Code, Problem};
use crate::web::secrets::sha256_hex;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// So many digits tell the filters apart that a program has in use.
const FILTER_DIGITS: usize = 12;

/// The cursors of one list with one filter. With another, the key would be of a row in the middle of nowhere, and a
/// program that changed its filter would miss rows without being told.
#[derive(Debug, Clone)]
pub struct Cursors {
    list: &'static str,
    /// The beginning of a hash of the filter.
    filter: String,
}

impl Cursors {
    /// `filter` are the values of the list's parameters, in an order that never changes.
    pub fn new(list: &'static str, filter: &[&str]) -> Self {
        let mut filter = sha256_hex(filter.join("\n"));
        filter.truncate(FILTER_DIGITS);
        Self { list, filter }
    }

    /// No part of a key has a line break: codes and ids have none.
    pub fn write(&self, key: &[&str]) -> String {
        let mut parts = vec![self.list, &self.filter];
        parts.extend(key);
        URL_SAFE_NO_PAD.encode(parts.join("\n"))
    }

    /// The key of `N` parts; `None` for an empty cursor.
    pub fn read<const N: usize>(&self, cursor: &str) -> Result<Option<[String; N]>, Problem> {
        let parts = self.parts(cursor)?;
        parts.map(|parts| <[String; N]>::try_from(parts).map_err(|_| refused())).transpose()
    }

    /// The key of any number of parts; `None` for an empty cursor.
    pub fn parts(&self, cursor: &str) -> Result<Option<Vec<String>>, Problem> {
        if cursor.is_empty() {
            return Ok(None);
        }
        let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.ok_or_else(refused)?;
        let mut parts = text.split('\n').map(str::to_owned);
        let (Some(list), Some(filter)) = (parts.next(), parts.next()) else { return Err(refused()) };
        if filter.len() != FILTER_DIGITS {
            return Err(refused());
        }
        if list != self.list || filter != self.filter {
            return Err(Problem::new(
                Code::CursorOfAnotherList,
                "Send the cursor with the same path and filters as the request that returned it, or start without one.",
            ));
        }
        Ok(Some(parts.collect()))
    }
}

/// For a cursor that is not ours.
pub fn refused() -> Problem {
    Problem::new(Code::BadCursor, "Send the cursor from `next` of the previous page, or none.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        let cursors = Cursors::new("quantities", &["", "lazada-sg"]);
        let cursor = cursors.write(&["双十一 🎉", "lazada-sg"]);
        assert_eq!(
            cursors.read::<2>(&cursor).expect("a cursor"),
            Some(["双十一 🎉".to_owned(), "lazada-sg".to_owned()])
        );
        assert_eq!(cursors.read::<2>("").expect("none"), None);
        let short = cursors.write(&["a"]);
        let long = cursors.write(&["a", "b", "c"]);
        for garbled in ["x", "????", "AAAA", "_w", &short, &long] {
            assert_eq!(cursors.read::<2>(garbled).expect_err(garbled).code, Code::BadCursor);
        }
    }

    #[test]
    fn a_cursor_belongs_to_one_list_and_one_filter() {
        let cursor = Cursors::new("orders", &["lazada", "open"]).write(&["key"]);
        for other in [
            Cursors::new("orders", &["lazada", ""]),
            Cursors::new("orders", &["shopee", "open"]),
            Cursors::new("orders", &["open", "lazada"]),
            Cursors::new("skus", &["lazada", "open"]),
        ] {
            assert_eq!(other.read::<1>(&cursor).expect_err("another").code, Code::CursorOfAnotherList);
        }
    }
}
