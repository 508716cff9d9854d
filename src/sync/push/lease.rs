//! Leases a batch: assigns some due listings of a store to one server, which sends them. The lease ends by itself; if that
//! server has stopped by then, another one sends them.

use super::{
    Times,
    group::Wanted,
    orders::OrdersRead,
    plan::{self, PlannedListing},
};
use crate::{
    db::{
        Conn, QueryResult,
        availability::Available,
        catalogue::skus,
        stores::{
            self, components,
            connections::{self, Connection},
            listings::{self, Listing},
            pushes::{self, DuePush, Lane},
            retiring,
        },
    },
    domain::{
        catalogue::explanation::explain,
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
        sentence,
        stores::components::{Component, Components},
        text::counted,
    },
};
use chrono::TimeDelta;
use std::collections::{BTreeSet, HashMap};

/// The number of due listings from which a batch is picked.
const CANDIDATES: usize = 100;

/// After so many failures in a row, a listing is sent alone.
const SENT_ALONE: i64 = 2;

/// What the reason of a raise says if it was sent without the orders since it was due.
const UNREAD: &str = " The orders of the store could not be read before it was raised.";

/// Why a retiring listing is set to 0, in the push log.
const RETIRING: &str = "It is no longer listed there: 0 before it goes.";

#[derive(Debug, Clone)]
pub struct Lease {
    pub connection: Connection,
    pub lane: Lane,
    pub id: String,
    pub length: TimeDelta,
    pub times: Times,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    pub listing: Listing,
    pub quantity: i64,
    pub why: String,
    pub acknowledged: Option<i64>,
    pub acknowledged_at: Option<Moment>,
    /// Units that it showed fewer then than known orders explained.
    pub missing: i64,
    pub is_raise: bool,
    /// Units that the store may show as well: those of an earlier request whose result is not known.
    pub sending: Option<i64>,
    /// Whether orders of the store came in since it acknowledged.
    pub has_sold: bool,
    /// The most units that the store may show until this request arrives; `None` if that is not known.
    pub at_most: Option<i64>,
    /// Greater than that of every earlier quantity of the listing, whichever server sent it. It begins with the time, so that it
    /// also grows when the store is connected again.
    pub sequence: i64,
    /// How often it failed in a row before.
    pub failures: i64,
    pub lease: String,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Batch {
    /// Nothing of the store is due, or its connection is not ready or has changed.
    None,
    /// Another transaction has locked what is due.
    Locked,
    /// The listings that were due do not have to be sent any more, or not yet. Other listings may be due.
    Stale,
    Leased {
        listings: Vec<Leased>,
        is_more: bool,
    },
}

/// Leases a batch. `pick` gets the due listings, the most urgent first, and returns the indices of those that are sent
/// together.
pub fn run(
    conn: &mut Conn,
    clock: impl Fn() -> Moment,
    lease: &Lease,
    pick: impl FnOnce(&[Listing]) -> Vec<usize>,
) -> QueryResult<Batch> {
    let store = &lease.connection.store;
    let orders = OrdersRead::find(conn, &lease.connection, clock(), lease.times)?;
    let due = pushes::due(conn, store, lease.lane, orders.due(), CANDIDATES)?;
    let of_one_batch = together(&due);
    let ids: Vec<ListingId> = of_one_batch.iter().map(|due| due.listing).collect();
    let mut of_id: HashMap<ListingId, Listing> = HashMap::new();
    for listing in listings::by_ids(conn, &ids)? {
        of_id.insert(listing.id, listing);
    }
    for retiring in retiring::by_ids(conn, &ids)? {
        of_id.insert(retiring.id, retiring.into_listing());
    }
    let candidates: Vec<Listing> = ids.iter().filter_map(|id| of_id.remove(id)).collect();
    if candidates.is_empty() {
        return Ok(Batch::None);
    }
    let picked: Vec<Listing> = pick(&candidates).into_iter().map(|index| candidates[index].clone()).collect();
    let made_of = components::of(conn, &picked)?;
    let picked: BTreeSet<ListingId> = picked.into_iter().map(|listing| listing.id).collect();
    // An order or another lease may have locked some. Waiting for a locked SKU would hold the locks on the others.
    let skus: BTreeSet<&SkuCode> =
        made_of.values().flat_map(Components::iter).map(|component| &component.sku).collect();
    let locked = skus::lock_free(conn, skus)?;
    if locked.is_empty() {
        return Ok(Batch::Locked);
    }
    // Read the time and the connections after the locks: waiting for them may have taken long, and a change of a connection
    // locks the SKUs as well.
    let now = clock();
    let connections = connections::all(conn)?;
    let Some(stored) = connections.iter().find(|stored| stored.store == *store) else { return Ok(Batch::None) };
    let is_unchanged = stored.is_reached_as(&lease.connection) && stored.rate == lease.connection.rate;
    if !stored.is_ready(now) || !is_unchanged {
        return Ok(Batch::None);
    }
    let wanted = Wanted::Listings(picked);
    let mut plan = plan::run(conn, &locked, &wanted, &connections, (now, lease.times.patience), |_| {})?;
    let is_more = due.len() > plan.listings.len();
    let names: HashMap<StoreCode, String> =
        stores::all(conn)?.into_iter().map(|store| (store.code, store.name)).collect();
    let name_of = |code: &StoreCode| names.get(code).map_or("", String::as_str);
    let mut leased = Vec::new();
    for planned in plan.listings.iter_mut().filter(|planned| planned.is_to_send) {
        let raised_from = planned.push.due_at.filter(|_| planned.push.lower_since.is_none());
        if raised_from.is_some_and(|due_at| !orders.allows(due_at)) {
            continue;
        }
        let mut why = match planned.is_retiring {
            true => RETIRING.to_owned(),
            false => why(planned, &plan.available, name_of),
        };
        if raised_from.is_some_and(|due_at| orders.has_given_up(due_at)) {
            why.push_str(UNREAD);
        }
        leased.push(take(planned, why, lease, now));
    }
    plan::save(conn, &plan, now)?;
    Ok(match (leased.is_empty(), plan.listings.is_empty()) {
        // Some SKUs of each kit are locked by others.
        (_, true) => Batch::Locked,
        (true, false) => Batch::Stale,
        (false, false) => Batch::Leased { listings: leased, is_more },
    })
}

/// The sum behind what a listing should show, in words; of a kit, that of the component which limits it.
fn why<'a>(
    planned: &PlannedListing,
    available: &'a Available,
    name_of: impl Fn(&StoreCode) -> &'a str + Copy,
) -> String {
    let PlannedListing { listing, components, should, .. } = planned;
    let of = |sku: &SkuCode| available[sku].quantity_for(&listing.store).total();
    let Component { sku, units } = components.limiting(of);
    let sum = sentence::text_of(&explain(&available[sku].position(), &listing.store), name_of);
    match &listing.sku {
        Some(_) => sum,
        None => format!("{}: {sku} limits it ({} / {units}). {sku}: {sum}", counted(*should, "kit"), of(sku)),
    }
}

/// Those that may be sent in one batch with the first. One that failed again and again may be what makes its batch fail, so
/// it is sent alone.
fn together(due: &[DuePush]) -> Vec<&DuePush> {
    let fails_again = |due: &DuePush| due.failures >= SENT_ALONE;
    match due.first() {
        Some(first) if fails_again(first) => vec![first],
        _ => due.iter().filter(|due| !fails_again(due)).collect(),
    }
}

fn take(planned: &mut PlannedListing, why: String, lease: &Lease, now: Moment) -> Leased {
    let PlannedListing { listing, should, push, .. } = planned;
    push.sequence = (push.sequence + 1).max(now.utc().timestamp_micros());
    let leased = Leased {
        listing: listing.clone(),
        quantity: *should,
        why,
        acknowledged: push.acknowledged,
        acknowledged_at: push.acknowledged_at,
        missing: push.missing,
        is_raise: push.lower_since.is_none(),
        sending: push.sending,
        has_sold: push.has_sold,
        at_most: push.sync(*should, now).at_most(),
        sequence: push.sequence,
        failures: push.failures,
        lease: lease.id.clone(),
    };
    push.lease = Some(lease.id.clone());
    push.sending = push.sending.max(Some(*should));
    // Orders that come in meanwhile count again.
    push.has_sold = false;
    push.due_at = Some(now.plus(lease.length));
    leased
}
