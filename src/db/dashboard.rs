//! What needs attention now: holds that are short or nearly sold, orders and SKUs that are owed units. Each has an
//! index of nothing else, so that a query costs what it finds, however many sales are running.

use crate::{
    db::{
        Conn, availability,
        catalogue::skus::Sku,
        engine::{
            schema::{holds as hold_rows, promotions, skus},
            sql::sql,
        },
        orders::{
            Order,
            owed::Owed,
            returns,
            unmatched::{self, UnmatchedLine},
        },
        promotions::holds::MAY_BE_SHORT,
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::hold::Hold,
    },
};
use diesel::{dsl::count_star, prelude::*, sql_types::Bool};
use std::cmp::Reverse;

pub const ROWS: usize = 10;

/// The most SKUs that are checked for short holds.
const SHORT_SKUS: i64 = 500;

/// A hold that is short: some of its units are not in hand.
#[derive(Debug, Clone)]
pub struct ShortHold {
    pub sku: SkuCode,
    pub hold: Hold,
    pub short_by: i64,
}

/// The holds that are short at `now`, by SKU; those of the first 500 such SKUs.
pub fn short_holds(conn: &mut Conn, now: Moment) -> QueryResult<Vec<ShortHold>> {
    let codes: Vec<SkuCode> =
        skus::table.filter(MAY_BE_SHORT).order(skus::code).limit(SHORT_SKUS).select(skus::code).load(conn)?;
    let available = availability::read(conn, &codes, now)?;
    let mut short = Vec::new();
    for sku in codes {
        for (hold, backed) in available[&sku].position().backed() {
            let short_by = hold.remaining() - backed;
            if short_by > 0 {
                short.push(ShortHold { sku: sku.clone(), hold: hold.clone(), short_by });
            }
        }
    }
    Ok(short)
}

/// A hold of a running flash sale that is sold to nine tenths or more.
#[derive(Debug, Clone, Queryable)]
pub struct NearlySold {
    pub sku: SkuCode,
    pub promotion: PromotionId,
    pub promotion_name: String,
    pub store: StoreCode,
    pub quantity: i64,
    pub sold: i64,
}

/// The first rows of a list, and how many there are in all.
#[derive(Debug, Clone)]
pub struct Found<Row> {
    pub rows: Vec<Row>,
    pub count: i64,
}

/// The holds that are nearly sold at `now`. The sales that end last come first: they have the longest to go.
pub fn nearly_sold(conn: &mut Conn, now: Moment) -> QueryResult<Found<NearlySold>> {
    // As text, exactly as the index has it.
    let nearly = sql::<Bool>("(holds.settled = FALSE AND holds.sold * 10 >= holds.quantity * 9)");
    let live = hold_rows::table.filter(nearly).filter(hold_rows::ends_at.gt(now));
    let rows = live
        .inner_join(promotions::table)
        .order((hold_rows::ends_at.desc(), hold_rows::sku.desc(), hold_rows::promotion_id.desc()))
        .limit(ROWS as i64)
        .select((
            hold_rows::sku,
            promotions::id,
            promotions::name,
            hold_rows::store,
            hold_rows::quantity,
            hold_rows::sold,
        ))
        .load(conn)?;
    Ok(Found { rows, count: live.select(count_star()).first(conn)? })
}

/// The open orders that are owed units: those that are still short, and those that stock covers.
#[derive(Debug, Clone, Default)]
pub struct OwedOrders {
    /// The orders that are short of most units, each with its units.
    pub rows: Vec<(Order, i64)>,
    pub short: i64,
    pub units_short: i64,
    pub covered: i64,
    /// Whether there are more orders than were read.
    pub is_cut: bool,
}

pub fn owed_orders(conn: &mut Conn, now: Moment) -> QueryResult<OwedOrders> {
    let (orders, owed, is_cut) = Owed::all(conn, now)?;
    let mut found = OwedOrders { is_cut, ..OwedOrders::default() };
    for order in orders {
        match owed.of(&order.key()).short() {
            0 => found.covered += 1,
            units => {
                found.short += 1;
                found.units_short += units;
                found.rows.push((order, units));
            }
        }
    }
    // Of two that are short of as many, the older one stays first.
    found.rows.sort_by_key(|(_, units)| Reverse(*units));
    found.rows.truncate(ROWS);
    Ok(found)
}

/// The most lines that are counted one by one.
const COUNTED: i64 = 1_000;

/// Lines of orders that take nothing because no listing has their seller SKU; the count ends at a thousand.
pub fn unmatched_lines(conn: &mut Conn) -> QueryResult<Found<UnmatchedLine>> {
    let mut rows = unmatched::first(conn, COUNTED)?;
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    rows.truncate(ROWS);
    Ok(Found { rows, count })
}

/// How many lines have returned units that staff have to decide about, up to a thousand.
pub fn returned_lines(conn: &mut Conn) -> QueryResult<i64> {
    Ok(i64::try_from(returns::undecided(conn, COUNTED)?.len()).unwrap_or(i64::MAX))
}

/// The most SKUs that are read because open orders are owed units of them.
const OWED_SKUS: i64 = 5_000;

/// SKUs of which open orders are still short, those with most units first, up to [`ROWS`], each with its units.
pub fn short_skus(conn: &mut Conn, now: Moment) -> QueryResult<Found<(Sku, i64)>> {
    // As text, so that both databases use the index of such SKUs.
    let owed = skus::table.filter(sql::<Bool>("skus.oversold > 0")).order(skus::code).limit(OWED_SKUS);
    let found: Vec<Sku> = owed.select(Sku::as_select()).load(conn)?;
    let available = availability::of(conn, &found, now)?;
    let mut rows = Vec::new();
    for sku in found {
        let short = sku.oversold - available[&sku.code].position().covered();
        if short > 0 {
            rows.push((sku, short));
        }
    }
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    rows.sort_by_key(|(_, short)| Reverse(*short));
    rows.truncate(ROWS);
    Ok(Found { rows, count })
}
