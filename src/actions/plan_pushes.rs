//! Compares what the stores acknowledged of SKUs with what they should show now, and plans what is to be sent. Whoever
//! writes a push plans first: the rows of the SKUs are locked before those of their pushes.

use crate::{
    db::{
        Conn, QueryResult, availability,
        catalogue::skus,
        stores::{
            connections::Connection,
            listings::{self, Listing},
            pushes::{self, Push},
        },
    },
    domain::{
        catalogue::availability::Availability,
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::{
            connection::ConnectorKind,
            failure::FailureClass,
            push::{self, Step},
        },
    },
};
use chrono::TimeDelta;
use std::collections::HashMap;

/// What is planned for one SKU.
pub struct PlannedSku {
    /// The SKU.
    pub sku: SkuCode,
    /// What its quantities follow from.
    pub availability: Availability,
    /// What all its stores should show, in one text.
    pub fingerprint: String,
    /// What is planned for each listing that can be pushed.
    pub pushes: Vec<PlannedPush>,
    /// Pushes of listings that cannot be pushed any more: nobody says by what the marketplace knows them.
    pub unmapped: Vec<Push>,
}

/// What is planned for one listing.
pub struct PlannedPush {
    /// The listing.
    pub listing: Listing,
    /// Units that it should show now.
    pub should: i64,
    /// Its push, as it is to be kept.
    pub push: Push,
    /// Its push, as it is kept, if it is.
    pub before: Option<Push>,
    /// Whether it is to be sent now, and nobody has claimed it.
    pub is_to_be_sent: bool,
}

/// After how long it is looked again whether it is the turn of a listing that failed, is due again and has to wait for
/// others: it is not to stand before what may be sent.
const ITS_TURN: TimeDelta = TimeDelta::seconds(1);

/// Plans for SKUs, whose rows are locked, as things are at `now` and once `amend` has had each push. `connections` are
/// those of all stores. A store is raised once the others were lowered, or have been waited for `patience`.
///
/// # Errors
/// When the database fails.
pub fn run(
    conn: &mut Conn,
    locked: Vec<skus::Sku>,
    connections: &[Connection],
    now: Moment,
    patience: TimeDelta,
    mut amend: impl FnMut(&mut Push),
) -> QueryResult<Vec<PlannedSku>> {
    let codes = || locked.iter().map(|sku| &sku.code);
    let mut available = availability::of(conn, &locked, now)?;
    let mut listed = listings::of_skus(conn, codes())?;
    let mut kept = pushes::of_skus(conn, codes())?;
    let planner = Planner {
        now,
        patience,
        kinds: connections.iter().map(|connection| (&connection.store, connection.kind)).collect(),
    };
    let plan = |sku: skus::Sku| {
        let availability = available.remove(&sku.code).expect("it was asked for");
        let (listed, kept) = (listed.remove(&sku.code).unwrap_or_default(), kept.remove(&sku.code).unwrap_or_default());
        planner.plan(availability, sku.code, listed, kept, &mut amend)
    };
    Ok(locked.into_iter().map(plan).collect())
}

struct Planner<'a> {
    now: Moment,
    patience: TimeDelta,
    kinds: HashMap<&'a StoreCode, ConnectorKind>,
}

impl Planner<'_> {
    fn plan(
        &self,
        availability: Availability,
        sku: SkuCode,
        listed: Vec<Listing>,
        kept: Vec<Push>,
        amend: &mut impl FnMut(&mut Push),
    ) -> PlannedSku {
        let should = |listing: &Listing| availability.quantity_for(&listing.store).total();
        let shown = |listing: &Listing| format!("{}={}", listing.store, should(listing));
        let fingerprint = listed.iter().map(shown).collect::<Vec<_>>().join(" ");
        let mut kept: HashMap<StoreCode, Push> = kept.into_iter().map(|push| (push.store.clone(), push)).collect();
        let (mut standing, mut followed) = (Vec::new(), Vec::new());
        for listing in listed.into_iter().filter(|listing| self.is_pushed(listing)) {
            let before = kept.remove(&listing.store);
            let mut push = before.clone().unwrap_or_else(|| Push::new(sku.clone(), listing.store.clone()));
            amend(&mut push);
            standing.push(push.listing(should(&listing), self.now));
            followed.push((listing, before, push));
        }
        let steps = push::steps(&standing, self.now, self.patience);
        let planned = followed.into_iter().zip(standing).zip(steps);
        let planned = planned.map(|(((listing, before, mut push), standing), step)| {
            follow(&mut push, standing, step, self.now);
            let is_to_be_sent = matches!(step, Step::Lower | Step::Raise(_)) && push.is_due(self.now);
            PlannedPush { listing, should: standing.should, push, before, is_to_be_sent }
        });
        let pushes = planned.collect();
        PlannedSku { fingerprint, pushes, unmapped: kept.into_values().collect(), availability, sku }
    }

    fn is_pushed(&self, listing: &Listing) -> bool {
        self.kinds.get(&listing.store).is_some_and(|kind| listing.is_pushed_by(*kind))
    }
}

/// Brings a push in line with what is to be done about it.
fn follow(push: &mut Push, standing: push::Listing, step: Step, now: Moment) {
    if step != Step::Sending {
        // The server that was at it is gone.
        push.claim = None;
    }
    let from = match step {
        Step::InStep => {
            (push.behind_since, push.lower_since, push.due_at) = (None, None, None);
            push.clear_problem();
            return;
        }
        Step::Sending => push.due_at.unwrap_or(now),
        // Its turn is when it began to wait.
        Step::Lower => push.due_at.map_or(now, |due| due.min(now)),
        Step::Raise(from) => from,
    };
    push.behind_since = push.behind_since.or(Some(now));
    push.lower_since = if standing.may_show_too_much() { push.lower_since.or(Some(now)) } else { None };
    push.due_at = match push.due_at {
        // What failed is tried again at its own time, unless what stood in its way does so no more.
        Some(again) if push.failures > 0 && !is_unlocked(push, standing.should) => {
            Some(if from > now && again <= now { now.plus(ITS_TURN) } else { again })
        }
        Some(_) | None => Some(from),
    };
}

/// Whether a listing that a campaign of the marketplace locked may be sent `should` all the same.
fn is_unlocked(push: &Push, should: i64) -> bool {
    push.problem == Some(FailureClass::Locked) && push.locked_quantity.is_some_and(|locked| locked <= should)
}
