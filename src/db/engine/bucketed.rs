//! Which stretch of time a moment lies in, as the number of the stretch: the two databases have different words for it.

use crate::{db::Conn, domain::promotions::buckets::Buckets};
use diesel::{
    backend::Backend,
    expression::{
        AppearsOnTable, Expression, IsContainedInGroupBy, SelectableExpression, ValidGrouping, is_aggregate,
        is_contained_in_group_by,
    },
    query_builder::{AstPass, QueryFragment, QueryId},
    query_source::Column,
    result::QueryResult,
    sql_types::BigInt,
};

/// The number of the bucket of a moment, counted from 0.
#[derive(Debug, Clone)]
pub struct Bucketed(String);

/// In which of `buckets` the moment in `column`, with its table, lies. One outside of them has a number that none of
/// them has.
#[must_use]
pub fn bucketed(conn: &Conn, column: &'static str, buckets: &Buckets) -> Bucketed {
    let (start, width) = (buckets.start.utc().timestamp(), buckets.width.num_seconds());
    Bucketed(match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => format!("CAST(FLOOR((EXTRACT(EPOCH FROM {column}) - {start}) / {width}) AS BIGINT)"),
        Conn::Sqlite(_) => format!("((CAST(strftime('%s', {column}) AS INTEGER) - {start}) / {width})"),
    })
}

impl Expression for Bucketed {
    type SqlType = BigInt;
}
impl<Grouping> ValidGrouping<Grouping> for Bucketed {
    type IsAggregate = is_aggregate::Never;
}
/// It may stand beside columns that are grouped by, and is none of them.
impl<C: Column> IsContainedInGroupBy<C> for Bucketed {
    type Output = is_contained_in_group_by::No;
}
impl<From> AppearsOnTable<From> for Bucketed {}
impl<From> SelectableExpression<From> for Bucketed {}
impl QueryId for Bucketed {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend> QueryFragment<DB> for Bucketed {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // The numbers are written out: PostgreSQL takes two parameters for two expressions, also where they are the
        // same, and would not group by what it selects. Every other sale makes another statement of it.
        out.unsafe_to_cache_prepared();
        out.push_sql(&self.0);
        Ok(())
    }
}
