//! Whether a code or an id is one of a list. The text of diesel's own `eq_any` depends on the length of the list on
//! SQLite, so each call would prepare a new statement. The text of this one is always the same: the list is one value.

use super::{connection::Conn, node::sql_node};
use diesel::{
    backend::Backend,
    query_builder::{AstPass, QueryFragment},
    result::QueryResult,
    serialize::ToSql,
    sql_types::{Bool, HasSqlType, Text},
};

/// The condition that a column holds one of some texts.
#[derive(Debug, Clone)]
pub struct Among {
    before: &'static str,
    column: &'static str,
    list: String,
    after: &'static str,
}

/// Whether `column`, with its table, is one of `texts`: codes or ids.
#[must_use]
pub fn among<T: AsRef<str>>(conn: &Conn, column: &'static str, texts: impl IntoIterator<Item = T>) -> Among {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => {
            Among { before: " = ANY (CAST(", column, list: list_of(texts, ['{', '}']), after: " AS TEXT[]))" }
        }
        Conn::Sqlite(_) => {
            Among { before: " IN (SELECT value FROM json_each(", column, list: list_of(texts, ['[', ']']), after: "))" }
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

sql_node!(Among => Bool);

impl<DB> QueryFragment<DB> for Among
where
    DB: Backend + HasSqlType<Text>,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.column);
        out.push_sql(self.before);
        out.push_bind_param::<Text, String>(&self.list)?;
        out.push_sql(self.after);
        Ok(())
    }
}
