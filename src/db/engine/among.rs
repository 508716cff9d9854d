//! Whether a code or an id is one of a list. The text of diesel's own `eq_any` depends on the length of the list on
//! SQLite, so each call would prepare a new statement. The text of this one is always the same: the list is one value.

use super::{connection::Conn, sql::Condition};

/// Whether `column`, with its table, is one of `texts`: codes or ids.
pub fn among<T: AsRef<str>>(conn: &Conn, column: &'static str, texts: impl IntoIterator<Item = T>) -> Condition {
    let condition = Condition::default().sql(column);
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => condition.sql(" = ANY (CAST(").text(list_of(texts, ['{', '}'])).sql(" AS TEXT[]))"),
        Conn::Sqlite(_) => {
            condition.sql(" IN (SELECT value FROM json_each(").text(list_of(texts, ['[', ']'])).sql("))")
        }
    }
}

/// The list as one text. An array of PostgreSQL and one of JSON differ in their brackets only, and escape the same two
/// characters in the same way; codes and ids have no control characters.
fn list_of<T: AsRef<str>>(texts: impl IntoIterator<Item = T>, [open, close]: [char; 2]) -> String {
    let mut list = String::from(open);
    for (nth, text) in texts.into_iter().enumerate() {
        list.push_str(if nth == 0 { "\"" } else { ",\"" });
        for c in text.as_ref().chars() {
            if matches!(c, '"' | '\\') {
                list.push('\\');
            }
            list.push(c);
        }
        list.push('"');
    }
    list.push(close);
    list
}
