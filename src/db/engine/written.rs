//! SQL as text, for what diesel cannot express. Diesel's own `dsl::sql` does the same, but its statements are never cached:
//! preparing one at each call costs more than running most of them.

use super::node::sql_node;
use diesel::{
    backend::Backend,
    expression::TypedExpressionType,
    query_builder::{AstPass, QueryFragment},
    result::QueryResult,
};
use std::marker::PhantomData;

/// An expression of SQL as text. It names its tables itself.
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

sql_node!(Written<Type: TypedExpressionType> => Type);

impl<Type: TypedExpressionType, DB: Backend> QueryFragment<DB> for Written<Type> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.sql);
        Ok(())
    }
}
