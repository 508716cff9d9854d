//! Compares the quantities that stores acknowledged with those that they should show now, and plans what to send.
//!
//! Every transaction that writes pushes plans their listings first, so that the rows of SKUs are always locked before those
//! of their pushes. A listing is planned if the rows of all its SKUs are locked: a kit has several.

use super::group::{self, Member, Wanted};
use crate::{
    db::{
        Conn, QueryResult,
        availability::{self, Available},
        catalogue::skus::Sku,
        stores::{
            connections::Connection,
            listings::Listing,
            pushes::{self, Push},
            retiring,
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
        stores::{
            components::Components,
            connection::ConnectorKind,
            failure::FailureClass,
            push::{self, ListingSync, Step},
        },
    },
};
use chrono::TimeDelta;
use std::collections::{BTreeSet, HashMap, HashSet};

pub(super) struct Plan {
    /// The listings that are pushed.
    pub(super) listings: Vec<PlannedListing>,
    /// Wanted listings that are out of sync, and of which not all SKUs are locked: the SKUs of those that are.
    pub(super) left_out: BTreeSet<SkuCode>,
    /// What is available of their SKUs.
    pub(super) available: Available,
    /// What each listing that is not retiring should show, by SKU.
    shown: HashMap<SkuCode, Vec<(String, i64)>>,
    /// Listings that cannot be pushed any more, because their marketplace's ids are missing, and have pushes.
    unmapped: Vec<ListingId>,
}

pub(super) struct PlannedListing {
    pub(super) listing: Listing,
    pub(super) components: Components,
    /// Whether it was taken off: it should show 0, and is deleted once it does.
    pub(super) is_retiring: bool,
    pub(super) should: i64,
    pub(super) push: Push,
    /// The push as it was read.
    before: Option<Push>,
    /// Whether the listing is due now and no server has leased it.
    pub(super) is_to_send: bool,
}

impl PlannedListing {
    fn is_gone(&self, now: Moment) -> bool {
        self.is_retiring && self.push.sync(self.should, now).is_in_sync()
    }

    /// Whether its store is one of those of a SKU of it.
    pub(super) fn is_in_any_of(&self, stores: &HashMap<SkuCode, HashSet<StoreCode>>) -> bool {
        let mut of_skus = self.components.iter().filter_map(|component| stores.get(&component.sku));
        of_skus.any(|stores| stores.contains(&self.listing.store))
    }

    fn skus(&self) -> Vec<SkuCode> {
        self.components.iter().map(|component| component.sku.clone()).collect()
    }
}

impl Plan {
    /// The quantities of a SKU on all stores, and of the kits that it is in, as one text.
    pub(super) fn fingerprint(&self, sku: &SkuCode) -> String {
        let mut quantities = Vec::new();
        for (listing, should) in self.shown.get(sku).into_iter().flatten() {
            quantities.push(format!("{listing}={should}"));
        }
        quantities.dedup();
        quantities.join(" ")
    }

    pub(super) fn is_any_to_send(&self) -> bool {
        self.listings.iter().any(|listing| listing.is_to_send)
    }
}

/// How much later a failed listing is due that has to wait for other stores, so that it does not come before listings which
/// may be sent.
const WAIT_FOR_OTHERS: TimeDelta = TimeDelta::seconds(1);

/// After how long a listing that shows too few units is looked at again.
pub(super) const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(5);

/// Plans the wanted listings whose SKUs are all among `locked`, after `apply` has changed the push of each. `connections` are those of
/// all stores. A listing is raised once the others with a SKU of it are lowered, or after `patience`.
pub(super) fn run(
    conn: &mut Conn,
    locked: &[Sku],
    wanted: &Wanted<'_>,
    connections: &[Connection],
    (now, patience): (Moment, TimeDelta),
    apply: impl Fn(&mut PlannedListing),
) -> QueryResult<Plan> {
    let members = group::read(conn, wanted)?;
    let mut available = availability::of(conn, locked, now)?;
    read_rest(conn, &mut available, &members, now)?;
    let kinds: HashMap<&StoreCode, ConnectorKind> =
        connections.iter().map(|connection| (&connection.store, connection.kind)).collect();
    let locked: BTreeSet<&SkuCode> = locked.iter().map(|sku| &sku.code).collect();
    let mut plan = Plan {
        listings: Vec::new(),
        left_out: BTreeSet::new(),
        available: Available::new(),
        shown: HashMap::new(),
        unmapped: Vec::new(),
    };
    // Listings that are not planned: one that is raised may have to wait for them.
    let mut others: Vec<PlannedListing> = Vec::new();
    for member in members {
        let should = member.should(&available);
        if !member.is_retiring {
            plan.note_shown(&member, should);
        }
        let is_locked = member.components.iter().all(|component| locked.contains(&component.sku));
        let is_pushed = kinds.get(&member.listing.store).is_some_and(|kind| member.listing.is_pushed_by(*kind));
        match (is_pushed, is_locked) {
            (true, true) => {
                let mut planned = PlannedListing::new(member, should);
                apply(&mut planned);
                plan.listings.push(planned);
            }
            (true, false) => {
                let behind = member.push.as_ref().is_some_and(|push| push.behind_since.is_some());
                let skus = member.components.iter().map(|component| &component.sku);
                plan.left_out.extend(skus.filter(|sku| behind && locked.contains(sku)).cloned());
                others.push(PlannedListing::new(member, should));
            }
            (false, true) => plan.unmapped.extend(member.push.map(|push| push.listing)),
            (false, false) => {}
        }
    }
    read_others(conn, wanted, &kinds, &plan, &mut available, &mut others, now)?;
    plan_listings(&mut plan.listings, &others, now, patience);
    plan.available = available;
    Ok(plan)
}

/// Adds what is available of the SKUs of kits that are not locked.
fn read_rest(conn: &mut Conn, available: &mut Available, members: &[Member], now: Moment) -> QueryResult<()> {
    let all = members.iter().flat_map(|member| member.components.iter()).map(|component| &component.sku);
    let missing: BTreeSet<&SkuCode> = all.filter(|sku| !available.contains_key(*sku)).collect();
    if !missing.is_empty() {
        let rest = availability::read(conn, missing, now)?;
        available.extend(rest);
    }
    Ok(())
}

/// Adds the listings that have a SKU in common with one that is to be raised, and are not known yet. Nothing is read where
/// none is a kit: then all were wanted.
fn read_others(
    conn: &mut Conn,
    wanted: &Wanted<'_>,
    kinds: &HashMap<&StoreCode, ConnectorKind>,
    plan: &Plan,
    available: &mut Available,
    others: &mut Vec<PlannedListing>,
    now: Moment,
) -> QueryResult<()> {
    let mut codes: BTreeSet<SkuCode> = BTreeSet::new();
    for planned in plan.listings.iter().filter(|planned| planned.push.sync(planned.should, now).is_to_be_raised()) {
        codes.extend(planned.skus().into_iter().filter(|sku| !wanted.has_all_of(sku)));
    }
    if codes.is_empty() {
        return Ok(());
    }
    let mut members = group::read(conn, &Wanted::Skus(codes.iter().collect()))?;
    let known: BTreeSet<ListingId> =
        plan.listings.iter().chain(others.iter()).map(|planned| planned.listing.id).collect();
    members.retain(|member| !known.contains(&member.listing.id));
    members.retain(|member| kinds.get(&member.listing.store).is_some_and(|kind| member.listing.is_pushed_by(*kind)));
    read_rest(conn, available, &members, now)?;
    for member in members {
        let should = member.should(available);
        others.push(PlannedListing::new(member, should));
    }
    Ok(())
}

impl Plan {
    fn note_shown(&mut self, member: &Member, should: i64) {
        let Listing { store, seller_sku, sku, .. } = &member.listing;
        let name = match sku {
            Some(_) => store.to_string(),
            None => format!("{store}/{seller_sku}"),
        };
        for component in member.components.iter() {
            self.shown.entry(component.sku.clone()).or_default().push((name.clone(), should));
        }
    }
}

impl PlannedListing {
    fn new(member: Member, should: i64) -> Self {
        let Member { listing, components, is_retiring, push: before } = member;
        let push = before.clone().unwrap_or_else(|| Push::new(&listing));
        Self { listing, components, is_retiring, should, push, before, is_to_send: false }
    }
}

/// Applies the next step of each listing to its push.
fn plan_listings(listings: &mut [PlannedListing], others: &[PlannedListing], now: Moment, patience: TimeDelta) {
    let mut states: Vec<(ListingSync, Vec<SkuCode>)> = Vec::with_capacity(listings.len() + others.len());
    for planned in listings.iter().chain(others) {
        states.push((planned.push.sync(planned.should, now), planned.skus()));
    }
    let steps = push::steps(&states, now, patience);
    for ((planned, (state, _)), step) in listings.iter_mut().zip(states).zip(steps) {
        follow(&mut planned.push, state, step, now);
        planned.is_to_send = matches!(step, Step::Lower | Step::Raise(_)) && planned.push.is_due(now);
    }
}

fn follow(push: &mut Push, state: ListingSync, step: Step, now: Moment) {
    if step != Step::Sending {
        // The server that had leased it has stopped.
        push.lease = None;
    }
    let was_raised = push.behind_since.is_some() && push.lower_since.is_none();
    let due_at = match step {
        Step::InSync => {
            push.behind_since = None;
            push.lower_since = None;
            push.due_at = None;
            push.clear_problem();
            return;
        }
        Step::Sending => push.due_at.unwrap_or(now),
        // A listing that waited was due from the beginning.
        Step::Lower => push.due_at.map_or(now, |due| due.min(now)),
        // It is the orders up to the time at which it was due that it waits for.
        Step::Raise(from) => match push.due_at {
            Some(due) if was_raised && due <= now && from <= now => due,
            Some(due) if push.missing > 0 && due <= now.plus(LOOK_AGAIN) => due.max(from),
            Some(_) | None => from,
        },
    };
    push.behind_since = push.behind_since.or(Some(now));
    push.lower_since = if state.may_show_too_much() { push.lower_since.or(Some(now)) } else { None };
    push.due_at = match push.due_at {
        // A failed listing is retried at its own time, unless the campaign no longer blocks it.
        Some(retry_at) if push.failures > 0 && !is_unlocked(push, state.should) => {
            let waits_for_others = due_at > now && retry_at <= now;
            Some(if waits_for_others { now.plus(WAIT_FOR_OTHERS) } else { retry_at })
        }
        Some(_) | None => Some(due_at),
    };
}

/// Whether a campaign that locked a listing allows the quantity `should`.
fn is_unlocked(push: &Push, should: i64) -> bool {
    push.problem == Some(FailureClass::Locked) && push.locked_quantity.is_some_and(|locked| locked <= should)
}

pub(super) fn save(conn: &mut Conn, plan: &Plan, now: Moment) -> QueryResult<()> {
    for gone in &plan.unmapped {
        pushes::delete(conn, *gone)?;
    }
    let mut changed = Vec::new();
    for planned in &plan.listings {
        if planned.is_gone(now) {
            retiring::delete(conn, planned.listing.id)?;
        } else if planned.before.as_ref() != Some(&planned.push) {
            changed.push(planned.push.clone());
        }
    }
    pushes::save(conn, &changed)
}
