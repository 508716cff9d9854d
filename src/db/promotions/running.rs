//! The flash sales that are running. What needs attention is in [`crate::db::dashboard`].

use super::list::{Totals, totals};
use crate::{
    db::{
        Conn,
        engine::{
            schema::{promotions, skus, stores},
            written::written,
        },
        promotions::Promotion,
    },
    domain::{code::StoreCode, moment::Moment},
};
use diesel::{
    dsl::{count_star, exists, select},
    prelude::*,
    sql_types::Text,
};

/// The flash sales that are running at `now`, of `store` or of all, those that end soonest first, up to `limit`.
pub fn soonest_ending(
    conn: &mut Conn,
    store: Option<&StoreCode>,
    now: Moment,
    limit: i64,
) -> QueryResult<Vec<(Promotion, Totals)>> {
    let mut query = promotions::table
        .filter(promotions::ends_at.gt(now))
        .order((promotions::ends_at, promotions::id))
        .select(Promotion::as_select())
        .limit(limit)
        .into_boxed();
    if let Some(store) = store {
        // Not the bare column: by its index the database would read everything that the store ever ran and sort it by
        // end.
        query = query.filter(written::<Text>("promotions.store || ''").eq(store.as_str()));
    }
    let found: Vec<Promotion> = query.load(conn)?;
    let mut totals = totals(conn, found.iter().map(|promotion| promotion.id))?;
    let mut with_totals = Vec::with_capacity(found.len());
    for promotion in found {
        let totals = totals.remove(&promotion.id).unwrap_or_default();
        with_totals.push((promotion, totals));
    }
    Ok(with_totals)
}

/// How many flash sales are running at `now`, and how many of them end by `soon`.
pub fn count(conn: &mut Conn, now: Moment, soon: Moment) -> QueryResult<(i64, i64)> {
    let running = promotions::table.filter(promotions::ends_at.gt(now));
    let ending = running.filter(promotions::ends_at.le(soon));
    Ok((running.select(count_star()).first(conn)?, ending.select(count_star()).first(conn)?))
}

/// Which of the first steps a new business has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// Whether there is a store.
    pub has_stores: bool,
    /// Whether there is a SKU.
    pub has_skus: bool,
    /// Whether there ever was a flash sale.
    pub has_promotions: bool,
}

/// Which of the first steps have been taken.
pub fn begun(conn: &mut Conn) -> QueryResult<Begun> {
    Ok(Begun {
        has_stores: select(exists(stores::table.select(stores::code))).get_result(conn)?,
        has_skus: select(exists(skus::table.select(skus::code))).get_result(conn)?,
        has_promotions: select(exists(promotions::table.select(promotions::id))).get_result(conn)?,
    })
}
