//! Saves what an order becomes after it was recorded.

use super::{Line, Order, of_promotions, promotions_of};
use crate::{
    db::{
        Conn,
        engine::schema::{order_lines, orders, promotion_orders},
    },
    domain::code::{OrderNumber, StoreCode},
    insert_rows,
};
use diesel::prelude::*;

/// The order, with its row locked until the transaction ends, so that no other can change it or its lines. Its SKUs were
/// locked first. On SQLite the file is locked already.
pub fn lock(conn: &mut Conn, store: &StoreCode, number: &OrderNumber) -> QueryResult<Option<Order>> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => {
            let order = orders::table.find((number, store)).select(Order::as_select());
            order.for_no_key_update().first(conn).optional()
        }
        Conn::Sqlite(_) => super::find(conn, store, number),
    }
}

/// Saves what a locked order has become. `before` and `after` are all its lines, as they were and as they are.
pub fn save(conn: &mut Conn, (was, before): (&Order, &[Line]), (order, after): (&Order, &[Line])) -> QueryResult<()> {
    diesel::update(orders::table.find((&order.number, &order.store)))
        .set((
            orders::status.eq(order.status),
            orders::placed_at.eq(order.placed_at),
            orders::received_at.eq(order.received_at),
            orders::received_by.eq(&order.received_by),
            orders::closed_at.eq(order.closed_at),
            orders::closed_by.eq(&order.closed_by),
            orders::units.eq(order.units),
            orders::oversold.eq(order.oversold),
            orders::updated_at.eq(order.updated_at),
            orders::payment.eq(order.payment),
            orders::fulfilled_by.eq(order.fulfilled_by),
        ))
        .execute(conn)?;
    let new = &after[before.len()..];
    insert_rows!(conn, order_lines::table, new)?;
    for (nth, line) in after.iter().enumerate() {
        if before.get(nth) != Some(line) {
            save_line(conn, line)?;
        }
    }
    let listed =
        |order: &Order, lines: &[Line]| (order.status, order.placed_at, order.oversold > 0, promotions_of(lines));
    if listed(was, before) == listed(order, after) {
        return Ok(());
    }
    list_in_promotions(conn, (was, before), (order, after))
}

pub(super) fn save_line(conn: &mut Conn, line: &Line) -> QueryResult<()> {
    let changed = diesel::update(order_lines::table.find((&line.number, &line.store, line.position)))
        .set((
            order_lines::quantity.eq(line.quantity),
            order_lines::unit_price_minor.eq(line.unit_price_minor),
            order_lines::price_decimals.eq(line.price_decimals),
            order_lines::promotion_id.eq(line.promotion_id),
            order_lines::from_hold.eq(line.from_hold),
            order_lines::from_shared.eq(line.from_shared),
            order_lines::oversold.eq(line.oversold),
            order_lines::seller_sku.eq(&line.seller_sku),
            order_lines::per_unit.eq(line.per_unit),
            order_lines::line_id.eq(&line.line_id),
            order_lines::own_status.eq(line.own_status),
            order_lines::returned.eq(line.returned),
            order_lines::restocked.eq(line.restocked),
            order_lines::written_off.eq(line.written_off),
            order_lines::returned_at.eq(line.returned_at),
        ))
        .execute(conn)?;
    assert_eq!(changed, 1, "line {} of order {} of {} was locked", line.position, line.number, line.store);
    Ok(())
}

/// Lists the order again among those of its flash sales. Its row there has its status in the key.
fn list_in_promotions(
    conn: &mut Conn,
    (was, before): (&Order, &[Line]),
    (order, after): (&Order, &[Line]),
) -> QueryResult<()> {
    for promotion in promotions_of(before) {
        let listed = promotion_orders::table.find((promotion, was.status, was.placed_at, &was.number, &was.store));
        let deleted = diesel::delete(listed).execute(conn)?;
        assert_eq!(deleted, 1, "order {} of {} is not among those of {promotion}", was.number, was.store);
    }
    let of_promotions = of_promotions(std::slice::from_ref(order), after);
    insert_rows!(conn, promotion_orders::table, of_promotions)
}
