//! The queue of the orders that programs send. All waiting deliveries are taken in one transaction, and each is answered
//! after its commit. The orders of a sale come at once and for the same SKU: with a transaction for each, every one would
//! wait for the disk and for the lock.

use crate::{
    actions::orders::take_orders::{self, Delivery, Outcome},
    db::{self, Database},
};
use std::{
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

struct Waiting {
    delivery: Delivery,
    answer: oneshot::Sender<Result<Vec<Outcome>, db::Error>>,
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

    /// Queues `delivery`, and returns the outcome of each of its orders once all are durable. After an error none was taken.
    pub async fn take(&self, delivery: Delivery) -> Result<Vec<Outcome>, db::Error> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Waiting { delivery, answer }).map_err(|error| match error {
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
        let mut orders = first.delivery.orders.len();
        let mut batch = vec![first];
        while orders < self.together
            && let Ok(next) = self.waiting.try_recv()
        {
            orders += next.delivery.orders.len();
            batch.push(next);
        }
        batch
    }

    fn take(&self, batch: Vec<Waiting>) {
        match self.outcomes(&batch) {
            Ok(outcomes) => {
                for (one, outcomes) in batch.into_iter().zip(outcomes) {
                    one.reply(Ok(outcomes));
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

    fn outcomes(&self, batch: &[Waiting]) -> Result<Vec<Vec<Outcome>>, db::Error> {
        let deliveries: Vec<&Delivery> = batch.iter().map(|one| &one.delivery).collect();
        let work = || self.database.write_blocking(|conn| Ok::<_, db::Error>(take_orders::run(conn, &deliveries)?));
        // A panic fails these deliveries and does not end the thread.
        panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(db::Error::GivenUp))
    }
}

impl Waiting {
    /// Answers the request. If the client has disconnected, its orders were taken all the same.
    fn reply(self, outcomes: Result<Vec<Outcome>, db::Error>) {
        drop(self.answer.send(outcomes));
    }
}
