//! Gives a SKU another code: its row first, then all that refers to it. The databases check that at the end of the
//! transaction.

use super::skus::search_key;
use crate::{
    db::{
        Conn,
        engine::schema::{
            drifts, former_codes, found_listings, holds, kit_components, ledger_entries, listings, order_lines, orders,
            picture_fetches, pictures, promotion_changes, promotion_draft_products, push_log, pushes, quantity_changes,
            quantity_checks, retiring_listings, skus,
        },
    },
    domain::{
        catalogue::ledger::EntryKind,
        code::{OrderNumber, SkuCode, StoreCode},
        id::PromotionId,
        orders::order::OrderStatus,
    },
};
use diesel::{connection::SimpleConnection, prelude::*};

/// Lets rows refer to what is not there until the transaction ends.
pub fn defer_references(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => conn.batch_execute("SET CONSTRAINTS ALL DEFERRED"),
        Conn::Sqlite(conn) => conn.batch_execute("PRAGMA defer_foreign_keys = ON"),
    }
}

/// Moves the rows of a table from one SKU to another code.
macro_rules! move_rows {
    ($conn:expr, $from:expr, $to:expr; $($table:ident)+) => {
        $(diesel::update($table::table.filter($table::sku.eq($from))).set($table::sku.eq($to)).execute($conn)?;)+
    };
}

/// `to` is the code of no SKU, and the row of `from` is locked.
pub fn run(conn: &mut Conn, from: &SkuCode, name: &str, to: &SkuCode) -> QueryResult<()> {
    defer_references(conn)?;
    let renamed = diesel::update(skus::table.find(from))
        .set((skus::code.eq(to), skus::search_key.eq(search_key(to, name))))
        .execute(conn)?;
    assert_eq!(renamed, 1, "{from} was locked");
    move_rows!(conn, from, to; listings kit_components retiring_listings pushes push_log drifts holds ledger_entries order_lines
        promotion_changes promotion_draft_products quantity_changes quantity_checks former_codes pictures picture_fetches
        found_listings);
    Ok(())
}

/// Moves the lines of open orders, and the products of drafts, from one SKU to another that stays as well.
pub fn move_open_lines(conn: &mut Conn, from: &SkuCode, to: &SkuCode, lines: &[OpenLine]) -> QueryResult<()> {
    for line in lines {
        let row = order_lines::table.find((&line.number, &line.store, line.position));
        let moved = diesel::update(row.filter(order_lines::sku.eq(from))).set(order_lines::sku.eq(to)).execute(conn)?;
        assert_eq!(moved, 1, "line {} of order {} was locked", line.position, line.number);
    }
    // A draft that has both keeps the quantity of the one that stays.
    let both: Vec<PromotionId> = promotion_draft_products::table
        .filter(promotion_draft_products::sku.eq(to))
        .select(promotion_draft_products::draft_id)
        .load(conn)?;
    let of_from = || promotion_draft_products::table.filter(promotion_draft_products::sku.eq(from));
    diesel::delete(of_from().filter(promotion_draft_products::draft_id.eq_any(both))).execute(conn)?;
    diesel::update(of_from()).set(promotion_draft_products::sku.eq(to)).execute(conn).map(drop)
}

/// A line of an open order.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct OpenLine {
    pub store: StoreCode,
    pub number: OrderNumber,
    pub position: i64,
    /// The flash sale that it belongs to.
    pub promotion: Option<PromotionId>,
    pub from_hold: i64,
    pub from_shared: i64,
    pub oversold: i64,
}

/// The lines of the open orders of `sku`, found by the ledger, which has an index by SKU.
pub fn open_lines(conn: &mut Conn, sku: &SkuCode) -> QueryResult<Vec<OpenLine>> {
    let of_sku = ledger_entries::table.filter(ledger_entries::sku.eq(sku));
    let taken: Vec<(Option<OrderNumber>, Option<StoreCode>)> = of_sku
        .filter(ledger_entries::kind.eq_any([
            EntryKind::OrderTaken,
            EntryKind::OrderChanged,
            EntryKind::OrderMovedHere,
        ]))
        .select((ledger_entries::order_number, ledger_entries::store))
        .distinct()
        .load(conn)?;
    let mut lines = Vec::new();
    for (number, store) in taken {
        let (Some(number), Some(store)) = (number, store) else { continue };
        let of_order = order_lines::table
            .inner_join(
                orders::table.on(orders::number.eq(order_lines::number).and(orders::store.eq(order_lines::store))),
            )
            .filter(order_lines::number.eq(&number).and(order_lines::store.eq(&store)))
            .filter(order_lines::sku.eq(sku).and(orders::status.eq(OrderStatus::Open)))
            .filter(order_lines::own_status.is_null())
            .order(order_lines::position)
            .select((
                order_lines::store,
                order_lines::number,
                order_lines::position,
                order_lines::promotion_id,
                order_lines::from_hold,
                order_lines::from_shared,
                order_lines::oversold,
            ));
        lines.extend(of_order.load::<OpenLine>(conn)?);
    }
    Ok(lines)
}
