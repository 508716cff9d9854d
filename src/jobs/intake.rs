//! Takes the orders that programs send. All that wait are taken in one transaction: one read, one decision after
//! another, one write, one commit that makes them durable; each is answered after it. A sale's orders come at once and
//! for the same SKU, so that one transaction for each would wait for the disk and for the lock every time.

use crate::{
    actions::take_orders::{self, Delivery, Outcome},
    db::{self, Database},
};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// The most deliveries that wait; more are told to come again.
const WAITING: usize = 1_024;

/// Where orders wait to be taken.
#[derive(Clone)]
pub struct Intake(mpsc::Sender<Waiting>);

struct Waiting {
    delivery: Delivery,
    answer: oneshot::Sender<Result<Vec<Outcome>, db::Error>>,
}

impl Intake {
    /// A place to wait, and what takes from it: up to `together` orders at once, or one delivery that has more.
    #[must_use]
    pub fn new(database: Database, together: usize) -> (Self, Taker) {
        let (sender, waiting) = mpsc::channel(WAITING);
        (Self(sender), Taker { database, together, waiting })
    }

    /// Has the orders of `delivery` taken, and answers for each once all is durable.
    ///
    /// # Errors
    /// When the database fails, or too many wait: none of them was taken.
    pub async fn take(&self, delivery: Delivery) -> Result<Vec<Outcome>, db::Error> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Waiting { delivery, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => db::Error::NoneFree("too many orders wait".to_owned()),
            mpsc::error::TrySendError::Closed(_) => db::Error::GivenUp,
        })?;
        answered.await.unwrap_or(Err(db::Error::GivenUp))
    }
}

/// Takes what waits.
pub struct Taker {
    database: Database,
    together: usize,
    waiting: mpsc::Receiver<Waiting>,
}

impl Taker {
    /// Takes for as long as the server runs.
    pub async fn run(mut self) {
        while let Some(first) = self.waiting.recv().await {
            let (mut deliveries, mut answers, mut orders) = (Vec::new(), Vec::new(), 0);
            let mut next = Some(first);
            while let Some(Waiting { delivery, answer }) = next {
                orders += delivery.orders.len();
                deliveries.push(delivery);
                answers.push(answer);
                next = if orders < self.together { self.waiting.try_recv().ok() } else { None };
            }
            self.take(deliveries, answers).await;
        }
    }

    async fn take(&self, deliveries: Vec<Delivery>, answers: Vec<oneshot::Sender<Result<Vec<Outcome>, db::Error>>>) {
        let deliveries: Arc<[Delivery]> = deliveries.into();
        match self.together(&deliveries).await {
            Ok(outcomes) => {
                outcomes.into_iter().zip(answers).for_each(|(outcomes, answer)| reply(answer, Ok(outcomes)))
            }
            Err(error) if deliveries.len() > 1 => {
                tracing::warn!(%error, orders = deliveries.len(), "waiting orders were not taken together: one by one");
                for (delivery, answer) in deliveries.iter().zip(answers) {
                    let one = self.together(&Arc::from([delivery.clone()])).await;
                    reply(answer, one.map(|mut outcomes| outcomes.pop().expect("an answer to every delivery")));
                }
            }
            Err(error) => {
                answers.into_iter().take(1).zip([error]).for_each(|(answer, error)| reply(answer, Err(error)))
            }
        }
    }

    async fn together(&self, deliveries: &Arc<[Delivery]>) -> Result<Vec<Vec<Outcome>>, db::Error> {
        let deliveries = Arc::clone(deliveries);
        self.database.write(move |conn| take_orders::run(conn, &deliveries)).await
    }
}

/// Answers whoever waits. One that hung up has its orders taken all the same.
fn reply(answer: oneshot::Sender<Result<Vec<Outcome>, db::Error>>, outcome: Result<Vec<Outcome>, db::Error>) {
    drop(answer.send(outcome));
}
