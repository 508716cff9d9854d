//! `/orders/{store}/{number}`: an order, and for each line where its units came from.

use super::{amount, key_in, path_of, state};
use crate::{
    db::orders::{
        Order,
        detail::{NamedLine, OrderSheet, sheet},
    },
    domain::{orders::order::OrderStatus, text::counted},
    screens::{catalogue, promotions::LocalTime, stores},
    web::{
        error::{PageError, PageResult},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

/// What was just done.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ShowQuery {
    notice: String,
}

#[derive(Template)]
#[template(path = "orders/show.html")]
struct OrderPage {
    page: Layout,
    path: String,
    number: String,
    store: String,
    store_path: String,
    tone: &'static str,
    state: &'static str,
    is_open: bool,
    /// What somebody should know about it.
    remarks: Vec<(&'static str, String)>,
    placed: LocalTime,
    /// When it came in, and from whom; nothing while it has not.
    received: Option<(LocalTime, String)>,
    closed_label: &'static str,
    closed: Option<(LocalTime, String)>,
    lines: Vec<LineRow>,
    totals: Totals,
}

/// A line as its table shows it.
struct LineRow {
    sku: String,
    sku_path: String,
    name: String,
    quantity: i64,
    from_hold: i64,
    /// The flash sale that it belongs to: its name and the address of its page.
    sale: Option<(String, String)>,
    from_shared: i64,
    oversold: i64,
    price: String,
    value: String,
}

/// The lines, added up.
#[derive(Default)]
struct Totals {
    quantity: i64,
    from_hold: i64,
    from_shared: i64,
    oversold: i64,
    value_minor: Option<i64>,
}

impl Totals {
    fn of(lines: &[NamedLine]) -> Self {
        lines.iter().fold(Self::default(), |sum, NamedLine { line, .. }| Self {
            quantity: sum.quantity + line.quantity,
            from_hold: sum.from_hold + line.from_hold,
            from_shared: sum.from_shared + line.from_shared,
            oversold: sum.oversold + line.oversold,
            value_minor: match line.value_minor() {
                Some(value) => Some(sum.value_minor.unwrap_or(0) + value),
                None => sum.value_minor,
            },
        })
    }

    fn value(&self) -> String {
        amount(self.value_minor)
    }

    /// Units that came from somewhere, or are owed.
    fn taken(&self) -> i64 {
        self.from_hold + self.from_shared + self.oversold
    }
}

impl LineRow {
    fn new(named: NamedLine) -> Self {
        let NamedLine { line, sku_name, promotion_name } = named;
        let sale_path = line.promotion_id.map(|id| format!("/promotions/{id}"));
        Self {
            sku_path: catalogue::path_of(&line.sku),
            sku: line.sku.to_string(),
            name: sku_name,
            quantity: line.quantity,
            from_hold: line.from_hold,
            sale: promotion_name.zip(sale_path),
            from_shared: line.from_shared,
            oversold: line.oversold,
            price: amount(line.unit_price_minor),
            value: amount(line.value_minor()),
        }
    }
}

/// What is to be said about an order besides its numbers: how serious it is, and the words.
fn remarks(order: &Order, lines: &[NamedLine], totals: &Totals) -> Vec<(&'static str, String)> {
    let early = match (order.status, order.is_cancelled_before_arrival()) {
        (OrderStatus::Cancelled, true) => Some(
            "This order was cancelled before it came in, and has not come in yet. When it does, it takes no stock."
                .to_owned(),
        ),
        (OrderStatus::Cancelled, false) if totals.taken() == 0 => {
            Some("This order was cancelled before it came in: it took no stock.".to_owned())
        }
        (OrderStatus::Open | OrderStatus::Shipped | OrderStatus::Cancelled, _) => None,
    };
    let oversold = Some(totals.oversold).filter(|units| *units > 0 && order.status == OrderStatus::Open);
    let oversold = oversold.map(|units| {
        format!("Oversold by {}: sold with no stock left. Stock that comes in covers it first.", counted(units, "unit"))
    });
    let unpriced = lines.iter().filter(|named| named.line.unit_price_minor.is_none()).count();
    let unpriced = Some(unpriced).filter(|unpriced| *unpriced > 0 && totals.value_minor.is_some());
    let unpriced = unpriced.map(|lines| format!("The value leaves out {} without a price.", counted(lines, "line")));
    let with = |kind: &'static str| move |words: String| (kind, words);
    let all = [early.map(with("info")), oversold.map(with("warning")), unpriced.map(with("info"))];
    all.into_iter().flatten().collect()
}

fn notice(word: &str) -> Option<String> {
    match word {
        "taken" => Some("The order was recorded.".to_owned()),
        "shipped" => Some("The order was shipped.".to_owned()),
        "was_shipped" => Some("Nothing was changed: the order was already shipped.".to_owned()),
        "was_cancelled" => Some("Nothing was changed: the order was already cancelled.".to_owned()),
        "cancelled" => Some("The order was cancelled. Its units went back to where they came from.".to_owned()),
        _ => None,
    }
}

/// Shows an order.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn show(visit: Visit, path: Path<(String, String)>, query: Query<ShowQuery>) -> PageResult {
    let (store, number) = key_in(&path.0, &path.1).ok_or(PageError::NotFound)?;
    let read = visit.database().read(move |conn| sheet(conn, &store, &number)).await?;
    let OrderSheet { order, store, lines } = read.ok_or(PageError::NotFound)?;
    let local = |at| LocalTime::new(at, &store);
    let (totals, (tone, state)) = (Totals::of(&lines), state(&order));
    ok(&OrderPage {
        page: Layout { notice: notice(&query.0.notice), ..visit.layout("orders") },
        path: path_of(&order.store, &order.number),
        number: order.number.to_string(),
        store: store.name.clone(),
        store_path: stores::path_of(&store.code),
        tone,
        state,
        is_open: order.status == OrderStatus::Open,
        remarks: remarks(&order, &lines, &totals),
        placed: local(order.placed_at),
        received: (!order.is_cancelled_before_arrival()).then(|| (local(order.received_at), order.received_by.clone())),
        closed_label: order.status.label(),
        closed: order.closed_at.map(local).zip(order.closed_by),
        lines: lines.into_iter().map(LineRow::new).collect(),
        totals,
    })
}
