//! What an order's page reads.

use crate::{
    db::{
        Conn,
        engine::schema::{order_lines, promotions, skus},
        orders::{
            self, Line, Order,
            changes::{self, OrderChange},
            unmatched::{self, UnmatchedLine},
        },
        stores::{self, Store},
    },
    domain::code::{OrderNumber, StoreCode},
};
use diesel::prelude::*;

#[derive(Debug, Clone)]
pub struct OrderSheet {
    pub order: Order,
    pub store: Store,
    pub lines: Vec<NamedLine>,
    pub unmatched: Vec<UnmatchedLine>,
    /// Its history, newest first.
    pub changes: Vec<OrderChange>,
}

#[derive(Debug, Clone, Queryable)]
pub struct NamedLine {
    pub line: Line,
    pub sku_name: String,
    pub promotion_name: Option<String>,
}

pub fn sheet(conn: &mut Conn, store: &StoreCode, number: &OrderNumber) -> QueryResult<Option<OrderSheet>> {
    let (Some(order), Some(store)) = (orders::find(conn, store, number)?, stores::find(conn, store)?) else {
        return Ok(None);
    };
    let promotion = promotions::id.nullable().eq(order_lines::promotion_id);
    let lines = order_lines::table
        .inner_join(skus::table)
        .left_join(promotions::table.on(promotion))
        .filter(order_lines::number.eq(&order.number))
        .filter(order_lines::store.eq(&order.store))
        .order(order_lines::position)
        .select((Line::as_select(), skus::name, promotions::name.nullable()))
        .load(conn)?;
    let unmatched = unmatched::of_order(conn, &order.store, &order.number)?;
    let changes = changes::latest(conn, &order.store, &order.number)?;
    Ok(Some(OrderSheet { order, store, lines, unmatched, changes }))
}
