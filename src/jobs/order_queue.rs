//! The queue of the orders that programs send. The tokens of all waiting deliveries are checked together, then all are taken
//! in one transaction, and each is answered after its commit. The orders of a sale come at once and for the same SKU: with a
//! transaction for each, every one would wait for the disk and for the lock.

use crate::{
    actions::orders::take_orders::{self, Delivery, Outcome},
    db::{
        self, Database,
        staff::tokens::{self, Token},
    },
    domain::{
        moment::Moment,
        orders::order::{IfShort, NewOrder},
        staff::permission::Access,
    },
};
use std::{
    collections::{BTreeSet, HashMap},
    panic::{self, AssertUnwindSafe},
    sync::mpsc::{self, TrySendError},
    thread,
};
use tokio::sync::oneshot;

/// Waiting deliveries. Any more are refused.
const CAPACITY: usize = 1_024;

/// Clones are the same queue.
#[derive(Clone)]
pub struct OrderQueue(mpsc::SyncSender<Waiting>);

/// Orders that a program sent.
pub struct Sent {
    /// SHA-256 of its API token, which is not checked yet.
    pub token_hash: String,
    /// What the call requires of the token.
    pub access: Access,
    pub at: Moment,
    pub if_short: IfShort,
    pub orders: Vec<NewOrder>,
}

/// Why the orders of a call were not even tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The token is not known, or it was revoked.
    UnknownToken,
    /// The token may not record orders.
    NotPermitted,
}

/// Each order with its outcome.
type Answer = Result<Vec<(NewOrder, Outcome)>, Denied>;

struct Waiting {
    sent: Sent,
    answer: oneshot::Sender<Result<Answer, db::Error>>,
}

impl OrderQueue {
    /// A queue, and a thread that takes up to `together` orders in one transaction, or one delivery that has more. The
    /// thread ends with the last clone of the queue.
    pub fn start(database: Database, together: usize) -> Self {
        let (sender, waiting) = mpsc::sync_channel(CAPACITY);
        let taker = Taker { database, together, waiting };
        thread::Builder::new().name("orders".to_owned()).spawn(|| taker.run()).expect("a thread");
        Self(sender)
    }

    /// Queues orders, and returns the outcome of each once all are durable. After an error none was taken.
    pub async fn take(&self, sent: Sent) -> Result<Answer, db::Error> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Waiting { sent, answer }).map_err(|error| match error {
            TrySendError::Full(_) => db::Error::NoneFree("too many orders wait".to_owned()),
            TrySendError::Disconnected(_) => db::Error::GivenUp,
        })?;
        answered.await.unwrap_or(Err(db::Error::GivenUp))
    }
}

struct Taker {
    database: Database,
    together: usize,
    waiting: mpsc::Receiver<Waiting>,
}

impl Taker {
    fn run(self) {
        while let Ok(first) = self.waiting.recv() {
            let batch = self.batch(first);
            self.take(batch);
        }
    }

    /// The first delivery, and those behind it, most of which arrived during the last commit.
    fn batch(&self, first: Waiting) -> Vec<Waiting> {
        let mut orders = first.sent.orders.len();
        let mut batch = vec![first];
        while orders < self.together
            && let Ok(next) = self.waiting.try_recv()
        {
            orders += next.sent.orders.len();
            batch.push(next);
        }
        batch
    }

    fn take(&self, batch: Vec<Waiting>) {
        match self.decisions(&batch) {
            Ok(decisions) => {
                for (one, decision) in batch.into_iter().zip(decisions) {
                    one.reply(Ok(decision));
                }
            }
            Err(error) if batch.len() > 1 => {
                tracing::warn!(%error, deliveries = batch.len(), "orders were not taken together: one by one");
                for one in batch {
                    self.take(vec![one]);
                }
            }
            Err(error) => {
                if let Some(one) = batch.into_iter().next() {
                    one.reply(Err(error));
                }
            }
        }
    }

    fn decisions(&self, batch: &[Waiting]) -> Result<Vec<Decision>, db::Error> {
        // A panic fails these deliveries and does not end the thread.
        panic::catch_unwind(AssertUnwindSafe(|| self.decide(batch))).unwrap_or(Err(db::Error::GivenUp))
    }

    /// Checks the tokens of a batch in one read, so that the calls of strangers never take the lock of the writer.
    fn decide(&self, batch: &[Waiting]) -> Result<Vec<Decision>, db::Error> {
        let hashes: BTreeSet<&str> = batch.iter().map(|one| one.sent.token_hash.as_str()).collect();
        let tokens = self.database.read_blocking(|conn| Ok::<_, db::Error>(tokens::all_live(conn, &hashes)?))?;
        let deliveries: Vec<Result<Delivery, Denied>> = batch.iter().map(|one| one.sent.delivery(&tokens)).collect();
        let permitted: Vec<&Delivery> = deliveries.iter().flatten().collect();
        let mut outcomes = Vec::new();
        if !permitted.is_empty() {
            outcomes = self.database.write_blocking(|conn| Ok::<_, db::Error>(take_orders::run(conn, &permitted)?))?;
        }
        let mut outcomes = outcomes.into_iter();
        let mut decisions = Vec::with_capacity(batch.len());
        for delivery in deliveries {
            decisions.push(delivery.map(|_| outcomes.next().expect("each delivery has outcomes")));
        }
        Ok(decisions)
    }
}

/// The outcome of each order of a delivery, or why it was not taken.
type Decision = Result<Vec<Outcome>, Denied>;

impl Sent {
    fn delivery(&self, tokens: &HashMap<String, Token>) -> Result<Delivery, Denied> {
        let token = tokens.get(&self.token_hash).ok_or(Denied::UnknownToken)?;
        if !self.access.allows(token.permissions()) {
            return Err(Denied::NotPermitted);
        }
        Ok(Delivery { cause: token.cause(self.at, ""), if_short: self.if_short, orders: self.orders.clone() })
    }
}

impl Waiting {
    /// Answers the request. If the client has disconnected, its orders were taken all the same.
    fn reply(self, decision: Result<Decision, db::Error>) {
        let orders = self.sent.orders;
        let answer = decision.map(|decision| decision.map(|outcomes| orders.into_iter().zip(outcomes).collect()));
        drop(self.answer.send(answer));
    }
}
