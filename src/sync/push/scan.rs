//! The scan: finds the SKUs whose quantities may have changed, plans them, and marks the listings that are due. It numbers
//! the changes for programs that read them through the API.

use super::{
    group::{self, Wanted},
    plan::{self, Plan, PlannedListing},
};
use crate::{
    db::{
        Conn, QueryResult,
        catalogue::{
            quantity_changes::{self, Changed},
            quantity_checks::{self, Check},
            skus::{self, Sku},
        },
        stores::connections,
    },
    domain::{code::SkuCode, moment::Moment},
};
use chrono::TimeDelta;
use std::collections::{BTreeSet, HashSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scanned {
    pub at: Moment,
    pub is_any_due: bool,
    pub is_more: bool,
}

/// Scans up to `most` SKUs. A store is raised once the others are lowered, or after `patience`.
pub fn run(conn: &mut Conn, clock: impl Fn() -> Moment, patience: TimeDelta, most: usize) -> QueryResult<Scanned> {
    let checks = quantity_checks::due(conn, clock(), most)?;
    let checked: BTreeSet<&SkuCode> = checks.iter().map(|(sku, _)| sku).collect();
    let with_kits = group::skus_with(conn, &checked)?;
    let locked = skus::lock(conn, &with_kits)?;
    // Waiting for the locks may have taken long.
    let now = clock();
    let connections = connections::all(conn)?;
    let ordered = quantity_changes::ordered_since(conn, checked.iter().copied())?;
    let note_sold = |planned: &mut PlannedListing| {
        if planned.is_in_any_of(&ordered) {
            planned.push.has_sold = true;
        }
    };
    let planned = plan::run(conn, &locked, &Wanted::Skus(checked), &connections, (now, patience), note_sold)?;
    plan::save(conn, &planned, now)?;
    quantity_checks::remove(conn, &checks)?;
    number_changes(conn, &checks, (&planned, &locked), now)?;
    Ok(Scanned { at: now, is_any_due: planned.is_any_to_send(), is_more: checks.len() == most })
}

fn number_changes(
    conn: &mut Conn,
    checks: &[Check],
    (planned, locked): (&Plan, &[Sku]),
    now: Moment,
) -> QueryResult<()> {
    let checked: HashSet<&SkuCode> = checks.iter().map(|(sku, _)| sku).collect();
    // A quantity that changed and changed back since the last scan has the same fingerprint. A program that read it in
    // between got the other value, so the change counts.
    let mut may_have_changed = BTreeSet::new();
    for check in checks {
        if quantity_checks::is_of_quantities(check) {
            may_have_changed.insert(&check.0);
        }
    }
    let others = checked.iter().copied().filter(|sku| !may_have_changed.contains(sku));
    let known = quantity_changes::fingerprints(conn, others)?;
    let mut changed = Vec::new();
    for sku in locked.iter().filter(|sku| checked.contains(&sku.code)) {
        let quantities = planned.fingerprint(&sku.code);
        if may_have_changed.contains(&sku.code) || known.get(&sku.code) != Some(&quantities) {
            changed.push(Changed { sku, quantities });
        }
    }
    quantity_changes::record(conn, &changed, now)
}
