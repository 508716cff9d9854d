//! Whether a code or an id is one of a list: diesel's own `eq_any` is another text for every length of the list on SQLite,
//! which has to be prepared anew at each call. This one is always the same, with the list as one value.

use crate::db::Conn;
use diesel::{
    backend::Backend,
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    query_builder::{AstPass, QueryFragment, QueryId},
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
    let list = |open, close| {
        let mut list = String::from(open);
        for (nth, text) in texts.into_iter().enumerate() {
            list.push_str(if nth == 0 { "\"" } else { ",\"" });
            // Arrays of PostgreSQL and of JSON escape these two in the same way; codes have no control characters.
            text.as_ref().chars().for_each(|c| {
                if matches!(c, '"' | '\\') {
                    list.push('\\');
                }
                list.push(c);
            });
            list.push('"');
        }
        list.push_str(close);
        list
    };
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => Among { before: " = ANY (CAST(", column, list: list("{", "}"), after: " AS TEXT[]))" },
        Conn::Sqlite(_) => {
            Among { before: " IN (SELECT value FROM json_each(", column, list: list("[", "]"), after: "))" }
        }
    }
}

impl Expression for Among {
    type SqlType = Bool;
}
impl ValidGrouping<()> for Among {
    type IsAggregate = is_aggregate::No;
}
impl<From> AppearsOnTable<From> for Among {}
impl<From> SelectableExpression<From> for Among {}
impl QueryId for Among {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

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
