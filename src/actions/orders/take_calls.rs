//! Records the orders of many calls in one transaction. A call with an `Idempotency-Key` is answered once: its answer is
//! stored in the same transaction, and the next call with the key gets that again.

use super::take_orders::{self, Delivery, Outcome};
use crate::{
    db::{
        Conn, KeyHash, QueryResult, RecentKeys,
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
    token: TokenId,
    hash: KeyHash,
    sent: Arc<SentKey>,
}

/// The `Idempotency-Key` of a call.
pub struct SentKey {
    pub key: String,
    /// SHA-256 of the request.
    pub request_hash: String,
    pub to_store: SayWhatToStore,
}

/// Says what to store for the key of a call, of its orders and their outcomes. If that is nothing, the key stays free.
pub type SayWhatToStore = Box<dyn Fn(&[NewOrder], &[Outcome]) -> Option<ToStore> + Send + Sync>;

/// What is stored for the key of a call: the status of its answer, and what its answer is made of when it comes again.
pub struct ToStore {
    pub status: u16,
    pub body: String,
}

/// What became of a call.
pub enum Taken {
    /// The outcome of each of its orders.
    Outcomes(Vec<Outcome>),
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

impl Keyed {
    pub fn new(token: TokenId, sent: Arc<SentKey>) -> Self {
        Self { token, hash: KeyHash::new(token, &sent.key), sent }
    }
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
    let mut answers = Vec::with_capacity(calls.len());
    for call in calls {
        if let Some(first) = call.key().and_then(|key| before.remove(&key)) {
            taken.push(Taken::Before(first));
            continue;
        }
        let outcomes = outcomes.next().expect("each call has outcomes");
        answers.extend(call.new_answer(&outcomes));
        taken.push(Taken::Outcomes(outcomes));
    }
    if idempotency::are_unique(conn) {
        // In the order of the keys, so that no two transactions wait for each other.
        answers.sort_unstable_by(|one, next| (one.token_id, one.key).cmp(&(next.token_id, next.key)));
    }
    idempotency::insert(conn, recent, &answers)?;
    Ok(taken)
}

impl Call {
    fn key(&self) -> Option<(TokenId, &str)> {
        self.keyed.as_ref().map(|keyed| (keyed.token, keyed.sent.key.as_str()))
    }

    /// What is to be stored for its key.
    fn new_answer(&self, outcomes: &[Outcome]) -> Option<NewAnswer<'_>> {
        let Keyed { token, hash, sent } = self.keyed.as_ref()?;
        let ToStore { status, body } = (sent.to_store)(&self.delivery.orders, outcomes)?;
        Some(NewAnswer {
            token_id: *token,
            key: &sent.key,
            key_hash: *hash,
            request_hash: &sent.request_hash,
            status: status.into(),
            body,
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
    let mut keyed: Vec<&Keyed> = calls.iter().filter_map(|call| call.keyed.as_ref()).collect();
    keyed.sort_unstable_by_key(|keyed| keyed.token);
    let mut before = HashMap::new();
    for of_token in keyed.chunk_by(|one, next| one.token == next.token) {
        let token = of_token[0].token;
        let keys = of_token.iter().map(|keyed| (keyed.sent.key.as_str(), keyed.hash));
        let mut found = idempotency::find_all(conn, recent, token, keys, now)?;
        for keyed in of_token {
            let key = keyed.sent.key.as_str();
            before.extend(found.remove(key).map(|first| ((token, key), first)));
        }
    }
    Ok(before)
}
