//! Finds listings that are out of sync without the program knowing it. A listing whose push is due or leased, or whose
//! SKU is still to be scanned, is not a fault.

use crate::{
    db::{
        Conn, QueryResult, availability,
        catalogue::quantity_checks,
        stores::pushes::{self, Push},
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
};
use std::collections::BTreeSet;

/// SKUs that are loaded at a time.
const BATCH: i64 = 500;

/// A listing that is out of sync and for which no push is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    pub sku: SkuCode,
    pub store: StoreCode,
    pub acknowledged: Option<i64>,
    /// Units that the store should show.
    pub should: i64,
}

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
            for push in pushes.remove(sku).unwrap_or_default() {
                let should = available[sku].quantity_for(&push.store).total();
                if push.behind_since.is_none() && push.acknowledged != Some(should) {
                    let Push { sku, store, acknowledged, .. } = push;
                    forgotten.push(Forgotten { sku, store, acknowledged, should });
                }
            }
        }
        last = Some(end);
    }
}
