//! Keeps what a marketplace answered to quantities that were sent: per listing, for the store as a whole, and in the log.

use super::{advance_pushes::Work, claim_pushes::Claimed};
use crate::{
    clock::new_id,
    db::{
        Conn, QueryResult,
        stores::{
            connections::{self, Connection, PROGRAM},
            push_log::{self, LoggedPush},
            pushes::Push,
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::{
            failure::{Failure, FailureClass},
            push::PushOutcome,
        },
    },
};
use chrono::TimeDelta;
use std::collections::HashMap;

/// How long to wait after so many failures of a class.
pub type Wait<'a> = dyn Fn(i64, FailureClass) -> TimeDelta + 'a;

/// What a marketplace answered about one listing.
#[derive(Debug, Clone)]
pub struct Answered {
    /// What was sent.
    pub claimed: Claimed,
    /// What came of it.
    pub reply: Reply,
    /// What came of sending as little as a campaign lets it show, where that was done.
    pub nearest: Option<(i64, Reply)>,
}

/// What came of one quantity that was sent.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Units that the marketplace says it shows, or why it does not show what was sent.
    pub result: Result<i64, Failure>,
    /// When it was answered.
    pub at: Moment,
    /// By what the marketplace knows the request.
    pub request_id: Option<String>,
}

impl Reply {
    fn failure(&self) -> Option<&Failure> {
        self.result.as_ref().err()
    }
}

/// Answers that are to be kept, by the claims that they are to.
pub(super) struct Settled<'a> {
    works: &'a [Work],
    at: Moment,
    wait: &'a Wait<'a>,
    /// What each claimed listing came to, and whether the store failed as a whole.
    of_claim: HashMap<(&'a SkuCode, &'a StoreCode, &'a str), (&'a Answered, bool)>,
}

impl<'a> Settled<'a> {
    /// The answers in `works`, which came by `at`.
    pub(super) fn new(works: &'a [Work], at: Moment, wait: &'a Wait<'a>) -> Self {
        let batches = works.iter().flat_map(|work| &work.answers);
        let of_batch = |batch: &'a Vec<Answered>| {
            let is_of_store = failure_of_store(batch).is_some();
            batch.iter().map(move |answered| {
                let Claimed { listing, claim, .. } = &answered.claimed;
                ((&listing.sku, &listing.store, claim.as_str()), (answered, is_of_store))
            })
        };
        Self { works, at, wait, of_claim: batches.flat_map(of_batch).collect() }
    }

    /// Keeps in a push what came of it. What another server took over is left to that.
    pub(super) fn amend(&self, push: &mut Push) {
        let Some(claim) = push.claim.as_deref() else { return };
        if let Some((answered, is_of_store)) = self.of_claim.get(&(&push.sku, &push.store, claim)).copied() {
            keep(push, answered, is_of_store, self.at, self.wait);
        }
    }

    /// Keeps what came of it in the log, and of each store as a whole: last, so that no other row is waited for while
    /// theirs are locked.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn finish(&self, conn: &mut Conn) -> QueryResult<()> {
        let Self { works, at, wait, .. } = self;
        let lines = works.iter().flat_map(Work::answered).flat_map(logged);
        push_log::insert(conn, &lines.collect::<Vec<LoggedPush>>())?;
        for work in works.iter().filter(|work| !work.answers.is_empty()) {
            if let Some(mut connection) = connections::lock(conn, &work.store)? {
                keep_of_store(&mut connection, work, *at, *wait);
                connections::update(conn, &connection)?;
            }
        }
        Ok(())
    }
}

/// The failure of all, where it is about the store and not about a listing.
fn failure_of_store(batch: &[Answered]) -> Option<&Failure> {
    let first = batch.first()?.reply.failure();
    let is_of_store = |answered: &Answered| answered.reply.failure().is_some_and(|why| why.class.is_of_store());
    first.filter(|_| batch.iter().all(is_of_store))
}

fn keep(push: &mut Push, answered: &Answered, is_of_store: bool, at: Moment, wait: &Wait<'_>) {
    push.claim = None;
    push.due_at = Some(at);
    let sent = answered.claimed.quantity;
    let failure = match &answered.reply.result {
        Ok(shown) => {
            push.acknowledge(*shown, answered.reply.at);
            if *shown == sent {
                push.clear_problem();
                return;
            }
            // Sent again at once, it might be answered so for ever.
            &Failure::temporary(format!("It shows {shown} after {sent} were sent."))
        }
        Err(failure) => {
            keep_what_it_may_show(push, answered, failure);
            failure
        }
    };
    push.problem = Some(failure.class);
    push.problem_text = Some(failure.message.clone());
    push.locked_quantity = failure.lock.and_then(|lock| lock.quantity);
    push.locked_until = failure.lock.and_then(|lock| lock.until);
    if is_of_store {
        // The store as a whole is left alone: the listing is sent as soon as it is not.
        return;
    }
    push.failures += 1;
    let again = at.plus(waited(failure, push.failures, wait));
    push.due_at = Some(push.locked_until.filter(|until| *until > at).map_or(again, |until| until.min(again)));
}

/// What was not acknowledged may be shown all the same: this request, or one before it whose end nobody knows.
fn keep_what_it_may_show(push: &mut Push, answered: &Answered, failure: &Failure) {
    let Answered { claimed, nearest, .. } = answered;
    if !failure.may_have_arrived {
        push.sending = claimed.sending;
    }
    match nearest {
        Some((_, Reply { result: Ok(shown), at, .. })) => push.acknowledge(*shown, *at),
        Some((sent, Reply { result: Err(failure), .. })) if failure.may_have_arrived => {
            push.sending = push.sending.max(claimed.at_most).max(Some(*sent));
        }
        Some((_, Reply { result: Err(_), .. })) | None => {}
    }
}

/// How long to wait after a failure: as long as it asked, or else the longer the more often it failed.
fn waited(failure: &Failure, failures: i64, wait: &Wait<'_>) -> TimeDelta {
    let asked = failure.retry_after.and_then(|asked| TimeDelta::from_std(asked).ok());
    asked.unwrap_or_else(|| wait(failures, failure.class))
}

/// A batch that failed as a whole leaves the store alone, whatever became of the others; one that was answered says nothing
/// against a wait that was asked for since.
fn keep_of_store(connection: &mut Connection, work: &Work, at: Moment, wait: &Wait<'_>) {
    let taken = work.answered().map(|answered| &answered.reply).filter(|reply| reply.result.is_ok());
    connection.last_push_at = taken.map(|reply| reply.at).max().or(connection.last_push_at);
    let weight = |failure: &&Failure| (failure.class == FailureClass::Credentials, failure.retry_after);
    match work.answers.iter().filter_map(|batch| failure_of_store(batch)).max_by_key(weight) {
        Some(failure) => keep_failure(connection, failure, at, wait),
        None if connection.not_before.is_some_and(|until| until > at) => {}
        None => connection.clear_problem(),
    }
}

/// Leaves a store alone for a while that failed as a whole. If its credentials were refused, staff have to look.
pub(super) fn keep_failure(connection: &mut Connection, failure: &Failure, at: Moment, wait: &Wait<'_>) {
    connection.failures += 1;
    (connection.problem, connection.problem_text) = (Some(failure.class), Some(failure.message.clone()));
    let until = at.plus(waited(failure, connection.failures, wait));
    connection.not_before = Some(connection.not_before.map_or(until, |before| before.max(until)));
    if failure.class == FailureClass::Credentials {
        connection.pause(at, PROGRAM.to_owned(), format!("Its credentials were refused: {}", failure.message));
    }
}

/// The lines of the log about one listing: what was sent, and what was sent instead.
fn logged(answered: &Answered) -> Vec<LoggedPush> {
    let Answered { claimed, reply, nearest } = answered;
    let line = |quantity: i64, why: String, Reply { result, at, request_id }: &Reply| {
        let (outcome, answer) = match result {
            Ok(shown) if *shown == quantity => (PushOutcome::Acknowledged, String::new()),
            Ok(shown) => (PushOutcome::Failed(FailureClass::Temporary), format!("It shows {shown}.")),
            Err(failure) => (PushOutcome::Failed(failure.class), failure.message.clone()),
        };
        LoggedPush {
            id: new_id(*at),
            at: *at,
            store: claimed.listing.store.clone(),
            sku: claimed.listing.sku.clone(),
            quantity_before: claimed.acknowledged,
            quantity,
            why,
            outcome,
            answer,
            request_id: request_id.clone(),
        }
    };
    let mut lines = vec![line(claimed.quantity, claimed.why.clone(), reply)];
    lines.extend(nearest.as_ref().map(|(kept, reply)| {
        let why = format!("as few as a campaign lets it show, instead of {}: {}", claimed.quantity, claimed.why);
        line(*kept, why, reply)
    }));
    lines
}
