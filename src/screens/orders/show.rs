//! `/orders/{store}/{number}`: an order, and for each line where its units came from.

use super::{amount, key_in, path_of, state};
use crate::{
    db::{
        self, Conn,
        orders::{
            Order,
            changes::OrderChange,
            detail::{NamedLine, OrderSheet, sheet},
            owed::Owed,
        },
    },
    domain::{
        code::SkuCode,
        moment::Moment,
        money::{Amount, Currency},
        orders::{
            coverage::Coverage,
            order::{Fulfiller, OrderStatus, Payment},
        },
        text::counted,
    },
    screens::{NoticeQuery, catalogue, promotions::LocalTime, stores},
    web::{
        error::{PageError, PageResult},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use std::collections::BTreeMap;

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
    /// The kind of a callout, and its sentence.
    remarks: Vec<(&'static str, String)>,
    placed: LocalTime,
    /// When and from whom; nothing for an order that was cancelled before it arrived.
    received: Option<(LocalTime, String)>,
    closed_label: &'static str,
    closed: Option<(LocalTime, String)>,
    lines: Vec<LineRow>,
    totals: Totals,
    value: String,
    /// Units of all lines that are still missing.
    short: i64,
    /// What the store says of it: terms and words.
    facts: Vec<(&'static str, String)>,
    /// Whether a line has another status than the order, or came back.
    has_statuses: bool,
    /// Lines that no listing has: the seller SKU, how many, and the status.
    unmatched: Vec<(String, i64, &'static str)>,
    history: Vec<HistoryRow>,
}

struct HistoryRow {
    at: LocalTime,
    actor: String,
    details: String,
}

struct LineRow {
    /// What the line names, if it names a listing.
    seller_sku: String,
    status: String,
    sku: String,
    sku_path: String,
    name: String,
    quantity: i64,
    from_hold: i64,
    sale: Option<(String, String)>,
    from_shared: i64,
    oversold: i64,
    /// Of an open order, the oversold units of this SKU that are still missing, in all its lines.
    short: i64,
    price: String,
    value: String,
}

#[derive(Default)]
struct Totals {
    quantity: i64,
    from_hold: i64,
    from_shared: i64,
    oversold: i64,
    value: Option<Amount>,
}

impl Totals {
    fn of(lines: &[NamedLine]) -> Self {
        let mut totals = Self::default();
        for NamedLine { line, .. } in lines.iter().filter(|named| !named.line.is_cancelled_alone()) {
            totals.quantity += line.quantity;
            totals.from_hold += line.from_hold;
            totals.from_shared += line.from_shared;
            totals.oversold += line.oversold;
            if let Some(value) = line.value() {
                *totals.value.get_or_insert_default() += value;
            }
        }
        totals
    }

    /// Zero for an order that was cancelled before it arrived.
    fn taken(&self) -> i64 {
        self.from_hold + self.from_shared + self.oversold
    }
}

impl LineRow {
    fn new(
        named: NamedLine,
        of_order: OrderStatus,
        owed: &BTreeMap<SkuCode, Coverage>,
        currency: Option<Currency>,
    ) -> Self {
        let NamedLine { line, sku_name, promotion_name } = named;
        let status = line.status(of_order).label();
        let sale_path = line.promotion_id.map(|id| format!("/promotions/{id}"));
        Self {
            seller_sku: line.seller_sku.as_ref().map(ToString::to_string).unwrap_or_default(),
            status: match line.returned {
                0 => status.to_owned(),
                returned => format!("{status}, {returned} returned"),
            },
            short: owed
                .get(&line.sku)
                .filter(|_| line.oversold > 0 && line.own_status.is_none())
                .map_or(0, |of_sku| of_sku.short()),
            sku_path: catalogue::path_of(&line.sku),
            sku: line.sku.to_string(),
            name: sku_name,
            quantity: line.quantity,
            from_hold: line.from_hold,
            sale: promotion_name.zip(sale_path),
            from_shared: line.from_shared,
            oversold: line.oversold,
            price: amount(line.unit_price(), currency),
            value: amount(line.value(), currency),
        }
    }
}

/// Callouts about the order: their kind, and a sentence.
fn remarks(order: &Order, lines: &[NamedLine], totals: &Totals, coverage: Coverage) -> Vec<(&'static str, String)> {
    let mut remarks = Vec::new();
    if order.is_cancelled_before_arrival() {
        remarks.push((
            "info",
            "This order was cancelled before it arrived, and has not arrived yet. When it does, it takes no stock."
                .to_owned(),
        ));
    } else if order.fulfilled_by == Fulfiller::Marketplace {
        remarks
            .push(("info", "The marketplace ships this order from its own warehouse: it takes no stock.".to_owned()));
    } else if order.fulfilled_by == Fulfiller::Earlier {
        remarks.push((
            "info",
            "This order was finished before the orders of its store were read: it takes no stock.".to_owned(),
        ));
    } else if order.status == OrderStatus::Cancelled && totals.taken() == 0 && !lines.is_empty() {
        remarks.push(("info", "This order was cancelled before it arrived: it took no stock.".to_owned()));
    }
    if order.status == OrderStatus::Open && order.payment == Payment::Pending {
        remarks.push(("info", "The customer has not paid yet. The order takes its units all the same.".to_owned()));
    }
    let undecided: i64 = lines.iter().map(|named| named.line.undecided()).sum();
    if undecided > 0 {
        let units = counted(undecided, "unit");
        remarks.push(("warning", format!("{units} came back, or will: decide about them under Orders, Returns.")));
    }
    if order.is_owed_units() {
        remarks.push(about_debt(coverage));
    }
    let unpriced = lines.iter().filter(|named| named.line.unit_price_minor.is_none()).count();
    if unpriced > 0 && totals.value.is_some() {
        remarks.push(("info", format!("The value leaves out {} without a price.", counted(unpriced, "line"))));
    }
    remarks
}

/// What the order is owed, and what stock that came in covers of it.
fn about_debt(coverage: Coverage) -> (&'static str, String) {
    let owed = counted(coverage.owed, "unit");
    if coverage.is_covered() {
        return (
            "success",
            format!("Covered: it was oversold by {owed}, and stock for them has come in. It can be shipped."),
        );
    }
    let short = counted(coverage.short(), "unit");
    let more = "Stock that comes in covers the oldest orders first.";
    match coverage.covered {
        0 => ("warning", format!("Oversold by {owed}: sold with no stock left. {more}")),
        covered => (
            "warning",
            format!("Still short by {short}: it was oversold by {owed}, and stock for {covered} has come in. {more}"),
        ),
    }
}

/// What its store says of the order.
fn facts(order: &Order, local: impl Fn(Moment) -> LocalTime) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(at) = order.updated_at {
        let LocalTime { text, zone, .. } = local(at);
        facts.push(("Changed at the store", format!("{text} {zone}")));
        facts.push(("Payment", order.payment.label().to_owned()));
    }
    match order.fulfilled_by {
        Fulfiller::Seller => {}
        Fulfiller::Marketplace => facts.push(("Shipped by", order.fulfilled_by.label().to_owned())),
        Fulfiller::Earlier => facts.push(("Finished", order.fulfilled_by.label().to_owned())),
    }
    facts
}

fn notice(word: &str) -> Option<String> {
    let words = match word {
        "taken" => "The order was recorded.",
        "was_taken" => "Nothing was changed: this order was already recorded.",
        "shipped" => "The order was shipped.",
        "was_shipped" => "Nothing was changed: the order was already shipped.",
        "was_cancelled" => "Nothing was changed: the order was already cancelled.",
        "cancelled" => "The order was cancelled. Its units went back to where they came from.",
        _ => return None,
    };
    Some(words.to_owned())
}

pub async fn show(visit: Visit, path: Path<(String, String)>, Query(query): Query<NoticeQuery>) -> PageResult {
    let (store, number) = key_in(&path.0, &path.1).ok_or(PageError::NotFound)?;
    let now = visit.now;
    let read = move |conn: &mut Conn| {
        let Some(sheet) = sheet(conn, &store, &number)? else { return Ok(None) };
        let codes: Vec<SkuCode> = sheet.lines.iter().map(|named| named.line.sku.clone()).collect();
        let owed = if sheet.order.is_owed_units() { Owed::of_skus(conn, &codes, now)? } else { Owed::default() };
        Ok::<_, db::Error>(Some((sheet, owed)))
    };
    let (OrderSheet { order, store, lines, unmatched, changes }, owed) =
        visit.database().read(read).await?.ok_or(PageError::NotFound)?;
    let coverage = owed.of(&order.key());
    let owed = owed.skus_of(&order.key());
    let local = |at| LocalTime::new(at, &store);
    let totals = Totals::of(&lines);
    let (tone, state) = state(&order);
    let of_order = order.status;
    let mut history = Vec::with_capacity(changes.len());
    for OrderChange { at, actor, details } in changes {
        history.push(HistoryRow { at: local(at), actor, details });
    }
    ok(&OrderPage {
        facts: facts(&order, local),
        has_statuses: lines.iter().any(|named| named.line.own_status.is_some() || named.line.returned > 0),
        unmatched: unmatched
            .into_iter()
            .map(|line| (line.seller_sku.to_string(), line.quantity, line.status(of_order).label()))
            .collect(),
        history,
        page: Layout { notice: notice(&query.notice), ..visit.layout("orders") },
        path: path_of(&order.store, &order.number),
        number: order.number.to_string(),
        store: store.name.clone(),
        store_path: stores::path_of(&store.code),
        tone,
        state,
        is_open: order.status == OrderStatus::Open,
        remarks: remarks(&order, &lines, &totals, coverage),
        short: coverage.short(),
        placed: local(order.placed_at),
        received: (!order.is_cancelled_before_arrival()).then(|| (local(order.received_at), order.received_by.clone())),
        closed_label: order.status.label(),
        closed: order.closed_at.map(local).zip(order.closed_by),
        value: amount(totals.value, store.currency),
        lines: lines.into_iter().map(|line| LineRow::new(line, of_order, &owed, store.currency)).collect(),
        totals,
    })
}
