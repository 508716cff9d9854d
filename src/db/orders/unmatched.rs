//! Lines of orders whose seller SKU no listing of their store has, and the list of them. They take nothing until one has
//! it.

use super::{Order, OrderKey, line_keys};
use crate::{
    db::{
        Backend, Conn,
        engine::{
            among::{among, pair_among},
            paging::{Page, Place},
            schema::{listings, unmatched_lines},
            search,
            sql::{Condition, SqlText, sql},
        },
    },
    domain::{
        code::{LineId, OrderNumber, SellerSku, StoreCode},
        orders::order::{LineItem, OrderStatus, StateLine},
    },
    insert_rows,
};
use diesel::{dsl::exists, prelude::*, sql_types::Bool};
use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = unmatched_lines, treat_none_as_default_value = false)]
pub struct UnmatchedLine {
    pub store: StoreCode,
    pub number: OrderNumber,
    /// Which line of its order, counted together with those that are matched.
    pub position: i64,
    pub line_id: Option<LineId>,
    pub seller_sku: SellerSku,
    pub quantity: i64,
    /// Where it is not the status of the order.
    pub own_status: Option<OrderStatus>,
    pub returned: i64,
    pub unit_price_minor: Option<i64>,
    pub price_decimals: i32,
}

impl UnmatchedLine {
    /// Its status in an order that is in `of_order`.
    pub fn status(&self, of_order: OrderStatus) -> OrderStatus {
        self.own_status.unwrap_or(of_order)
    }

    /// The line as its store said it, in this status.
    pub fn state(&self, status: OrderStatus) -> StateLine {
        StateLine {
            id: self.line_id.clone(),
            item: LineItem::SellerSku(self.seller_sku.clone()),
            quantity: self.quantity - self.returned,
            status: Some(status),
            returned: self.returned,
            unit_price_minor: self.unit_price_minor,
        }
    }
}

pub fn of_order(conn: &mut Conn, store: &StoreCode, number: &OrderNumber) -> QueryResult<Vec<UnmatchedLine>> {
    unmatched_lines::table
        .filter(unmatched_lines::number.eq(number).and(unmatched_lines::store.eq(store)))
        .order(unmatched_lines::position)
        .select(UnmatchedLine::as_select())
        .load(conn)
}

pub fn of_orders<'a>(
    conn: &mut Conn,
    orders: impl IntoIterator<Item = &'a Order>,
) -> QueryResult<HashMap<OrderKey, Vec<UnmatchedLine>>> {
    let numbers = orders.into_iter().map(|order| &order.number);
    let found: Vec<UnmatchedLine> = unmatched_lines::table
        .filter(among(conn, "unmatched_lines.number", numbers))
        .order((unmatched_lines::number, unmatched_lines::store, unmatched_lines::position))
        .select(UnmatchedLine::as_select())
        .load(conn)?;
    let mut of_orders: HashMap<OrderKey, Vec<UnmatchedLine>> = HashMap::new();
    for line in found {
        of_orders.entry((line.store.clone(), line.number.clone())).or_default().push(line);
    }
    Ok(of_orders)
}

/// Replaces those of an order.
pub fn replace(
    conn: &mut Conn,
    (store, number): (&StoreCode, &OrderNumber),
    lines: &[UnmatchedLine],
) -> QueryResult<()> {
    let of_order = unmatched_lines::number.eq(number).and(unmatched_lines::store.eq(store));
    diesel::delete(unmatched_lines::table.filter(of_order)).execute(conn)?;
    insert_rows!(conn, unmatched_lines::table, lines)
}

/// The condition that the order of a line is to be shipped by the seller, and was not cancelled. It is asked of each line
/// and is no join, so that both databases read the lines in the order of the list until a page is full.
const COUNTS: SqlText<Bool> =
    sql("(SELECT orders.fulfilled_by = 'seller' AND COALESCE(unmatched_lines.own_status, orders.status) <> 'cancelled'
    FROM orders WHERE orders.number = unmatched_lines.number AND orders.store = unmatched_lines.store)");

/// Which lines a list has.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The words to find in the seller SKU; empty for all.
    pub search: String,
    /// Those of this store alone.
    pub store: Option<StoreCode>,
}

/// Up to `limit` of all that should take units and cannot, by their orders.
pub fn first(conn: &mut Conn, limit: i64) -> QueryResult<Vec<UnmatchedLine>> {
    part(conn, &Filter::default(), &Place::Start, limit)
}

/// The page at `place` of those of [`first`] that `filter` lets through.
pub fn page(conn: &mut Conn, filter: &Filter, place: &Place) -> QueryResult<Page<UnmatchedLine>> {
    Ok(Page::new(place, part(conn, filter, place, Place::LIMIT)?))
}

/// The place of a line in the list.
pub fn key(line: &UnmatchedLine) -> String {
    line_keys::key(&line.store, &line.number, line.position)
}

/// Whether a line is on one side of that of a key: compared as a whole, so that the index is entered there.
fn beside(key: &str, operator: &'static str) -> Option<Condition> {
    let columns = "(unmatched_lines.number, unmatched_lines.store, unmatched_lines.position) ";
    line_keys::values(Condition::default().sql(columns).sql(operator).sql(" ("), key)
}

fn part(conn: &mut Conn, filter: &Filter, place: &Place, limit: i64) -> QueryResult<Vec<UnmatchedLine>> {
    use unmatched_lines::{number, position, store};
    let mut lines =
        unmatched_lines::table.filter(COUNTS).limit(limit).select(UnmatchedLine::as_select()).into_boxed::<Backend>();
    if let Some(of_store) = &filter.store {
        lines = lines.filter(store.eq(of_store));
    }
    let beside = match place {
        Place::Start => None,
        Place::After(key) => beside(key, ">"),
        Place::Before(key) => beside(key, "<"),
    };
    for condition in search::matching_unmatched_lines(&filter.search).into_iter().chain(beside) {
        lines = lines.filter(condition);
    }
    if matches!(place, Place::Before(_)) {
        lines.order((number.desc(), store.desc(), position.desc())).load(conn)
    } else {
        lines.order((number, store, position)).load(conn)
    }
}

/// Up to `limit` orders with a line whose seller SKU is that of a listing by now: the first ones, or those behind `after`.
pub fn orders_to_match(conn: &mut Conn, after: Option<&OrderKey>, limit: i64) -> QueryResult<Vec<OrderKey>> {
    let of_line = listings::store.eq(unmatched_lines::store).and(listings::seller_sku.eq(unmatched_lines::seller_sku));
    let mut orders = unmatched_lines::table
        .filter(exists(listings::table.filter(of_line)))
        .order((unmatched_lines::number, unmatched_lines::store))
        .select((unmatched_lines::store, unmatched_lines::number))
        .distinct()
        .limit(limit)
        .into_boxed::<Backend>();
    if let Some((store, number)) = after {
        let behind = Condition::default().sql("(unmatched_lines.number, unmatched_lines.store) > (");
        orders = orders.filter(behind.text(number.as_str()).sql(", ").text(store.as_str()).sql(")"));
    }
    orders.load(conn)
}

/// The orders with a line that names one of these listings, by store and seller SKU.
pub fn orders_naming<'a>(
    conn: &mut Conn,
    listings: impl IntoIterator<Item = (&'a StoreCode, &'a str)>,
) -> QueryResult<Vec<(StoreCode, OrderNumber)>> {
    unmatched_lines::table
        .filter(pair_among(conn, ["unmatched_lines.store", "unmatched_lines.seller_sku"], listings))
        .order((unmatched_lines::number, unmatched_lines::store))
        .select((unmatched_lines::store, unmatched_lines::number))
        .distinct()
        .load(conn)
}
