//! Leases a batch: takes some of the listings of a store that are due for one server to send. The lease ends by itself; if
//! that server is gone by then, another one sends them.

use super::plan::{self, PlannedListing};
use crate::{
    db::{
        Conn, QueryResult,
        catalogue::skus,
        stores::{
            self,
            connections::{self, Connection},
            listings::{self, Listing},
            pushes,
        },
    },
    domain::{
        catalogue::explanation::explain,
        code::{SkuCode, StoreCode},
        moment::Moment,
        sentence,
    },
};
use chrono::TimeDelta;
use std::collections::{BTreeSet, HashMap};

/// Listings that are due among which a batch is picked.
const CANDIDATES: usize = 200;

/// What a server wants to lease.
#[derive(Debug, Clone)]
pub struct Lease {
    /// How that server reaches the store.
    pub connection: Connection,
    /// Tells this lease from every other.
    pub id: String,
    /// How long the server has the listings to itself.
    pub length: TimeDelta,
    /// How long a store that is to be raised waits for those that are to be lowered.
    pub patience: TimeDelta,
}

/// One listing that was leased, with what to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    /// The listing.
    pub listing: Listing,
    /// Units to send.
    pub quantity: i64,
    /// The sum behind them, in words.
    pub why: String,
    /// Units that the store acknowledged last, if it ever did.
    pub acknowledged: Option<i64>,
    /// Units that it may show as well: those of a request before, whose end is not known.
    pub sending: Option<i64>,
    /// The most units that it may show until these arrive; `None` if that is not known.
    pub at_most: Option<i64>,
    /// The id of the lease.
    pub lease: String,
}

/// The result of asking for a batch.
#[derive(Debug, PartialEq, Eq)]
pub enum Batch {
    /// Nothing of the store is due, or it may not be sent to in this way now.
    None,
    /// What was due is not to be sent any more, or not yet. Other listings may be.
    Stale,
    /// A batch to send.
    Leased {
        /// Its listings.
        listings: Vec<Leased>,
        /// Whether more is due.
        is_more: bool,
    },
}

/// Leases a batch for `lease`, with the time of `clock`. `pick` has the listings that are due, the most urgent first, and
/// answers the places of those that are sent together.
pub fn run(
    conn: &mut Conn,
    clock: impl Fn() -> Moment,
    lease: &Lease,
    pick: impl FnOnce(&[Listing]) -> Vec<usize>,
) -> QueryResult<Batch> {
    let store = &lease.connection.store;
    let due = pushes::due(conn, store, clock(), CANDIDATES)?;
    let candidates = candidates(conn, store, &due)?;
    if candidates.is_empty() {
        return Ok(Batch::None);
    }
    let picked: BTreeSet<&SkuCode> = pick(&candidates).into_iter().map(|place| &candidates[place].sku).collect();
    let is_more = candidates.len() > picked.len();
    let locked = skus::lock(conn, picked)?;
    // With the SKUs locked: the lease begins now, however long they were waited for, and whoever connects a store in
    // another way has them locked until then.
    let now = clock();
    let connections = connections::all(conn)?;
    if !is_good(lease, &connections, now) {
        return Ok(Batch::None);
    }
    let mut planned = plan::run(conn, locked, &connections, now, lease.patience, |_| {})?;
    let names: HashMap<StoreCode, String> =
        stores::all(conn)?.into_iter().map(|store| (store.code, store.name)).collect();
    let name_of = |code: &StoreCode| names.get(code).map_or("", String::as_str);
    let mut leased = Vec::new();
    for sku in &mut planned {
        let of_store = sku.listings.iter_mut().find(|planned| planned.listing.store == *store && planned.is_to_send);
        if let Some(planned) = of_store {
            let why = sentence::text_of(&explain(&sku.availability.position(), store), name_of);
            leased.push(take(planned, why, lease, now));
        }
    }
    plan::save(conn, &planned)?;
    Ok(if leased.is_empty() { Batch::Stale } else { Batch::Leased { listings: leased, is_more } })
}

/// The listings of what is due, in its order.
fn candidates(conn: &mut Conn, store: &StoreCode, due: &[SkuCode]) -> QueryResult<Vec<Listing>> {
    let mut of_sku = listings::of_skus_on(conn, store, due)?;
    Ok(due.iter().filter_map(|sku| of_sku.remove(sku)).collect())
}

/// Whether the store may be sent to at `now` in the way that the lease is for.
fn is_good(lease: &Lease, connections: &[Connection], now: Moment) -> bool {
    let stored = connections.iter().find(|stored| stored.store == lease.connection.store);
    stored.is_some_and(|stored| stored.is_ready(now) && stored.is_reached_as(&lease.connection))
}

fn take(planned: &mut PlannedListing, why: String, lease: &Lease, now: Moment) -> Leased {
    let PlannedListing { listing, should, push, .. } = planned;
    let leased = Leased {
        listing: listing.clone(),
        quantity: *should,
        why,
        acknowledged: push.acknowledged,
        sending: push.sending,
        at_most: push.sync(*should, now).at_most(),
        lease: lease.id.clone(),
    };
    push.lease = Some(lease.id.clone());
    push.sending = push.sending.max(Some(*should));
    push.due_at = Some(now.plus(lease.length));
    leased
}
