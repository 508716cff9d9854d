//! Where senders wait for the database: what stores answered and what may be sent next are taken together, whatever stores
//! they are of, so that each SKU is planned once for all of them.

use super::{Pusher, TURN_OF_OTHERS, wait};
use crate::{
    actions::{
        advance_pushes::{self, Advanced, Look, Share, Turn, Work},
        claim_pushes::{Claim, Claimed},
        settle_pushes::Answered,
    },
    db::{self, connections::Connection},
    domain::code::StoreCode,
};
use actix_web::rt::task;
use chrono::TimeDelta;
use std::{cell::RefCell, collections::BTreeMap, convert::Infallible, mem, sync::Arc};
use tokio::{
    sync::{Notify, mpsc},
    time,
};

/// Listings that one turn is about, but for those of its first store and those that are looked at: others wait to write.
const MOST_TOGETHER: usize = 2_000;

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
    /// Whether they were left to this turn because the last one had enough to do.
    has_waited: bool,
    /// The last store that something was done for.
    last: Option<StoreCode>,
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

    /// Seats who sends to a store, and has no room yet. The ids of its claims begin with `run`.
    pub(super) fn seat(&self, connection: &Connection, run: String) -> Seat<'_> {
        let (tell, told) = mpsc::unbounded_channel();
        let store = connection.store.clone();
        let sender = Sender {
            connection: connection.clone(),
            run,
            claims: 0,
            room: 0,
            asks: true,
            has_turn: false,
            answers: Vec::new(),
            told: tell,
        };
        self.waiting.borrow_mut().senders.insert(store.clone(), sender);
        Seat { desk: self, store, told }
    }

    /// What waits, as far as it is not too much for one turn.
    fn turn(&self, patience: TimeDelta, lease: TimeDelta) -> Option<Arc<Turn>> {
        let mut waiting = self.waiting.borrow_mut();
        let look = waiting.look();
        let is_any = look != Look::No || waiting.senders.values().any(Sender::is_waiting);
        is_any.then(|| Arc::new(Turn { patience, look, works: waiting.works(lease) }))
    }

    /// Says what came of the work for a store, unless its sender has left: what it claimed is for others when that has
    /// ended.
    fn tell(&self, work: &Work, share: Result<Share, db::Error>) {
        let mut waiting = self.waiting.borrow_mut();
        if let Some(sender) = waiting.senders.get_mut(&work.store).filter(|sender| sender.has_turn) {
            sender.tell(work, share);
        }
    }
}

impl Waiting {
    /// Whether the next turn looks.
    fn look(&mut self) -> Look {
        match (mem::take(&mut self.looks), mem::take(&mut self.has_waited)) {
            (true, false) => Look::UnlessBusy,
            (true, true) => Look::Yes,
            (false, _) => Look::No,
        }
    }

    /// What there is to be done for stores, as far as it is not too much for one turn: the next begins behind the store that
    /// was the last.
    fn works(&mut self, lease: TimeDelta) -> Vec<Work> {
        let Self { last, senders, .. } = self;
        let with_work = senders.iter_mut().filter(|(_, sender)| sender.size() > 0);
        let (mut behind, mut before): (Vec<_>, Vec<_>) = with_work.partition(|(store, _)| Some(*store) > last.as_ref());
        behind.append(&mut before);
        let (mut works, mut size) = (Vec::new(), 0);
        for (store, sender) in behind {
            size += sender.size();
            if size > MOST_TOGETHER && !works.is_empty() {
                break;
            }
            *last = Some(store.clone());
            works.push(sender.work(lease));
        }
        // Their connections are locked in this order.
        works.sort_by(|one, other| one.store.cmp(&other.store));
        works
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
    /// How many listings a turn for it is about.
    fn size(&self) -> usize {
        self.room + self.answers.iter().map(Vec::len).sum::<usize>()
    }

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
    fn tell(&mut self, work: &Work, share: Result<Share, db::Error>) {
        self.has_turn = false;
        let told = share.map(|Share { claimed, is_more }| {
            if work.claim.is_some() {
                self.asks = is_more;
            }
            Told { claimed, kept: work.answers.len(), is_more: self.asks }
        });
        drop(self.told.send(told));
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
        while let Some(turn) = self.desk.turn(self.times.patience, self.times.lease()) {
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
            // Who was told of something is to be there for the next turn.
            task::yield_now().await;
        }
        Ok(())
    }

    /// Does what one turn says; answers whether there may be more to look at.
    async fn advance(&self, turn: Arc<Turn>) -> Result<bool, db::Error> {
        let (clock, done) = (self.clock.clone(), turn.clone());
        let run = move |conn: &mut db::Conn| advance_pushes::run(conn, || clock.now(), &done, &wait);
        let Advanced { at, shares, has_looked, is_more } = self.database.write(run).await?;
        if has_looked {
            self.looked_at.set(self.looked_at.get().max(Some(at)));
        }
        self.desk.waiting.borrow_mut().has_waited = turn.look != Look::No && !has_looked;
        turn.works.iter().zip(shares).for_each(|(work, share)| self.desk.tell(work, Ok(share)));
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
