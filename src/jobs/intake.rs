//! Takes the orders that programs send. All that wait are taken in one transaction: one read, one decision after
//! another, one write, one commit that makes them durable; each is answered after it. A sale's orders come at once and
//! for the same SKU, so that one transaction for each would wait for the disk and for the lock every time.

use crate::{
    actions::orders::take_orders::{self, Delivery, Outcome},
    db::{self, Conn, Database, QueryResult, staff::tokens},
    domain::id::TokenId,
};
use std::{
    panic::{self, AssertUnwindSafe},
    sync::mpsc::{self, TrySendError},
    thread,
    time::Duration,
};
use tokio::sync::oneshot;

/// The most deliveries that wait; more are told to come again.
const WAITING: usize = 1_024;

/// How long the next one is waited for of those who were just answered. They ask again about now, and a transaction for
/// all costs hardly more than one for some; less than a commit takes, so that nobody waits for longer than without.
const NEXT: Duration = Duration::from_micros(200);

/// Where orders wait to be taken.
#[derive(Clone)]
pub struct Intake(mpsc::SyncSender<Waiting>);

/// What became of a delivery: of each of its orders, or nothing, because its token does not count any more.
pub type Taken = Option<Vec<Outcome>>;

struct Waiting {
    token: TokenId,
    delivery: Delivery,
    answer: oneshot::Sender<Result<Taken, db::Error>>,
}

impl Intake {
    /// A place to wait, and a thread that takes from it: up to `together` orders at once, or one delivery that has more.
    /// It ends with the last copy of this.
    ///
    /// # Panics
    /// When the system has no thread left.
    #[must_use]
    pub fn start(database: Database, together: usize) -> Self {
        let (sender, waiting) = mpsc::sync_channel(WAITING);
        let taker = Taker { database, together, waiting };
        thread::Builder::new().name("orders".to_owned()).spawn(|| taker.run()).expect("a thread");
        Self(sender)
    }

    /// Has the orders of `delivery` taken, which came with `token`, and answers for each once all is durable.
    ///
    /// # Errors
    /// When the database fails, or too many wait: none of them was taken.
    pub async fn take(&self, token: TokenId, delivery: Delivery) -> Result<Taken, db::Error> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Waiting { token, delivery, answer }).map_err(|error| match error {
            TrySendError::Full(_) => db::Error::NoneFree("too many orders wait".to_owned()),
            TrySendError::Disconnected(_) => db::Error::GivenUp,
        })?;
        answered.await.unwrap_or(Err(db::Error::GivenUp))
    }
}

/// Takes what waits.
struct Taker {
    database: Database,
    together: usize,
    waiting: mpsc::Receiver<Waiting>,
}

impl Taker {
    fn run(self) {
        let mut answered = 0;
        while let Some(waiting) = self.gather(answered) {
            answered = waiting.len();
            self.take(waiting);
        }
    }

    /// What waits, and what comes of those `answered` just now; where nothing does, the first that comes.
    fn gather(&self, answered: usize) -> Option<Vec<Waiting>> {
        let mut gathered = Gathered { waiting: Vec::new(), room: self.together };
        gathered.add(self.waiting.try_iter());
        let expected = gathered.waiting.len() + answered;
        while gathered.room > 0
            && gathered.waiting.len() < expected
            && let Ok(next) = self.waiting.recv_timeout(NEXT)
        {
            gathered.add([next]);
        }
        if gathered.waiting.is_empty() {
            gathered.add([self.waiting.recv().ok()?]);
            gathered.add(self.waiting.try_iter());
        }
        Some(gathered.waiting)
    }

    fn take(&self, waiting: Vec<Waiting>) {
        match self.together(&waiting) {
            Ok(taken) => waiting.into_iter().zip(taken).for_each(|(one, taken)| one.reply(Ok(taken))),
            Err(error) if waiting.len() > 1 => {
                tracing::warn!(%error, orders = waiting.len(), "waiting orders were not taken together: one by one");
                waiting.into_iter().for_each(|one| self.take(vec![one]));
            }
            Err(error) => waiting.into_iter().take(1).zip([error]).for_each(|(one, error)| one.reply(Err(error))),
        }
    }

    fn together(&self, waiting: &[Waiting]) -> Result<Vec<Taken>, db::Error> {
        let work = || self.database.write_blocking(|conn| take(conn, waiting));
        // A panic costs those who wait their answer, and not the thread.
        panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(db::Error::GivenUp))
    }
}

/// What is to be taken together.
struct Gathered {
    waiting: Vec<Waiting>,
    /// How many orders more there is room for.
    room: usize,
}

impl Gathered {
    /// Adds of `next` while there is room: the last delivery may have more orders than that.
    fn add(&mut self, next: impl IntoIterator<Item = Waiting>) {
        let mut next = next.into_iter();
        while self.room > 0
            && let Some(one) = next.next()
        {
            self.room = self.room.saturating_sub(one.delivery.orders.len());
            self.waiting.push(one);
        }
    }
}

impl Waiting {
    /// Answers whoever waits. One that hung up has its orders taken all the same.
    fn reply(self, taken: Result<Taken, db::Error>) {
        drop(self.answer.send(taken));
    }
}

fn take(conn: &mut Conn, waiting: &[Waiting]) -> QueryResult<Vec<Taken>> {
    let live = tokens::live_among(conn, waiting.iter().map(|one| one.token))?;
    let counts = |one: &&Waiting| live.contains(&one.token);
    let deliveries: Vec<&Delivery> = waiting.iter().filter(counts).map(|one| &one.delivery).collect();
    let mut outcomes = take_orders::run(conn, &deliveries)?.into_iter();
    Ok(waiting.iter().map(|one| counts(&one).then(|| outcomes.next().expect("an answer to each"))).collect())
}
