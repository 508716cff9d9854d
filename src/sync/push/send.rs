//! Sends a batch to its store, outside any transaction, at the store's pace.

use super::{
    lease::Leased,
    record::{Reply, Response},
};
use crate::{
    clock::Clock,
    db::stores::listings::Listing,
    domain::stores::failure::Failure,
    marketplaces::{Answer, Connector, Target},
    sync::access::OpenStore,
};

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
    }
}

/// Sends a batch. A listing that a campaign locks fails, and the lowest quantity that the campaign allows is sent next.
pub(super) async fn run(open: &OpenStore, batch: Vec<Leased>, clock: &Clock) -> Vec<Response> {
    let mut targets = Vec::new();
    for Leased { listing, quantity, at_most, sequence, .. } in &batch {
        targets.push(target(listing, *quantity, *at_most, *sequence));
    }
    let replies = send(open, &targets, clock).await;
    let mut responses = Vec::new();
    let mut nearest = Vec::new();
    let mut indices = Vec::new();
    for ((leased, reply), target) in batch.into_iter().zip(replies).zip(&targets) {
        let lock = reply.result.as_ref().err().and_then(|failure| failure.lock);
        if let Some(target) = lock.and_then(|lock| target.nearest(lock)) {
            indices.push(responses.len());
            nearest.push(target);
        }
        responses.push(Response { leased, reply, nearest: None });
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
