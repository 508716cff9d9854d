//! Which units open orders are owed, and which of them the stock that came in covers.

use crate::{
    db::{
        Conn,
        availability::{self, Available},
        engine::{
            among::among,
            schema::{order_lines, orders},
            sql::sql,
        },
        orders::{Order, OrderKey, lines_of_all},
    },
    domain::{
        code::{OrderNumber, SkuCode, StoreCode},
        moment::Moment,
        orders::{
            coverage::{Coverage, divide},
            order::OrderStatus,
        },
    },
};
use diesel::{prelude::*, sql_types::Bool};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The most open orders that are read because they are owed units: the oldest.
pub const LIMIT: usize = 5_000;

/// Open orders that are owed units, by order and SKU.
#[derive(Debug, Clone, Default)]
pub struct Owed {
    by_line: BTreeMap<(StoreCode, OrderNumber), BTreeMap<SkuCode, Coverage>>,
}

impl Owed {
    /// The orders that are owed units of any of `codes`, with what they are owed of these.
    pub fn of_skus<'a>(
        conn: &mut Conn,
        codes: impl IntoIterator<Item = &'a SkuCode> + Clone,
        now: Moment,
    ) -> QueryResult<Self> {
        let available = availability::read(conn, codes, now)?;
        Self::of_available(conn, &available)
    }

    /// The same for SKUs that were read, or locked, before.
    pub fn of_available(conn: &mut Conn, available: &Available) -> QueryResult<Self> {
        let owed: BTreeSet<&SkuCode> =
            available.iter().filter(|(_, of_sku)| of_sku.stock.oversold > 0).map(|(sku, _)| sku).collect();
        if owed.is_empty() {
            return Ok(Self::default());
        }
        Ok(Self::divided(open_lines(conn, owed)?, available))
    }

    /// Every open order that is owed units, oldest first, with what stock covers, and whether there are more than are
    /// read.
    pub fn all(conn: &mut Conn, now: Moment) -> QueryResult<(Vec<Order>, Self, bool)> {
        // Written like in the list of orders: `orders_oversold` indexes only such orders, and the comparison with `TRUE`
        // uses one more of its columns, so that SQLite prefers it to the index of all open orders.
        let owed = sql::<Bool>("(orders.status = 'open' AND orders.oversold > 0 AND (orders.oversold > 0) = TRUE)");
        let mut found: Vec<Order> = orders::table
            .filter(owed)
            .order((orders::placed_at, orders::number, orders::store))
            .limit(LIMIT as i64 + 1)
            .select(Order::as_select())
            .load(conn)?;
        if found.is_empty() {
            return Ok((found, Self::default(), false));
        }
        let is_cut = found.len() > LIMIT;
        found.truncate(LIMIT);
        let mut of_orders = lines_of_all(conn, &found)?;
        let mut lines = Vec::new();
        for order in &found {
            for line in of_orders.remove(&order.key()).unwrap_or_default() {
                if line.oversold > 0 && line.own_status.is_none() {
                    lines.push((line.sku, line.store, line.number, line.oversold));
                }
            }
        }
        let codes: BTreeSet<&SkuCode> = lines.iter().map(|(sku, ..)| sku).collect();
        let available = availability::read(conn, codes, now)?;
        Ok((found, Self::divided(lines, &available), is_cut))
    }

    /// `lines` are the oversold units of each line, those of a SKU with the oldest order first.
    fn divided(lines: Vec<(SkuCode, StoreCode, OrderNumber, i64)>, available: &Available) -> Self {
        let mut of_skus: BTreeMap<SkuCode, Vec<(OrderKey, i64)>> = BTreeMap::new();
        for (sku, store, number, units) in lines {
            of_skus.entry(sku).or_default().push(((store, number), units));
        }
        let mut owed = Self::default();
        for (sku, lines) in of_skus {
            let covered = available[&sku].position().covered();
            let divided = divide(covered, lines.iter().map(|(_, units)| *units));
            for ((key, _), coverage) in lines.into_iter().zip(divided) {
                *owed.by_line.entry(key).or_default().entry(sku.clone()).or_default() += coverage;
            }
        }
        owed
    }

    /// What an order is owed of all its SKUs.
    pub fn of(&self, key: &OrderKey) -> Coverage {
        let mut sum = Coverage::default();
        for coverage in self.by_line.get(key).into_iter().flat_map(BTreeMap::values) {
            sum += *coverage;
        }
        sum
    }

    /// The same for each SKU.
    pub fn skus_of(&self, key: &OrderKey) -> BTreeMap<SkuCode, Coverage> {
        self.by_line.get(key).cloned().unwrap_or_default()
    }
}

/// The oversold lines of open orders of `codes`, those of a SKU with the oldest order first.
///
/// The order of a line is asked for line by line. PostgreSQL would begin a join with all open orders as long as it does not
/// know how many there are.
fn open_lines<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<Vec<(SkuCode, StoreCode, OrderNumber, i64)>> {
    type Row = (SkuCode, StoreCode, OrderNumber, i64, i64, Option<Moment>);
    let of_line = orders::number.eq(order_lines::number).and(orders::store.eq(order_lines::store));
    let order = orders::table.filter(of_line);
    let mut rows: Vec<Row> = order_lines::table
        .filter(among(conn, "order_lines.sku", codes))
        .filter(sql::<Bool>("order_lines.oversold > 0"))
        .filter(order_lines::own_status.is_null())
        .filter(order.select(orders::status).single_value().eq(OrderStatus::Open))
        .select((
            order_lines::sku,
            order_lines::store,
            order_lines::number,
            order_lines::position,
            order_lines::oversold,
            order.select(orders::placed_at).single_value(),
        ))
        .load(conn)?;
    rows.sort_unstable_by(|one, other| {
        let (sku, store, number, position, _, placed_at) = one;
        (sku, placed_at, number, store, position).cmp(&(&other.0, &other.5, &other.2, &other.1, &other.3))
    });
    Ok(rows.into_iter().map(|(sku, store, number, _, oversold, _)| (sku, store, number, oversold)).collect())
}

/// What those of `orders` that are open are owed.
pub fn of_orders(conn: &mut Conn, orders: &[&Order], now: Moment) -> QueryResult<HashMap<OrderKey, Coverage>> {
    let owed: Vec<&Order> = orders.iter().copied().filter(|order| order.is_owed_units()).collect();
    if owed.is_empty() {
        return Ok(HashMap::new());
    }
    let mut codes = BTreeSet::new();
    for line in lines_of_all(conn, owed.iter().copied())?.into_values().flatten() {
        if line.oversold > 0 {
            codes.insert(line.sku);
        }
    }
    let coverage = Owed::of_skus(conn, &codes, now)?;
    Ok(owed.into_iter().map(|order| (order.key(), coverage.of(&order.key()))).collect())
}
