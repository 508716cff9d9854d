//! Sums of units. In SQL the sum of 64-bit integers is a decimal number; here it stays a 64-bit integer.

use diesel::{
    backend::Backend,
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::BigInt,
};

/// The sum of `expression` over the rows, 0 where there are none.
pub const fn sum<E: Expression<SqlType = BigInt>>(expression: E) -> Sum<E> {
    Sum(expression)
}

#[derive(Debug, Clone, Copy, QueryId)]
pub struct Sum<E>(E);

impl<E: Expression> Expression for Sum<E> {
    type SqlType = BigInt;
}
impl<E, GB> ValidGrouping<GB> for Sum<E> {
    type IsAggregate = is_aggregate::Yes;
}
impl<E: AppearsOnTable<From>, From> AppearsOnTable<From> for Sum<E> {}
impl<E: SelectableExpression<From>, From> SelectableExpression<From> for Sum<E> {}

impl<E: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Sum<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("CAST(COALESCE(SUM(");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql("), 0) AS BIGINT)");
        Ok(())
    }
}
