//! Where senders wait for the database: what stores answered and what may be sent next are taken together, whatever stores
//! they are of, so that each SKU is planned once for all of them.

use super::{Pusher, TURN_OF_OTHERS, wait};
use crate::{
    actions::{
        advance_pushes::{self, Advanced, Look, Turn, Work},
        claim_pushes::{Claim, Claimed},
        settle_pushes::Answered,
    },
    db::{self, connections::Connection},
    domain::{code::StoreCode, moment::Moment},
};
use chrono::TimeDelta;
use std::{cell::RefCell, collections::BTreeMap, convert::Infallible, mem, sync::Arc};
use tokio::{
    sync::{Notify, mpsc},
    time,
};

/// What waits for the next turn.
#[derive(Default)]
pub(super) struct Desk {
    waiting: RefCell<Waiting>,
    /// Wakes who takes turns.
    is_any: Notify,
}

#[derive(Default)]
struct Waiting {
    /// Whether SKUs are to be looked at whose quantities may be others.
    looks: bool,
    /// Whether they were not with the last turn because there was enough to do.
    has_waited: bool,
    senders: BTreeMap<StoreCode, Sender>,
}

/// Who sends to a store.
struct Sender {
    connection: Connection,
    /// What the ids of its claims begin with.
    run: String,
    /// How many claims it has made.
    claims: u64,
    /// How many listings it can take now.
    room: usize,
    /// Whether more may be due than it was told of.
    asks: bool,
    /// Whether a turn is being taken for it.
    has_turn: bool,
    /// What batches came to that is not kept yet.
    answers: Vec<Vec<Answered>>,
    told: mpsc::UnboundedSender<Result<Told, db::Error>>,
}

/// What came of a turn for a store.
pub(super) struct Told {
    /// What is to be sent to it.
    pub(super) claimed: Vec<Claimed>,
    /// Batches whose answers were kept.
    pub(super) kept: usize,
    /// Whether more may be due.
    pub(super) is_more: bool,
}

/// The place of a sender at the desk. It leaves when this is dropped.
pub(super) struct Seat<'a> {
    desk: &'a Desk,
    store: StoreCode,
    told: mpsc::UnboundedReceiver<Result<Told, db::Error>>,
}

impl Desk {
    /// Has SKUs looked at with the next turn.
    pub(super) fn look(&self) {
        self.waiting.borrow_mut().looks = true;
        self.is_any.notify_one();
    }

    /// Seats who sends to a store, and can take `room` listings. The ids of its claims begin with `run`.
    pub(super) fn seat(&self, connection: &Connection, run: String, room: usize) -> Seat<'_> {
        let (tell, told) = mpsc::unbounded_channel();
        let store = connection.store.clone();
        let sender = Sender {
            connection: connection.clone(),
            run,
            claims: 0,
            room,
            asks: true,
            has_turn: false,
            answers: Vec::new(),
            told: tell,
        };
        self.waiting.borrow_mut().senders.insert(store.clone(), sender);
        self.is_any.notify_one();
        Seat { desk: self, store, told }
    }
}

impl Seat<'_> {
    /// What came of the next turn.
    ///
    /// # Errors
    /// When the database failed: nothing was kept, and what was claimed is for others as soon as that has ended.
    pub(super) async fn told(&mut self) -> Result<Told, db::Error> {
        self.told.recv().await.unwrap_or(Err(db::Error::GivenUp))
    }

    /// Has what a batch came to kept.
    pub(super) fn keep(&self, answered: Vec<Answered>) {
        self.with(|sender| sender.answers.push(answered));
        self.desk.is_any.notify_one();
    }

    /// Says how many listings it can take now. While a turn is taken for it, it waits for what comes of that.
    pub(super) fn has_room(&self, room: usize) {
        let is_waiting = self.with(|sender| {
            sender.room = if sender.has_turn { 0 } else { room };
            sender.is_waiting()
        });
        if is_waiting {
            self.desk.is_any.notify_one();
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Sender) -> T) -> T {
        work(self.desk.waiting.borrow_mut().senders.get_mut(&self.store).expect("it is seated"))
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.desk.waiting.borrow_mut().senders.remove(&self.store);
    }
}

impl Sender {
    fn is_waiting(&self) -> bool {
        !self.answers.is_empty() || (self.asks && self.room > 0)
    }

    /// What there is to be done for it.
    fn work(&mut self, lease: TimeDelta) -> Work {
        let room = mem::take(&mut self.room);
        self.has_turn = true;
        self.claims += u64::from(room > 0);
        let id = format!("{}/{}", self.run, self.claims);
        let claim = Claim { connection: self.connection.clone(), id, limit: room, lease };
        Work {
            store: self.connection.store.clone(),
            answers: mem::take(&mut self.answers),
            claim: (room > 0).then_some(claim),
        }
    }

    /// Says what came of `work`.
    fn tell(&mut self, work: &Work, claimed: Result<Vec<Claimed>, db::Error>) {
        self.has_turn = false;
        let told = claimed.map(|claimed| {
            if let Some(claim) = &work.claim {
                self.asks = claimed.len() == claim.limit;
            }
            Told { claimed, kept: work.answers.len(), is_more: self.asks }
        });
        drop(self.told.send(told));
    }
}

impl Desk {
    /// All that waits.
    fn turn(&self, now: Moment, patience: TimeDelta, lease: TimeDelta) -> Option<Arc<Turn>> {
        let Waiting { looks, has_waited, senders } = &mut *self.waiting.borrow_mut();
        let look = match (mem::take(looks), mem::take(has_waited)) {
            (true, false) => Look::UnlessBusy,
            (true, true) => Look::Yes,
            (false, _) => Look::No,
        };
        if look == Look::No && !senders.values().any(Sender::is_waiting) {
            return None;
        }
        let with_work = senders.values_mut().filter(|sender| !sender.answers.is_empty() || sender.room > 0);
        let works = with_work.map(|sender| sender.work(lease)).collect();
        Some(Arc::new(Turn { now, patience, look, works }))
    }

    /// Says what came of the work for a store, unless its sender has left: what it claimed is for others when that has
    /// ended.
    fn tell(&self, work: &Work, claimed: Result<Vec<Claimed>, db::Error>) {
        let mut waiting = self.waiting.borrow_mut();
        if let Some(sender) = waiting.senders.get_mut(&work.store).filter(|sender| sender.has_turn) {
            sender.tell(work, claimed);
        }
    }
}

impl Pusher {
    /// Takes turns for as long as it is waited for.
    ///
    /// # Errors
    /// When the database fails to look: what it fails to do for a store is said to the sender.
    pub(super) async fn keep_taking_turns(&self) -> Result<Infallible, db::Error> {
        loop {
            self.take_turns().await?;
            self.desk.is_any.notified().await;
        }
    }

    /// Takes turns until nothing waits.
    ///
    /// # Errors
    /// As [`Self::keep_taking_turns`].
    pub(super) async fn take_turns(&self) -> Result<(), db::Error> {
        let lease = TimeDelta::from_std(self.times.lease).unwrap_or(TimeDelta::MAX);
        while let Some(turn) = self.desk.turn(self.clock.now(), self.times.patience, lease) {
            let is_more = match self.advance(turn.clone()).await {
                Ok(is_more) => is_more,
                Err(error) => self.advance_each(turn, error).await?,
            };
            // Others may have waited for what was kept.
            self.to_send.notify_one();
            if is_more {
                self.desk.look();
                time::sleep(TURN_OF_OTHERS).await;
            }
        }
        Ok(())
    }

    /// Does what one turn says; answers whether there may be more to look at.
    async fn advance(&self, turn: Arc<Turn>) -> Result<bool, db::Error> {
        let done = turn.clone();
        let Advanced { claimed, has_looked, is_more } =
            self.database.write(move |conn| advance_pushes::run(conn, &done, &wait)).await?;
        self.desk.waiting.borrow_mut().has_waited = turn.look != Look::No && !has_looked;
        turn.works.iter().zip(claimed).for_each(|(work, claimed)| self.desk.tell(work, Ok(claimed)));
        Ok(is_more)
    }

    /// Does what could not be done together one by one: what fails for a store is that store's alone.
    async fn advance_each(&self, turn: Arc<Turn>, error: db::Error) -> Result<bool, db::Error> {
        tracing::warn!(%error, stores = turn.works.len(), "what waits was not done together: one by one");
        for work in &turn.works {
            let alone = Turn { look: Look::No, works: vec![work.clone()], ..*turn };
            if let Err(error) = self.advance(Arc::new(alone)).await {
                self.desk.tell(work, Err(error));
            }
        }
        match turn.look {
            Look::No => Ok(false),
            Look::UnlessBusy | Look::Yes => self.advance(Arc::new(Turn { works: Vec::new(), ..*turn })).await,
        }
    }
}
