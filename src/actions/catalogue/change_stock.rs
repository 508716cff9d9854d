//! Changes the units on hand by differences: what was received, returned, damaged or corrected. Each change is
//! independent of the others. What others change meanwhile stays: only an absolute number could undo it.

use crate::{
    actions::catalogue::alike_codes,
    db::{
        Conn, Failed, QueryResult,
        catalogue::{
            ledger::{self, EntryRow},
            skus,
        },
    },
    domain::{
        catalogue::{
            ledger::{Cause, Entry},
            stock_change::{ChangeRefusal, StockChange},
        },
        code::SkuCode,
    },
};
use std::collections::BTreeMap;

/// Applies `changes` in their order. Returns for each the units on hand after it; one that was refused leaves the others
/// as they are. The entry's reason in the ledger is the note of the change, and the reason of `cause`.
pub fn run(conn: &mut Conn, cause: &Cause, changes: &[StockChange]) -> QueryResult<Vec<Result<i64, ChangeRefusal>>> {
    let locked = skus::lock(conn, changes.iter().map(|change| &change.sku))?;
    let mut on_hand: BTreeMap<SkuCode, i64> = locked.iter().map(|sku| (sku.code.clone(), sku.on_hand)).collect();
    let mut entries: Vec<(Cause, Entry)> = Vec::new();
    let mut results = Vec::with_capacity(changes.len());
    for change in changes {
        let Some(units) = on_hand.get_mut(&change.sku) else {
            results.push(Err(ChangeRefusal::UnknownSku(alike_codes::unknown(conn, &change.sku)?)));
            continue;
        };
        let after = change.applied_to(*units);
        if let Ok(after) = &after {
            *units = *after;
            entries.push((noted(cause, &change.note), change.entry()));
        }
        results.push(after);
    }
    ledger::record_each(conn, locked, entries.iter().map(|(cause, entry)| (cause, entry.clone())))?;
    Ok(results)
}

fn noted(cause: &Cause, note: &str) -> Cause {
    let reason = match (cause.reason.as_str(), note) {
        (reason, "") => reason.to_owned(),
        ("", note) => note.to_owned(),
        (reason, note) => format!("{note} ({reason})"),
    };
    Cause { reason, ..cause.clone() }
}

/// The entry that a form made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// Its number in the ledger of the SKU.
    pub number: i64,
    /// Whether the same form had made it before: the change was not applied a second time.
    pub is_repeated: bool,
}

/// Applies one change from a form that was shown when the last entry of the SKU had the number `shown_at`. A form that
/// is sent twice, by a double click or after Back, is applied once: unlike a count, a difference would be added again.
pub fn run_once(
    conn: &mut Conn,
    cause: &Cause,
    change: &StockChange,
    shown_at: i64,
) -> Result<Recorded, Failed<ChangeRefusal>> {
    // The lock comes first: of two requests at the same time, the second finds what the first has recorded.
    let locked = skus::lock(conn, [&change.sku])?;
    let revision = locked.first().map_or(0, |sku| sku.revision);
    let reason = noted(cause, &change.note).reason;
    let is_same =
        |entry: &EntryRow| entry.on_hand_change == change.units && entry.actor == cause.actor && entry.reason == reason;
    let kind = change.reason.entry_kind();
    if let Some(entry) = ledger::of_kind_after(conn, &change.sku, kind, shown_at)?.into_iter().find(is_same) {
        return Ok(Recorded { number: entry.number, is_repeated: true });
    }
    let result = run(conn, cause, std::slice::from_ref(change))?.pop().expect("one result for one change");
    result.map_err(Failed::Refused)?;
    Ok(Recorded { number: revision + 1, is_repeated: false })
}
