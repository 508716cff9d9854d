//! Records the orders of many calls in one transaction. A call with an `Idempotency-Key` is answered once: its answer is
//! stored in the same transaction, and the next call with the key gets that.

use super::take_orders::{self, Delivery, Outcome};
use crate::{
    db::{
        Conn, QueryResult, RecentKeys,
        idempotency::{self, FirstAnswer, NewAnswer},
    },
    domain::{id::TokenId, moment::Moment, orders::order::NewOrder},
};
use std::{collections::HashMap, sync::Arc};

/// The orders of one call.
pub struct Call {
    pub delivery: Delivery,
    pub keyed: Option<Keyed>,
}

/// A key of a token.
pub struct Keyed {
    pub token: TokenId,
    pub sent: Arc<SentKey>,
}

/// The `Idempotency-Key` of a call.
pub struct SentKey {
    pub key: String,
    /// SHA-256 of the request.
    pub request_hash: String,
    pub write: Write,
}

/// Writes the answer to a call from its orders and their outcomes.
pub type Write = Box<dyn Fn(&[NewOrder], Vec<Outcome>) -> Written + Send + Sync>;

/// The answer to a call with a key.
pub struct Written {
    pub status: u16,
    pub body: String,
    /// Whether anything was done. If not, the key stays free.
    pub is_stored: bool,
}

/// What became of a call.
pub enum Taken {
    /// The outcome of each of its orders.
    Outcomes(Vec<Outcome>),
    /// The answer that was written for its key.
    Written(Written),
    /// Its key was used before, and got this answer. None of its orders was tried.
    Before(FirstAnswer),
}

/// What is done about the keys of calls besides storing their answers.
#[derive(Debug, Clone, Copy)]
pub struct Keys {
    /// Whether those that were used before are looked up where the database would refuse them. Almost none was: without that
    /// they are taken for new, and one that is not makes the transaction fail, to be tried again with it.
    pub are_looked_up: bool,
    /// Whether answers that are too old are deleted.
    pub forget_old: bool,
}

/// Takes the orders of `calls` in sequence. No two of them have the same key.
pub fn run(conn: &mut Conn, recent: &RecentKeys, calls: &[Call], keys: Keys) -> QueryResult<Vec<Taken>> {
    let last = calls.iter().filter(|call| call.keyed.is_some()).map(|call| call.delivery.cause.at).max();
    if let Some(now) = last.filter(|_| keys.forget_old) {
        idempotency::forget_old(conn, now)?;
    }
    let mut before = HashMap::new();
    if let Some(now) = last.filter(|_| keys.are_looked_up || !idempotency::are_unique(conn)) {
        before = first_answers(conn, recent, calls, now)?;
    }
    let new: Vec<&Call> = calls.iter().filter(|call| call.key().is_none_or(|key| !before.contains_key(&key))).collect();
    let deliveries: Vec<&Delivery> = new.iter().map(|call| &call.delivery).collect();
    let mut outcomes = take_orders::run(conn, &deliveries)?.into_iter();
    let mut taken = Vec::with_capacity(calls.len());
    for call in calls {
        if let Some(first) = call.key().and_then(|key| before.remove(&key)) {
            taken.push(Taken::Before(first));
            continue;
        }
        let outcomes = outcomes.next().expect("each call has outcomes");
        taken.push(match &call.keyed {
            None => Taken::Outcomes(outcomes),
            Some(keyed) => Taken::Written((keyed.sent.write)(&call.delivery.orders, outcomes)),
        });
    }
    let answers = calls.iter().zip(&taken).filter_map(|(call, taken)| call.new_answer(taken));
    let mut answers: Vec<NewAnswer> = answers.collect();
    // In the order of the keys, so that no two transactions wait for each other.
    answers.sort_unstable_by(|one, next| (one.token_id, one.key).cmp(&(next.token_id, next.key)));
    idempotency::insert(conn, recent, &answers)?;
    Ok(taken)
}

impl Call {
    fn key(&self) -> Option<(TokenId, &str)> {
        self.keyed.as_ref().map(|keyed| (keyed.token, keyed.sent.key.as_str()))
    }

    /// What is to be stored for its key.
    fn new_answer<'a>(&'a self, taken: &'a Taken) -> Option<NewAnswer<'a>> {
        let (Some(keyed), Taken::Written(written)) = (&self.keyed, taken) else { return None };
        written.is_stored.then(|| NewAnswer {
            token_id: keyed.token,
            key: &keyed.sent.key,
            request_hash: &keyed.sent.request_hash,
            status: written.status.into(),
            body: &written.body,
            created_at: self.delivery.cause.at,
        })
    }
}

/// The first answers to the calls whose keys were used before `now`.
fn first_answers<'a>(
    conn: &mut Conn,
    recent: &RecentKeys,
    calls: &'a [Call],
    now: Moment,
) -> QueryResult<HashMap<(TokenId, &'a str), FirstAnswer>> {
    let mut keys: Vec<(TokenId, &str)> = calls.iter().filter_map(Call::key).collect();
    keys.sort_unstable();
    let mut before = HashMap::new();
    for of_token in keys.chunk_by(|(one, _), (next, _)| one == next) {
        let (token, _) = of_token[0];
        let mut found = idempotency::find_all(conn, recent, token, of_token.iter().map(|(_, key)| *key), now)?;
        for (_, key) in of_token {
            before.extend(found.remove(*key).map(|first| ((token, *key), first)));
        }
    }
    Ok(before)
}
