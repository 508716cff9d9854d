//! Takes some of a store's listings that are to be sent for one server. The claim ends by itself: if that server is gone,
//! another sends them.

use super::plan_pushes::{self, PlannedPush, PlannedSku};
use crate::{
    db::{
        Conn, QueryResult,
        connections::{self, Connection},
        listings::Listing,
        pushes::{self, Push},
        skus, stores,
    },
    domain::{code::StoreCode, explanation::explain, moment::Moment, push::Step, sentence},
};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// After how long it is looked again whether it is the turn of a listing that is due and has to wait for others.
const ITS_TURN: TimeDelta = TimeDelta::seconds(1);

/// What a server wants to send.
#[derive(Debug, Clone)]
pub struct Claim {
    /// How the store is reached by that server.
    pub connection: Connection,
    /// Tells this claim from every other.
    pub id: String,
    /// How many listings at the most.
    pub limit: i64,
    /// How long the server has them to itself.
    pub lease: TimeDelta,
    /// How long a store that is to be raised waits for those that are to be lowered.
    pub patience: TimeDelta,
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
    /// The id of the claim.
    pub claim: String,
}

/// Claims what is due at `now`, as it should be now.
///
/// # Errors
/// When the database fails.
pub fn run(conn: &mut Conn, now: Moment, claim: &Claim) -> QueryResult<Vec<Claimed>> {
    let store = &claim.connection.store;
    let codes = pushes::due(conn, store, now, claim.limit)?;
    let free = skus::lock_free(conn, &codes)?;
    // With the SKUs locked: whoever connects the store in another way has them locked until then.
    let is_ready = |kept: Connection| kept.is_ready(now) && kept.is_reached_as(&claim.connection);
    if !connections::find(conn, store)?.is_some_and(is_ready) {
        return Ok(Vec::new());
    }
    let planned = plan_pushes::run(conn, free, now, claim.patience, |_| {})?;
    let names: BTreeMap<StoreCode, String> =
        stores::all(conn)?.into_iter().map(|store| (store.code, store.name)).collect();
    let (mut rows, mut claimed) = (Vec::new(), Vec::new());
    for PlannedSku { shelf, pushes, .. } in planned {
        for planned in pushes.into_iter().filter(|planned| planned.push.store == *store) {
            let why = || {
                let name = |code: &StoreCode| names.get(code).map_or("", String::as_str);
                sentence::text_of(&explain(&shelf.position(), store), name)
            };
            let (row, taken) = take(planned, why, claim, now);
            rows.extend(row);
            claimed.extend(taken);
        }
    }
    pushes::save(conn, &rows)?;
    Ok(claimed)
}

/// What is to be kept of a push, and what is to be sent of it, with the words for `why`.
fn take(
    planned: PlannedPush,
    why: impl FnOnce() -> String,
    claim: &Claim,
    now: Moment,
) -> (Option<Push>, Option<Claimed>) {
    let PlannedPush { listing, should, step, mut push, is_changed } = planned;
    let is_sent = match step {
        Step::InStep | Step::Sending => false,
        Step::Lower => push.is_due(now),
        Step::Raise(from) => push.is_due(now) && from <= now,
    };
    if !is_sent {
        // What failed before and is due again may have to wait for others: it is not to stand before what may be sent.
        let is_early = push.is_due(now);
        if is_early {
            push.due_at = Some(now.plus(ITS_TURN));
        }
        return ((is_changed || is_early).then_some(push), None);
    }
    let (acknowledged, sending, at_most) = (push.acknowledged, push.sending, push.listing(should, now).at_most());
    push.claim = Some(claim.id.clone());
    push.sending = Some(push.sending.map_or(should, |sending| sending.max(should)));
    push.due_at = Some(now.plus(claim.lease));
    let claimed =
        Claimed { listing, quantity: should, why: why(), acknowledged, sending, at_most, claim: claim.id.clone() };
    (Some(push), Some(claimed))
}
