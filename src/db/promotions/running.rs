//! The flash sales that are running. What needs attention is in [`crate::db::dashboard`].

use super::list::{Totals, with_totals};
use crate::{
    db::{
        Conn,
        engine::{
            schema::{listings, promotions, skus, stores},
            sql::sql,
        },
        promotions::Promotion,
        staff::organization,
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
        // Not the bare column: by its index the database would read, and sort, everything that the store ever ran.
        query = query.filter(sql::<Text>("promotions.store || ''").eq(store.as_str()));
    }
    let found = query.load(conn)?;
    with_totals(conn, found)
}

/// The stores with a running flash sale.
pub fn selling_stores(conn: &mut Conn, now: Moment) -> QueryResult<Vec<StoreCode>> {
    promotions::table.filter(promotions::ends_at.gt(now)).select(promotions::store).distinct().load(conn)
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
    /// The organization has a time zone, and a name or a currency.
    pub has_organization: bool,
    pub has_stores: bool,
    pub has_listings: bool,
    pub has_skus: bool,
    pub has_promotions: bool,
}

pub fn begun(conn: &mut Conn) -> QueryResult<Begun> {
    let named = organization::read(conn)?;
    Ok(Begun {
        has_organization: named.time_zone.is_some() && (!named.name.is_empty() || named.currency.is_some()),
        has_stores: select(exists(stores::table.select(stores::code))).get_result(conn)?,
        has_listings: select(exists(listings::table.select(listings::store))).get_result(conn)?,
        has_skus: select(exists(skus::table.select(skus::code))).get_result(conn)?,
        has_promotions: select(exists(promotions::table.select(promotions::id))).get_result(conn)?,
    })
}
