//! The queries of `flashsale verify` about orders: whether each is the sum of its lines, whether its lines and the
//! ledger agree, and whether flash sales list it correctly. With [`super::verify_stock`] this proves that the committed,
//! oversold and sold units are those of the lines.

use super::{sql_row, verify_stock::LIMIT};
use crate::{
    db::Conn,
    domain::{
        catalogue::ledger::EntryKind,
        code::{OrderNumber, SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        orders::order::OrderStatus,
    },
};
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};

sql_row! {
    /// An order that is not the sum of its lines.
    pub struct OrderTotals {
        pub number: OrderNumber as Text,
        pub store: StoreCode as Text,
        pub status: OrderStatus as Text,
        pub units: i64 as BigInt,
        pub oversold: i64 as BigInt,
        pub line_units: i64 as BigInt,
        pub line_oversold: i64 as BigInt,
    }
}

sql_row! {
    /// What an order took of a SKU, by its lines and by the ledger, which differ.
    pub struct OfOrder {
        pub number: OrderNumber as Text,
        pub store: StoreCode as Text,
        pub sku: SkuCode as Text,
        /// The status of the order's line of it, if it has one.
        pub status: Option<OrderStatus> as Nullable<Text>,
        promotion: Option<PromotionId> as Nullable<Text>,
        lines: i64 as BigInt,
        /// Lines whose units left, and lines that count nothing.
        pub shipped_lines: i64 as BigInt,
        pub cancelled_lines: i64 as BigInt,
        from_hold: i64 as BigInt,
        committed: i64 as BigInt,
        oversold: i64 as BigInt,
        due_on_hand: i64 as BigInt,
        due_committed: i64 as BigInt,
        due_oversold: i64 as BigInt,
        due_sold: i64 as BigInt,
        ledger_promotion: Option<PromotionId> as Nullable<Text>,
        taken: i64 as BigInt,
        taken_from_hold: i64 as BigInt,
        taken_committed: i64 as BigInt,
        taken_oversold: i64 as BigInt,
        /// Entries that say that it was shipped.
        pub shipped: i64 as BigInt,
        /// Entries that say that it was cancelled.
        pub cancelled: i64 as BigInt,
        /// Entries that say that it was changed in another way.
        pub changed: i64 as BigInt,
        closed_on_hand: i64 as BigInt,
        closed_committed: i64 as BigInt,
        closed_oversold: i64 as BigInt,
        closed_sold: i64 as BigInt,
        net_on_hand: i64 as BigInt,
        net_committed: i64 as BigInt,
        net_oversold: i64 as BigInt,
        net_sold: i64 as BigInt,
        /// Returned units that were put back to stock.
        pub restocked: i64 as BigInt,
        pub ledger_restocked: i64 as BigInt,
    }
}

/// What lines took, by themselves or by the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Took {
    pub promotion: Option<PromotionId>,
    /// Lines that took something.
    pub lines: i64,
    pub from_hold: i64,
    pub from_shared: i64,
    pub oversold: i64,
}

/// What an order changes of the totals of a SKU and of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Closed {
    pub on_hand: i64,
    pub committed: i64,
    pub oversold: i64,
    pub sold: i64,
}

impl OfOrder {
    pub fn by_lines(&self) -> Took {
        Took {
            promotion: self.promotion,
            lines: self.lines,
            from_hold: self.from_hold,
            from_shared: self.committed - self.from_hold,
            oversold: self.oversold,
        }
    }

    pub fn by_ledger(&self) -> Took {
        Took {
            promotion: self.ledger_promotion,
            lines: self.taken,
            from_hold: self.taken_from_hold,
            from_shared: self.taken_committed - self.taken_from_hold,
            oversold: self.taken_oversold,
        }
    }

    /// What should have changed since its lines were taken, so that they are what they are.
    pub fn closed_by_lines(&self) -> Closed {
        let due = self.due();
        Closed {
            on_hand: due.on_hand,
            committed: due.committed - self.committed,
            oversold: due.oversold - self.oversold,
            sold: due.sold - self.from_hold,
        }
    }

    /// What its lines do to the totals as they are.
    pub fn due(&self) -> Closed {
        Closed {
            on_hand: self.due_on_hand,
            committed: self.due_committed,
            oversold: self.due_oversold,
            sold: self.due_sold,
        }
    }

    /// What all its entries come to.
    pub fn net(&self) -> Closed {
        Closed {
            on_hand: self.net_on_hand,
            committed: self.net_committed,
            oversold: self.net_oversold,
            sold: self.net_sold,
        }
    }

    pub fn closed_by_ledger(&self) -> Closed {
        Closed {
            on_hand: self.closed_on_hand,
            committed: self.closed_committed,
            oversold: self.closed_oversold,
            sold: self.closed_sold,
        }
    }
}

sql_row! {
    /// An entry without an order that changes what only orders may change.
    pub struct Unordered {
        pub sku: SkuCode as Text,
        pub number: i64 as BigInt,
        pub kind: EntryKind as Text,
        pub committed_change: i64 as BigInt,
        pub oversold_change: i64 as BigInt,
        pub sold_change: i64 as BigInt,
    }
}

/// The orders that are not the sum of their lines. One without lines was cancelled before it arrived. A line that was
/// cancelled alone counts nothing, and oversold are the units of the lines that are in the status of the order.
pub fn wrong_orders(conn: &mut Conn) -> QueryResult<Vec<OrderTotals>> {
    const COUNTS: &str = "own_status IS NULL OR own_status <> 'cancelled'";
    let units = format!(
        "COALESCE(SUM(CASE WHEN l.{} THEN l.quantity ELSE 0 END), 0) + COALESCE(MAX(u.units), 0)",
        COUNTS.replace("OR own", "OR l.own")
    );
    let oversold = "COALESCE(SUM(CASE WHEN l.own_status IS NULL THEN l.oversold ELSE 0 END), 0)";
    sql_query(format!(
        "SELECT o.number, o.store, o.status, o.units, o.oversold,
                CAST({units} AS BIGINT) AS line_units, CAST({oversold} AS BIGINT) AS line_oversold
         FROM orders o LEFT JOIN order_lines l ON l.number = o.number AND l.store = o.store
         LEFT JOIN (
             SELECT number, store, SUM(CASE WHEN {COUNTS} THEN quantity ELSE 0 END) AS units
             FROM unmatched_lines GROUP BY number, store
         ) u ON u.number = o.number AND u.store = o.store
         GROUP BY o.number, o.store
         HAVING o.units <> {units} OR o.oversold <> {oversold}
             OR (COUNT(l.sku) = 0 AND MAX(u.units) IS NULL AND o.status <> 'cancelled')
         ORDER BY o.number, o.store LIMIT {LIMIT}"
    ))
    .load(conn)
}

/// The lines of all orders, and the entries of the ledger about them.
const BOTH_SIDES: &str = "
    SELECT l.number, l.store, l.sku, l.promotion_id AS promotion,
           CASE WHEN l.returned > 0 THEN 'shipped' ELSE COALESCE(l.own_status, o.status) END AS what,
           l.from_hold AS sold, l.from_hold + l.from_shared AS committed, l.oversold, 0 AS on_hand,
           l.restocked
    FROM order_lines l JOIN orders o ON o.number = l.number AND o.store = l.store
    UNION ALL
    SELECT order_number, store, sku, promotion_id, kind, sold_change, committed_change, oversold_change,
           on_hand_change, 0
    FROM ledger_entries WHERE order_number IS NOT NULL";

/// The lines that differ from the ledger, by order and SKU. Both are read once and sorted together by the database, in
/// bounded memory. What was plainly taken, shipped and cancelled is compared step by step; of an order that became another,
/// all entries together are compared with what its lines are now.
pub fn wrong_lines(conn: &mut Conn) -> QueryResult<Vec<OfOrder>> {
    const IS_LINE: &str = "what IN ('open', 'shipped', 'cancelled')";
    // A line that was moved to another SKU was taken there, and not here.
    const TAKEN: &str = "what IN ('order_taken', 'order_moved_here', 'order_moved_away')";
    const TIMES: &str =
        "CASE what WHEN 'order_taken' THEN 1 WHEN 'order_moved_here' THEN 1 WHEN 'order_moved_away' THEN -1 ELSE 0 END";
    const CLOSED: &str = "what IN ('order_shipped', 'order_cancelled')";
    const NET: &str = "what NOT IN ('open', 'shipped', 'cancelled', 'return_restocked')";
    let sum = |of: &str, column: &str| format!("CAST(SUM(CASE WHEN {of} THEN {column} ELSE 0 END) AS BIGINT)");
    let lines = |of: &str| format!("COUNT(CASE WHEN {of} AND committed + oversold > 0 THEN 1 END)");
    let all_lines = lines(IS_LINE);
    let [shipped_lines, cancelled_lines] = ["what = 'shipped'", "what = 'cancelled'"].map(lines);
    let [from_hold, committed, oversold] = ["sold", "committed", "oversold"].map(|column| sum(IS_LINE, column));
    let due_on_hand = sum("what = 'shipped'", "-(committed + oversold)");
    let [due_committed, due_oversold] = ["committed", "oversold"].map(|column| sum("what = 'open'", column));
    let due_sold = sum("what IN ('open', 'shipped')", "sold");
    let [taken_from_hold, taken_committed, taken_oversold] =
        ["sold", "committed", "oversold"].map(|column| sum(TAKEN, column));
    let [closed_on_hand, closed_committed, closed_oversold, closed_sold] =
        ["on_hand", "committed", "oversold", "sold"].map(|column| sum(CLOSED, column));
    let [net_on_hand, net_committed, net_oversold, net_sold] =
        ["on_hand", "committed", "oversold", "sold"].map(|column| sum(NET, column));
    let restocked = sum(IS_LINE, "restocked");
    let ledger_restocked = sum("what = 'return_restocked'", "on_hand");
    sql_query(format!(
        "SELECT * FROM (
             SELECT number, store, sku,
                    MAX(CASE WHEN {IS_LINE} THEN what END) AS status,
                    MAX(CASE WHEN {IS_LINE} THEN promotion END) AS promotion,
                    {all_lines} AS lines, {shipped_lines} AS shipped_lines, {cancelled_lines} AS cancelled_lines,
                    {from_hold} AS from_hold, {committed} AS committed, {oversold} AS oversold,
                    {due_on_hand} AS due_on_hand, {due_committed} AS due_committed,
                    {due_oversold} AS due_oversold, {due_sold} AS due_sold,
                    MAX(CASE WHEN {IS_LINE} THEN NULL ELSE promotion END) AS ledger_promotion,
                    CAST(SUM({TIMES}) AS BIGINT) AS taken,
                    {taken_from_hold} AS taken_from_hold, {taken_committed} AS taken_committed,
                    {taken_oversold} AS taken_oversold,
                    COUNT(CASE WHEN what = 'order_shipped' THEN 1 END) AS shipped,
                    COUNT(CASE WHEN what = 'order_cancelled' THEN 1 END) AS cancelled,
                    COUNT(CASE WHEN what = 'order_changed' THEN 1 END) AS changed,
                    {closed_on_hand} AS closed_on_hand, {closed_committed} AS closed_committed,
                    {closed_oversold} AS closed_oversold, {closed_sold} AS closed_sold,
                    {net_on_hand} AS net_on_hand, {net_committed} AS net_committed,
                    {net_oversold} AS net_oversold, {net_sold} AS net_sold,
                    {restocked} AS restocked, {ledger_restocked} AS ledger_restocked
             FROM (
                 {BOTH_SIDES}
             ) AS both_sides
             GROUP BY number, store, sku
         ) AS of_orders
         WHERE restocked <> ledger_restocked OR CASE WHEN changed > 0 THEN
                due_on_hand <> net_on_hand OR due_committed <> net_committed OR due_oversold <> net_oversold
             OR due_sold <> net_sold
         ELSE
                lines <> taken OR from_hold <> taken_from_hold OR committed <> taken_committed
             OR oversold <> taken_oversold OR COALESCE(promotion, '') <> COALESCE(ledger_promotion, '')
             OR shipped <> shipped_lines OR cancelled <> cancelled_lines
             OR closed_on_hand <> due_on_hand OR closed_committed <> due_committed - committed
             OR closed_oversold <> due_oversold - oversold OR closed_sold <> due_sold - from_hold
         END
         ORDER BY number, store, sku LIMIT {LIMIT}"
    ))
    .load(conn)
}

sql_row! {
    /// An order as a flash sale lists it and as it should by the order itself and its lines, which differ.
    pub struct Listed {
        pub promotion_id: PromotionId as Text,
        pub number: OrderNumber as Text,
        pub store: StoreCode as Text,
        pub times: i64 as BigInt,
        /// Whether a line of it belongs to the sale: 1 or 0.
        pub belongs: i64 as BigInt,
        pub status: Option<OrderStatus> as Nullable<Text>,
        pub order_status: Option<OrderStatus> as Nullable<Text>,
        pub placed_at: Option<Moment> as Nullable<Timestamp>,
        pub order_placed_at: Option<Moment> as Nullable<Timestamp>,
        pub is_oversold: i64 as BigInt,
        pub order_is_oversold: i64 as BigInt,
    }
}

/// The orders that a flash sale lists wrongly, or should not list.
pub fn wrong_lists(conn: &mut Conn) -> QueryResult<Vec<Listed>> {
    let of = |side: i64, column: &str| format!("MAX(CASE side WHEN {side} THEN {column} END)");
    let count = |side: i64| format!("CAST(SUM(CASE side WHEN {side} THEN 1 ELSE 0 END) AS BIGINT)");
    let oversold =
        |side: i64| format!("CAST(MAX(CASE WHEN side = {side} AND is_oversold THEN 1 ELSE 0 END) AS BIGINT)");
    let [times, belongs] = [0, 1].map(count);
    let [status, order_status] = [0, 1].map(|side| of(side, "status"));
    let [placed_at, order_placed_at] = [0, 1].map(|side| of(side, "placed_at"));
    let [is_oversold, order_is_oversold] = [0, 1].map(oversold);
    sql_query(format!(
        "SELECT * FROM (
             SELECT promotion_id, number, store, {times} AS times, {belongs} AS belongs,
                    {status} AS status, {order_status} AS order_status,
                    {placed_at} AS placed_at, {order_placed_at} AS order_placed_at,
                    {is_oversold} AS is_oversold, {order_is_oversold} AS order_is_oversold
             FROM (
                 SELECT promotion_id, number, store, status, placed_at, is_oversold, 0 AS side FROM promotion_orders
                 UNION ALL
                 SELECT DISTINCT l.promotion_id, o.number, o.store, o.status, o.placed_at, o.oversold > 0, 1
                 FROM order_lines l JOIN orders o ON o.number = l.number AND o.store = l.store
                 WHERE l.promotion_id IS NOT NULL
             ) AS both_sides
             GROUP BY promotion_id, number, store
         ) AS listed
         WHERE times <> belongs OR status <> order_status OR placed_at <> order_placed_at
            OR is_oversold <> order_is_oversold
         ORDER BY promotion_id, number, store LIMIT {LIMIT}"
    ))
    .load(conn)
}

/// The entries without an order that change what only orders may change.
pub fn unordered(conn: &mut Conn) -> QueryResult<Vec<Unordered>> {
    sql_query(format!(
        "SELECT sku, number, kind, committed_change, oversold_change, sold_change FROM ledger_entries
         WHERE order_number IS NULL AND (committed_change <> 0 OR oversold_change <> 0 OR sold_change <> 0)
         ORDER BY sku, number LIMIT {LIMIT}"
    ))
    .load(conn)
}
