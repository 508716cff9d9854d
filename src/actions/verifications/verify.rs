//! Recomputes the stored values from the ledger and lists every difference. It writes nothing; call it inside one
//! snapshot of the database.
//!
//! Each value is compared with exactly one other, so that one wrong value gives one difference: the totals of a SKU and
//! of a hold with their entries, each entry with the one before it, the lines of an order with their entries, the order
//! with its lines, and each copy of a value in a list with the original. Equations that follow from these are not checked
//! again, for example that the committed units of a SKU are those of its open order lines.

use super::verify_pushes::{self, Forgotten};
use crate::{
    db::{
        Conn, QueryResult, availability,
        verifications::{
            verify_orders::{self, Closed, Listed, OfOrder, OrderTotals, Took, Unordered},
            verify_stock::{self, Counts, HoldBalance, HoldCopy, HoldTotals, Totals},
        },
    },
    domain::{
        catalogue::{availability::Availability, explanation::explain},
        code::SkuCode,
        id::PromotionId,
        moment::Moment,
        orders::order::OrderStatus,
        text::counted,
    },
};

/// SKUs that are loaded at a time.
const BATCH: i64 = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was checked.
    pub counts: Counts,
    /// Up to [`verify_stock::LIMIT`] of each kind. A correct database has none.
    pub differences: Vec<Difference>,
}

/// A stored value that differs from the recomputed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    what: String,
    stored: String,
    expected: String,
}

impl Difference {
    fn new(what: String, stored: impl ToString, expected: impl ToString) -> Self {
        Self { what, stored: stored.to_string(), expected: expected.to_string() }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: is {}, should be {}", self.what, self.stored, self.expected)
    }
}

impl std::fmt::Display for Report {
    /// A line for each difference, and a summary.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for difference in &self.differences {
            writeln!(f, "{difference}")?;
        }
        let Counts { skus, entries, holds, orders } = self.counts;
        let entries = if entries == 1 { "1 ledger entry".to_owned() } else { format!("{entries} ledger entries") };
        let skus = counted(skus, "SKU");
        let holds = counted(holds, "hold");
        let orders = counted(orders, "order");
        write!(f, "{skus}, {entries}, {holds}, {orders}: ")?;
        match self.differences.len() {
            0 => f.write_str("no differences"),
            n => f.write_str(&counted(n, "difference")),
        }
    }
}

pub fn run(conn: &mut Conn, now: Moment) -> QueryResult<Report> {
    let mut found = Vec::new();
    for totals in verify_stock::wrong_totals(conn)? {
        compare_totals(&format!("SKU {}", totals.sku), "number of entries", &totals, &mut found);
    }
    for totals in verify_stock::wrong_balances(conn)? {
        let what = format!("SKU {}, after entry {}", totals.sku, totals.stored().0);
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
    for Forgotten { listing, store, acknowledged, should } in verify_pushes::run(conn, now)? {
        let shown = acknowledged.map_or_else(|| "unknown".to_owned(), |units| units.to_string());
        found.push(match should {
            Some(should) => Difference::new(format!("{listing}, quantity at {store} with no push due"), shown, should),
            None => Difference::new(format!("{listing}, quantity at {store} that does not list it"), shown, "none"),
        });
    }
    found.extend(verify_orders::wrong_orders(conn)?.iter().flat_map(order_differences));
    found.extend(verify_orders::wrong_lines(conn)?.iter().flat_map(line_differences));
    found.extend(verify_orders::unordered(conn)?.iter().flat_map(unordered_differences));
    found.extend(verify_orders::wrong_lists(conn)?.iter().flat_map(list_differences));
    Ok(Report { counts: verify_stock::counts(conn)?, differences: found })
}

fn compare_totals(what: &str, number: &str, totals: &Totals, found: &mut Vec<Difference>) {
    let (stored_number, stored) = totals.stored();
    let (ledger_number, ledger) = totals.by_ledger();
    let values = [
        (number, stored_number, ledger_number),
        ("on hand", stored.on_hand, ledger.on_hand),
        ("committed", stored.committed, ledger.committed),
        ("oversold", stored.oversold, ledger.oversold),
        ("buffer", stored.buffer, ledger.buffer),
    ];
    found.extend(differing(what, values));
}

fn hold_differences(hold: &HoldTotals) -> Vec<Difference> {
    let HoldTotals { sku, promotion_id, quantity, sold, times, ledger_quantity, ledger_sold, ledger_times } = hold;
    let values = [
        ("quantity", *quantity, *ledger_quantity),
        ("sold", *sold, *ledger_sold),
        ("times stored", *times, *ledger_times),
    ];
    differing(&format!("hold of {promotion_id} on {sku}"), values)
}

fn hold_balance_differences(balance: &HoldBalance) -> Vec<Difference> {
    let HoldBalance { sku, number, quantity, sold, ledger_quantity, ledger_sold } = balance;
    let values = [("quantity of the hold", *quantity, *ledger_quantity), ("sold of the hold", *sold, *ledger_sold)];
    differing(&format!("SKU {sku}, after entry {number}"), values)
}

/// The differences among `values`, which are named, stored and expected values of the object `of`.
fn differing<T: PartialEq + ToString, const N: usize>(of: &str, values: [(&str, T, T); N]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (name, stored, expected) in values {
        if stored != expected {
            differences.push(Difference::new(format!("{of}, {name}"), stored, expected));
        }
    }
    differences
}

fn copy_differences(hold: &HoldCopy) -> Vec<Difference> {
    let HoldCopy { sku, promotion_id, store, ends_at, promotion_store, promotion_ends_at } = hold;
    let of = format!("hold of {promotion_id} on {sku}");
    let mut differences = differing(&of, [("store", store, promotion_store)]);
    differences.extend(differing(&of, [("end", ends_at, promotion_ends_at)]));
    differences
}

fn order_differences(order: &OrderTotals) -> Vec<Difference> {
    let OrderTotals { number, store, status, units, oversold, line_units, line_oversold } = order;
    let of = format!("order {number} of {store}");
    let values = [("units", *units, *line_units), ("oversold", *oversold, *line_oversold)];
    let mut differences = differing(&of, values);
    let has_lines = *line_units > 0;
    if !has_lines && *status != OrderStatus::Cancelled {
        differences.push(Difference::new(format!("{of}, status without lines"), status.as_str(), "cancelled"));
    }
    differences
}

/// Compares what an order's lines of a SKU took. Only if that agrees, compares the status, and only if that agrees, the
/// changes that came with the status: a difference in one would cause differences in the next.
fn line_differences(order: &OfOrder) -> Vec<Difference> {
    let of = format!("order {} of {}, {}", order.number, order.store, order.sku);
    let mut differences = differing(&of, [("put back to stock", order.restocked, order.ledger_restocked)]);
    if order.changed == 0 {
        differences.extend(step_differences(&of, order));
        return differences;
    }
    let due = order.due();
    let net = order.net();
    let values = [
        ("on hand", due.on_hand, net.on_hand),
        ("committed", due.committed, net.committed),
        ("oversold", due.oversold, net.oversold),
        ("sold from the hold", due.sold, net.sold),
    ];
    differences.extend(differing(&of, values));
    differences
}

/// Of an order that was plainly taken, shipped or cancelled.
fn step_differences(of: &str, order: &OfOrder) -> Vec<Difference> {
    let took = took_differences(of, order.by_lines(), order.by_ledger());
    if !took.is_empty() {
        return took;
    }
    if (order.shipped, order.cancelled) != (order.shipped_lines, order.cancelled_lines) {
        let by_ledger = status_by_ledger(order);
        let status = order.status.map_or_else(String::new, |status| status.as_str().to_owned());
        return vec![Difference::new(format!("{of}, status"), status, by_ledger)];
    }
    let Closed { on_hand, committed, oversold, sold } = order.closed_by_lines();
    let ledger = order.closed_by_ledger();
    let values = [
        ("on hand when it was closed", on_hand, ledger.on_hand),
        ("committed when it was closed", committed, ledger.committed),
        ("oversold when it was closed", oversold, ledger.oversold),
        ("sold from the hold when it was closed", sold, ledger.sold),
    ];
    differing(of, values)
}

fn took_differences(of: &str, stored: Took, ledger: Took) -> Vec<Difference> {
    if stored.lines != ledger.lines {
        return differing(of, [("lines", stored.lines, ledger.lines)]);
    }
    let values = [
        ("from the hold", stored.from_hold, ledger.from_hold),
        ("from shared", stored.from_shared, ledger.from_shared),
        ("oversold", stored.oversold, ledger.oversold),
    ];
    let name = |promotion: Option<PromotionId>| promotion.map_or_else(|| "none".to_owned(), |id| id.to_string());
    let mut differences = differing(of, values);
    differences.extend(differing(of, [("promotion", name(stored.promotion), name(ledger.promotion))]));
    differences
}

/// The status of the lines by the ledger's entries: a closed line has one such entry, an open one has none.
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

/// Checks the arithmetic of every SKU with live holds, as the pages compute it.
fn verify_positions(conn: &mut Conn, now: Moment, found: &mut Vec<Difference>) -> QueryResult<()> {
    let mut last: Option<SkuCode> = None;
    loop {
        let codes = verify_stock::held_after(conn, last.as_ref(), now, BATCH)?;
        let available = availability::read(conn, &codes, now)?;
        for code in &codes {
            verify_position(code, &available[code], found);
        }
        match codes.into_iter().next_back() {
            Some(code) => last = Some(code),
            None => return Ok(()),
        }
    }
}

fn verify_position(sku: &SkuCode, availability: &Availability, found: &mut Vec<Difference>) {
    let position = availability.position();
    let backed: i64 = position.backed().map(|(_, backed)| backed).sum();
    let uncommitted = position.stock.uncommitted().max(0);
    if backed > uncommitted {
        found.push(Difference::new(format!("SKU {sku}, backed units"), backed, format!("{uncommitted} or less")));
    }
    for hold in position.holds {
        let shown = position.quantity_for(&hold.store).total();
        let explained: i64 = explain(&position, &hold.store).iter().map(|term| term.amount).sum();
        if shown != explained {
            found.push(Difference::new(format!("SKU {sku}, what {} shows", hold.store), shown, explained));
        }
    }
}
