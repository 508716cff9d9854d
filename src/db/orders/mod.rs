//! Orders and their lines. What they take from the stock is recorded by [`crate::db::catalogue::ledger`].

pub mod changes;
pub mod detail;
mod line_keys;
pub mod list;
pub mod owed;
pub mod returns;
pub mod states;
pub mod unmatched;

use super::{
    Conn,
    engine::{
        among::among,
        schema::{order_lines, orders, promotion_orders},
        sql::sql,
    },
};
use crate::{
    domain::{
        code::{LineId, OrderNumber, SellerSku, SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        money::Amount,
        orders::{
            fulfilment::Taken,
            order::{Fulfiller, OrderStatus, Payment},
            state::Part,
        },
    },
    insert_rows,
};
use diesel::{prelude::*, sql_types::Bool};
use std::collections::{BTreeSet, HashMap};

pub type OrderKey = (StoreCode, OrderNumber);

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = orders, treat_none_as_default_value = false)]
pub struct Order {
    pub store: StoreCode,
    pub number: OrderNumber,
    pub status: OrderStatus,
    pub placed_at: Moment,
    pub received_at: Moment,
    /// Who sent or typed it.
    pub received_by: String,
    /// When it was shipped or cancelled.
    pub closed_at: Option<Moment>,
    pub closed_by: Option<String>,
    /// Units of all its lines but those that were cancelled on their own; 0 if it was cancelled before it arrived.
    pub units: i64,
    /// Oversold units of the lines that are in its status.
    pub oversold: i64,
    /// When its store changed it last, by the clock of the store; `None` if that was never said. A first message does not.
    #[diesel(skip_insertion)]
    pub updated_at: Option<Moment>,
    #[diesel(skip_insertion)]
    pub payment: Payment,
    #[diesel(skip_insertion)]
    pub fulfilled_by: Fulfiller,
}

impl Order {
    pub fn key(&self) -> OrderKey {
        (self.store.clone(), self.number.clone())
    }

    /// Whether it is open, and some of its units are oversold.
    pub fn is_owed_units(&self) -> bool {
        self.status == OrderStatus::Open && self.oversold > 0
    }

    /// Whether it was cancelled before it arrived, and has not arrived yet: only such an order has no units.
    pub fn is_cancelled_before_arrival(&self) -> bool {
        self.units == 0
    }
}

/// What one line of an order has of one SKU. A line of a kit has several of these.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = order_lines, treat_none_as_default_value = false)]
pub struct Line {
    pub store: StoreCode,
    pub number: OrderNumber,
    /// Which line, counted from 0.
    pub position: i64,
    pub sku: SkuCode,
    pub quantity: i64,
    pub unit_price_minor: Option<i64>,
    pub promotion_id: Option<PromotionId>,
    pub from_hold: i64,
    pub from_shared: i64,
    pub oversold: i64,
    /// How many digits of the unit price are decimals: those of the store's currency when the order was recorded. So the
    /// price stays what it is when the store gets its currency later, or another one.
    pub price_decimals: i32,
    /// What the line names, if that is not the SKU.
    pub seller_sku: Option<SellerSku>,
    /// Units of the SKU in one of what the line names.
    pub per_unit: i64,
    /// The store's id of the line.
    #[diesel(skip_insertion)]
    pub line_id: Option<LineId>,
    /// Where it is not the status of the order.
    #[diesel(skip_insertion)]
    pub own_status: Option<OrderStatus>,
    /// Units that came back after they were shipped, and what was decided about them.
    #[diesel(skip_insertion)]
    pub returned: i64,
    #[diesel(skip_insertion)]
    pub restocked: i64,
    #[diesel(skip_insertion)]
    pub written_off: i64,
    #[diesel(skip_insertion)]
    pub returned_at: Option<Moment>,
}

impl Line {
    /// Its status in an order that is in `of_order`.
    pub fn status(&self, of_order: OrderStatus) -> OrderStatus {
        self.own_status.unwrap_or(of_order)
    }

    /// Whether it was cancelled, and its order was not.
    pub fn is_cancelled_alone(&self) -> bool {
        self.own_status == Some(OrderStatus::Cancelled)
    }

    /// Returned units that staff have not decided about.
    pub fn undecided(&self) -> i64 {
        self.returned - self.restocked - self.written_off
    }

    /// The line as the rules know it, in an order that is in `of_order`.
    pub fn part(&self, of_order: OrderStatus) -> Part {
        Part {
            id: self.line_id.clone(),
            seller_sku: self.seller_sku.clone(),
            sku: self.sku.clone(),
            per_unit: self.per_unit,
            quantity: self.quantity,
            status: self.status(of_order),
            returned: self.returned,
            decided: self.restocked + self.written_off,
            unit_price_minor: self.unit_price_minor,
            taken: self.taken(),
        }
    }

    /// The price of one unit, in the currency of the store.
    pub fn unit_price(&self) -> Option<Amount> {
        self.unit_price_minor.map(|minor| Amount { minor: minor.into(), decimals: self.price_decimals.unsigned_abs() })
    }

    /// The price of all its units.
    pub fn value(&self) -> Option<Amount> {
        self.unit_price().map(|price| Amount { minor: price.minor * i128::from(self.quantity), ..price })
    }

    pub fn taken(&self) -> Taken {
        let Self { promotion_id: promotion, from_hold, from_shared, oversold, .. } = *self;
        Taken { promotion, from_hold, from_shared, oversold }
    }
}

pub fn find(conn: &mut Conn, store: &StoreCode, number: &OrderNumber) -> QueryResult<Option<Order>> {
    orders::table.find((number, store)).select(Order::as_select()).first(conn).optional()
}

/// Those of `keys` that exist.
pub fn find_all<'a>(
    conn: &mut Conn,
    keys: impl IntoIterator<Item = (&'a StoreCode, &'a OrderNumber)>,
) -> QueryResult<HashMap<OrderKey, Order>> {
    // By number only: few stores have the same order numbers, and the whole key is compared below.
    let numbers = keys.into_iter().map(|(_, number)| number);
    let found: Vec<Order> =
        orders::table.filter(among(conn, "orders.number", numbers)).select(Order::as_select()).load(conn)?;
    Ok(found.into_iter().map(|order| (order.key(), order)).collect())
}

pub fn lines(conn: &mut Conn, store: &StoreCode, number: &OrderNumber) -> QueryResult<Vec<Line>> {
    order_lines::table
        .filter(order_lines::number.eq(number))
        .filter(order_lines::store.eq(store))
        .order(order_lines::position)
        .select(Line::as_select())
        .load(conn)
}

pub fn lines_of_all<'a>(
    conn: &mut Conn,
    orders: impl IntoIterator<Item = &'a Order>,
) -> QueryResult<HashMap<OrderKey, Vec<Line>>> {
    let numbers = orders.into_iter().map(|order| &order.number);
    let found: Vec<Line> = order_lines::table
        .filter(among(conn, "order_lines.number", numbers))
        .order((order_lines::number, order_lines::store, order_lines::position))
        .select(Line::as_select())
        .load(conn)?;
    let mut lines: HashMap<OrderKey, Vec<Line>> = HashMap::new();
    for line in found {
        lines.entry((line.store.clone(), line.number.clone())).or_default().push(line);
    }
    Ok(lines)
}

/// Adds orders, and the lines of them and of orders that were cancelled before they arrived.
pub fn insert(conn: &mut Conn, rows: &[Order], lines: &[Line]) -> QueryResult<()> {
    insert_rows!(conn, orders::table, rows)?;
    insert_rows!(conn, order_lines::table, lines)?;
    let of_promotions = of_promotions(rows, lines);
    insert_rows!(conn, promotion_orders::table, of_promotions)
}

/// The flash sales that lines of an order belong to.
pub fn promotions_of(lines: &[Line]) -> BTreeSet<PromotionId> {
    lines.iter().filter_map(|line| line.promotion_id).collect()
}

/// An order as the list of one flash sale's orders has it.
#[derive(Insertable)]
#[diesel(table_name = promotion_orders, treat_none_as_default_value = false)]
struct PromotionOrder {
    promotion_id: PromotionId,
    status: OrderStatus,
    placed_at: Moment,
    number: OrderNumber,
    store: StoreCode,
    is_oversold: bool,
}

/// Each order once for every flash sale that one of its lines belongs to.
fn of_promotions(rows: &[Order], lines: &[Line]) -> Vec<PromotionOrder> {
    let orders: HashMap<(&StoreCode, &OrderNumber), &Order> =
        rows.iter().map(|order| ((&order.store, &order.number), order)).collect();
    let mut pairs = BTreeSet::new();
    for line in lines {
        if let Some(promotion) = line.promotion_id {
            pairs.insert((promotion, &line.store, &line.number));
        }
    }
    let mut of_promotions = Vec::with_capacity(pairs.len());
    for (promotion_id, store, number) in pairs {
        let order = orders[&(store, number)];
        of_promotions.push(PromotionOrder {
            promotion_id,
            status: order.status,
            placed_at: order.placed_at,
            number: number.clone(),
            store: store.clone(),
            is_oversold: order.oversold > 0,
        });
    }
    of_promotions
}

/// Saves that an order which was cancelled before it arrived has arrived as `order`.
pub fn arrive(conn: &mut Conn, order: &Order) -> QueryResult<()> {
    diesel::update(orders::table.find((&order.number, &order.store)))
        .set((
            orders::placed_at.eq(order.placed_at),
            orders::received_at.eq(order.received_at),
            orders::received_by.eq(&order.received_by),
            orders::units.eq(order.units),
        ))
        .execute(conn)
        .map(drop)
}

/// Ships or cancels an open order, which has `lines`, at `at`.
pub fn close(
    conn: &mut Conn,
    order: &Order,
    lines: &[Line],
    status: OrderStatus,
    (at, by): (Moment, &str),
) -> QueryResult<()> {
    let Order { store, number, placed_at, .. } = order;
    // An expression, so that no index of all open orders looks as good as the key while there are few orders.
    let is_open = sql::<Bool>("(orders.status || '' = 'open')");
    let open = orders::table.find((number, store)).filter(is_open);
    let closed = diesel::update(open)
        .set((orders::status.eq(status), orders::closed_at.eq(at), orders::closed_by.eq(by)))
        .execute(conn)?;
    assert_eq!(closed, 1, "order {number} of {store} is not open although its SKUs are locked");
    for promotion in promotions_of(lines) {
        let listed = promotion_orders::table.find((promotion, OrderStatus::Open, placed_at, number, store));
        let changed = diesel::update(listed).set(promotion_orders::status.eq(status)).execute(conn)?;
        assert_eq!(changed, 1, "order {number} of {store} is not among those of {promotion}");
    }
    Ok(())
}
