//! Whether a code or an id, or a pair of them, is one of a list. The text of diesel's own `eq_any` depends on the length
//! of the list on SQLite, so each call would prepare a new statement. The text of this one is always the same: the list is
//! one value.

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

/// Whether the pair of `first` and `second`, with their table, is one of `pairs`; on SQLite, whether each is in one of them.
///
/// PostgreSQL looks each pair up in the index of both columns. Of two lists it would use one, and which is the shorter way
/// it cannot know before it has statistics: all holds of a sale, or all that a SKU ever had.
pub fn pair_among<A: AsRef<str>, B: AsRef<str>>(
    conn: &Conn,
    [first, second]: [&'static str; 2],
    pairs: impl IntoIterator<Item = (A, B)>,
) -> Condition {
    let (firsts, seconds): (Vec<A>, Vec<B>) = pairs.into_iter().unzip();
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => Condition::default()
            .sql("(")
            .sql(first)
            .sql(", ")
            .sql(second)
            .sql(") IN (SELECT * FROM unnest(CAST(")
            .text(list_of(firsts, ['{', '}']))
            .sql(" AS TEXT[]), CAST(")
            .text(list_of(seconds, ['{', '}']))
            .sql(" AS TEXT[])))"),
        Conn::Sqlite(_) => Condition::default()
            .sql("(")
            .sql(first)
            .sql(" IN (SELECT value FROM json_each(")
            .text(list_of(firsts, ['[', ']']))
            .sql(")) AND ")
            .sql(second)
            .sql(" IN (SELECT value FROM json_each(")
            .text(list_of(seconds, ['[', ']']))
            .sql(")))"),
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
