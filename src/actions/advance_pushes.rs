//! Brings pushes on, in one transaction with one plan for each SKU, whatever there is to be done about it: what stores
//! answered is kept, SKUs whose quantities may be others are looked at, and what is to be sent is claimed.

use super::{
    check_quantities,
    claim_pushes::{self, Claim, Claimed},
    hurry_claims::Hurried,
    plan_pushes::{self, PlannedPush, PlannedSku},
    settle_pushes::{Answered, Settled, Wait},
};
use crate::{
    db::{
        Conn, QueryResult,
        catalogue::{
            quantity_checks,
            skus::{self, Sku},
        },
        stores::{
            connections,
            pushes::{self, Push},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
};
use chrono::TimeDelta;
use std::{collections::BTreeSet, mem};

/// What is to be done at one time.
#[derive(Debug, Clone)]
pub struct Turn {
    /// How long a store that is to be raised waits for those that are to be lowered.
    pub patience: TimeDelta,
    /// Whether SKUs are looked at whose quantities may be others.
    pub look: Look,
    /// How many are, together with those that wait to be sent and those whose claims are written to their pushes, but for a
    /// quarter of what is left to each in any case: others wait for their rows meanwhile.
    pub most: usize,
    /// How many listings of each store are taken of those that were found before and wait to be sent.
    pub most_waiting: usize,
    /// Whether what is claimed is written to each push later, where that is possible. If not, some of those that were
    /// claimed so are written now.
    pub hurries: bool,
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
    /// As of when.
    pub at: Moment,
    /// What each of the works gets to be sent.
    pub shares: Vec<Share>,
    /// The stores that more is to be sent to, as far as was seen.
    pub left: BTreeSet<StoreCode>,
    /// Whether SKUs were looked at.
    pub has_looked: bool,
    /// Whether there may be more to be looked at.
    pub is_more: bool,
    /// Whether claims are still to be written to their pushes.
    pub is_unwritten: bool,
}

/// What is to be sent of one store.
#[derive(Debug, PartialEq, Eq)]
pub struct Share {
    /// What was claimed.
    pub claimed: Vec<Claimed>,
    /// Whether more may be due.
    pub is_more: bool,
}

/// Does what `turn` says, with the time of `clock`. What another server took over is left to that.
///
/// # Errors
/// When the database fails: nothing was done. What was answered is sent again once its claim has ended, which changes
/// nothing.
pub fn run(conn: &mut Conn, clock: impl Fn() -> Moment, turn: &Turn, wait: &Wait<'_>) -> QueryResult<Advanced> {
    let Turn { patience, look, most, most_waiting, hurries, works } = turn;
    let mut hurried = Hurried::read(conn, *hurries)?;
    let waiting = Waiting::read(conn, works, *most_waiting, clock())?;
    let has_looked = *look == Look::Yes || (*look == Look::UnlessBusy && !waiting.is_enough());
    let most = most.saturating_sub(waiting.skus.len()).max(most.div_ceil(4));
    let due = if has_looked { quantity_checks::due(conn, clock(), most)? } else { Vec::new() };
    let unwritten = hurried.first(most.saturating_sub(due.len()).max(most.div_ceil(4)));
    let locked = lock(conn, works, due.iter().map(|(sku, _)| sku).chain(&unwritten), &waiting)?;
    hurried.take_out(&locked);
    // With the SKUs locked: what is claimed is this server's for as long as it says, however long they were waited for,
    // and whoever connects a store in another way has them locked until then.
    let (now, connections) = (clock(), connections::all(conn)?);
    let settled = Settled::new(works, now, wait);
    let amend = |push: &mut Push| {
        hurried.amend(push);
        settled.amend(push);
    };
    let mut planned = plan_pushes::run(conn, locked, &connections, now, *patience, amend)?;
    let claimed = claim_pushes::run(conn, works, &connections, &mut planned, now)?;
    let left = left(&planned);
    hurried.put_in(&mut planned, now);
    save(conn, &mut planned)?;
    let is_unwritten = hurried.save(conn)?;
    check_quantities::run(conn, &due, &planned, now)?;
    settled.finish(conn)?;
    let is_more = if has_looked { due.len() == most } else { *look != Look::No };
    let share = |((work, claimed), is_full): ((&Work, Vec<Claimed>), &bool)| Share {
        is_more: (*is_full || left.contains(&work.store)) && !claimed.is_empty(),
        claimed,
    };
    let shares = works.iter().zip(claimed).zip(&waiting.is_full).map(share).collect();
    Ok(Advanced { at: now, shares, left, has_looked, is_more, is_unwritten })
}

/// What is due and may be claimed.
struct Waiting {
    skus: BTreeSet<SkuCode>,
    /// Whether that is as much as can be taken, for each of the works. Nothing is enough for who takes none.
    is_full: Vec<bool>,
}

impl Waiting {
    fn read(conn: &mut Conn, works: &[Work], most: usize, now: Moment) -> QueryResult<Self> {
        let mut waiting = Self { skus: BTreeSet::new(), is_full: Vec::new() };
        for work in works {
            let limit = work.claim.as_ref().map_or(0, |claim| claim.limit.min(most));
            let due = if limit > 0 { pushes::due(conn, &work.store, now, limit)? } else { Vec::new() };
            waiting.is_full.push(due.len() == limit);
            waiting.skus.extend(due);
        }
        Ok(waiting)
    }

    /// Whether it is enough for all who send.
    fn is_enough(&self) -> bool {
        !self.skus.is_empty() && self.is_full.iter().all(|is_full| *is_full)
    }
}

/// Locks the SKUs that were answered about and `others`, and those of what waits that nobody else has locked.
fn lock<'a>(
    conn: &mut Conn,
    works: &'a [Work],
    others: impl Iterator<Item = &'a SkuCode>,
    waiting: &Waiting,
) -> QueryResult<Vec<Sku>> {
    let answered = works.iter().flat_map(Work::answered).map(|answered| &answered.claimed.listing.sku);
    let codes: BTreeSet<&SkuCode> = answered.chain(others).collect();
    let mut locked = skus::lock(conn, codes.iter().copied())?;
    locked.extend(skus::lock_free(conn, waiting.skus.iter().filter(|sku| !codes.contains(sku)))?);
    Ok(locked)
}

/// The stores that more is to be sent to than was claimed.
fn left(planned: &[PlannedSku]) -> BTreeSet<StoreCode> {
    let pushes = planned.iter().flat_map(|planned| &planned.pushes);
    let unclaimed = pushes.filter(|planned| planned.is_to_be_sent);
    unclaimed.map(|planned| planned.push.store.clone()).collect()
}

fn save(conn: &mut Conn, planned: &mut [PlannedSku]) -> QueryResult<()> {
    for gone in planned.iter().flat_map(|planned| &planned.unmapped) {
        pushes::delete(conn, &gone.sku, &gone.store)?;
    }
    let (mut others, mut but_problems) = (Vec::new(), Vec::new());
    for PlannedPush { push, before, .. } in planned.iter_mut().flat_map(|planned| mem::take(&mut planned.pushes)) {
        match before {
            Some(before) if before == push => {}
            Some(before) if before.has_problem_of(&push) => but_problems.push(push),
            Some(_) | None => others.push(push),
        }
    }
    pushes::save(conn, &others)?;
    pushes::save_but_problems(conn, &but_problems)
}
