//! What every hand-written expression of SQL has to tell diesel, apart from its text.

/// Makes a type an expression of SQL whose value is of `$sql_type`. The type itself implements `QueryFragment`, its text.
///
/// Such an expression names its tables itself, so it may be used in any query; it may be combined with aggregates and with
/// plain columns; and its text is not known from its type alone, so diesel looks a prepared statement up by its text.
macro_rules! sql_node {
    ($node:ident $(<$param:ident $(: $bound:path)?>)? => $sql_type:ty) => {
        impl<$($param $(: $bound)?)?> diesel::expression::Expression for $node $(<$param>)? {
            type SqlType = $sql_type;
        }
        impl<$($param $(: $bound)?,)? Grouping> diesel::expression::ValidGrouping<Grouping> for $node $(<$param>)? {
            type IsAggregate = diesel::expression::is_aggregate::Never;
        }
        impl<$($param $(: $bound)?,)? From> diesel::expression::AppearsOnTable<From>
            for $node $(<$param>)?
        {
        }
        impl<$($param $(: $bound)?,)? From> diesel::expression::SelectableExpression<From>
            for $node $(<$param>)?
        {
        }
        impl<$($param $(: $bound)?)?> diesel::query_builder::QueryId for $node $(<$param>)? {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
    };
}

pub(crate) use sql_node;
