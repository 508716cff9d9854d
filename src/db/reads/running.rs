//! What is going on at one moment: the running flash sales, the holds that are not in hand, the SKUs that are owed.

use super::promotions::{Totals, totals};
use crate::{
    db::{
        Conn, holds,
        promotions::Promotion,
        schema::{holds as hold_rows, promotions, skus, stores},
        skus::{Sku, find_all},
        sums::sum,
        written::written,
    },
    domain::{
        code::{SkuCode, StoreCode},
        hold::Hold,
        moment::Moment,
        quantity::Position,
    },
};
use diesel::{
    dsl::{count_star, exists, select},
    prelude::*,
    sql_types::{Bool, Text},
};

/// The most rows of each list that tells what needs somebody's attention.
pub const ATTENTION_ROWS: usize = 10;

/// The flash sales that run at `now`, of `store` or of all, the soonest ending first, up to `limit`.
///
/// # Errors
/// When the database fails.
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
        // Not the bare column: its index would find everything that the store ever ran, to be sorted by end.
        query = query.filter(written::<Text>("promotions.store || ''").eq(store.as_str()));
    }
    let found: Vec<Promotion> = query.load(conn)?;
    let mut totals = totals(conn, found.iter().map(|promotion| promotion.id))?;
    let with_totals = |promotion: Promotion| {
        let totals = totals.remove(&promotion.id).unwrap_or_default();
        (promotion, totals)
    };
    Ok(found.into_iter().map(with_totals).collect())
}

/// How many flash sales run at `now`, and how many of them end by `soon`.
///
/// # Errors
/// When the database fails.
pub fn count(conn: &mut Conn, now: Moment, soon: Moment) -> QueryResult<(i64, i64)> {
    let running = promotions::table.filter(promotions::ends_at.gt(now));
    let ending = running.filter(promotions::ends_at.le(soon));
    Ok((running.select(count_star()).first(conn)?, ending.select(count_star()).first(conn)?))
}

/// A hold of which some units are not in hand.
#[derive(Debug, Clone)]
pub struct ShortHold {
    /// The SKU.
    pub sku: SkuCode,
    /// The hold.
    pub hold: Hold,
    /// The units that it keeps and that are not there.
    pub short_by: i64,
}

/// The holds that are short at `now`, by SKU: those of the first [`ATTENTION_ROWS`] such SKUs.
///
/// # Errors
/// When the database fails.
pub fn short_holds(conn: &mut Conn, now: Moment) -> QueryResult<Vec<ShortHold>> {
    let codes: Vec<SkuCode> = holds::live(now)
        .inner_join(skus::table)
        .filter(hold_rows::quantity.gt(hold_rows::sold))
        .group_by(skus::code)
        .having(sum(hold_rows::quantity - hold_rows::sold).gt(skus::on_hand - skus::committed))
        .order(skus::code)
        .limit(ATTENTION_ROWS as i64)
        .select(skus::code)
        .load(conn)?;
    let mut live = holds::live_on(conn, &codes, now)?;
    let mut short = Vec::new();
    for sku in find_all(conn, &codes)? {
        let holds = live.remove(&sku.code).unwrap_or_default();
        let position = Position { stock: sku.stock(), holds: &holds };
        let shorts = position.backed().filter(|(hold, backed)| hold.remaining() > *backed);
        short.extend(shorts.map(|(hold, backed)| ShortHold {
            sku: sku.code.clone(),
            hold: hold.clone(),
            short_by: hold.remaining() - backed,
        }));
    }
    Ok(short)
}

/// SKUs that open orders are owed units of, by code, up to [`ATTENTION_ROWS`].
///
/// # Errors
/// When the database fails.
pub fn oversold(conn: &mut Conn) -> QueryResult<Vec<Sku>> {
    skus::table
        // Written out, so that both databases use the index of such SKUs.
        .filter(written::<Bool>("skus.oversold > 0"))
        .order(skus::code)
        .limit(ATTENTION_ROWS as i64)
        .select(Sku::as_select())
        .load(conn)
}

/// How far a new business has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// Whether there is a store.
    pub has_stores: bool,
    /// Whether there is a SKU.
    pub has_skus: bool,
    /// Whether there is, or was, a flash sale.
    pub has_promotions: bool,
}

/// How far it has come.
///
/// # Errors
/// When the database fails.
pub fn begun(conn: &mut Conn) -> QueryResult<Begun> {
    Ok(Begun {
        has_stores: select(exists(stores::table.select(stores::code))).get_result(conn)?,
        has_skus: select(exists(skus::table.select(skus::code))).get_result(conn)?,
        has_promotions: select(exists(promotions::table.select(promotions::id))).get_result(conn)?,
    })
}
