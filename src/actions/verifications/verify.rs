//! Recomputes from the ledger what the database keeps, and lists every difference. It changes nothing: call it inside
//! one snapshot.
//!
//! Each value is compared with one other, so that one wrong value is one difference: the totals of a SKU and of a hold
//! with their entries, each entry with the one before, the lines of an order with their entries, the order with its
//! lines; and what repeats a value, for lists, with that value. What follows from all of these is not compared again: that a SKU has committed what its open lines took.

use super::verify_pushes::{self, Forgotten};
use crate::{
    db::{
        Conn, QueryResult,
        catalogue::skus,
        promotions::holds,
        verifications::{
            verify_orders::{self, Closed, Listed, OfOrder, OrderTotals, Took, Unordered},
            verify_stock::{self, Counts, HoldBalance, HoldCopy, HoldTotals, Totals},
        },
    },
    domain::{
        catalogue::{explanation::explain, quantity::Position, stock::Stock},
        code::SkuCode,
        id::PromotionId,
        moment::Moment,
        orders::order::OrderStatus,
        promotions::hold::Hold,
        text::counted,
    },
};

/// How many SKUs are loaded at a time.
const BATCH: i64 = 500;

/// What was verified, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How much there was.
    pub counts: Counts,
    /// What does not agree; nothing in a sound database. Of one kind up to [`verify_stock::LIMIT`].
    pub differences: Vec<Difference>,
}

/// A number, or another value, that is not what it follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    what: String,
    kept: String,
    expected: String,
}

impl Difference {
    fn new(what: String, kept: impl ToString, expected: impl ToString) -> Self {
        Self { what, kept: kept.to_string(), expected: expected.to_string() }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: is {}, should be {}", self.what, self.kept, self.expected)
    }
}

impl std::fmt::Display for Report {
    /// A line for each difference, and one that sums up.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.differences.iter().try_for_each(|difference| writeln!(f, "{difference}"))?;
        let Counts { skus, entries, holds, orders } = self.counts;
        let entries = if entries == 1 { "1 ledger entry".to_owned() } else { format!("{entries} ledger entries") };
        let [skus, holds, orders] =
            [(skus, "SKU"), (holds, "hold"), (orders, "order")].map(|(count, of)| counted(count, of));
        write!(f, "{skus}, {entries}, {holds}, {orders}: ")?;
        match self.differences.len() {
            0 => f.write_str("no differences"),
            n => f.write_str(&counted(n, "difference")),
        }
    }
}

/// Verifies the whole database as it is at `now`.
///
/// # Errors
/// When the database fails.
pub fn run(conn: &mut Conn, now: Moment) -> QueryResult<Report> {
    let mut found = Vec::new();
    for totals in verify_stock::wrong_totals(conn)? {
        compare_totals(&format!("SKU {}", totals.sku), "number of entries", &totals, &mut found);
    }
    for totals in verify_stock::wrong_balances(conn)? {
        let what = format!("SKU {}, after entry {}", totals.sku, totals.kept().0);
        compare_totals(&what, "number of the entry", &totals, &mut found);
    }
    found.extend(verify_stock::wrong_holds(conn)?.iter().flat_map(hold_differences));
    found.extend(verify_stock::missing_holds(conn)?.iter().flat_map(hold_differences));
    found.extend(verify_stock::wrong_hold_balances(conn)?.iter().flat_map(hold_balance_differences));
    found.extend(verify_stock::wrong_copies(conn)?.iter().flat_map(copy_differences));
    for (sku, store, live) in verify_stock::held_twice(conn, now)? {
        found.push(Difference::new(format!("SKU {sku}, live holds of {store}"), live, "1 or none"));
    }
    for (sku, promotion, ends_at) in verify_stock::settled_too_soon(conn, now)? {
        let what = format!("hold of {promotion} on {sku}, end of what was settled by {now}");
        found.push(Difference::new(what, ends_at, "earlier"));
    }
    verify_positions(conn, now, &mut found)?;
    for Forgotten { sku, store, acknowledged, should } in verify_pushes::run(conn, now)? {
        let shown = acknowledged.map_or_else(|| "unknown".to_owned(), |units| units.to_string());
        found.push(Difference::new(format!("SKU {sku}, what {store} shows with no push due"), shown, should));
    }
    found.extend(verify_orders::wrong_orders(conn)?.iter().flat_map(order_differences));
    found.extend(verify_orders::wrong_lines(conn)?.iter().flat_map(line_differences));
    found.extend(verify_orders::unordered(conn)?.iter().flat_map(unordered_differences));
    found.extend(verify_orders::wrong_lists(conn)?.iter().flat_map(list_differences));
    Ok(Report { counts: verify_stock::counts(conn)?, differences: found })
}

fn compare_totals(what: &str, number: &str, totals: &Totals, found: &mut Vec<Difference>) {
    let ((kept_number, kept), (ledger_number, ledger)) = (totals.kept(), totals.by_ledger());
    let values = [
        (number, kept_number, ledger_number),
        ("on hand", kept.on_hand, ledger.on_hand),
        ("committed", kept.committed, ledger.committed),
        ("oversold", kept.oversold, ledger.oversold),
        ("buffer", kept.buffer, ledger.buffer),
    ];
    found.extend(differing(what, values));
}

fn hold_differences(hold: &HoldTotals) -> Vec<Difference> {
    let HoldTotals { sku, promotion_id, quantity, sold, kept, ledger_quantity, ledger_sold, ledger_kept } = hold;
    let values = [
        ("quantity", *quantity, *ledger_quantity),
        ("sold", *sold, *ledger_sold),
        ("times stored", *kept, *ledger_kept),
    ];
    differing(&format!("hold of {promotion_id} on {sku}"), values)
}

fn hold_balance_differences(balance: &HoldBalance) -> Vec<Difference> {
    let HoldBalance { sku, number, quantity, sold, ledger_quantity, ledger_sold } = balance;
    let values = [("quantity of the hold", *quantity, *ledger_quantity), ("sold of the hold", *sold, *ledger_sold)];
    differing(&format!("SKU {sku}, after entry {number}"), values)
}

/// Those of some values that are not what they should be.
fn differing<T: PartialEq + ToString, const N: usize>(of: &str, values: [(&str, T, T); N]) -> Vec<Difference> {
    let differing = values.into_iter().filter(|(_, kept, expected)| kept != expected);
    differing.map(|(name, kept, expected)| Difference::new(format!("{of}, {name}"), kept, expected)).collect()
}

fn copy_differences(hold: &HoldCopy) -> Vec<Difference> {
    let HoldCopy { sku, promotion_id, store, ends_at, promotion_store, promotion_ends_at } = hold;
    let of = format!("hold of {promotion_id} on {sku}");
    let store = differing(&of, [("store", store, promotion_store)]);
    store.into_iter().chain(differing(&of, [("end", ends_at, promotion_ends_at)])).collect()
}

fn order_differences(order: &OrderTotals) -> Vec<Difference> {
    let OrderTotals { number, store, status, units, oversold, line_units, line_oversold } = order;
    let of = format!("order {number} of {store}");
    let values = [("units", *units, *line_units), ("oversold", *oversold, *line_oversold)];
    let has_lines = *line_units > 0;
    let status = (!has_lines && *status != OrderStatus::Cancelled)
        .then(|| Difference::new(format!("{of}, status without lines"), status.as_str(), "cancelled"));
    differing(&of, values).into_iter().chain(status).collect()
}

/// What an order's lines of a SKU took, or else where it stands, or else what changed when it came to stand there: each
/// would follow from the one before.
fn line_differences(order: &OfOrder) -> Vec<Difference> {
    let of = format!("order {} of {}, {}", order.number, order.store, order.sku);
    let took = took_differences(&of, order.by_lines(), order.by_ledger());
    if !took.is_empty() {
        return took;
    }
    let by_ledger = status_by_ledger(order);
    let status = order.status.map_or_else(String::new, |status| status.as_str().to_owned());
    if status != by_ledger {
        return vec![Difference::new(format!("{of}, status"), status, by_ledger)];
    }
    let (Closed { on_hand, committed, oversold, sold }, ledger) = (order.closed_by_lines(), order.closed_by_ledger());
    let values = [
        ("on hand when it was closed", on_hand, ledger.on_hand),
        ("committed when it was closed", committed, ledger.committed),
        ("oversold when it was closed", oversold, ledger.oversold),
        ("sold from the hold when it was closed", sold, ledger.sold),
    ];
    differing(&of, values)
}

fn took_differences(of: &str, kept: Took, ledger: Took) -> Vec<Difference> {
    if kept.lines != ledger.lines {
        return differing(of, [("lines", kept.lines, ledger.lines)]);
    }
    let values = [
        ("from the hold", kept.from_hold, ledger.from_hold),
        ("from shared", kept.from_shared, ledger.from_shared),
        ("oversold", kept.oversold, ledger.oversold),
    ];
    let name = |promotion: Option<PromotionId>| promotion.map_or_else(|| "none".to_owned(), |id| id.to_string());
    let promotion = differing(of, [("promotion", name(kept.promotion), name(ledger.promotion))]);
    differing(of, values).into_iter().chain(promotion).collect()
}

/// Where the order stands by its entries: each line of it has one that says so, or none has.
fn status_by_ledger(order: &OfOrder) -> String {
    let OfOrder { shipped, cancelled, .. } = *order;
    let lines = order.by_ledger().lines;
    match (shipped, cancelled) {
        (0, 0) => OrderStatus::Open.as_str().to_owned(),
        (shipped, 0) if shipped == lines => OrderStatus::Shipped.as_str().to_owned(),
        (0, cancelled) if cancelled == lines => OrderStatus::Cancelled.as_str().to_owned(),
        _ => format!("{shipped} times shipped and {cancelled} times cancelled of {lines} times taken"),
    }
}

fn unordered_differences(entry: &Unordered) -> Vec<Difference> {
    let Unordered { sku, number, kind, committed_change, oversold_change, sold_change } = entry;
    let of = format!("SKU {sku}, entry {number} ({}) without an order", kind.label());
    let values = [
        ("change of committed", *committed_change, 0),
        ("change of oversold", *oversold_change, 0),
        ("change of sold from the hold", *sold_change, 0),
    ];
    differing(&of, values)
}

fn list_differences(listed: &Listed) -> Vec<Difference> {
    let Listed { promotion_id, number, store, times, belongs, .. } = listed;
    let of = format!("order {number} of {store} among those of {promotion_id}");
    if times != belongs {
        return differing(&of, [("times listed", *times, *belongs)]);
    }
    let status = |status: Option<OrderStatus>| status.map_or("none", OrderStatus::as_str);
    let moment = |at: Option<Moment>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let is_oversold = |units: i64| if units == 0 { "no" } else { "yes" };
    let values = [
        ("status", status(listed.status).to_owned(), status(listed.order_status).to_owned()),
        ("placed", moment(listed.placed_at), moment(listed.order_placed_at)),
        ("oversold", is_oversold(listed.is_oversold).to_owned(), is_oversold(listed.order_is_oversold).to_owned()),
    ];
    differing(&of, values)
}

/// Checks the arithmetic of every SKU that has live holds, as the pages compute it.
fn verify_positions(conn: &mut Conn, now: Moment, found: &mut Vec<Difference>) -> QueryResult<()> {
    let mut last: Option<SkuCode> = None;
    loop {
        let codes = verify_stock::held_after(conn, last.as_ref(), now, BATCH)?;
        let live = holds::live_on(conn, &codes, now)?;
        for sku in skus::find_all(conn, &codes)? {
            let holds = live.get(&sku.code).map_or(&[][..], Vec::as_slice);
            verify_position(&sku.code, sku.stock(), holds, found);
        }
        match codes.into_iter().next_back() {
            Some(code) => last = Some(code),
            None => return Ok(()),
        }
    }
}

fn verify_position(sku: &SkuCode, stock: Stock, holds: &[Hold], found: &mut Vec<Difference>) {
    let position = Position { stock, holds };
    let backed: i64 = position.backed().map(|(_, backed)| backed).sum();
    let uncommitted = stock.uncommitted().max(0);
    if backed > uncommitted {
        found.push(Difference::new(format!("SKU {sku}, backed units"), backed, format!("{uncommitted} or less")));
    }
    for hold in holds {
        let shown = position.quantity_for(&hold.store).total();
        let explained: i64 = explain(&position, &hold.store).iter().map(|term| term.amount).sum();
        if shown != explained {
            found.push(Difference::new(format!("SKU {sku}, what {} shows", hold.store), shown, explained));
        }
    }
}
