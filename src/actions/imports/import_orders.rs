//! Applies rows of a file of orders: `store,order_number,placed_at,sku,quantity,unit_price`, one order line in each, which
//! names a SKU or, in the column `seller_sku`, a listing of the store.
//! The rows of an order follow one another in the file, and are applied together or not at all.

use super::import_rows::{Applied, OrderCount, columns_of};
use crate::{
    actions::orders::take_orders::{self, Delivery, Outcome},
    csv_file::{Cells, Header, Row},
    db::{
        Conn, QueryResult,
        stores::{self, Store, Stores},
    },
    domain::{
        catalogue::{ledger::Cause, stock::parse_units},
        code::{OrderNumber, SellerSku, SkuCode, StoreCode},
        imports::import::{ImportKind, Imported},
        moment::Moment,
        money::{Currency, parse_price},
        orders::order::{IfShort, LineItem, NewLine, NewOrder},
        written_time::parse_time,
    },
};
use chrono::TimeDelta;
use chrono_tz::Tz;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The store and the order number of a row as they are written in the file. Rows with equal keys belong to one order,
/// even if other cells of them are invalid.
pub fn key_of<'a>(header: &Header, row: &'a Row) -> (&'a str, &'a str) {
    (header.cell(row, "store").trim(), header.cell(row, "order_number").trim())
}

/// Whether a row goes on with the order above it without saying so: in a sheet for people, the cells of an order are merged.
/// It fails, and the order with it: without it the order would be recorded as less than it is.
pub fn goes_on(header: &Header, row: &Row) -> bool {
    key_of(header, row) == ("", "") && item_of(header, row) != ("", "")
}

/// What a row names: the SKU and the seller SKU, of which one is empty.
fn item_of<'a>(header: &Header, row: &'a Row) -> (&'a str, &'a str) {
    (header.cell(row, "sku").trim(), header.cell(row, "seller_sku").trim())
}

/// The rows of each order.
fn groups_of<'a>(header: &Header, rows: &'a [Row]) -> Vec<&'a [Row]> {
    let mut groups = Vec::new();
    let mut start = 0;
    for (at, row) in rows.iter().enumerate().skip(1) {
        if key_of(header, row) != key_of(header, &rows[start]) && !goes_on(header, row) {
            groups.push(&rows[start..at]);
            start = at;
        }
    }
    groups.push(&rows[start..]);
    groups
}

/// A hash of what the rows of an order sell: equal for the same SKUs and quantities in any sequence of rows.
pub fn content_of(header: &Header, rows: &[Row]) -> u64 {
    let mut lines: Vec<((&str, &str), &str)> =
        rows.iter().map(|row| (item_of(header, row), header.cell(row, "quantity").trim())).collect();
    lines.sort_unstable();
    hash_of(&lines)
}

pub fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Lines of one order whose times are further apart than this are taken for those of different orders with one number.
const SAME_ORDER: TimeDelta = TimeDelta::hours(1);

/// Applies the valid orders and returns for each row what was done or how to fix it. `rows` must not end in the middle of
/// an order.
pub fn run(conn: &mut Conn, cause: Cause, header: &Header, rows: &[Row]) -> QueryResult<Applied> {
    let stores = stores::all(conn)?;
    let mut applied = Applied::default();
    let mut orders = Vec::new();
    let mut groups = Vec::new();
    for rows in groups_of(header, rows) {
        match parse(&stores, header, rows) {
            Ok(parsed) => {
                if parsed.has_several_times {
                    applied.notes.push(note_of_times(&parsed.order));
                }
                orders.push(parsed.order);
                groups.push(Group::Order(rows.len()));
            }
            Err(reasons) => groups.push(Group::Refused(reasons)),
        }
    }
    let delivery = Delivery { cause, if_short: IfShort::Record, orders: orders.into() };
    let mut outcomes = take_orders::run(conn, &[&delivery])?.into_iter().flatten();
    let mut taken = delivery.orders.iter();
    for group in groups {
        match group {
            Group::Order(rows) => {
                let order = taken.next().expect("as many orders as groups of them");
                let outcome = outcomes.next().expect("an outcome for every order");
                count(&mut applied.orders, &outcome);
                applied.results.extend(vec![row_result(order, outcome); rows]);
            }
            Group::Refused(reasons) => applied.results.extend(reasons.into_iter().map(Err)),
        }
    }
    Ok(applied)
}

fn note_of_times(order: &NewOrder) -> String {
    let NewOrder { store, number, .. } = order;
    format!("Order {number} of {store} has lines of different times: the earliest counts.")
}

fn count(orders: &mut OrderCount, outcome: &Outcome) {
    match outcome {
        Outcome::Accepted(lines) => {
            let short: i64 = lines.iter().map(|line| line.oversold).sum();
            orders.recorded += 1;
            orders.units += lines.iter().map(|line| line.quantity).sum::<i64>();
            orders.units_short += short;
            orders.short += i64::from(short > 0);
        }
        Outcome::Duplicate(recorded) if recorded.is_same => orders.known += 1,
        Outcome::Duplicate(_) | Outcome::Rejected(_) => {}
    }
}

/// The rows of one order.
enum Group {
    /// A valid order, with its number of rows.
    Order(usize),
    /// The reason for each row of an order that was refused.
    Refused(Vec<String>),
}

fn row_result(order: &NewOrder, outcome: Outcome) -> Result<Imported, String> {
    match outcome {
        Outcome::Accepted(_) => Ok(Imported::Created),
        Outcome::Duplicate(recorded) if recorded.is_same => Ok(Imported::Known),
        Outcome::Duplicate(_) => Err(format!(
            "Check the order: {} of {} is already recorded with different lines, and stays as it is.",
            order.number, order.store
        )),
        Outcome::Rejected(refusal) => Err(refusal.to_string()),
    }
}

struct OrderRow {
    store: StoreCode,
    number: OrderNumber,
    placed_at: Option<Moment>,
    line: NewLine,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ParsedOrder {
    order: NewOrder,
    /// Its rows have different times, and the earliest was taken.
    has_several_times: bool,
}

/// The order of `rows`, or for each of them how to fix it.
fn parse(stores: &Stores, header: &Header, rows: &[Row]) -> Result<ParsedOrder, Vec<String>> {
    let parsed: Vec<Result<OrderRow, String>> = rows.iter().map(|row| parse_row(stores, header, row)).collect();
    if let Some(bad) = parsed.iter().position(Result::is_err) {
        let line = rows[bad].line;
        let whole = format!("Import it again once line {line} is fixed: an order is imported as a whole.");
        return Err(parsed.into_iter().map(|row| row.err().unwrap_or_else(|| whole.clone())).collect());
    }
    let parsed: Vec<OrderRow> = parsed.into_iter().filter_map(Result::ok).collect();
    let placed_at = parsed.iter().filter_map(|row| row.placed_at).min();
    let latest = parsed.iter().filter_map(|row| row.placed_at).max();
    let apart = placed_at.zip(latest).map_or(TimeDelta::zero(), |(earliest, latest)| latest.since(earliest));
    if apart > SAME_ORDER {
        let reason = "placed_at: Give all rows of the order the same time, or leave it out of all but one: they are more \
                      than an hour apart.";
        return Err(vec![reason.to_owned(); rows.len()]);
    }
    let store = parsed[0].store.clone();
    let number = parsed[0].number.clone();
    let lines = parsed.into_iter().map(|row| row.line).collect();
    Ok(ParsedOrder {
        order: NewOrder { store, number, placed_at, lines },
        has_several_times: apart > TimeDelta::zero(),
    })
}

fn parse_row(stores: &Stores, header: &Header, row: &Row) -> Result<OrderRow, String> {
    let mut cells = Cells::new(&columns_of(ImportKind::Orders), header, row)?;
    let store = cells.identifier("store", StoreCode::parse);
    let number = cells.identifier("order_number", OrderNumber::parse);
    // An order of a store that nobody knows is refused for that.
    let known = store.as_ref().and_then(|store| stores.get(store));
    let zone = known.map_or(Tz::UTC, Store::zone);
    let placed_at = cells.optional("placed_at", |text| parse_time(text, Some(zone)));
    let item = parse_item(&mut cells);
    let quantity = cells.parse("quantity", |text| parse_units(text, 1));
    let currency = known.and_then(|store| store.currency);
    let unit_price_minor = cells.parse("unit_price", |text| parse_price(text, currency));
    cells.parse("currency", |text| check_currency(text, currency));
    let order_row = match (store, number, placed_at, item, quantity, unit_price_minor) {
        (Some(store), Some(number), Some(placed_at), Some(item), Some(quantity), Some(unit_price_minor)) => {
            Some(OrderRow { store, number, placed_at, line: NewLine { item, quantity, unit_price_minor } })
        }
        _ => None,
    };
    cells.finish(order_row)
}

fn parse_item(cells: &mut Cells<'_>) -> Option<LineItem> {
    let has_sku = !cells.cell("sku").trim().is_empty();
    let has_seller_sku = !cells.cell("seller_sku").trim().is_empty();
    if has_sku && has_seller_sku {
        cells.add_problem("seller_sku", &"Clear this or sku: a row names one of the two.");
        return None;
    }
    if has_seller_sku {
        return cells.identifier("seller_sku", SellerSku::parse).map(LineItem::SellerSku);
    }
    cells.identifier("sku", SkuCode::parse).map(LineItem::Sku)
}

/// The optional column `currency`, which exports have: it can only be that of the store.
fn check_currency(text: &str, of_store: Option<Currency>) -> Result<(), String> {
    if text.trim().is_empty() {
        return Ok(());
    }
    match (Currency::parse(text)?, of_store) {
        (named, Some(own)) if named != own => {
            Err(format!("Give the prices in {own}, the currency of the store: the row has {named}."))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv_file::Table;

    const HEADER: &str = "store,order_number,placed_at,sku,quantity,unit_price\n";

    fn read(rows: &str) -> (Header, Vec<Row>) {
        let file = format!("{HEADER}{rows}");
        let mut table = Table::open(file.as_bytes()).unwrap();
        let mut reader = table.rows().unwrap();
        let mut rows = Vec::new();
        while let Some(row) = reader.row().unwrap() {
            rows.push(row);
        }
        (reader.header().clone(), rows)
    }

    fn parsed(rows: &str) -> Result<NewOrder, Vec<String>> {
        let (header, rows) = read(rows);
        parse(&Stores::default(), &header, &rows).map(|parsed| parsed.order)
    }

    #[test]
    fn rows_make_an_order() {
        let order = parsed("lazada-sg,1,,TEE,2,12.50\nlazada-sg , 1,2026-11-11T12:30:00+08:00,MUG,1,\n").unwrap();
        let lines = |order: &NewOrder| {
            let line =
                |line: &NewLine| (line.item.sku().expect("a SKU").to_string(), line.quantity, line.unit_price_minor);
            order.lines.iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!((order.store.as_str(), order.number.as_str()), ("lazada-sg", "1"));
        assert_eq!(order.placed_at.map(|at| at.to_string()).as_deref(), Some("2026-11-11T04:30:00Z"));
        assert_eq!(lines(&order), [("TEE".to_owned(), 2, Some(1250)), ("MUG".to_owned(), 1, None)]);
    }

    #[test]
    fn one_bad_row_refuses_the_others_of_its_order() {
        let whole = "Import it again once line 3 is fixed: an order is imported as a whole.";
        let quantity = "quantity: Enter a whole number in digits, 1 or more. unit_price: Enter a price like 12.50. “free” is not a price.";
        assert_eq!(
            parsed("s,1,,A,1,\ns,1,,B,two,free\ns,1,,C,1,\n"),
            Err(vec![whole.into(), quantity.into(), whole.into()])
        );
        let cut = "Complete the row: it ends after 5 of 6 cells. The file may be cut off.";
        assert_eq!(parsed("s,1,,A,1\n"), Err(vec![cut.to_owned()]));
        let ambiguous = "placed_at: Write 2026-11-05 or 2026-05-11: “05/11/2026” can be either.";
        assert_eq!(parsed("s,1,05/11/2026 12:30,A,1,\n"), Err(vec![ambiguous.to_owned()]));
        let shortened =
            "order_number: The spreadsheet shortened this number: format the column as text and export again.";
        assert_eq!(parsed("s,2.88123E+14,,A,1,\n"), Err(vec![shortened.to_owned()]));
    }

    #[test]
    fn a_row_names_a_sku_or_a_seller_sku() {
        let file =
            "store,order_number,placed_at,sku,seller_sku,quantity,unit_price\ns,1,,,SET,1,\ns,2,,A,SET,1,\ns,3,,,,1,\n";
        let mut table = Table::open(file.as_bytes()).unwrap();
        let mut reader = table.rows().unwrap();
        let mut items = Vec::new();
        while let Some(row) = reader.row().unwrap() {
            let order = parse(&Stores::default(), reader.header(), &[row]);
            items.push(order.map(|parsed| parsed.order.lines[0].item.clone()).map_err(|reasons| reasons.concat()));
        }
        let both = "seller_sku: Clear this or sku: a row names one of the two.";
        let set = SellerSku::parse("SET").unwrap();
        assert_eq!(
            items,
            [Ok(LineItem::SellerSku(set)), Err(both.to_owned()), Err("sku: Enter a SKU code.".to_owned())]
        );
    }

    #[test]
    fn the_earliest_time_of_an_order_counts_and_times_of_different_orders_are_refused() {
        let (header, rows) = read("s,1,2026-11-11T12:01:00Z,A,1,\ns,1,,B,1,\ns,1,2026-11-11 12:00,C,1,\n");
        let order = parse(&Stores::default(), &header, &rows).unwrap();
        assert_eq!(order.order.placed_at.map(|at| at.to_string()).as_deref(), Some("2026-11-11T12:00:00Z"));
        assert!(order.has_several_times);
        let rows = "s,1,2026-11-11T12:00:00Z,A,1,\ns,1,2026-11-11T13:00:01Z,B,1,\n";
        let problems = parsed(rows).expect_err("an hour apart");
        assert!(problems.len() == 2 && problems[0].starts_with("placed_at: Give all rows of the order the same time"));
    }

    #[test]
    fn a_row_without_a_number_goes_on_with_the_order_above_it_unless_it_is_a_total() {
        let (header, rows) = read("s,1,,A,1,\n,,,B,2,\ns,1,,C,3,\ns,2,,A,1,\n,,,,7,\ns,3,,A,1,\n");
        let lines: Vec<Vec<u64>> =
            groups_of(&header, &rows).iter().map(|rows| rows.iter().map(|row| row.line).collect()).collect();
        assert_eq!(lines, [vec![2, 3, 4], vec![5], vec![6], vec![7]]);
        let whole = "Import it again once line 3 is fixed: an order is imported as a whole.";
        let missing = "store: Enter a store code. order_number: Enter an order number.";
        assert_eq!(parsed("s,1,,A,1,\n,,,B,2,\n"), Err(vec![whole.to_owned(), missing.to_owned()]));
    }

    #[test]
    fn what_rows_sell_is_the_same_in_any_order_and_at_any_price() {
        let content = |rows: &str| {
            let (header, rows) = read(rows);
            content_of(&header, &rows)
        };
        assert_eq!(content("s,1,,A,1,\ns,1,,B,2,5\n"), content("s,1,,B, 2,\ns,1,,A,1,\n"));
        for other in ["s,1,,A,1,\n", "s,1,,A,1,\ns,1,,B,1,\n", "s,1,,A,1,\ns,1,,B,2,\ns,1,,B,2,\n"] {
            assert_ne!(content("s,1,,A,1,\ns,1,,B,2,\n"), content(other), "{other}");
        }
    }
}
