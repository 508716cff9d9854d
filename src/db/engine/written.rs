//! SQL that is written out, for what diesel has no words for. Of diesel's own `dsl::sql` no statement is kept: it is
//! prepared anew at each call, which costs more than many a statement.

use diesel::{
    backend::Backend,
    expression::{AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping, is_aggregate},
    query_builder::{AstPass, QueryFragment, QueryId},
    result::QueryResult,
};
use std::marker::PhantomData;

/// An expression of SQL, written out. It names its tables itself.
#[derive(Debug, Clone, Copy)]
pub struct Written<Type> {
    sql: &'static str,
    of_type: PhantomData<Type>,
}

/// The expression `sql`, which is the same on both databases and has no values in it.
#[must_use]
pub const fn written<Type>(sql: &'static str) -> Written<Type> {
    Written { sql, of_type: PhantomData }
}

impl<Type: TypedExpressionType> Expression for Written<Type> {
    type SqlType = Type;
}
impl<Type, Grouping> ValidGrouping<Grouping> for Written<Type> {
    type IsAggregate = is_aggregate::Never;
}
impl<Type: TypedExpressionType, From> AppearsOnTable<From> for Written<Type> {}
impl<Type: TypedExpressionType, From> SelectableExpression<From> for Written<Type> {}
impl<Type> QueryId for Written<Type> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Type, DB: Backend> QueryFragment<DB> for Written<Type> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.sql);
        Ok(())
    }
}
