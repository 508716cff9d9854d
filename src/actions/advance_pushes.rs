//! Brings pushes on, in one transaction with one plan for each SKU, whatever there is to be done about it: what stores
//! answered is kept, SKUs whose quantities may be others are looked at, and what is to be sent is claimed.

use super::{
    check_quantities,
    claim_pushes::{self, Claim, Claimed},
    plan_pushes::{self, PlannedSku},
    settle_pushes::{Answered, Settled, Wait},
};
use crate::{
    db::{
        Conn, QueryResult, connections, pushes, quantity_checks,
        skus::{self, Sku},
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// How many SKUs are looked at in one transaction: others wait for their rows meanwhile.
const TOGETHER: usize = 200;

/// What is to be done at one time.
#[derive(Debug, Clone)]
pub struct Turn {
    /// When.
    pub now: Moment,
    /// How long a store that is to be raised waits for those that are to be lowered.
    pub patience: TimeDelta,
    /// Whether SKUs are looked at whose quantities may be others.
    pub look: Look,
    /// What there is to be done for stores, once for each.
    pub works: Vec<Work>,
}

/// Whether SKUs are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// They are not.
    No,
    /// They are, unless what was found before is enough for all who send: what is found and claimed at once is written
    /// once.
    UnlessBusy,
    /// They are.
    Yes,
}

/// What there is to be done for one store.
#[derive(Debug, Clone)]
pub struct Work {
    /// The store.
    pub store: StoreCode,
    /// What it answered to each batch, once for each of its listings.
    pub answers: Vec<Vec<Answered>>,
    /// What this server wants to send to it.
    pub claim: Option<Claim>,
}

impl Work {
    /// What it answered about each listing.
    pub(super) fn answered(&self) -> impl Iterator<Item = &Answered> {
        self.answers.iter().flatten()
    }
}

/// What came of a turn.
#[derive(Debug, PartialEq, Eq)]
pub struct Advanced {
    /// What is to be sent, for each of the works.
    pub claimed: Vec<Vec<Claimed>>,
    /// Whether SKUs were looked at.
    pub has_looked: bool,
    /// Whether there may be more to be looked at.
    pub is_more: bool,
}

/// Does what `turn` says. What another server took over is left to that.
///
/// # Errors
/// When the database fails: nothing was done. What was answered is sent again once its claim has ended, which changes
/// nothing.
pub fn run(conn: &mut Conn, turn: &Turn, wait: &Wait<'_>) -> QueryResult<Advanced> {
    let Turn { now, patience, look, works } = turn;
    let (waiting, is_busy) = waiting(conn, works, *now)?;
    let has_looked = *look == Look::Yes || (*look == Look::UnlessBusy && !is_busy);
    let due = if has_looked { quantity_checks::due(conn, *now, TOGETHER)? } else { Vec::new() };
    let settled = Settled::new(works, *now, wait);
    let locked = lock(conn, settled.skus().chain(due.iter().map(|(sku, _)| sku)).collect(), waiting)?;
    // With the SKUs locked: whoever connects a store in another way has them locked until then.
    let connections = connections::all(conn)?;
    let mut planned = plan_pushes::run(conn, locked, &connections, *now, *patience, |push| settled.amend(push))?;
    check_quantities::run(conn, &due, &planned, *now)?;
    let claimed = claim_pushes::run(conn, works, &connections, &mut planned, *now)?;
    save(conn, planned)?;
    settled.finish(conn)?;
    let is_more = if has_looked { due.len() == TOGETHER } else { *look != Look::No };
    Ok(Advanced { claimed, has_looked, is_more })
}

/// The SKUs of which something is due that may be claimed, and whether that is enough for all who send.
fn waiting(conn: &mut Conn, works: &[Work], now: Moment) -> QueryResult<(BTreeSet<SkuCode>, bool)> {
    let (mut waiting, mut is_busy) = (BTreeSet::new(), works.iter().any(|work| work.claim.is_some()));
    for claim in works.iter().filter_map(|work| work.claim.as_ref()) {
        let due = pushes::due(conn, &claim.connection.store, now, claim.limit)?;
        is_busy &= due.len() == claim.limit;
        waiting.extend(due);
    }
    Ok((waiting, is_busy))
}

/// Locks `codes`, and those of `waiting` that nobody else has locked.
fn lock(conn: &mut Conn, codes: BTreeSet<&SkuCode>, mut waiting: BTreeSet<SkuCode>) -> QueryResult<Vec<Sku>> {
    let mut locked = skus::lock(conn, codes.iter().copied())?;
    waiting.retain(|sku| !codes.contains(sku));
    locked.extend(skus::lock_free(conn, &waiting)?);
    Ok(locked)
}

fn save(conn: &mut Conn, planned: Vec<PlannedSku>) -> QueryResult<()> {
    for gone in planned.iter().flat_map(|planned| &planned.unmapped) {
        pushes::delete(conn, &gone.sku, &gone.store)?;
    }
    let rows = planned.into_iter().flat_map(|planned| planned.pushes).filter(|planned| planned.is_changed);
    pushes::save(conn, &rows.map(|planned| planned.push).collect::<Vec<_>>())
}
