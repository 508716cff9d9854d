//! What needs attention now: holds that are short or nearly sold, orders and SKUs that are owed units. Each has an
//! index of nothing else, so that a query costs what it finds, however many sales are running.

use crate::{
    db::{
        Conn, availability,
        catalogue::skus::Sku,
        engine::{
            schema::{holds as hold_rows, orders, promotions, skus},
            sql::{sql, sum},
        },
        orders::Order,
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

/// The open orders that are owed units, oldest first, and the units that all of them are owed.
pub fn owed_orders(conn: &mut Conn) -> QueryResult<(Found<Order>, i64)> {
    // Written like in the list of orders: `orders_oversold` indexes only such orders, and the comparison with `TRUE`
    // uses one more of its columns, so that SQLite prefers it to the index of all open orders.
    let owed = orders::table
        .filter(sql::<Bool>("(orders.status = 'open' AND orders.oversold > 0 AND (orders.oversold > 0) = TRUE)"));
    let rows = owed
        .order((orders::placed_at, orders::number, orders::store))
        .limit(ROWS as i64)
        .select(Order::as_select())
        .load(conn)?;
    let (count, units) = owed.select((count_star(), sum(orders::oversold))).first(conn)?;
    Ok((Found { rows, count }, units))
}

/// SKUs that open orders are owed units of, by code, up to [`ROWS`].
pub fn owed_skus(conn: &mut Conn) -> QueryResult<Found<Sku>> {
    // As text, so that both databases use the index of such SKUs.
    let owed = skus::table.filter(sql::<Bool>("skus.oversold > 0"));
    let rows = owed.order(skus::code).limit(ROWS as i64).select(Sku::as_select()).load(conn)?;
    Ok(Found { rows, count: owed.select(count_star()).first(conn)? })
}
