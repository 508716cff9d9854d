//! Finds stores that show something else than they should without the program knowing it. What is behind and due, leased or
//! still to be scanned is work and no fault.

use crate::{
    db::{
        Conn, QueryResult,
        availability::{self, Available},
        catalogue::quantity_checks,
        stores::pushes::{self, Push},
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
};
use std::collections::BTreeSet;

/// How many SKUs are loaded at a time.
const BATCH: i64 = 500;

/// A listing that was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// The SKU.
    pub sku: SkuCode,
    /// The store.
    pub store: StoreCode,
    /// Units that the store acknowledged, if it ever did.
    pub acknowledged: Option<i64>,
    /// Units that it should show.
    pub should: i64,
}

/// Every listing that is forgotten at `now`.
///
/// # Errors
/// When the database fails.
pub fn run(conn: &mut Conn, now: Moment) -> QueryResult<Vec<Forgotten>> {
    let mut forgotten = Vec::new();
    let mut last = None;
    loop {
        let codes = pushes::skus_after(conn, last.as_ref(), BATCH)?;
        let Some(end) = codes.last().cloned() else { return Ok(forgotten) };
        let available = availability::read(conn, &codes, now)?;
        let mut pushes = pushes::of_skus(conn, &codes)?;
        let unscanned: BTreeSet<SkuCode> = quantity_checks::due_of(conn, &codes, now)?.into_iter().collect();
        for sku in codes.iter().filter(|sku| !unscanned.contains(*sku)) {
            let of_sku = pushes.remove(sku).unwrap_or_default();
            forgotten.extend(of_sku.into_iter().filter_map(|push| forgotten_by(&available, push)));
        }
        last = Some(end);
    }
}

fn forgotten_by(available: &Available, push: Push) -> Option<Forgotten> {
    let should = available[&push.sku].quantity_for(&push.store).total();
    let Push { sku, store, acknowledged, behind_since, .. } = push;
    let is_forgotten = behind_since.is_none() && acknowledged != Some(should);
    is_forgotten.then_some(Forgotten { sku, store, acknowledged, should })
}
