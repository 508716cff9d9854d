//! Sends a batch to its store, outside any transaction, at the store's pace.

use super::{
    LOOPS, Times,
    lease::Leased,
    record::{Reply, Response},
};
use crate::{
    clock::Clock,
    db::stores::listings::Listing,
    domain::stores::failure::{Failure, FailureClass},
    marketplaces::{Answer, Connector, Target},
    sync::access::OpenStore,
};
use std::time::Duration;
use tokio::time;

/// The indices of the listings that are sent together with the first.
pub(super) fn batch_of_first(connector: &Connector, listings: &[Listing]) -> Vec<usize> {
    let targets: Vec<Target> = listings.iter().map(|listing| target(listing, 0, None)).collect();
    let batches = connector.batches(&targets);
    batches.into_iter().find(|batch| batch.contains(&0)).expect("every listing is in a batch")
}

fn target(listing: &Listing, quantity: i64, at_most: Option<i64>) -> Target {
    Target {
        sku: listing.sku.clone(),
        seller_sku: listing.seller_sku.clone(),
        item_id: listing.item_id.clone(),
        variant_id: listing.variant_id.clone(),
        quantity,
        at_most,
    }
}

/// Sends a batch. A listing that a campaign locks fails, and the lowest quantity that the campaign allows is sent next.
pub(super) async fn run(open: &OpenStore, batch: Vec<Leased>, clock: &Clock, times: &Times) -> Vec<Response> {
    let targets: Vec<Target> =
        batch.iter().map(|leased| target(&leased.listing, leased.quantity, leased.at_most)).collect();
    let replies = send_in_time(open, &targets, clock, times).await;
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
        let replies = send_in_time(open, &nearest, clock, times).await;
        for ((index, target), reply) in indices.into_iter().zip(nearest).zip(replies) {
            responses[index].nearest = Some((target.quantity, reply));
        }
    }
    responses
}

/// Sends targets of one batch. Those without an answer in time fail. The limit includes the time that the requests of all
/// loops wait for the store's pace: there may be two requests for each listing.
async fn send_in_time(open: &OpenStore, targets: &[Target], clock: &Clock, times: &Times) -> Vec<Reply> {
    let requests = u32::try_from(2 * targets.len() * LOOPS).unwrap_or(u32::MAX);
    let rate = u32::try_from(open.connection.rate).unwrap_or(u32::MAX).max(1);
    let in_time = times.batch + Duration::from_secs(requests.into()) / rate;
    let answers = match time::timeout(in_time, open.connector.push(targets, clock.now())).await {
        Ok(answers) => answers,
        Err(_) => {
            let late = Failure { may_have_arrived: true, ..Failure::temporary("No answer came in time.") };
            vec![Answer { result: Err(late), request_id: None }; targets.len()]
        }
    };
    assert_eq!(answers.len(), targets.len(), "an answer for every listing");
    let at = clock.now();
    let mut replies = Vec::new();
    for Answer { result, request_id } in answers {
        replies.push(Reply { result, at, request_id });
    }
    replies
}

/// What the responses to a batch reveal about the access to the store.
pub(super) struct AccessState {
    pub(super) is_any_acknowledged: bool,
    /// The first failure because the access has ended.
    pub(super) ended: Option<Failure>,
}

/// Finds the failures because the access has ended. It can be renewed, so they become temporary: these pause nothing.
pub(super) fn read_access(batch: &mut [Response]) -> AccessState {
    let mut state = AccessState { is_any_acknowledged: false, ended: None };
    for Response { reply, nearest, .. } in batch {
        let second = nearest.as_mut().map(|(_, reply)| reply);
        for reply in std::iter::once(reply).chain(second) {
            match &mut reply.result {
                Ok(_) => state.is_any_acknowledged = true,
                Err(failure) if failure.token_ended => {
                    state.ended.get_or_insert_with(|| failure.clone());
                    failure.class = FailureClass::Temporary;
                }
                Err(_) => {}
            }
        }
    }
    state
}
