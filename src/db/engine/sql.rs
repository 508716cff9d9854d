//! SQL as text, for what diesel cannot express. Diesel's own `dsl::sql` does the same, but its statements are never cached:
//! preparing one at each call costs more than running most of them.

use super::connection::Conn;
use crate::domain::{moment::Moment, promotions::buckets::Buckets};
use diesel::{
    backend::Backend,
    expression::{
        AppearsOnTable, Expression, IsContainedInGroupBy, SelectableExpression, TypedExpressionType, ValidGrouping,
        is_aggregate, is_contained_in_group_by,
    },
    query_builder::{AstPass, QueryFragment, QueryId},
    query_source::Column,
    result::QueryResult,
    serialize::ToSql,
    sql_types::{BigInt, Bool, HasSqlType, Text, Timestamp},
};
use std::marker::PhantomData;

/// Makes a type, which implements `QueryFragment`, an expression of SQL whose value is of `$sql_type`. It names its tables
/// itself, so it may be used in any query, also beside aggregates. Its text is not known from its type alone, so diesel
/// looks a prepared statement up by its text.
macro_rules! sql_node {
    ($node:ident $(<$param:ident $(: $bound:path)?>)? => $sql_type:ty) => {
        impl<$($param $(: $bound)?)?> Expression for $node $(<$param>)? {
            type SqlType = $sql_type;
        }
        impl<$($param $(: $bound)?,)? Grouping> ValidGrouping<Grouping> for $node $(<$param>)? {
            type IsAggregate = is_aggregate::Never;
        }
        impl<$($param $(: $bound)?,)? From> AppearsOnTable<From> for $node $(<$param>)? {}
        impl<$($param $(: $bound)?,)? From> SelectableExpression<From> for $node $(<$param>)? {}
        impl<$($param $(: $bound)?)?> QueryId for $node $(<$param>)? {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
    };
}

/// An expression without values. It names its tables itself.
#[derive(Debug, Clone, Copy)]
pub struct SqlText<Type> {
    sql: &'static str,
    of_type: PhantomData<Type>,
}

/// The expression `sql`, which is the same on both databases.
pub const fn sql<Type>(sql: &'static str) -> SqlText<Type> {
    SqlText { sql, of_type: PhantomData }
}

/// Whether a hold may be live. As text, without a parameter, so that both databases use the index of open holds. Every
/// hold has a store; the condition on it makes SQLite prefer this index, with two columns to match, to the primary key,
/// with one, which has the holds of the past as well.
pub(crate) const OPEN_HOLDS: SqlText<Bool> = sql("(holds.settled = FALSE AND holds.store > '')");

sql_node!(SqlText<Type: TypedExpressionType> => Type);

impl<Type: TypedExpressionType, DB: Backend> QueryFragment<DB> for SqlText<Type> {
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

    pub fn and(mut self, other: Self) -> Self {
        self.0.push(Piece::Sql(" AND "));
        self.0.extend(other.0);
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

#[derive(Debug, Clone)]
pub struct Bucketed(String);

/// The number of the bucket that the moment in `column`, with its table, is in; some other number if it is in none.
pub fn bucketed(conn: &Conn, column: &'static str, buckets: &Buckets) -> Bucketed {
    let start = buckets.start.utc().timestamp();
    let width = buckets.width.num_seconds();
    Bucketed(match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => format!("CAST(FLOOR((EXTRACT(EPOCH FROM {column}) - {start}) / {width}) AS BIGINT)"),
        Conn::Sqlite(_) => format!("((CAST(strftime('%s', {column}) AS INTEGER) - {start}) / {width})"),
    })
}

sql_node!(Bucketed => BigInt);

/// It may be grouped by together with columns, and is none of them.
impl<C: Column> IsContainedInGroupBy<C> for Bucketed {
    type Output = is_contained_in_group_by::No;
}

impl<DB: Backend> QueryFragment<DB> for Bucketed {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // The numbers are part of the text: PostgreSQL would take two parameters for two expressions, even of the same
        // value, and refuse to group by what is selected. So each sale has its own statement, which is not worth caching.
        out.unsafe_to_cache_prepared();
        out.push_sql(&self.0);
        Ok(())
    }
}

/// The sum of `expression` over the rows, 0 where there are none. In SQL the sum of 64-bit integers is a decimal number;
/// this stays a 64-bit integer.
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
