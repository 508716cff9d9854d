//! SQL as text, for what diesel cannot express. Diesel's own `dsl::sql` does the same, but its statements are never cached:
//! preparing one at each call costs more than running most of them.

use super::node::sql_node;
use crate::domain::moment::Moment;
use diesel::{
    backend::Backend,
    expression::TypedExpressionType,
    query_builder::{AstPass, QueryFragment},
    result::QueryResult,
    serialize::ToSql,
    sql_types::{Bool, HasSqlType, Text, Timestamp},
};
use std::marker::PhantomData;

/// An expression without values. It names its tables itself.
#[derive(Debug, Clone, Copy)]
pub struct Written<Type> {
    sql: &'static str,
    of_type: PhantomData<Type>,
}

/// The expression `sql`, which is the same on both databases.
pub const fn written<Type>(sql: &'static str) -> Written<Type> {
    Written { sql, of_type: PhantomData }
}

sql_node!(Written<Type: TypedExpressionType> => Type);

impl<Type: TypedExpressionType, DB: Backend> QueryFragment<DB> for Written<Type> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.sql);
        Ok(())
    }
}

/// A condition with values, put together piece by piece. It names its tables itself.
#[derive(Debug, Clone, Default)]
pub struct Condition(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Sql(&'static str),
    Text(String),
    Moment(Moment),
}

impl Condition {
    pub fn sql(mut self, sql: &'static str) -> Self {
        self.0.push(Piece::Sql(sql));
        self
    }

    pub fn text(mut self, value: impl Into<String>) -> Self {
        self.0.push(Piece::Text(value.into()));
        self
    }

    pub fn moment(mut self, value: Moment) -> Self {
        self.0.push(Piece::Moment(value));
        self
    }
}

sql_node!(Condition => Bool);

impl<DB> QueryFragment<DB> for Condition
where
    DB: Backend + HasSqlType<Text> + HasSqlType<Timestamp>,
    String: ToSql<Text, DB>,
    Moment: ToSql<Timestamp, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        for piece in &self.0 {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Text(text) => out.push_bind_param::<Text, String>(text)?,
                Piece::Moment(moment) => out.push_bind_param::<Timestamp, Moment>(moment)?,
            }
        }
        Ok(())
    }
}
