//! The cursor of the next page of a list: the key of the last row, as an opaque text.

use super::problem::{Code, Problem};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// No part of a key has a line break: codes and ids have none.
pub fn write(key: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(key.join("\n"))
}

/// The key of `N` parts; `None` for an empty cursor.
pub fn read<const N: usize>(cursor: &str) -> Result<Option<[String; N]>, Problem> {
    let parts = parts(cursor)?;
    parts.map(|parts| <[String; N]>::try_from(parts).map_err(|_| refused())).transpose()
}

/// The key of any number of parts; `None` for an empty cursor.
pub fn parts(cursor: &str) -> Result<Option<Vec<String>>, Problem> {
    if cursor.is_empty() {
        return Ok(None);
    }
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = text.map(|text| text.split('\n').map(str::to_owned).collect());
    parts.map(Some).ok_or_else(refused)
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
        let cursor = write(&["双十一 🎉", "lazada-sg"]);
        assert_eq!(read::<2>(&cursor).expect("a cursor"), Some(["双十一 🎉".to_owned(), "lazada-sg".to_owned()]));
        assert_eq!(read::<2>("").expect("none"), None);
        for garbled in ["x", "????", "AAAA", &cursor[1..], &write(&["a"]), &write(&["a", "b", "c"]), "_w"] {
            assert_eq!(read::<2>(garbled).expect_err(garbled).code, Code::BadCursor);
        }
    }
}
