//! Records a marketplace's answers to a batch: for each listing, for the store as a whole, and in the push log. The SKUs are
//! planned again in the same transaction: their quantities may have changed, and other stores may wait for this one.

use super::{
    group::Wanted,
    lease::Leased,
    plan::{self, LOOK_AGAIN, PlannedListing},
};
use crate::{
    clock::new_id,
    db::{
        Conn, QueryResult,
        catalogue::{quantity_checks, skus},
        stores::{
            components,
            connections::{self, Connection},
            drifts::{self, Drift},
            listings::Listing,
            push_log::{self, LoggedPush},
            pushes::Push,
        },
    },
    domain::{
        code::SkuCode,
        id::ListingId,
        moment::Moment,
        stores::{
            campaign::Campaign,
            components::Components,
            failure::{Failure, FailureClass},
            look::Verdict,
            push::PushOutcome,
        },
    },
    sync::access::{Backoff, back_off, wait_after},
};
use chrono::TimeDelta;
use std::collections::{BTreeSet, HashMap};

/// The answer about one listing.
#[derive(Debug, Clone)]
pub struct Response {
    pub leased: Leased,
    /// What the store showed before, if it was asked.
    pub look: Option<Look>,
    pub reply: Reply,
    /// If a campaign locks more units: the lowest quantity that it allows, which was sent next, and the reply to it.
    pub nearest: Option<(i64, Reply)>,
}

/// What a store showed before a quantity was sent, or so that none was.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub at: Moment,
    pub shown: i64,
    pub verdict: Verdict,
}

/// The answer to one quantity that was sent, or what was shown if none was.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Units that the marketplace shows, or why it does not show the quantity that was sent.
    pub result: Result<i64, Failure>,
    pub at: Moment,
    pub request_id: Option<String>,
    /// The campaigns of the listing, if they were read.
    pub campaigns: Option<Vec<Campaign>>,
}

#[derive(Clone, Copy)]
pub struct Rules {
    /// How long raising one store waits until the others are lowered.
    pub patience: TimeDelta,
    pub backoff: Backoff,
}

/// Records the responses to a batch that was sent through `sent_by`. A listing that another server has leased since is not
/// changed. Returns whether any listing is due now.
///
/// If it fails, the batch is sent again once its lease has ended, which changes nothing at the store.
pub fn run(
    conn: &mut Conn,
    clock: impl Fn() -> Moment,
    sent_by: &Connection,
    batch: &[Response],
    rules: Rules,
) -> QueryResult<bool> {
    let mut of_listing: HashMap<ListingId, &Response> = HashMap::new();
    for response in batch {
        of_listing.insert(response.leased.listing.id, response);
    }
    let sent: Vec<Listing> = batch.iter().map(|response| response.leased.listing.clone()).collect();
    let made_of = components::of(conn, &sent)?;
    let skus: BTreeSet<&SkuCode> =
        made_of.values().flat_map(Components::iter).map(|component| &component.sku).collect();
    let locked = skus::lock(conn, skus.iter().copied())?;
    let now = clock();
    let all_connections = connections::all(conn)?;
    let apply = |planned: &mut PlannedListing| {
        let push = &mut planned.push;
        if push.store != sent_by.store || push.lease.is_none() {
            return;
        }
        if let Some(response) = of_listing.get(&push.listing)
            && push.lease.as_ref() == Some(&response.leased.lease)
        {
            apply_response(push, response, now, rules.backoff);
        }
    };
    let wanted = Wanted::Skus(skus);
    let planned = plan::run(conn, &locked, &wanted, &all_connections, (now, rules.patience), apply)?;
    plan::save(conn, &planned, now)?;
    // Kits with other SKUs may have waited for this as well.
    quantity_checks::enqueue_for_pushes(conn, &planned.left_out)?;
    push_log::insert(conn, &log_lines(batch))?;
    // The connection is locked last, so that nothing waits for another row while its row is locked.
    if let Some(mut connection) = connections::lock(conn, &sent_by.store)? {
        apply_to_store(&mut connection, sent_by, batch, now, rules.backoff);
        connections::update(conn, &connection)?;
        drifts::insert(conn, &drifts_in(batch))?;
    }
    Ok(planned.is_any_to_send())
}

/// The failure of the store in a batch, with the listing that met it. What the credentials or the pace are refused for is of
/// the store, whatever other listings of the batch were answered. That there was no answer is so only if none was acknowledged:
/// then it may be about one listing.
fn store_failure(batch: &[Response]) -> Option<(&Leased, &Failure)> {
    let is_any_acknowledged = batch.iter().any(|response| response.reply.result.is_ok());
    let mut unanswered = None;
    let mut busy = None;
    for Response { leased, reply, .. } in batch {
        let Err(failure) = &reply.result else { continue };
        match failure.class {
            class if class.pauses() => return Some((leased, failure)),
            FailureClass::Unavailable if !is_any_acknowledged => unanswered = unanswered.or(Some((leased, failure))),
            class if is_of_store(class) => busy = busy.or(Some((leased, failure))),
            _ => {}
        }
    }
    busy.or(unanswered)
}

/// Whether the failure of a listing is surely the store's, so that it does not count against the listing.
fn is_of_store(class: FailureClass) -> bool {
    class.is_store_wide() && class != FailureClass::Unavailable
}

/// Whether the server backs off from the store after its `failure` in a batch. Without an answer the reason may be one
/// listing, so that counts once two different ones in a row had none, and not for one that failed before.
fn backs_off(connection: &Connection, failure: &Failure, first: &Leased) -> bool {
    let is_another = connection.failed_listing.is_some_and(|failed| failed != first.listing.id);
    failure.class != FailureClass::Unavailable || (is_another && first.failures == 0)
}

fn apply_response(push: &mut Push, response: &Response, at: Moment, backoff: Backoff) {
    push.lease = None;
    push.due_at = Some(at);
    if let Some(Look { at: looked_at, shown, verdict }) = response.look {
        push.acknowledged = Some(shown);
        push.acknowledged_at = Some(looked_at);
        push.missing = verdict.missing;
        if push.missing > 0 {
            push.due_at = Some(at.plus(LOOK_AGAIN));
        }
        if verdict.write.is_none() {
            push.sending = response.leased.sending.filter(|sending| *sending > shown);
            push.clear_problem();
            return;
        }
    }
    let sent = response.leased.quantity;
    let failure = match &response.reply.result {
        Ok(shown) => {
            push.acknowledge(*shown, response.reply.at);
            if *shown == sent {
                push.clear_problem();
                return;
            }
            // Backs off, because a retry at once might get the same answer again and again.
            &Failure::temporary(format!("It shows {shown} after {sent} were sent."))
        }
        Err(failure) => {
            apply_what_it_may_show(push, response, failure);
            failure
        }
    };
    push.problem = Some(failure.class);
    push.problem_text = Some(failure.message.clone());
    push.locked_quantity = failure.lock.and_then(|lock| lock.quantity);
    push.locked_until = failure.lock.and_then(|lock| lock.until);
    if is_of_store(failure.class) {
        // It is sent again as soon as the store can be used.
        return;
    }
    push.failures += 1;
    let retry_at = at.plus(wait_after(failure, push.failures, backoff));
    let unlocked_at = push.locked_until.filter(|until| *until > at);
    push.due_at = Some(unlocked_at.map_or(retry_at, |until| until.min(retry_at)));
}

/// A quantity that was not acknowledged may be shown all the same: that of this request, or of an earlier one whose result
/// is not known.
fn apply_what_it_may_show(push: &mut Push, response: &Response, failure: &Failure) {
    let Response { leased, nearest, .. } = response;
    push.has_sold |= leased.has_sold;
    if !failure.may_have_arrived {
        push.sending = leased.sending;
    }
    match nearest {
        Some((_, Reply { result: Ok(shown), at, .. })) => push.acknowledge(*shown, *at),
        Some((sent, Reply { result: Err(failure), .. })) if failure.may_have_arrived => {
            push.sending = push.sending.max(leased.at_most).max(Some(*sent));
        }
        Some((_, Reply { result: Err(_), .. })) | None => {}
    }
}

/// A batch in which the store failed makes the server back off from it. A batch that succeeded does not end the wait
/// that another batch was asked for, and a failure does not count against credentials that have been replaced since.
fn apply_to_store(
    connection: &mut Connection,
    sent_by: &Connection,
    batch: &[Response],
    now: Moment,
    backoff: Backoff,
) {
    let acknowledged = batch.iter().map(|response| &response.reply).filter(|reply| reply.result.is_ok());
    connection.last_push_at = acknowledged.map(|reply| reply.at).max().or(connection.last_push_at);
    if !connection.is_reached_as(sent_by) {
        return;
    }
    let is_waiting = connection.not_before.is_some_and(|until| until > now);
    match store_failure(batch) {
        // The caller renews the access, or pauses the store.
        Some((_, failure)) if failure.token_ended => {}
        Some((first, failure)) => {
            if backs_off(connection, failure, first) {
                back_off(connection, failure, now, backoff);
            } else {
                connection.note_problem(failure);
            }
            connection.failed_listing = Some(first.listing.id);
        }
        None if is_waiting => {}
        None => connection.clear_problem(),
    }
}

fn log_lines(batch: &[Response]) -> Vec<LoggedPush> {
    let mut lines = Vec::new();
    for Response { leased, look, reply, nearest } in batch {
        if look.is_some_and(|look| look.verdict.write.is_none()) {
            continue;
        }
        lines.push(log_line(leased, leased.quantity, leased.why.clone(), reply));
        if let Some((quantity, reply)) = nearest {
            let why = format!("as few as a campaign lets it show, instead of {}: {}", leased.quantity, leased.why);
            lines.push(log_line(leased, *quantity, why, reply));
        }
    }
    lines
}

/// What was shown and nothing explained, of the listings that were corrected.
fn drifts_in(batch: &[Response]) -> Vec<Drift> {
    let mut found = Vec::new();
    for Response { leased, look, reply, .. } in batch {
        let Some(Look { at, shown, verdict: Verdict { drift_from: Some(expected), .. } }) = *look else { continue };
        found.push(Drift {
            id: new_id(at),
            at,
            store: leased.listing.store.clone(),
            sku: leased.listing.sku.clone(),
            seller_sku: leased.listing.seller_sku.clone(),
            expected,
            shown,
            sent: leased.quantity,
            corrected: reply.result.is_ok(),
        });
    }
    found
}

fn log_line(leased: &Leased, quantity: i64, why: String, reply: &Reply) -> LoggedPush {
    let Reply { result, at, request_id, campaigns: _ } = reply;
    let (outcome, answer) = match result {
        Ok(shown) if *shown == quantity => (PushOutcome::Acknowledged, String::new()),
        Ok(shown) => (PushOutcome::Failed(FailureClass::Temporary), format!("It shows {shown}.")),
        Err(failure) => (PushOutcome::Failed(failure.class), failure.message.clone()),
    };
    LoggedPush {
        id: new_id(*at),
        at: *at,
        store: leased.listing.store.clone(),
        sku: leased.listing.sku.clone(),
        seller_sku: leased.listing.seller_sku.clone(),
        quantity_before: leased.acknowledged,
        quantity,
        why,
        outcome,
        answer,
        request_id: request_id.clone(),
    }
}
