//! Sends a batch to its store, outside any transaction, at the store's pace.

use super::{
    lease::Leased,
    record::{Look, Reply, Response},
};
use crate::{
    clock::Clock,
    db::stores::listings::Listing,
    domain::{
        id::ListingId,
        moment::Moment,
        stores::{
            failure::Failure,
            look::{Known, Verdict},
        },
    },
    marketplaces::{Answer, Connector, Seen, Target},
    sync::access::OpenStore,
};
use std::collections::HashMap;

/// The indices of the listings that are sent together with the first.
pub(super) fn batch_of_first(connector: &Connector, listings: &[Listing]) -> Vec<usize> {
    let targets: Vec<Target> = listings.iter().map(|listing| target(listing, 0, None, 0)).collect();
    let batches = connector.batches(&targets);
    batches.into_iter().find(|batch| batch.contains(&0)).expect("every listing is in a batch")
}

pub(in crate::sync) fn target(listing: &Listing, quantity: i64, at_most: Option<i64>, sequence: i64) -> Target {
    Target {
        sku: listing.sku.clone(),
        seller_sku: listing.seller_sku.clone(),
        item_id: listing.item_id.clone(),
        variant_id: listing.variant_id.clone(),
        quantity,
        at_most,
        sequence,
        seen: None,
    }
}

/// Asks the store what a batch shows. `None` where it cannot be asked.
pub(super) async fn look(open: &OpenStore, batch: &[Leased]) -> Vec<Result<Option<Seen>, Failure>> {
    let mut targets = Vec::new();
    for Leased { listing, quantity, at_most, sequence, .. } in batch {
        targets.push(target(listing, *quantity, *at_most, *sequence));
    }
    open.connector.look(&targets).await
}

/// Sends what has to be sent of a batch, after what it shows was `looked` at. A listing that a campaign locks fails, and the
/// lowest quantity that the campaign allows is sent next.
pub(super) async fn run(
    open: &OpenStore,
    batch: Vec<Leased>,
    (looked, looked_at): (Vec<Result<Option<Seen>, Failure>>, Moment),
    known: &HashMap<ListingId, Known>,
    clock: &Clock,
) -> Vec<Response> {
    let mut responses = Vec::new();
    let mut targets = Vec::new();
    let mut to_send = Vec::new();
    for (leased, seen) in batch.into_iter().zip(looked) {
        let seen = match seen {
            Ok(seen) => seen,
            Err(failure) => {
                let request_id = failure.request_id.clone();
                let reply = Reply { result: Err(failure), at: looked_at, request_id, campaigns: None };
                responses.push(Response { leased, look: None, reply, nearest: None });
                continue;
            }
        };
        let shown = seen.as_ref().and_then(|seen| seen.shown);
        let look = shown.zip(known.get(&leased.listing.id)).map(|(shown, known)| Look {
            at: looked_at,
            shown,
            verdict: known.decide(shown),
        });
        if let Some(Look { shown, verdict: Verdict { write: None, .. }, .. }) = look {
            let campaigns = seen.and_then(|seen| seen.listed);
            let reply = Reply { result: Ok(shown), at: looked_at, request_id: None, campaigns };
            responses.push(Response { leased, look, reply, nearest: None });
            continue;
        }
        let leased = follow(leased, look);
        let Leased { listing, quantity, at_most, sequence, .. } = &leased;
        targets.push(Target { seen, ..target(listing, *quantity, *at_most, *sequence) });
        to_send.push((leased, look));
    }
    responses.extend(send_all(open, &targets, to_send, clock).await);
    responses
}

/// Changes what was leased to what is sent after a look.
fn follow(mut leased: Leased, look: Option<Look>) -> Leased {
    let Some(Look { shown, verdict: Verdict { write: Some(quantity), missing, .. }, .. }) = look else { return leased };
    leased.at_most = leased.sending.max(Some(shown));
    leased.quantity = quantity;
    if missing > 0 {
        let fewer = format!(" It shows {missing} fewer than known orders explain, and as many fewer are sent.");
        leased.why.push_str(&fewer);
    }
    leased
}

/// Sends targets, and then the nearest quantities that campaigns allow.
async fn send_all(
    open: &OpenStore,
    targets: &[Target],
    to_send: Vec<(Leased, Option<Look>)>,
    clock: &Clock,
) -> Vec<Response> {
    if targets.is_empty() {
        return Vec::new();
    }
    let replies = send(open, targets, clock).await;
    let mut responses = Vec::new();
    let mut nearest = Vec::new();
    let mut indices = Vec::new();
    for (((leased, look), reply), target) in to_send.into_iter().zip(replies).zip(targets) {
        let lock = reply.result.as_ref().err().and_then(|failure| failure.lock);
        if let Some(target) = lock.and_then(|lock| target.nearest(lock)) {
            indices.push(responses.len());
            nearest.push(target);
        }
        responses.push(Response { leased, look, reply, nearest: None });
    }
    if !nearest.is_empty() {
        let replies = send(open, &nearest, clock).await;
        for ((index, target), reply) in indices.into_iter().zip(nearest).zip(replies) {
            responses[index].nearest = Some((target.quantity, reply));
        }
    }
    responses
}

/// Sends targets of one batch. Each request has its own limit of time, and the lease is extended meanwhile: a marketplace
/// that is slow is slow, and has not failed.
async fn send(open: &OpenStore, targets: &[Target], clock: &Clock) -> Vec<Reply> {
    let answers = open.connector.push(targets).await;
    assert_eq!(answers.len(), targets.len(), "an answer for every listing");
    let at = clock.now();
    let mut replies = Vec::new();
    for Answer { result, request_id, campaigns } in answers {
        replies.push(Reply { result, at, request_id, campaigns });
    }
    replies
}

/// What the responses to a batch reveal about the access to the store.
pub(super) struct AccessState {
    pub(super) is_any_acknowledged: bool,
    /// The first failure because the access token has expired.
    pub(super) ended: Option<Failure>,
}

pub(super) fn read_access(batch: &[Response]) -> AccessState {
    let mut state = AccessState { is_any_acknowledged: false, ended: None };
    for Response { reply, nearest, .. } in batch {
        let second = nearest.as_ref().map(|(_, reply)| reply);
        for reply in std::iter::once(reply).chain(second) {
            match &reply.result {
                Ok(_) => state.is_any_acknowledged = true,
                Err(failure) if failure.token_ended => drop(state.ended.get_or_insert_with(|| failure.clone())),
                Err(_) => {}
            }
        }
    }
    state
}
