//! Returned units that staff have to decide about: put them back to stock, or write them off.

use super::Line;
use crate::{
    db::{
        Conn,
        engine::{
            schema::{order_lines, skus},
            sql::{SqlText, sql},
        },
    },
    domain::code::{OrderNumber, StoreCode},
};
use diesel::{prelude::*, sql_types::Bool};

/// As text, exactly as the index has it.
const UNDECIDED: SqlText<Bool> = sql("(order_lines.returned > order_lines.restocked + order_lines.written_off)");

/// Up to `limit` lines with such units, those that came back first before others, with the names of their SKUs.
pub fn undecided(conn: &mut Conn, limit: i64) -> QueryResult<Vec<(Line, String)>> {
    order_lines::table
        .inner_join(skus::table)
        .filter(UNDECIDED)
        .order((order_lines::returned_at, order_lines::number, order_lines::store, order_lines::position))
        .limit(limit)
        .select((Line::as_select(), skus::name))
        .load(conn)
}

pub fn line(conn: &mut Conn, (store, number): (&StoreCode, &OrderNumber), position: i64) -> QueryResult<Option<Line>> {
    order_lines::table.find((number, store, position)).select(Line::as_select()).first(conn).optional()
}

/// Saves what was decided about a line, whose SKU and order are locked.
pub fn decide(conn: &mut Conn, line: &Line) -> QueryResult<()> {
    super::states::save_line(conn, line)
}
