//! The queue of the orders that programs send. The tokens of all waiting calls are checked together, then all are taken
//! in one transaction, and each is answered after its commit. The orders of a sale come at once and for the same SKU: with a
//! transaction for each, every one would wait for the disk and for the lock.
//!
//! A call waits for its answer until the deadline of the database, wherever it is by then. While the database is away, the
//! calls that wait fail together, and the next one finds out whether it is back.

use crate::{
    actions::orders::{
        take_calls::{self, Call, Keyed, Keys, SentKey, Taken},
        take_orders::{Delivery, Outcome},
    },
    db::{
        self, Database, budget,
        idempotency::FirstAnswer,
        staff::tokens::{self, Token},
    },
    domain::{
        moment::Moment,
        orders::order::{IfShort, NewOrder},
        staff::permission::Access,
    },
};
use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time,
};

/// Waiting calls. Any more are refused.
const CAPACITY: usize = 1_024;

/// One batch in as many deletes answers to keys that are too old.
const FORGET_EVERY: u32 = 8;

/// Clones are the same queue.
#[derive(Clone)]
pub struct OrderQueue {
    waiting: mpsc::Sender<Waiting>,
    deadline: Duration,
}

/// Orders that a program sent.
pub struct Sent {
    /// SHA-256 of its API token, which is not checked yet.
    pub token_hash: String,
    /// What the call requires of the token.
    pub access: Access,
    pub at: Moment,
    pub if_short: IfShort,
    pub orders: Arc<[NewOrder]>,
    pub key: Option<Arc<SentKey>>,
}

/// Why the orders of a call were not even tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The token is not known, or it was revoked.
    UnknownToken,
    /// The token may not record orders.
    NotPermitted,
    /// The client hung up, or has waited for too long: nobody reads this.
    HungUp,
}

/// What became of a call.
pub enum Answer {
    /// The orders, and the outcome of each.
    Taken(Arc<[NewOrder]>, Vec<Outcome>),
    /// The first answer to its key.
    Before(FirstAnswer),
}

struct Waiting {
    sent: Sent,
    turn: Arc<Turn>,
    answer: oneshot::Sender<Result<Result<Answer, Denied>, db::Error>>,
}

/// Whether a transaction may have taken a call: agreed on with whoever waits for its answer.
#[derive(Default)]
struct Turn(AtomicU8);

impl Turn {
    const WAITS: u8 = 0;
    const IS_TRIED: u8 = 1;
    const IS_GIVEN_UP: u8 = 2;

    /// Tries the call, unless nobody waits for it any more.
    fn take(&self) -> bool {
        self.change(Self::WAITS, Self::IS_TRIED)
    }

    /// The transaction that tried it was rolled back.
    fn put_back(&self) {
        self.change(Self::IS_TRIED, Self::WAITS);
    }

    /// Stops waiting for its answer. Returns whether it was not taken, and never will be.
    fn give_up(&self) -> bool {
        self.change(Self::WAITS, Self::IS_GIVEN_UP)
    }

    fn change(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, SeqCst, SeqCst).is_ok()
    }
}

impl OrderQueue {
    /// A queue, and a thread that takes up to `together` orders in one transaction, or one call that has more. The thread
    /// ends with the last clone of the queue.
    pub fn start(database: Database, together: usize) -> Self {
        let (sender, waiting) = mpsc::channel(CAPACITY);
        let deadline = database.deadline();
        // A little less than the calls wait, so that they get its answer.
        let database = database.within(deadline - deadline / 20);
        let taker = Taker { database, together, waiting, later: VecDeque::new(), batches: 0 };
        let run = || actix_web::rt::Runtime::new().expect("a runtime").block_on(taker.run());
        thread::Builder::new().name("orders".to_owned()).spawn(run).expect("a thread");
        Self { waiting: sender, deadline }
    }

    /// Queues orders, and returns the outcome of each once all are durable. After an error none was taken, unless it says
    /// that nobody knows.
    pub async fn take(&self, sent: Sent) -> Result<Result<Answer, Denied>, db::Error> {
        let (answer, mut answered) = oneshot::channel();
        let turn = Arc::<Turn>::default();
        let waiting = Waiting { sent, turn: turn.clone(), answer };
        self.waiting.try_send(waiting).map_err(|error| match error {
            TrySendError::Full(_) => db::Error::NoneFree("too many orders wait".to_owned()),
            TrySendError::Closed(_) => db::Error::GivenUp,
        })?;
        let since = Instant::now();
        let answer = time::timeout(budget::left(self.deadline), &mut answered).await;
        budget::spend(since.elapsed());
        if let Ok(answer) = answer {
            return answer.unwrap_or(Err(db::Error::GivenUp));
        }
        answered.close();
        match answered.try_recv() {
            Ok(answer) => answer,
            Err(_) if turn.give_up() => Err(db::Error::TimedOut),
            Err(_) => Err(db::Error::OutcomeUnknown("no answer to the orders in time".to_owned())),
        }
    }
}

struct Taker {
    database: Database,
    together: usize,
    waiting: mpsc::Receiver<Waiting>,
    /// Calls with a key that was already in the batch.
    later: VecDeque<Waiting>,
    /// How many it has taken.
    batches: u32,
}

impl Taker {
    async fn run(mut self) {
        loop {
            let first = match self.later.pop_front() {
                Some(first) => Some(first),
                None => self.waiting.recv().await,
            };
            let Some(first) = first else { return };
            let batch = self.batch(first);
            self.take(batch).await;
        }
    }

    /// The first call, and those behind it, most of which arrived during the last commit. Two keys whose hashes are the same
    /// by chance are in two batches as well.
    fn batch(&mut self, first: Waiting) -> Vec<Waiting> {
        let hasher = RandomState::new();
        let mut keys: HashSet<u64> = first.sent.key_hash(&hasher).into_iter().collect();
        let mut orders = first.sent.orders.len();
        let mut batch = vec![first];
        let mut again = VecDeque::new();
        while orders < self.together
            && let Some(next) = self.later.pop_front().or_else(|| self.waiting.try_recv().ok())
        {
            if next.sent.key_hash(&hasher).is_some_and(|key| !keys.insert(key)) {
                again.push_back(next);
                continue;
            }
            orders += next.sent.orders.len();
            batch.push(next);
        }
        again.append(&mut self.later);
        self.later = again;
        batch
    }

    async fn take(&mut self, batch: Vec<Waiting>) {
        let Err((error, failed)) = self.take_together(batch).await else { return };
        if error.concerns_everything() {
            self.fail(&error, failed, Vec::new());
            return;
        }
        if failed.len() == 1 {
            failed.into_iter().for_each(|one| one.reply(Err(error.shared())));
            return;
        }
        tracing::warn!(%error, calls = failed.len(), "orders were not taken together: one by one");
        let mut failed = VecDeque::from(failed);
        while let Some(one) = failed.pop_front() {
            let Err((error, one)) = self.take_together(vec![one]).await else { continue };
            if error.concerns_everything() {
                let others = failed.drain(..).collect();
                self.fail(&error, one, others);
            } else {
                one.into_iter().for_each(|one| one.reply(Err(error.shared())));
            }
        }
    }

    /// Fails those that were tried, the others of their batch, and all that wait: they would find the database in the same
    /// state, one after the other.
    fn fail(&mut self, error: &db::Error, tried: Vec<Waiting>, others: Vec<Waiting>) {
        let mut waiting = others;
        waiting.extend(self.later.drain(..));
        while let Ok(next) = self.waiting.try_recv() {
            waiting.push(next);
        }
        tracing::warn!(%error, tried = tried.len(), waiting = waiting.len(), "orders were not taken");
        for one in tried {
            one.reply(Err(error.shared()));
        }
        for one in waiting {
            one.reply(Err(match error.kind() {
                // Of these it is known: they were not tried, or not with success.
                db::ErrorKind::OutcomeUnknown => db::Error::Unreachable(format!("others were not taken: {error}")),
                _ => error.shared(),
            }));
        }
    }

    /// Takes a batch in one transaction, and answers each call; or returns those that failed.
    async fn take_together(&mut self, mut batch: Vec<Waiting>) -> Result<(), (db::Error, Vec<Waiting>)> {
        batch.retain(Waiting::is_wanted);
        match self.decide(&batch).await {
            Ok(decisions) => {
                for (one, decision) in batch.into_iter().zip(decisions) {
                    one.reply(Ok(decision));
                }
                Ok(())
            }
            Err(error) => {
                if error.kind() != db::ErrorKind::OutcomeUnknown {
                    batch.iter().for_each(|one| one.turn.put_back());
                }
                Err((error, batch))
            }
        }
    }

    /// Checks the tokens of a batch in one read, so that the calls of strangers never take the lock of the writer.
    async fn decide(&mut self, batch: &[Waiting]) -> Result<Vec<Decision>, db::Error> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let hashes: BTreeSet<String> = batch.iter().map(|one| one.sent.token_hash.clone()).collect();
        let read = move |conn: &mut db::Conn| tokens::all_live(conn, &hashes.iter().map(String::as_str).collect());
        let tokens = self.database.read(read).await?;
        let mut calls = Vec::new();
        let mut why_not = Vec::with_capacity(batch.len());
        for one in batch {
            match one.sent.call(&tokens) {
                _ if !one.is_wanted() || !one.turn.take() => why_not.push(Some(Denied::HungUp)),
                Err(denied) => why_not.push(Some(denied)),
                Ok(call) => {
                    calls.push(call);
                    why_not.push(None);
                }
            }
        }
        let mut taken = Vec::new();
        if !calls.is_empty() {
            taken = self.write(calls).await?;
        }
        let mut taken = taken.into_iter();
        let mut decisions = Vec::with_capacity(batch.len());
        for denied in why_not {
            decisions.push(match denied {
                Some(denied) => Err(denied),
                None => Ok(taken.next().expect("each call has an outcome")),
            });
        }
        Ok(decisions)
    }

    async fn write(&mut self, calls: Vec<Call>) -> Result<Vec<Taken>, db::Error> {
        self.batches = self.batches.wrapping_add(1);
        let mut keys = Keys { are_looked_up: false, forget_old: self.batches.is_multiple_of(FORGET_EVERY) };
        let recent = self.database.recent_keys();
        let taken = self.database.write(move |conn| {
            let taken = take_calls::run(conn, &recent, &calls, keys);
            // If it has failed, it may be for a key that was used before.
            keys.are_looked_up = true;
            taken
        });
        taken.await
    }
}

/// What became of a call, or why it was not tried.
type Decision = Result<Taken, Denied>;

impl Sent {
    /// A hash of its key, which belongs to its token.
    fn key_hash(&self, hasher: &RandomState) -> Option<u64> {
        self.key.as_ref().map(|sent| hasher.hash_one((&self.token_hash, &sent.key)))
    }

    fn call(&self, tokens: &HashMap<String, Token>) -> Result<Call, Denied> {
        let token = tokens.get(&self.token_hash).ok_or(Denied::UnknownToken)?;
        if !self.access.allows(token.permissions()) {
            return Err(Denied::NotPermitted);
        }
        let delivery =
            Delivery { cause: token.cause(self.at, ""), if_short: self.if_short, orders: self.orders.clone() };
        let keyed = self.key.as_ref().map(|sent| Keyed::new(token.id, sent.clone()));
        Ok(Call { delivery, keyed })
    }
}

impl Waiting {
    /// Whether somebody waits for the answer: the client has not hung up, and its deadline has not passed.
    fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    /// Answers the request. If the client has disconnected, its orders were taken all the same.
    fn reply(self, decision: Result<Decision, db::Error>) {
        let orders = self.sent.orders;
        let answer = decision.map(|decision| {
            decision.map(|taken| match taken {
                Taken::Outcomes(outcomes) => Answer::Taken(orders, outcomes),
                Taken::Before(first) => Answer::Before(first),
            })
        });
        drop(self.answer.send(answer));
    }
}
