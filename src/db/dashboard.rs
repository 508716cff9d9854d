//! What needs somebody at one moment: holds that are not in hand or nearly sold, orders and SKUs that are owed. Each is
//! found in an index that has nothing else, so that looking costs what there is to show, however much runs.

use crate::{
    db::{
        Conn,
        catalogue::skus::{Sku, find_all, may_be_short},
        engine::{
            schema::{holds as hold_rows, orders, promotions, skus},
            sums::sum,
            written::written,
        },
        orders::Order,
        promotions::holds,
    },
    domain::{
        catalogue::quantity::Position,
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::hold::Hold,
    },
};
use diesel::{dsl::count_star, prelude::*, sql_types::Bool};

/// The most rows of each list.
pub const ROWS: usize = 10;

/// The most SKUs that are looked at to count the holds that are short.
const SHORT_SKUS: i64 = 500;

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

/// The holds that are short at `now`, by SKU; those of the first 500 such SKUs.
///
/// # Errors
/// When the database fails.
pub fn short_holds(conn: &mut Conn, now: Moment) -> QueryResult<Vec<ShortHold>> {
    let codes: Vec<SkuCode> =
        skus::table.filter(may_be_short()).order(skus::code).limit(SHORT_SKUS).select(skus::code).load(conn)?;
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

/// A hold of a running flash sale of which nine tenths or more are sold.
#[derive(Debug, Clone, Queryable)]
pub struct NearlySold {
    /// The SKU.
    pub sku: SkuCode,
    /// The flash sale.
    pub promotion: PromotionId,
    /// Its name.
    pub promotion_name: String,
    /// Its store.
    pub store: StoreCode,
    /// Units taken.
    pub quantity: i64,
    /// Units sold from it.
    pub sold: i64,
}

/// Some of what there is, and how much there is in all.
#[derive(Debug, Clone)]
pub struct Found<Row> {
    /// The first [`ROWS`].
    pub rows: Vec<Row>,
    /// How many there are.
    pub count: i64,
}

/// The holds that are nearly sold at `now`, those first whose sale ends last: they have the longest to go.
///
/// # Errors
/// When the database fails.
pub fn nearly_sold(conn: &mut Conn, now: Moment) -> QueryResult<Found<NearlySold>> {
    // Written out as the index has it.
    let nearly = written::<Bool>("(holds.settled = FALSE AND holds.sold * 10 >= holds.quantity * 9)");
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

/// The open orders that are owed something, the oldest first, and the units that all of them are owed.
///
/// # Errors
/// When the database fails.
pub fn owed_orders(conn: &mut Conn) -> QueryResult<(Found<Order>, i64)> {
    // As the list of orders says it: `orders_oversold` has such orders alone, and the comparison with `TRUE` is a column
    // more of it to look up than SQLite finds in the index of all open orders.
    let owed = orders::table
        .filter(written::<Bool>("(orders.status = 'open' AND orders.oversold > 0 AND (orders.oversold > 0) = TRUE)"));
    let rows = owed
        .order((orders::placed_at, orders::number, orders::store))
        .limit(ROWS as i64)
        .select(Order::as_select())
        .load(conn)?;
    let (count, units) = owed.select((count_star(), sum(orders::oversold))).first(conn)?;
    Ok((Found { rows, count }, units))
}

/// SKUs that open orders are owed units of, by code, up to [`ROWS`].
///
/// # Errors
/// When the database fails.
pub fn owed_skus(conn: &mut Conn) -> QueryResult<Found<Sku>> {
    // Written out, so that both databases use the index of such SKUs.
    let owed = skus::table.filter(written::<Bool>("skus.oversold > 0"));
    let rows = owed.order(skus::code).limit(ROWS as i64).select(Sku::as_select()).load(conn)?;
    Ok(Found { rows, count: owed.select(count_star()).first(conn)? })
}
