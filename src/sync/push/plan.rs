//! Compares the quantities that stores acknowledged with those that they should show now, and plans what to send.
//!
//! Every transaction that writes pushes plans their SKUs first, so that the rows of SKUs are always locked before those of
//! their pushes.

use crate::{
    db::{
        Conn, QueryResult, availability,
        catalogue::skus::Sku,
        stores::{
            connections::Connection,
            listings::{self, Listing},
            pushes::{self, Push},
            retiring,
        },
    },
    domain::{
        catalogue::availability::Availability,
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::{
            connection::ConnectorKind,
            failure::FailureClass,
            push::{self, ListingSync, Step},
        },
    },
};
use chrono::TimeDelta;
use std::collections::HashMap;

pub(super) struct PlannedSku {
    pub(super) sku: SkuCode,
    pub(super) availability: Availability,
    /// The quantities of all stores, as one text.
    pub(super) fingerprint: String,
    pub(super) listings: Vec<PlannedListing>,
    /// Pushes of listings that cannot be pushed any more, because their marketplace's ids are missing.
    unmapped: Vec<Push>,
}

pub(super) struct PlannedListing {
    pub(super) listing: Listing,
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
}

/// How much later a failed listing is due that has to wait for other stores, so that it does not come before listings which
/// may be sent.
const WAIT_FOR_OTHERS: TimeDelta = TimeDelta::seconds(1);

/// Plans SKUs whose rows are locked, after `apply` has changed each push. `connections` are those of all stores. A store is
/// raised once the others are lowered, or after `patience`.
pub(super) fn run(
    conn: &mut Conn,
    skus: Vec<Sku>,
    connections: &[Connection],
    now: Moment,
    patience: TimeDelta,
    apply: impl Fn(&mut Push),
) -> QueryResult<Vec<PlannedSku>> {
    let mut available = availability::of(conn, &skus, now)?;
    let mut listed = listings::of_skus(conn, skus.iter().map(|sku| &sku.code))?;
    let mut retiring = retiring::of_skus(conn, skus.iter().map(|sku| &sku.code))?;
    let mut stored = pushes::of_skus(conn, skus.iter().map(|sku| &sku.code))?;
    let kinds: HashMap<&StoreCode, ConnectorKind> =
        connections.iter().map(|connection| (&connection.store, connection.kind)).collect();
    let mut planned = Vec::new();
    for Sku { code, .. } in skus {
        let availability = available.remove(&code).expect("it was read for every SKU");
        let mut wanted = Vec::new();
        let mut fingerprint = Vec::new();
        for listing in listed.remove(&code).unwrap_or_default() {
            let should = availability.quantity_for(&listing.store).total();
            fingerprint.push(format!("{}={should}", listing.store));
            wanted.push((listing, should, false));
        }
        for listing in retiring.remove(&code).unwrap_or_default() {
            wanted.push((listing.into_listing(), 0, true));
        }
        let mut of_store: HashMap<StoreCode, Push> = HashMap::new();
        for push in stored.remove(&code).unwrap_or_default() {
            of_store.insert(push.store.clone(), push);
        }
        let mut listings = Vec::new();
        for (listing, should, is_retiring) in wanted {
            let is_pushed = kinds.get(&listing.store).is_some_and(|kind| listing.is_pushed_by(*kind));
            if is_pushed {
                let before = of_store.remove(&listing.store);
                let mut push = before.clone().unwrap_or_else(|| Push::new(code.clone(), listing.store.clone()));
                apply(&mut push);
                listings.push(PlannedListing { listing, is_retiring, should, push, before, is_to_send: false });
            }
        }
        plan_listings(&mut listings, now, patience);
        planned.push(PlannedSku {
            fingerprint: fingerprint.join(" "),
            listings,
            unmapped: of_store.into_values().collect(),
            availability,
            sku: code,
        });
    }
    Ok(planned)
}

/// Applies the next step of each listing of one SKU to its push.
fn plan_listings(listings: &mut [PlannedListing], now: Moment, patience: TimeDelta) {
    let states: Vec<ListingSync> = listings.iter().map(|planned| planned.push.sync(planned.should, now)).collect();
    let steps = push::steps(&states, now, patience);
    for ((planned, state), step) in listings.iter_mut().zip(states).zip(steps) {
        follow(&mut planned.push, state, step, now);
        planned.is_to_send = matches!(step, Step::Lower | Step::Raise(_)) && planned.push.is_due(now);
    }
}

fn follow(push: &mut Push, state: ListingSync, step: Step, now: Moment) {
    if step != Step::Sending {
        // The server that had leased it has stopped.
        push.lease = None;
    }
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
        Step::Raise(from) => from,
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

pub(super) fn save(conn: &mut Conn, planned: &[PlannedSku], now: Moment) -> QueryResult<()> {
    let mut changed = Vec::new();
    for sku in planned {
        for gone in &sku.unmapped {
            pushes::delete(conn, &gone.sku, &gone.store)?;
        }
        for listing in &sku.listings {
            if listing.is_gone(now) {
                retiring::delete(conn, &sku.sku, &listing.listing.store)?;
            } else if listing.before.as_ref() != Some(&listing.push) {
                changed.push(listing.push.clone());
            }
        }
    }
    pushes::save(conn, &changed)
}

pub(super) fn is_any_to_send(planned: &[PlannedSku]) -> bool {
    planned.iter().flat_map(|sku| &sku.listings).any(|listing| listing.is_to_send)
}
