//! Looks at the SKUs whose quantities may be others now: numbers those that are for whoever asks what is new, and takes
//! them off the list.

use super::plan_pushes::PlannedSku;
use crate::{
    db::{
        Conn, QueryResult,
        catalogue::{
            quantity_changes,
            quantity_checks::{self, Check},
        },
    },
    domain::{code::SkuCode, moment::Moment},
};
use std::collections::BTreeSet;

/// Keeps that the SKUs of `due` were looked at, and what was `planned` for them at `now`.
///
/// # Errors
/// When the database fails.
pub(super) fn run(conn: &mut Conn, due: &[Check], planned: &[PlannedSku], now: Moment) -> QueryResult<()> {
    if due.is_empty() {
        return Ok(());
    }
    quantity_checks::remove(conn, due)?;
    // What changed and changed back since the last look is the same as it was. Whoever asked in between was told
    // something else, and has to be told again.
    let may_have_changed: BTreeSet<&SkuCode> =
        due.iter().filter(|check| quantity_checks::is_of_quantities(check)).map(|(sku, _)| sku).collect();
    let others: BTreeSet<&SkuCode> =
        due.iter().map(|(sku, _)| sku).filter(|sku| !may_have_changed.contains(sku)).collect();
    let known = quantity_changes::fingerprints(conn, others.iter().copied())?;
    let is_new = |planned: &&PlannedSku| {
        let is_other = || known.get(&planned.sku) != Some(&planned.fingerprint);
        may_have_changed.contains(&planned.sku) || (others.contains(&planned.sku) && is_other())
    };
    let changed: Vec<(SkuCode, String)> =
        planned.iter().filter(is_new).map(|planned| (planned.sku.clone(), planned.fingerprint.clone())).collect();
    quantity_changes::record(conn, &changed, now)
}
