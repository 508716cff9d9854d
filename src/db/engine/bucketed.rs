//! Which bucket of time a moment is in, as the number of the bucket. The two databases have different functions for it.

use super::{connection::Conn, node::sql_node};
use crate::domain::promotions::buckets::Buckets;
use diesel::{
    backend::Backend,
    expression::{IsContainedInGroupBy, is_contained_in_group_by},
    query_builder::{AstPass, QueryFragment},
    query_source::Column,
    result::QueryResult,
    sql_types::BigInt,
};

#[derive(Debug, Clone)]
pub struct Bucketed(String);

/// In which of `buckets` the moment in `column`, with its table, is. A moment outside of them has a number that no bucket
/// has.
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
