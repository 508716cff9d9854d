//! What the report of a flash sale counts: the lines of its orders, but for those that were cancelled.

use crate::{
    db::{
        Conn,
        among::among,
        schema::{order_lines, orders},
        sums::{Sum, sum},
        written::{Written, written},
    },
    domain::{code::SkuCode, id::PromotionId, order::OrderStatus, sales::Sales},
};
use diesel::{dsl::auto_type, prelude::*, sql_types::BigInt};
use std::collections::HashMap;

/// The lines of the flash sale `id` that count.
#[auto_type]
fn counted(id: PromotionId) -> _ {
    let same_order = orders::number.eq(order_lines::number).and(orders::store.eq(order_lines::store));
    let cancelled: OrderStatus = OrderStatus::Cancelled;
    order_lines::table
        .inner_join(orders::table.on(same_order))
        .filter(order_lines::promotion_id.eq(id))
        .filter(orders::status.ne(cancelled))
}

/// The sums of [`Sales`]. What all lines cost may be more than 64 bits hold, even where what each costs is not: it is
/// summed in two parts, thousand millions and what is left of them.
const SUMS: Sums = (
    sum(order_lines::from_hold),
    sum(order_lines::from_shared),
    sum(order_lines::oversold),
    sum(written("order_lines.quantity * order_lines.unit_price_minor / 1000000000")),
    sum(written("order_lines.quantity * order_lines.unit_price_minor % 1000000000")),
    sum(written("CASE WHEN order_lines.unit_price_minor IS NULL THEN order_lines.quantity ELSE 0 END")),
);

type Sums = (
    Sum<order_lines::from_hold>,
    Sum<order_lines::from_shared>,
    Sum<order_lines::oversold>,
    Sum<Written<BigInt>>,
    Sum<Written<BigInt>>,
    Sum<Written<BigInt>>,
);

/// What [`SUMS`] are read into.
type Summed = (i64, i64, i64, i64, i64, i64);

fn read((from_hold, from_shared, oversold, thousand_millions, rest, unpriced): Summed) -> Sales {
    let revenue_minor = i128::from(thousand_millions) * 1_000_000_000 + i128::from(rest);
    Sales { from_hold, from_shared, oversold, revenue_minor, unpriced }
}

/// What the flash sale `id` sold, on all its SKUs.
///
/// # Errors
/// When the database fails.
pub fn sales(conn: &mut Conn, id: PromotionId) -> QueryResult<Sales> {
    counted(id).select(SUMS).first(conn).map(read)
}

/// What it sold of each of `codes`; of what is not in the answer it sold nothing.
///
/// # Errors
/// When the database fails.
pub fn sales_of<'a>(
    conn: &mut Conn,
    id: PromotionId,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, Sales>> {
    let rows: Vec<(SkuCode, Summed)> = counted(id)
        .filter(among(conn, "order_lines.sku", codes))
        .group_by(order_lines::sku)
        .select((order_lines::sku, SUMS))
        .load(conn)?;
    Ok(rows.into_iter().map(|(sku, summed)| (sku, read(summed))).collect())
}
