//! Takes some of the listings that are to be sent for one server. Its claim ends by itself: if that server is gone,
//! another sends them.

use super::{
    advance_pushes::Work,
    plan_pushes::{PlannedPush, PlannedSku},
};
use crate::{
    db::{
        Conn, QueryResult,
        stores::{self, connections::Connection, listings::Listing},
    },
    domain::{
        catalogue::{availability::Availability, explanation::explain},
        code::StoreCode,
        moment::Moment,
        sentence,
    },
};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// What a server wants to send.
#[derive(Debug, Clone)]
pub struct Claim {
    /// How the store is reached by that server.
    pub connection: Connection,
    /// Tells this claim from every other.
    pub id: String,
    /// How many listings at the most.
    pub limit: usize,
    /// How long the server has them to itself.
    pub lease: TimeDelta,
}

impl Claim {
    /// Whether the store may be sent to at `now` as the claim says, with `connections` as they are kept.
    fn is_good(&self, connections: &[Connection], now: Moment) -> bool {
        let kept = connections.iter().find(|kept| kept.store == self.connection.store);
        kept.is_some_and(|kept| kept.is_ready(now) && kept.is_reached_as(&self.connection))
    }
}

/// One listing that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The listing.
    pub listing: Listing,
    /// Units to send.
    pub quantity: i64,
    /// The sum behind them, in words.
    pub why: String,
    /// Units that the store acknowledged last, if it ever did.
    pub acknowledged: Option<i64>,
    /// Units that it may show as well: those of a request before, whose end nobody knows.
    pub sending: Option<i64>,
    /// The most units that it may show until these arrive; `None` if nobody knows.
    pub at_most: Option<i64>,
    /// Whether it is sent before what is not.
    pub is_urgent: bool,
    /// The id of the claim.
    pub claim: String,
}

/// Claims what of `planned` is to be sent at `now`, what is urgent and what waits longest first; answers what each of `works` gets, in their
/// order. `connections` are those of all stores, as they are kept.
///
/// # Errors
/// When the database fails.
pub(super) fn run(
    conn: &mut Conn,
    works: &[Work],
    connections: &[Connection],
    planned: &mut [PlannedSku],
    now: Moment,
) -> QueryResult<Vec<Vec<Claimed>>> {
    let names: BTreeMap<StoreCode, String> = match works.iter().any(|work| work.claim.is_some()) {
        true => stores::all(conn)?.into_iter().map(|store| (store.code, store.name)).collect(),
        false => BTreeMap::new(),
    };
    let mut of_work = |work: &Work| {
        let Some(claim) = work.claim.as_ref().filter(|claim| claim.is_good(connections, now)) else {
            return Vec::new();
        };
        let to_send = |planned: &&mut PlannedPush| planned.is_to_be_sent && planned.push.store == work.store;
        let of_skus =
            planned.iter_mut().filter_map(|sku| Some((&sku.availability, sku.pushes.iter_mut().find(to_send)?)));
        let mut waiting: Vec<(&Availability, &mut PlannedPush)> = of_skus.collect();
        waiting.sort_by_key(|(_, planned)| (!planned.push.is_urgent(), planned.push.due_at));
        waiting.truncate(claim.limit);
        let take = |(availability, planned): (&Availability, &mut PlannedPush)| {
            let name = |code: &StoreCode| names.get(code).map_or("", String::as_str);
            take(planned, sentence::text_of(&explain(&availability.position(), &work.store), name), claim, now)
        };
        waiting.into_iter().map(take).collect()
    };
    Ok(works.iter().map(&mut of_work).collect())
}

fn take(planned: &mut PlannedPush, why: String, claim: &Claim, now: Moment) -> Claimed {
    let PlannedPush { listing, should, push, is_to_be_sent, .. } = planned;
    let claimed = Claimed {
        listing: listing.clone(),
        quantity: *should,
        why,
        acknowledged: push.acknowledged,
        sending: push.sending,
        at_most: push.listing(*should, now).at_most(),
        is_urgent: push.is_urgent(),
        claim: claim.id.clone(),
    };
    push.claim = Some(claim.id.clone());
    push.sending = Some(push.sending.map_or(*should, |sending| sending.max(*should)));
    push.due_at = Some(now.plus(claim.lease));
    *is_to_be_sent = false;
    claimed
}
