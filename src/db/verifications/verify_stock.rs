//! The queries of `flashsale verify` about stock: every stored number that differs from the ledger. The database adds
//! up and compares, so that a ledger of any length needs no memory here: only differences are loaded, up to [`LIMIT`]
//! of a kind. Orders are in [`super::verify_orders`].

use super::sql_row;
use crate::{
    db::{Conn, engine::schema::holds},
    domain::{
        catalogue::stock::Stock,
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
    },
};
use diesel::{
    dsl::count_star,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Text, Timestamp},
};

/// The most differences of one kind that are loaded: enough to see that a database is wrong throughout.
pub const LIMIT: i64 = 10_000;

sql_row! {
    #[derive(Copy, PartialEq, Eq)]
    pub struct Counts {
        pub skus: i64 as BigInt,
        pub entries: i64 as BigInt,
        pub holds: i64 as BigInt,
        pub orders: i64 as BigInt,
    }
}

sql_row! {
    /// Totals of a SKU as stored and by the ledger, which differ.
    pub struct Totals {
        pub sku: SkuCode as Text,
        number: i64 as BigInt,
        on_hand: i64 as BigInt,
        committed: i64 as BigInt,
        oversold: i64 as BigInt,
        buffer: i64 as BigInt,
        ledger_number: i64 as BigInt,
        ledger_on_hand: i64 as BigInt,
        ledger_committed: i64 as BigInt,
        ledger_oversold: i64 as BigInt,
        ledger_buffer: i64 as BigInt,
    }
}

impl Totals {
    /// The number of an entry and the totals after it, as stored.
    pub fn stored(&self) -> (i64, Stock) {
        let Self { number, on_hand, committed, oversold, buffer, .. } = *self;
        (number, Stock { on_hand, committed, oversold, buffer })
    }

    /// The same, summed from the changes of the ledger.
    pub fn by_ledger(&self) -> (i64, Stock) {
        let stock = Stock {
            on_hand: self.ledger_on_hand,
            committed: self.ledger_committed,
            oversold: self.ledger_oversold,
            buffer: self.ledger_buffer,
        };
        (self.ledger_number, stock)
    }
}

sql_row! {
    /// A hold as stored and by the ledger, which differ.
    pub struct HoldTotals {
        pub sku: SkuCode as Text,
        pub promotion_id: PromotionId as Text,
        pub quantity: i64 as BigInt,
        pub sold: i64 as BigInt,
        /// 1 while it is a product of its promotion, 0 once it was removed.
        pub times: i64 as BigInt,
        pub ledger_quantity: i64 as BigInt,
        pub ledger_sold: i64 as BigInt,
        pub ledger_times: i64 as BigInt,
    }
}

sql_row! {
    /// The balance of a hold after an entry, as stored and as it follows from the entry before, which differ.
    pub struct HoldBalance {
        pub sku: SkuCode as Text,
        pub number: i64 as BigInt,
        pub quantity: i64 as BigInt,
        pub sold: i64 as BigInt,
        pub ledger_quantity: i64 as BigInt,
        pub ledger_sold: i64 as BigInt,
    }
}

sql_row! {
    /// A hold whose store or end differs from its promotion's.
    pub struct HoldCopy {
        pub sku: SkuCode as Text,
        pub promotion_id: PromotionId as Text,
        pub store: StoreCode as Text,
        pub ends_at: Moment as Timestamp,
        pub promotion_store: StoreCode as Text,
        pub promotion_ends_at: Moment as Timestamp,
    }
}

pub fn counts(conn: &mut Conn) -> QueryResult<Counts> {
    sql_query(
        "SELECT (SELECT COUNT(*) FROM skus) AS skus, (SELECT COUNT(*) FROM ledger_entries) AS entries,
                (SELECT COUNT(*) FROM holds) AS holds, (SELECT COUNT(*) FROM orders) AS orders",
    )
    .get_result(conn)
}

/// The SKUs whose totals or revision are not what their entries add up to.
pub fn wrong_totals(conn: &mut Conn) -> QueryResult<Vec<Totals>> {
    sql_query(format!(
        "SELECT s.code AS sku, s.revision AS number, s.on_hand, s.committed, s.oversold, s.buffer,
                COUNT(e.number) AS ledger_number,
                CAST(COALESCE(SUM(e.on_hand_change), 0) AS BIGINT) AS ledger_on_hand,
                CAST(COALESCE(SUM(e.committed_change), 0) AS BIGINT) AS ledger_committed,
                CAST(COALESCE(SUM(e.oversold_change), 0) AS BIGINT) AS ledger_oversold,
                CAST(COALESCE(SUM(e.buffer_change), 0) AS BIGINT) AS ledger_buffer
         FROM skus s LEFT JOIN ledger_entries e ON e.sku = s.code
         GROUP BY s.code
         HAVING s.revision <> COUNT(e.number)
             OR s.on_hand <> COALESCE(SUM(e.on_hand_change), 0)
             OR s.committed <> COALESCE(SUM(e.committed_change), 0)
             OR s.oversold <> COALESCE(SUM(e.oversold_change), 0)
             OR s.buffer <> COALESCE(SUM(e.buffer_change), 0)
         ORDER BY s.code LIMIT {LIMIT}"
    ))
    .load(conn)
}

/// The entries whose number or running balance does not follow from the entry before.
pub fn wrong_balances(conn: &mut Conn) -> QueryResult<Vec<Totals>> {
    sql_query(format!(
        "SELECT * FROM (
             SELECT e.sku, e.number, e.on_hand_after AS on_hand, e.committed_after AS committed,
                    e.oversold_after AS oversold, e.buffer_after AS buffer,
                    COALESCE(p.number, 0) + 1 AS ledger_number,
                    COALESCE(p.on_hand_after, 0) + e.on_hand_change AS ledger_on_hand,
                    COALESCE(p.committed_after, 0) + e.committed_change AS ledger_committed,
                    COALESCE(p.oversold_after, 0) + e.oversold_change AS ledger_oversold,
                    COALESCE(p.buffer_after, 0) + e.buffer_change AS ledger_buffer
             FROM ledger_entries e LEFT JOIN ledger_entries p ON p.sku = e.sku AND p.number = e.number - 1
         ) AS balance
         WHERE number <> ledger_number OR on_hand <> ledger_on_hand OR committed <> ledger_committed
            OR oversold <> ledger_oversold OR buffer <> ledger_buffer
         ORDER BY sku, number LIMIT {LIMIT}"
    ))
    .load(conn)
}

/// How often a hold was taken minus how often it was removed: 1 or 0 in all.
const TAKEN: &str = "CASE e.kind WHEN 'hold_taken' THEN 1 WHEN 'hold_removed' THEN -1 ELSE 0 END";

/// The holds whose quantity or sold units are not what their entries add up to, or that were removed without one.
pub fn wrong_holds(conn: &mut Conn) -> QueryResult<Vec<HoldTotals>> {
    sql_query(format!(
        "SELECT h.sku, h.promotion_id, h.quantity, h.sold,
                CAST(CASE WHEN h.removed THEN 0 ELSE 1 END AS BIGINT) AS times,
                CAST(COALESCE(SUM(e.held_change), 0) AS BIGINT) AS ledger_quantity,
                CAST(COALESCE(SUM(e.sold_change), 0) AS BIGINT) AS ledger_sold,
                CAST(COALESCE(SUM({TAKEN}), 0) AS BIGINT) AS ledger_times
         FROM holds h LEFT JOIN ledger_entries e ON e.promotion_id = h.promotion_id AND e.sku = h.sku
         GROUP BY h.sku, h.promotion_id
         HAVING h.quantity <> COALESCE(SUM(e.held_change), 0) OR h.sold <> COALESCE(SUM(e.sold_change), 0)
             OR CASE WHEN h.removed THEN 0 ELSE 1 END <> COALESCE(SUM({TAKEN}), 0)
         ORDER BY h.sku, h.promotion_id LIMIT {LIMIT}"
    ))
    .load(conn)
}

/// The entries whose balance of the hold does not follow from that of the entry before.
pub fn wrong_hold_balances(conn: &mut Conn) -> QueryResult<Vec<HoldBalance>> {
    sql_query(format!(
        "SELECT sku, number, quantity, sold, ledger_quantity, ledger_sold FROM (
             SELECT sku, number, COALESCE(held_after, 0) AS quantity, COALESCE(sold_after, 0) AS sold,
                    COALESCE(LAG(held_after) OVER of_hold, 0) + held_change AS ledger_quantity,
                    COALESCE(LAG(sold_after) OVER of_hold, 0) + sold_change AS ledger_sold
             FROM ledger_entries WHERE promotion_id IS NOT NULL
             WINDOW of_hold AS (PARTITION BY promotion_id, sku ORDER BY number)
         ) AS balance
         WHERE quantity <> ledger_quantity OR sold <> ledger_sold
         ORDER BY sku, number LIMIT {LIMIT}"
    ))
    .load(conn)
}

/// The holds of the ledger that are not stored; their stored values are 0.
pub fn missing_holds(conn: &mut Conn) -> QueryResult<Vec<HoldTotals>> {
    const NONE: &str = "CAST(0 AS BIGINT)";
    sql_query(format!(
        "SELECT e.sku, e.promotion_id, {NONE} AS quantity, {NONE} AS sold, {NONE} AS times,
                CAST(SUM(e.held_change) AS BIGINT) AS ledger_quantity,
                CAST(SUM(e.sold_change) AS BIGINT) AS ledger_sold,
                {NONE} AS ledger_times
         FROM ledger_entries e LEFT JOIN holds h ON h.sku = e.sku AND h.promotion_id = e.promotion_id
         WHERE e.promotion_id IS NOT NULL AND h.sku IS NULL
         GROUP BY e.promotion_id, e.sku
         ORDER BY e.promotion_id, e.sku LIMIT {LIMIT}"
    ))
    .load(conn)
}

/// The holds whose store or end is not their promotion's. The hold of a product that was removed ended before.
pub fn wrong_copies(conn: &mut Conn) -> QueryResult<Vec<HoldCopy>> {
    sql_query(format!(
        "SELECT h.sku, h.promotion_id, h.store, h.ends_at, p.store AS promotion_store, p.ends_at AS promotion_ends_at
         FROM holds h JOIN promotions p ON p.id = h.promotion_id
         WHERE h.store <> p.store OR h.ends_at <> p.ends_at AND NOT (h.removed AND h.ends_at < p.ends_at)
         ORDER BY h.sku, h.promotion_id LIMIT {LIMIT}"
    ))
    .load(conn)
}

/// The stores with more than one live hold on a SKU at `now`, and how many.
pub fn held_twice(conn: &mut Conn, now: Moment) -> QueryResult<Vec<(SkuCode, StoreCode, i64)>> {
    holds::table
        .filter(holds::ends_at.gt(now).and(holds::removed.eq(false)))
        .group_by((holds::sku, holds::store))
        .having(count_star().gt(1))
        .order((holds::sku, holds::store))
        .select((holds::sku, holds::store, count_star()))
        .limit(LIMIT)
        .load(conn)
}

/// The holds that are live at `now` but not in the index of open holds, so that no query would find them.
pub fn settled_too_soon(conn: &mut Conn, now: Moment) -> QueryResult<Vec<(SkuCode, PromotionId, Moment)>> {
    holds::table
        .filter(holds::settled.and(holds::ends_at.gt(now)).and(holds::removed.eq(false)))
        .order((holds::sku, holds::promotion_id))
        .select((holds::sku, holds::promotion_id, holds::ends_at))
        .limit(LIMIT)
        .load(conn)
}

/// Up to `limit` SKUs with live holds at `now`, by code, after `last`.
pub fn held_after(conn: &mut Conn, last: Option<&SkuCode>, now: Moment, limit: i64) -> QueryResult<Vec<SkuCode>> {
    let after = last.map_or("", SkuCode::as_str);
    holds::table
        .filter(holds::ends_at.gt(now).and(holds::removed.eq(false)).and(holds::sku.gt(after)))
        .order(holds::sku)
        .select(holds::sku)
        .distinct()
        .limit(limit)
        .load(conn)
}
