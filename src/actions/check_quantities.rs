//! Looks at the SKUs whose quantities may be others now: numbers those that are for whoever asks what is new, and plans
//! what is to be sent to the stores.

use super::plan_pushes::{self, PlannedSku};
use crate::{
    db::{Conn, QueryResult, pushes, quantity_changes, quantity_checks, skus},
    domain::{code::SkuCode, moment::Moment},
};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// How many SKUs are looked at in one transaction: others wait for their rows meanwhile.
const TOGETHER: usize = 200;

/// Looks at some of the SKUs that are due at `now`, and answers whether there may be more.
///
/// # Errors
/// When the database fails: they are due as before.
pub fn run(conn: &mut Conn, now: Moment, patience: TimeDelta) -> QueryResult<bool> {
    let due = quantity_checks::due(conn, now, TOGETHER)?;
    let codes: BTreeSet<SkuCode> = due.iter().map(|(sku, _)| sku.clone()).collect();
    let locked = skus::lock(conn, &codes)?;
    let planned = plan_pushes::run(conn, locked, now, patience, |_| {})?;
    quantity_checks::remove(conn, &due)?;
    let known = quantity_changes::fingerprints(conn, &codes)?;
    // What changed and changed back since the last look is the same as it was. Whoever asked in between was told
    // something else, and has to be told again.
    let may_have_changed: BTreeSet<&SkuCode> =
        due.iter().filter(|check| quantity_checks::is_of_quantities(check)).map(|(sku, _)| sku).collect();
    let is_new = |planned: &&PlannedSku| {
        may_have_changed.contains(&planned.sku) || known.get(&planned.sku) != Some(&planned.fingerprint)
    };
    let changed: Vec<(SkuCode, String)> =
        planned.iter().filter(is_new).map(|planned| (planned.sku.clone(), planned.fingerprint.clone())).collect();
    for gone in planned.iter().flat_map(|planned| &planned.unmapped) {
        pushes::delete(conn, &gone.sku, &gone.store)?;
    }
    let rows = planned.into_iter().flat_map(|planned| planned.pushes);
    let rows: Vec<_> = rows.filter(|planned| planned.is_changed).map(|planned| planned.push).collect();
    pushes::save(conn, &rows)?;
    quantity_changes::record(conn, &changed, now)?;
    Ok(due.len() == TOGETHER)
}
