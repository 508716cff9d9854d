//! Keeps what a marketplace answered to quantities that were sent: per listing, for the store as a whole, and in the log.

use super::claim_pushes::Claimed;
use crate::{
    clock::new_id,
    db::{
        Conn, QueryResult,
        connections::{self, Connection, PROGRAM},
        push_log::{self, LoggedPush},
        pushes::{self, Push},
        quantity_checks, skus,
    },
    domain::{
        code::{SkuCode, StoreCode},
        failure::{Failure, FailureClass},
        moment::Moment,
        push::PushOutcome,
    },
};
use chrono::TimeDelta;

/// How long to wait after so many failures of a class.
pub type Wait<'a> = dyn Fn(i64, FailureClass) -> TimeDelta + 'a;

/// What a marketplace answered about one listing.
#[derive(Debug, Clone)]
pub struct Answered {
    /// What was sent.
    pub claimed: Claimed,
    /// Units that the marketplace says it shows, or why it does not show what was sent.
    pub result: Result<i64, Failure>,
    /// By what the marketplace knows the request.
    pub request_id: Option<String>,
}

/// The answers to one request.
#[derive(Debug, Clone)]
pub struct Answers {
    /// The store that was asked.
    pub store: StoreCode,
    /// The claim under which the server sent them.
    pub claim: String,
    /// When they came.
    pub at: Moment,
    /// One for each listing.
    pub answers: Vec<Answered>,
}

/// Keeps `answers`.
///
/// # Errors
/// When the database fails: the listings are sent again once the claim has ended, which changes nothing.
pub fn run(conn: &mut Conn, answers: &Answers, wait: &Wait<'_>) -> QueryResult<()> {
    let Answers { store, claim, at, answers } = answers;
    let codes: Vec<SkuCode> = answers.iter().map(|answered| answered.claimed.listing.sku.clone()).collect();
    skus::lock(conn, &codes)?;
    let mut kept = pushes::claimed(conn, store, claim, &codes)?;
    let of_store = failure_of_store(answers);
    let mut rows = Vec::new();
    for answered in answers {
        let Some(mut push) = kept.remove(&answered.claimed.listing.sku) else { continue };
        keep(&mut push, answered, of_store, *at, wait);
        rows.push(push);
    }
    pushes::save(conn, &rows)?;
    // What they should show may be another by now, and others may wait for those that were lowered.
    quantity_checks::add_for_pushes(conn, &codes)?;
    log(conn, store, *at, answers)?;
    // Last, so that no other row is waited for while this one is locked.
    if let Some(mut connection) = connections::lock(conn, store)? {
        keep_of_store(&mut connection, answers, of_store, *at, wait);
        connections::update(conn, &connection)?;
    }
    Ok(())
}

/// The failure of all, where it is about the store and not about a listing.
fn failure_of_store(answers: &[Answered]) -> Option<&Failure> {
    let failure = |answered: &'_ Answered| answered.result.as_ref().err().is_some_and(|why| why.class.is_of_store());
    let first = answers.first().and_then(|answered| answered.result.as_ref().err());
    first.filter(|_| answers.iter().all(failure))
}

fn keep(push: &mut Push, answered: &Answered, of_store: Option<&Failure>, at: Moment, wait: &Wait<'_>) {
    push.release();
    push.due_at = Some(at);
    let sent = answered.claimed.quantity;
    let failure = match &answered.result {
        Ok(shown) => {
            (push.acknowledged, push.acknowledged_at) = (Some(*shown), Some(at));
            if *shown == sent {
                push.clear_problem();
                return;
            }
            // Sent again at once, it might be answered so for ever.
            &Failure::temporary(format!("It shows {shown} after {sent} were sent."))
        }
        Err(failure) => failure,
    };
    if let Some(shown) = failure.lock.and_then(|lock| lock.shows) {
        (push.acknowledged, push.acknowledged_at) = (Some(shown), Some(at));
    }
    push.problem = Some(failure.class);
    push.problem_text = Some(failure.message.clone());
    push.locked_quantity = failure.lock.and_then(|lock| lock.quantity);
    push.locked_until = failure.lock.and_then(|lock| lock.until);
    if of_store.is_some() {
        // The store as a whole is left alone: the listing is sent as soon as it is not.
        return;
    }
    push.failures += 1;
    let again = at.plus(waited(failure, push.failures, wait));
    push.due_at = Some(push.locked_until.filter(|until| *until > at).map_or(again, |until| until.min(again)));
}

/// How long to wait after a failure: as long as it asked, or else the longer the more often it failed.
fn waited(failure: &Failure, failures: i64, wait: &Wait<'_>) -> TimeDelta {
    let asked = failure.retry_after.and_then(|asked| TimeDelta::from_std(asked).ok());
    asked.unwrap_or_else(|| wait(failures, failure.class))
}

fn keep_of_store(
    connection: &mut Connection,
    answers: &[Answered],
    of_store: Option<&Failure>,
    at: Moment,
    wait: &Wait<'_>,
) {
    match of_store {
        Some(failure) => keep_failure(connection, failure, at, wait),
        None => {
            connection.clear_problem();
            if answers.iter().any(|answered| answered.result.is_ok()) {
                connection.last_push_at = Some(at);
            }
        }
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

fn log(conn: &mut Conn, store: &StoreCode, at: Moment, answers: &[Answered]) -> QueryResult<()> {
    let row = |answered: &Answered| {
        let Answered { claimed, result, request_id } = answered;
        let (outcome, answer) = match result {
            Ok(shown) if *shown == claimed.quantity => (PushOutcome::Acknowledged, String::new()),
            Ok(shown) => (PushOutcome::Failed(FailureClass::Temporary), format!("It shows {shown}.")),
            Err(failure) => (PushOutcome::Failed(failure.class), failure.message.clone()),
        };
        LoggedPush {
            id: new_id(at),
            at,
            store: store.clone(),
            sku: claimed.listing.sku.clone(),
            quantity_before: claimed.acknowledged,
            quantity: claimed.quantity,
            why: claimed.why.clone(),
            outcome,
            answer,
            request_id: request_id.clone(),
        }
    };
    push_log::insert(conn, &answers.iter().map(row).collect::<Vec<_>>())
}
