//! The scan: finds the SKUs whose quantities may have changed, plans them, and marks what is due. Changes are numbered for
//! programs that ask what is new.

use super::plan::{self, PlannedSku};
use crate::{
    db::{
        Conn, QueryResult,
        catalogue::{
            quantity_changes,
            quantity_checks::{self, Check},
            skus,
        },
        stores::connections,
    },
    domain::{code::SkuCode, moment::Moment},
};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// The result of scanning some SKUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scanned {
    /// The moment for which they were planned.
    pub at: Moment,
    /// Whether something is to be sent now.
    pub is_any_due: bool,
    /// Whether more SKUs may have changed.
    pub is_more: bool,
}

/// Scans up to `most` SKUs, with the time of `clock`. A store that is to be raised waits for those that are to be lowered
/// for `patience`.
pub fn run(conn: &mut Conn, clock: impl Fn() -> Moment, patience: TimeDelta, most: usize) -> QueryResult<Scanned> {
    let checks = quantity_checks::due(conn, clock(), most)?;
    let locked = skus::lock(conn, checks.iter().map(|(sku, _)| sku).collect::<BTreeSet<_>>())?;
    // The rows may have been waited for.
    let now = clock();
    let connections = connections::all(conn)?;
    let planned = plan::run(conn, locked, &connections, now, patience, |_| {})?;
    plan::save(conn, &planned)?;
    quantity_checks::remove(conn, &checks)?;
    number_changes(conn, &checks, &planned, now)?;
    Ok(Scanned { at: now, is_any_due: plan::is_any_to_send(&planned), is_more: checks.len() == most })
}

fn number_changes(conn: &mut Conn, checks: &[Check], planned: &[PlannedSku], now: Moment) -> QueryResult<()> {
    // What changed and changed back since the last scan is the same as before. A program that asked in between was
    // answered something else, so the change counts.
    let may_have_changed: BTreeSet<&SkuCode> =
        checks.iter().filter(|check| quantity_checks::is_of_quantities(check)).map(|(sku, _)| sku).collect();
    let others: BTreeSet<&SkuCode> =
        checks.iter().map(|(sku, _)| sku).filter(|sku| !may_have_changed.contains(sku)).collect();
    let known = quantity_changes::fingerprints(conn, others)?;
    let mut changed = Vec::new();
    for planned in planned {
        if may_have_changed.contains(&planned.sku) || known.get(&planned.sku) != Some(&planned.fingerprint) {
            changed.push((planned.sku.clone(), planned.fingerprint.clone()));
        }
    }
    quantity_changes::record(conn, &changed, now)
}
