//! The numbers of a flash sale's report: the lines of its orders that were not cancelled.

use crate::{
    db::{
        Conn,
        engine::{
            among::among,
            schema::{holds, ledger_entries, order_lines, orders, promotion_orders},
            sql::{SqlText, Sum, bucketed, sql, sum},
        },
        promotions::list::ON_RECORD,
    },
    domain::{
        code::SkuCode,
        id::PromotionId,
        moment::Moment,
        money::Amount,
        promotions::{buckets::Buckets, sales::Sales},
    },
};
use diesel::{
    dsl::auto_type,
    prelude::*,
    sql_types::{BigInt, Bool},
};
use std::collections::HashMap;

/// The lines of the flash sale `id` that count, from the index of lines by sale and SKU.
#[auto_type]
fn counted_by_sku(id: PromotionId) -> _ {
    let same_order = orders::number.eq(order_lines::number).and(orders::store.eq(order_lines::store));
    let counting: SqlText<Bool> = COUNTING;
    order_lines::table
        .inner_join(orders::table.on(same_order))
        .filter(order_lines::promotion_id.eq(id))
        .filter(counting)
}

/// The same lines, joined from the orders of the flash sale, which have the time they were placed. An order may also
/// have lines of no sale. The comparison matches no index: with the one by sale, SQLite would search all lines of the
/// sale for those of each order.
#[auto_type]
fn counted_by_time(id: PromotionId) -> _ {
    let same_order =
        order_lines::number.eq(promotion_orders::number).and(order_lines::store.eq(promotion_orders::store));
    let of_sale: SqlText<Bool> = OF_SALE;
    let any_status: SqlText<Bool> = ANY_STATUS;
    let counting: SqlText<Bool> = COUNTING_OF_LISTED;
    promotion_orders::table
        .inner_join(order_lines::table.on(same_order))
        .filter(promotion_orders::promotion_id.eq(id))
        .filter(any_status)
        .filter(counting)
        .filter(of_sale)
}

const OF_SALE: SqlText<Bool> = sql("(order_lines.promotion_id || '') = promotion_orders.promotion_id");

/// As text, so that the orders of each status are found in the key of the table.
const ANY_STATUS: SqlText<Bool> = sql("promotion_orders.status IN ('open', 'shipped', 'cancelled')");

/// A line that was cancelled counts nothing, unless it was shipped before.
const COUNTING: SqlText<Bool> =
    sql("(COALESCE(order_lines.own_status, orders.status) <> 'cancelled' OR order_lines.returned > 0)");

/// The same, where the status of the order is that of the list.
const COUNTING_OF_LISTED: SqlText<Bool> =
    sql("(COALESCE(order_lines.own_status, promotion_orders.status) <> 'cancelled' OR order_lines.returned > 0)");

/// The sums of [`Sales`], of lines whose prices have the same decimals. The value of all lines may not fit in 64 bits even
/// where that of each does, so it is summed in two parts: billions and the remainder.
const SUMS: Sums = (
    sum(order_lines::from_hold),
    sum(order_lines::from_shared),
    sum(order_lines::oversold),
    sum(sql("order_lines.quantity * order_lines.unit_price_minor / 1000000000")),
    sum(sql("order_lines.quantity * order_lines.unit_price_minor % 1000000000")),
    sum(sql("CASE WHEN order_lines.unit_price_minor IS NULL THEN order_lines.quantity ELSE 0 END")),
);

type Sums = (
    Sum<order_lines::from_hold>,
    Sum<order_lines::from_shared>,
    Sum<order_lines::oversold>,
    Sum<SqlText<BigInt>>,
    Sum<SqlText<BigInt>>,
    Sum<SqlText<BigInt>>,
);

type Summed = (i64, i64, i64, i64, i64, i64);

fn read((from_hold, from_shared, oversold, thousand_millions, rest, unpriced): Summed, decimals: i32) -> Sales {
    let minor = i128::from(thousand_millions) * 1_000_000_000 + i128::from(rest);
    let revenue = Amount { minor, decimals: decimals.unsigned_abs() };
    Sales { from_hold, from_shared, oversold, revenue, unpriced }
}

/// What the flash sale `id` sold of each of `codes`. SKUs of which it sold nothing are not in the result.
pub fn sales_of<'a>(
    conn: &mut Conn,
    id: PromotionId,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, Sales>> {
    let rows: Vec<(SkuCode, i32, Summed)> = counted_by_sku(id)
        .filter(among(conn, "order_lines.sku", codes))
        .group_by((order_lines::sku, order_lines::price_decimals))
        .select((order_lines::sku, order_lines::price_decimals, SUMS))
        .load(conn)?;
    let mut sales: HashMap<SkuCode, Sales> = HashMap::with_capacity(rows.len());
    for (sku, decimals, summed) in rows {
        *sales.entry(sku).or_default() += read(summed, decimals);
    }
    Ok(sales)
}

/// What it sold of each SKU in each of `buckets`, by when the orders were placed.
pub fn over_time(conn: &mut Conn, id: PromotionId, buckets: &Buckets) -> QueryResult<HashMap<SkuCode, Vec<Sales>>> {
    let bucket = bucketed(conn, "promotion_orders.placed_at", buckets);
    let rows: Vec<(SkuCode, i64, i32, Summed)> = counted_by_time(id)
        .group_by((order_lines::sku, bucket.clone(), order_lines::price_decimals))
        .select((order_lines::sku, bucket, order_lines::price_decimals, SUMS))
        .load(conn)?;
    let mut sales: HashMap<SkuCode, Vec<Sales>> = HashMap::new();
    for (sku, index, decimals, summed) in rows {
        let of_sku = sales.entry(sku).or_insert_with(|| vec![Sales::default(); buckets.count]);
        of_sku[buckets.nth(index)] += read(summed, decimals);
    }
    Ok(sales)
}

/// Whether `sku` is one of its products, or was removed after it sold something.
pub fn has_product(conn: &mut Conn, id: PromotionId, sku: &SkuCode) -> QueryResult<bool> {
    let on_record = holds::table.find((sku, id)).filter(ON_RECORD);
    let held: Option<SkuCode> = on_record.select(holds::sku).first(conn).optional()?;
    Ok(held.is_some())
}

/// The condition of the index of holds' entries, as text: a database cannot match a parameter with it.
pub(super) const OF_HOLDS: SqlText<Bool> = sql("(ledger_entries.held_change <> 0)");

pub fn hold_changes(conn: &mut Conn, id: PromotionId, sku: Option<&SkuCode>) -> QueryResult<Vec<(Moment, i64)>> {
    let grouped = ledger_entries::table
        .filter(ledger_entries::promotion_id.eq(id))
        .filter(OF_HOLDS)
        .group_by(ledger_entries::at)
        .select((ledger_entries::at, sum(ledger_entries::held_change)));
    match sku {
        Some(sku) => grouped.filter(ledger_entries::sku.eq(sku)).load(conn),
        None => grouped.load(conn),
    }
}
