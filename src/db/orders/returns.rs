//! Returned units that staff have to decide about: put them back to stock, or write them off.

use super::{
    Line,
    line_keys::{self, SEPARATOR},
};
use crate::{
    db::{
        Backend, Conn,
        engine::{
            paging::{Page, Place},
            schema::{order_lines, skus},
            sql::{Condition, SqlText, sql},
        },
    },
    domain::{
        code::{OrderNumber, StoreCode},
        promotions::schedule::parse_rfc3339,
    },
};
use diesel::{prelude::*, sql_types::Bool};

/// As text, exactly as the index has it.
const UNDECIDED: SqlText<Bool> = sql("(order_lines.returned > order_lines.restocked + order_lines.written_off)");

/// Up to `limit` lines with such units, those that came back first before others, with the names of their SKUs.
pub fn undecided(conn: &mut Conn, limit: i64) -> QueryResult<Vec<(Line, String)>> {
    part(conn, &Place::Start, limit)
}

/// The page at `place` of [`undecided`].
pub fn page(conn: &mut Conn, place: &Place) -> QueryResult<Page<(Line, String)>> {
    Ok(Page::new(place, part(conn, place, Place::LIMIT)?))
}

/// The place of a line in the list.
pub fn key(line: &Line) -> String {
    let at = line.returned_at.map_or_else(String::new, |at| at.to_string());
    format!("{at}{SEPARATOR}{}", line_keys::key(&line.store, &line.number, line.position))
}

/// Whether a line is on one side of that of a key: compared as a whole, so that the index is entered there.
fn beside(key: &str, operator: &'static str) -> Option<Condition> {
    let (at, of_line) = key.split_once(SEPARATOR)?;
    let at = parse_rfc3339(at).ok()?;
    let columns = "(order_lines.returned_at, order_lines.number, order_lines.store, order_lines.position) ";
    line_keys::values(Condition::default().sql(columns).sql(operator).sql(" (").moment(at).sql(", "), of_line)
}

fn part(conn: &mut Conn, place: &Place, limit: i64) -> QueryResult<Vec<(Line, String)>> {
    let lines = order_lines::table
        .inner_join(skus::table)
        .filter(UNDECIDED)
        .limit(limit)
        .select((Line::as_select(), skus::name))
        .into_boxed::<Backend>();
    let key = match place {
        Place::Start => None,
        Place::After(key) => beside(key, ">"),
        Place::Before(key) => beside(key, "<"),
    };
    let lines = match key {
        Some(beside) => lines.filter(beside),
        None => lines,
    };
    let lines = if matches!(place, Place::Before(_)) {
        lines.order((
            order_lines::returned_at.desc(),
            order_lines::number.desc(),
            order_lines::store.desc(),
            order_lines::position.desc(),
        ))
    } else {
        lines.order((order_lines::returned_at, order_lines::number, order_lines::store, order_lines::position))
    };
    lines.load(conn)
}

pub fn line(conn: &mut Conn, (store, number): (&StoreCode, &OrderNumber), position: i64) -> QueryResult<Option<Line>> {
    order_lines::table.find((number, store, position)).select(Line::as_select()).first(conn).optional()
}

/// Saves what was decided about a line, whose SKU and order are locked.
pub fn decide(conn: &mut Conn, line: &Line) -> QueryResult<()> {
    super::states::save_line(conn, line)
}
