//! The list of orders, newest first.
//!
//! It is read by status: there is an index with the orders of each status in the order of the list, for all stores, for
//! one store, for oversold orders and for those of a flash sale. A list of all statuses merges the newest of the three.
//! So with any filter it reads little more than it shows.

mod search;

use crate::{
    db::{
        Conn,
        engine::{
            among::among,
            keyset::{self, RowId},
            paging::{Page, Place},
            schema::{order_lines, orders, promotion_orders, promotions},
            sql::{SqlText, sql, sum},
        },
        orders::{Line, Order, OrderKey, find_all as orders_of, lines_of_all},
    },
    domain::{
        code::{OrderNumber, StoreCode},
        id::PromotionId,
        moment::Moment,
        money::Amount,
        orders::order::OrderStatus,
    },
};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Integer, Nullable},
};
use std::{collections::HashMap, fmt, str::FromStr};

/// The place of an order in the list.
pub type Key = keyset::Key<ListedId>;

type Part = keyset::Part<ListedId>;

/// Sorts orders that were placed at the same moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedId {
    number: OrderNumber,
    store: StoreCode,
}

impl RowId for ListedId {
    fn columns(&self) -> Vec<&str> {
        vec![self.number.as_str(), self.store.as_str()]
    }
}

/// Separates the parts of an id: no store's code contains it.
const SEPARATOR: char = '|';

impl fmt::Display for ListedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{SEPARATOR}{}", self.store, self.number)
    }
}

impl FromStr for ListedId {
    type Err = keyset::NotAKey;

    fn from_str(text: &str) -> Result<Self, keyset::NotAKey> {
        let (store, number) = text.split_once(SEPARATOR).ok_or(keyset::NotAKey)?;
        let number = OrderNumber::in_address(number).ok_or(keyset::NotAKey)?;
        let store = StoreCode::in_address(store).ok_or(keyset::NotAKey)?;
        Ok(Self { number, store })
    }
}

impl Key {
    fn new((at, number, store): KeyColumns) -> Self {
        Self { at, id: ListedId { number, store } }
    }

    pub fn of(order: &Order) -> Self {
        Self::new((order.placed_at, order.number.clone(), order.store.clone()))
    }
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The beginning of the order's number, or the code of a SKU that it has; empty for all.
    pub search: String,
    pub store: Option<StoreCode>,
    pub status: Option<OrderStatus>,
    pub is_oversold: bool,
    /// Only open orders that are owed units: those that stock covers at this moment, or those that are still short.
    pub is_covered_at: Option<(bool, Moment)>,
    pub promotion: Option<PromotionId>,
    /// Placed at this moment or later.
    pub from: Option<Moment>,
    /// Placed before this moment.
    pub until: Option<Moment>,
}

impl Filter {
    /// Whether an order matches, apart from the search and the flash sale.
    fn admits(&self, order: &Order) -> bool {
        self.store.as_ref().is_none_or(|store| *store == order.store)
            && self.status.is_none_or(|status| status == order.status)
            && (!self.is_oversold || order.oversold > 0)
            && self.from.is_none_or(|from| order.placed_at >= from)
            && self.until.is_none_or(|until| order.placed_at < until)
    }
}

/// An order with what its lines add up to.
#[derive(Debug, Clone)]
pub struct ListedOrder {
    pub order: Order,
    pub sums: Sums,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub from_hold: i64,
    pub from_shared: i64,
    /// The value of the lines whose price is known, in the currency of the store; `None` if no price is.
    pub value: Option<Amount>,
}

#[derive(Debug, Clone)]
pub struct OrderList {
    pub page: Page<ListedOrder>,
    /// Whether the search found more than are searched.
    pub is_cut: bool,
}

pub fn read(conn: &mut Conn, filter: &Filter, place: &Place) -> QueryResult<OrderList> {
    let (rows, is_cut) = rows(conn, filter, place, Place::LIMIT)?;
    let page = Page::new(place, with_sums(conn, rows)?);
    Ok(OrderList { page, is_cut })
}

const BATCH: i64 = 1_000;

/// The next batch of an export, after `last`. The first batch is after nothing; an empty one is the end.
pub fn batch(conn: &mut Conn, filter: &Filter, last: Option<&Key>) -> QueryResult<Vec<ListedOrder>> {
    let place = last.map_or(Place::Start, |key| Place::After(key.to_string()));
    let (rows, _) = rows(conn, filter, &place, BATCH)?;
    with_sums(conn, rows)
}

/// Up to `limit` orders after `last` with their lines.
pub fn with_lines(
    conn: &mut Conn,
    filter: &Filter,
    last: Option<&Key>,
    limit: usize,
) -> QueryResult<Vec<(Order, Vec<Line>)>> {
    let place = last.map_or(Place::Start, |key| Place::After(key.to_string()));
    let limit = i64::try_from(limit).expect("a small number");
    let (rows, _) = rows(conn, filter, &place, limit)?;
    let mut lines = lines_of_all(conn, &rows)?;
    let mut listed = Vec::with_capacity(rows.len());
    for order in rows {
        let of_order = lines.remove(&order.key()).unwrap_or_default();
        listed.push((order, of_order));
    }
    Ok(listed)
}

pub fn is_empty(conn: &mut Conn) -> QueryResult<bool> {
    orders::table.select(orders::number).first::<OrderNumber>(conn).optional().map(|number| number.is_none())
}

/// How many flash sales the list offers as a filter, in addition to the selected one.
const PROMOTIONS: i64 = 50;

/// The latest flash sales with their names, newest first, and `chosen` among them.
pub fn promotions(conn: &mut Conn, chosen: Option<PromotionId>) -> QueryResult<Vec<(PromotionId, String)>> {
    let named = promotions::table.select((promotions::id, promotions::name)).order(promotions::id.desc());
    let mut latest: Vec<(PromotionId, String)> = named.limit(PROMOTIONS).load(conn)?;
    if let Some(chosen) = chosen.filter(|chosen| latest.iter().all(|(id, _)| id != chosen)) {
        latest.extend(named.filter(promotions::id.eq(chosen)).load::<(PromotionId, String)>(conn)?);
    }
    Ok(latest)
}

/// Up to `limit` orders from `place` on, and whether the search found more than it considers.
fn rows(conn: &mut Conn, filter: &Filter, place: &Place, limit: i64) -> QueryResult<(Vec<Order>, bool)> {
    let part = Part::new(filter.from, filter.until, place, limit);
    if let Some(is_covered_at) = filter.is_covered_at {
        return search::owed(conn, filter, &part, is_covered_at);
    }
    match filter.search.trim() {
        "" => {
            let keys = keys(conn, filter, &part)?;
            Ok((load(conn, keys)?, false))
        }
        term => search::found(conn, filter, &part, term),
    }
}

/// Limits a query on `$table`, which has the columns of a key, to a part.
macro_rules! take {
    ($query:expr, $table:ident, $part:expr) => {{
        let mut query = $query;
        for inside in $part.conditions(stringify!($table), &["placed_at", "number", "store"]) {
            query = query.filter(inside);
        }
        if $part.is_backwards {
            query.order(($table::placed_at.asc(), $table::number.asc(), $table::store.asc())).limit($part.limit)
        } else {
            query.order(($table::placed_at.desc(), $table::number.desc(), $table::store.desc())).limit($part.limit)
        }
    }};
}

fn keys(conn: &mut Conn, filter: &Filter, part: &Part) -> QueryResult<Vec<Key>> {
    if let (Some(promotion), Some(wanted)) = (filter.promotion, &filter.store) {
        // A flash sale is of one store, so either all of its orders are of the store of the filter or none.
        let store: Option<StoreCode> =
            promotions::table.find(promotion).select(promotions::store).first(conn).optional()?;
        if store.as_ref() != Some(wanted) {
            return Ok(Vec::new());
        }
    }
    let statuses = OrderStatus::ALL.into_iter().filter(|status| filter.status.is_none_or(|wanted| wanted == *status));
    let mut keys: Vec<Key> = Vec::new();
    for status in statuses {
        let found = match filter.promotion {
            Some(promotion) => of_promotion(conn, filter, part, status, promotion)?,
            None => of_all(conn, filter, part, status)?,
        };
        keys.extend(found.into_iter().map(Key::new));
    }
    Ok(part.arranged(keys, Key::clone))
}

type KeyColumns = (Moment, OrderNumber, StoreCode);

fn of_all(conn: &mut Conn, filter: &Filter, part: &Part, status: OrderStatus) -> QueryResult<Vec<KeyColumns>> {
    let key = (orders::placed_at, orders::number, orders::store);
    let mut query = orders::table.select(key).filter(orders::status.eq(status)).into_boxed();
    if let Some(store) = &filter.store {
        query = query.filter(orders::store.eq(store));
    }
    if filter.is_oversold {
        // The first condition is that of the index, the second is a column of it.
        query = query.filter(sql::<Bool>("(orders.oversold > 0 AND (orders.oversold > 0) = TRUE)"));
    }
    take!(query, orders, part).load(conn)
}

fn of_promotion(
    conn: &mut Conn,
    filter: &Filter,
    part: &Part,
    status: OrderStatus,
    promotion: PromotionId,
) -> QueryResult<Vec<KeyColumns>> {
    let key = (promotion_orders::placed_at, promotion_orders::number, promotion_orders::store);
    let of_promotion = promotion_orders::promotion_id.eq(promotion).and(promotion_orders::status.eq(status));
    let mut query = promotion_orders::table.select(key).filter(of_promotion).into_boxed();
    if filter.is_oversold {
        query = query.filter(sql::<Bool>("promotion_orders.is_oversold = TRUE"));
    }
    take!(query, promotion_orders, part).load(conn)
}

/// The orders of `keys`, in their order.
fn load(conn: &mut Conn, keys: Vec<Key>) -> QueryResult<Vec<Order>> {
    let mut found = orders_of(conn, keys.iter().map(|key| (&key.id.store, &key.id.number)))?;
    Ok(keys.into_iter().filter_map(|key| found.remove(&(key.id.store, key.id.number))).collect())
}

fn with_sums(conn: &mut Conn, rows: Vec<Order>) -> QueryResult<Vec<ListedOrder>> {
    const VALUE: SqlText<Nullable<BigInt>> =
        sql("CAST(SUM(order_lines.quantity * order_lines.unit_price_minor) AS BIGINT)");
    // Lines of an order are recorded while its store has one currency, so their prices have the same decimals.
    const DECIMALS: SqlText<Integer> = sql("MAX(order_lines.price_decimals)");
    let summed: Vec<(OrderNumber, StoreCode, i64, i64, Option<i64>, i32)> = order_lines::table
        .filter(among(conn, "order_lines.number", rows.iter().map(|order| &order.number)))
        .filter(sql::<Bool>("(order_lines.own_status IS NULL OR order_lines.own_status <> 'cancelled')"))
        .group_by((order_lines::number, order_lines::store))
        .select((
            order_lines::number,
            order_lines::store,
            sum(order_lines::from_hold),
            sum(order_lines::from_shared),
            VALUE,
            DECIMALS,
        ))
        .load(conn)?;
    let mut sums: HashMap<OrderKey, Sums> = HashMap::with_capacity(summed.len());
    for (number, store, from_hold, from_shared, minor, decimals) in summed {
        let value = minor.map(|minor| Amount { minor: minor.into(), decimals: decimals.unsigned_abs() });
        sums.insert((store, number), Sums { from_hold, from_shared, value });
    }
    let mut listed = Vec::with_capacity(rows.len());
    for order in rows {
        let sums = sums.remove(&order.key()).unwrap_or_default();
        listed.push(ListedOrder { order, sums });
    }
    Ok(listed)
}
