//! Recomputes from the ledger what the database keeps, and lists every difference. It changes nothing: call it inside
//! one snapshot.

use crate::{
    db::{
        Conn, QueryResult, holds,
        reads::verify::{self, Counts, HoldCopy, HoldTotals, Totals},
        skus,
    },
    domain::{
        code::SkuCode, explanation::explain, hold::Hold, moment::Moment, quantity::Position, stock::Stock,
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
    /// What does not agree; nothing in a sound database.
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
        let Counts { skus, entries, holds } = self.counts;
        let entries = if entries == 1 { "1 ledger entry".to_owned() } else { format!("{entries} ledger entries") };
        write!(f, "{}, {entries}, {}: ", counted(skus, "SKU"), counted(holds, "hold"))?;
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
    for totals in verify::wrong_totals(conn)? {
        compare_totals(&format!("SKU {}", totals.sku), "number of entries", &totals, &mut found);
    }
    for totals in verify::wrong_balances(conn)? {
        let what = format!("SKU {}, after entry {}", totals.sku, totals.kept().0);
        compare_totals(&what, "number of the entry", &totals, &mut found);
    }
    found.extend(verify::wrong_holds(conn)?.iter().flat_map(hold_differences));
    found.extend(verify::missing_holds(conn)?.iter().flat_map(hold_differences));
    found.extend(verify::wrong_copies(conn)?.iter().flat_map(copy_differences));
    for (sku, store, live) in verify::held_twice(conn, now)? {
        found.push(Difference::new(format!("SKU {sku}, live holds of {store}"), live, "1 or none"));
    }
    for (sku, promotion, ends_at) in verify::settled_too_soon(conn, now)? {
        let what = format!("hold of {promotion} on {sku}, end of what was settled by {now}");
        found.push(Difference::new(what, ends_at, "earlier"));
    }
    verify_positions(conn, now, &mut found)?;
    Ok(Report { counts: verify::counts(conn)?, differences: found })
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
    let differing = values.into_iter().filter(|(_, kept, ledger)| kept != ledger);
    found.extend(differing.map(|(name, kept, ledger)| Difference::new(format!("{what}, {name}"), kept, ledger)));
}

fn hold_differences(hold: &HoldTotals) -> Vec<Difference> {
    let HoldTotals { sku, promotion_id, quantity, sold, ledger_quantity, ledger_sold } = hold;
    let values = [("quantity", quantity, ledger_quantity), ("sold", sold, ledger_sold)];
    let differing = values.into_iter().filter(|(_, kept, ledger)| kept != ledger);
    differing
        .map(|(name, kept, ledger)| Difference::new(format!("hold of {promotion_id} on {sku}, {name}"), kept, ledger))
        .collect()
}

fn copy_differences(hold: &HoldCopy) -> Vec<Difference> {
    let HoldCopy { sku, promotion_id, store, ends_at, promotion_store, promotion_ends_at } = hold;
    let what = |name| format!("hold of {promotion_id} on {sku}, {name}");
    let store = (store != promotion_store).then(|| Difference::new(what("store"), store, promotion_store));
    let end = (ends_at != promotion_ends_at).then(|| Difference::new(what("end"), ends_at, promotion_ends_at));
    store.into_iter().chain(end).collect()
}

/// Checks the arithmetic of every SKU that has live holds, as the pages compute it.
fn verify_positions(conn: &mut Conn, now: Moment, found: &mut Vec<Difference>) -> QueryResult<()> {
    let mut last: Option<SkuCode> = None;
    loop {
        let codes = verify::held_after(conn, last.as_ref(), now, BATCH)?;
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
