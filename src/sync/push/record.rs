//! Records what a marketplace answered to a batch: for each listing, for the store as a whole, and in the log. The SKUs are
//! planned again in the same transaction: their quantities may have changed, and other stores may have waited for this one.

use super::{lease::Leased, plan};
use crate::{
    clock::new_id,
    db::{
        Conn, QueryResult,
        catalogue::skus,
        stores::{
            connections::{self, Connection},
            push_log::{self, LoggedPush},
            pushes::Push,
        },
    },
    domain::{
        code::SkuCode,
        moment::Moment,
        stores::{
            failure::{Failure, FailureClass},
            push::PushOutcome,
        },
    },
    sync::access::{Backoff, back_off, wait_after},
};
use chrono::TimeDelta;
use std::collections::HashMap;

/// What a marketplace answered about one listing.
#[derive(Debug, Clone)]
pub struct Response {
    /// What was sent.
    pub leased: Leased,
    /// The answer to it.
    pub reply: Reply,
    /// If a campaign keeps more than that: as little as it lets the listing show, which was sent next, and the answer.
    pub nearest: Option<(i64, Reply)>,
}

/// The answer to one quantity that was sent.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Units that the marketplace says it shows, or why it does not show what was sent.
    pub result: Result<i64, Failure>,
    /// When it was answered.
    pub at: Moment,
    /// The marketplace's own number of the request.
    pub request_id: Option<String>,
}

/// How answers are recorded.
#[derive(Clone, Copy)]
pub struct Rules {
    /// How long a store that is to be raised waits for those that are to be lowered.
    pub patience: TimeDelta,
    /// How long to wait after failures.
    pub backoff: Backoff,
}

/// Records the answers to a batch that was sent through `sent_by`, with the time of `clock`. A listing that another server
/// has leased since is left to that one. Answers whether anything else is to be sent now.
///
/// If it fails, the batch is sent again once its lease has ended, which changes nothing at the store.
pub fn run(
    conn: &mut Conn,
    clock: impl Fn() -> Moment,
    sent_by: &Connection,
    batch: &[Response],
    rules: Rules,
) -> QueryResult<bool> {
    let mut of_sku: HashMap<&SkuCode, &Response> = HashMap::new();
    for response in batch {
        of_sku.insert(&response.leased.listing.sku, response);
    }
    let locked = skus::lock(conn, of_sku.keys().copied())?;
    let now = clock();
    let all_connections = connections::all(conn)?;
    let is_store_wide = store_failure(batch).is_some();
    let apply = |push: &mut Push| {
        if push.store != sent_by.store || push.lease.is_none() {
            return;
        }
        if let Some(response) = of_sku.get(&push.sku)
            && push.lease.as_ref() == Some(&response.leased.lease)
        {
            apply_response(push, response, is_store_wide, now, rules.backoff);
        }
    };
    let planned = plan::run(conn, locked, &all_connections, now, rules.patience, apply)?;
    plan::save(conn, &planned)?;
    push_log::insert(conn, &log_lines(batch))?;
    // The connection comes last, so that no other row is waited for while its row is locked.
    if let Some(mut connection) = connections::lock(conn, &sent_by.store)? {
        apply_to_store(&mut connection, sent_by, batch, now, rules.backoff);
        connections::update(conn, &connection)?;
    }
    Ok(plan::is_any_to_send(&planned))
}

/// The failure of the whole batch, if it is about the store and not about a listing.
fn store_failure(batch: &[Response]) -> Option<&Failure> {
    let mut first = None;
    for response in batch {
        match &response.reply.result {
            Err(failure) if failure.class.is_of_store() => first = first.or(Some(failure)),
            Ok(_) | Err(_) => return None,
        }
    }
    first
}

fn apply_response(push: &mut Push, response: &Response, is_store_wide: bool, at: Moment, backoff: Backoff) {
    push.lease = None;
    push.due_at = Some(at);
    let sent = response.leased.quantity;
    let failure = match &response.reply.result {
        Ok(shown) => {
            push.acknowledge(*shown, response.reply.at);
            if *shown == sent {
                push.clear_problem();
                return;
            }
            // Sent again at once, it might be answered like this for ever.
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
    if is_store_wide {
        // The server backs off from the store: the listing is sent as soon as that is over.
        return;
    }
    push.failures += 1;
    let retry_at = at.plus(wait_after(failure, push.failures, backoff));
    let unlocked_at = push.locked_until.filter(|until| *until > at);
    push.due_at = Some(unlocked_at.map_or(retry_at, |until| until.min(retry_at)));
}

/// What was not acknowledged may be shown all the same: this request, or one before it whose end is not known.
fn apply_what_it_may_show(push: &mut Push, response: &Response, failure: &Failure) {
    let Response { leased, nearest, .. } = response;
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

/// A batch that failed as a whole makes the server back off from the store. One that was answered says nothing against a
/// wait that another batch was asked for, and a failure nothing about credentials that have been replaced since.
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
        Some(failure) => back_off(connection, failure, now, backoff),
        None if is_waiting => {}
        None => connection.clear_problem(),
    }
}

/// The lines of the log: what was sent, and what was sent instead.
fn log_lines(batch: &[Response]) -> Vec<LoggedPush> {
    let mut lines = Vec::new();
    for Response { leased, reply, nearest } in batch {
        lines.push(log_line(leased, leased.quantity, leased.why.clone(), reply));
        if let Some((quantity, reply)) = nearest {
            let right = leased.quantity;
            let why = format!("as few as a campaign lets it show, where {right} would be right: {}", leased.why);
            lines.push(log_line(leased, *quantity, why, reply));
        }
    }
    lines
}

fn log_line(leased: &Leased, quantity: i64, why: String, reply: &Reply) -> LoggedPush {
    let Reply { result, at, request_id } = reply;
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
        quantity_before: leased.acknowledged,
        quantity,
        why,
        outcome,
        answer,
        request_id: request_id.clone(),
    }
}
