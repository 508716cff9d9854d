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
    domain::{code::StoreCode, failure::FailureClass},
};
use chrono::TimeDelta;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    mem,
    sync::Arc,
};
use tokio::{
    sync::{Notify, mpsc},
    time,
};

/// Listings that one turn is about, but for those of its first store and those that nobody knew of before: others wait to
/// write.
const MOST_TOGETHER: usize = 2_000;

/// SKUs that one turn looks at, but for the first turns.
const MOST_LOOKED_AT: usize = 200;

/// SKUs that are looked at first where nobody sends: what is found of them wakes who does, and what is found later is
/// claimed at once.
const FIRST_LOOKED_AT: usize = 10;

/// How many times as many the next turn looks at: what was found is sent meanwhile.
const MORE_LOOKED_AT: usize = 5;

/// About how many answers one turn keeps.
const MOST_KEPT: usize = 1_000;

/// For how many turns in a row answers are put off while there is more to be sent than a turn takes: what stores show
/// matters more than that it is known.
const MOST_PUT_OFF: u32 = 10;

/// How many answers are put off.
const MOST_UNKEPT: usize = 4_000;

/// What waits for the next turn.
#[derive(Default)]
pub(super) struct Desk {
    waiting: RefCell<Waiting>,
    /// Wakes who takes turns.
    is_any: Notify,
    /// Wakes who waits for those who were told of something.
    has_heard: Notify,
}

#[derive(Default)]
struct Waiting {
    /// Whether SKUs are to be looked at whose quantities may be others.
    looks: bool,
    /// Whether they were left to this turn because the last one had enough to do.
    has_waited: bool,
    /// How many SKUs the last turn looked at, at the most.
    most: usize,
    /// Whether the last turn left more to be sent.
    is_behind: bool,
    /// For how many turns answers have been put off.
    put_off: u32,
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
    /// Whether it was told of something and has not said since what room it has.
    hears: bool,
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
            hears: false,
            answers: Vec::new(),
            told: tell,
        };
        self.waiting.borrow_mut().senders.insert(store.clone(), sender);
        Seat { desk: self, store, told }
    }

    /// Has what is due of `store` asked for, if somebody sends to it.
    pub(super) fn ask(&self, store: &StoreCode) {
        if let Some(sender) = self.waiting.borrow_mut().senders.get_mut(store) {
            sender.asks = true;
            self.is_any.notify_one();
        }
    }

    /// What waits, as far as it is not too much for one turn.
    fn turn(&self, patience: TimeDelta, lease: TimeDelta) -> Option<Arc<Turn>> {
        let mut waiting = self.waiting.borrow_mut();
        let look = waiting.look();
        if look == Look::No && !waiting.senders.values().any(Sender::is_waiting) {
            (waiting.is_behind, waiting.put_off) = (false, 0);
            return None;
        }
        let (most, keeps) = (waiting.most(), !waiting.puts_off(look));
        Some(Arc::new(Turn { patience, look, most, works: waiting.works(keeps, lease) }))
    }

    /// Whether the last turn put answers off.
    fn has_put_off(&self) -> bool {
        self.waiting.borrow().put_off > 0
    }

    /// Says what came of the work for a store, unless its sender has left: what it claimed is for others when that has
    /// ended.
    fn tell(&self, work: &Work, share: Result<Share, db::Error>) {
        let mut waiting = self.waiting.borrow_mut();
        if let Some(sender) = waiting.senders.get_mut(&work.store).filter(|sender| sender.has_turn) {
            sender.tell(work, share);
        }
    }

    /// Waits for those who were told of something, until they have said what room they have.
    async fn heard(&self) {
        while self.waiting.borrow().senders.values().any(|sender| sender.hears) {
            self.has_heard.notified().await;
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

    /// Keeps what a turn left: whether it was to look and `has_waited`, whether there `is_more` to be looked at, and the
    /// stores that more is to be sent to. Answers whether nobody sends to one of them.
    fn leave(&mut self, has_waited: bool, is_more: bool, left: &BTreeSet<StoreCode>) -> bool {
        (self.has_waited, self.is_behind) = (has_waited, is_more);
        let mut is_for_others = false;
        for store in left {
            match self.senders.get_mut(store) {
                Some(sender) => (sender.asks, self.is_behind) = (true, true),
                None => is_for_others = true,
            }
        }
        is_for_others
    }

    /// How many SKUs the next turn looks at, at the most.
    fn most(&mut self) -> usize {
        self.most = match (self.is_behind, self.senders.is_empty()) {
            (true, _) => (self.most * MORE_LOOKED_AT).min(MOST_LOOKED_AT),
            (false, true) => FIRST_LOOKED_AT,
            (false, false) => MOST_LOOKED_AT,
        };
        self.most
    }

    /// Whether the next turn, which looks or not, leaves answers to a later one. What ails a store as a whole is to be known
    /// at once.
    fn puts_off(&mut self, look: Look) -> bool {
        let (is_behind, mut senders) = (self.is_behind || self.put_off > 0, self.senders.values());
        let is_any_to_send = look != Look::No || senders.clone().any(Sender::is_asking);
        let unkept: usize = senders.clone().map(Sender::unkept).sum();
        let is_too_much = unkept >= MOST_UNKEPT || self.put_off >= MOST_PUT_OFF;
        let puts_off = is_behind && is_any_to_send && !is_too_much && !senders.any(Sender::has_failed);
        self.put_off = if puts_off && !self.senders.is_empty() { self.put_off + 1 } else { 0 };
        puts_off
    }

    /// What there is to be done for stores, with answers of theirs if it `keeps` any, as far as it is not too much for one
    /// turn: the next begins behind the store that was the last. Each has as many answers kept as the others, and its first:
    /// they are about the SKUs that the others answered about.
    fn works(&mut self, keeps: bool, lease: TimeDelta) -> Vec<Work> {
        let Self { last, senders, .. } = self;
        let answered = senders.values().filter(|sender| sender.unkept() > 0).count();
        let share = if keeps { MOST_KEPT.div_ceil(answered.max(1)) } else { 0 };
        let with_work = senders.iter_mut().filter(|(_, sender)| sender.room > 0 || sender.size(share) > 0);
        let (mut behind, mut before): (Vec<_>, Vec<_>) = with_work.partition(|(store, _)| Some(*store) > last.as_ref());
        behind.append(&mut before);
        let (mut works, mut size) = (Vec::new(), 0);
        for (store, sender) in behind {
            size += sender.size(share);
            if size > MOST_TOGETHER && !works.is_empty() {
                break;
            }
            *last = Some(store.clone());
            works.push(sender.work(share, lease));
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
            sender.hears = false;
            sender.is_waiting()
        });
        if is_waiting {
            self.desk.is_any.notify_one();
        }
        self.desk.has_heard.notify_one();
    }

    fn with<T>(&self, work: impl FnOnce(&mut Sender) -> T) -> T {
        work(self.desk.waiting.borrow_mut().senders.get_mut(&self.store).expect("it is seated"))
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.desk.waiting.borrow_mut().senders.remove(&self.store);
        self.desk.has_heard.notify_one();
    }
}

impl Sender {
    /// How many listings a turn for it is about that keeps up to `most` answers, as far as is known before.
    fn size(&self, most: usize) -> usize {
        let asked = if self.asks { self.room } else { 0 };
        asked + self.unkept().min(most)
    }

    /// How many answers wait.
    fn unkept(&self) -> usize {
        self.answers.iter().map(Vec::len).sum()
    }

    /// Whether any of them is about the store as a whole.
    fn has_failed(&self) -> bool {
        let failures = self.answers.iter().flatten().filter_map(|answered| answered.reply.result.as_ref().err());
        failures.map(|failure| failure.class).any(FailureClass::is_of_store)
    }

    fn is_waiting(&self) -> bool {
        !self.answers.is_empty() || self.is_asking()
    }

    fn is_asking(&self) -> bool {
        self.asks && self.room > 0
    }

    /// What there is to be done for it, with up to `most` answers, but for a batch that has more.
    fn work(&mut self, most: usize, lease: TimeDelta) -> Work {
        let room = mem::take(&mut self.room);
        self.has_turn = true;
        self.claims += u64::from(room > 0);
        let id = format!("{}/{}", self.run, self.claims);
        let claim = Claim { connection: self.connection.clone(), id, limit: room, lease };
        Work {
            store: self.connection.store.clone(),
            answers: self.first_answers(most),
            claim: (room > 0).then_some(claim),
        }
    }

    fn first_answers(&mut self, most: usize) -> Vec<Vec<Answered>> {
        let mut size = 0;
        let mut is_kept = |batch: &Vec<Answered>| {
            let has_room = size < most;
            size += batch.len();
            has_room
        };
        let kept = self.answers.iter().take_while(|batch| is_kept(batch)).count();
        self.answers.drain(..kept).collect()
    }

    /// Says what came of `work`.
    fn tell(&mut self, work: &Work, share: Result<Share, db::Error>) {
        (self.has_turn, self.hears) = (false, true);
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
            if is_more {
                self.desk.look();
                if !self.desk.has_put_off() {
                    time::sleep(TURN_OF_OTHERS).await;
                }
            }
            self.desk.heard().await;
        }
        Ok(())
    }

    /// Does what one turn says; answers whether there may be more to look at.
    async fn advance(&self, turn: Arc<Turn>) -> Result<bool, db::Error> {
        let (clock, done) = (self.clock.clone(), turn.clone());
        let run = move |conn: &mut db::Conn| advance_pushes::run(conn, || clock.now(), &done, &wait);
        let Advanced { at, shares, left, has_looked, is_more } = self.database.write(run).await?;
        if has_looked {
            self.looked_at.set(self.looked_at.get().max(Some(at)));
        }
        let is_for_others = self.desk.waiting.borrow_mut().leave(turn.look != Look::No && !has_looked, is_more, &left);
        if is_for_others {
            self.to_send.notify_one();
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        actions::settle_pushes::Reply,
        db::listings::Listing,
        domain::{code::SkuCode, connection::ConnectorKind, failure::Failure, testing::noon},
    };

    fn failing(class: FailureClass) -> Vec<Answered> {
        let at = noon();
        let (sku, store) = (SkuCode::trusted("Product1".to_owned()), StoreCode::trusted("lazada-sg".to_owned()));
        let claimed = Claimed {
            listing: Listing::new(sku, store, at),
            quantity: 40,
            why: String::new(),
            acknowledged: None,
            sending: None,
            at_most: None,
            claim: String::new(),
        };
        let reply = Reply { result: Err(Failure::new(class, "No.")), at, request_id: None };
        vec![Answered { claimed, reply, nearest: None }]
    }

    #[test]
    fn answers_are_put_off_while_there_is_more_to_be_sent_and_not_for_ever() {
        let desk = Desk::default();
        let store = StoreCode::trusted("lazada-sg".to_owned());
        let seat = desk.seat(&Connection::new(store, ConnectorKind::Lazada, noon(), "staff".to_owned()), String::new());
        let puts_off = |look| desk.waiting.borrow_mut().puts_off(look);
        let leave = |is_more| desk.waiting.borrow_mut().leave(false, is_more, &BTreeSet::new());
        assert!(!puts_off(Look::Yes), "nobody waits for others");
        leave(true);
        for turn in 0..MOST_PUT_OFF {
            assert!(puts_off(Look::Yes), "turn {turn}");
        }
        assert!(!puts_off(Look::Yes), "long enough");
        assert!(puts_off(Look::Yes), "there is more still");
        leave(false);
        assert!(puts_off(Look::Yes), "what was put off waits for the last that is to be sent");
        assert!(!puts_off(Look::No), "nothing is to be sent");
        leave(true);
        (1..MOST_UNKEPT).for_each(|_| seat.keep(failing(FailureClass::Mapping)));
        assert!(puts_off(Look::Yes), "not too many");
        seat.keep(failing(FailureClass::Mapping));
        assert!(!puts_off(Look::Yes), "too many");
        desk.waiting.borrow_mut().works(true, TimeDelta::zero());
        assert!(puts_off(Look::Yes), "some were kept");
        seat.keep(failing(FailureClass::Credentials));
        assert!(!puts_off(Look::Yes), "the store as a whole is to be left alone");
    }

    #[test]
    fn few_are_looked_at_first_where_nobody_sends_and_more_at_each_turn() {
        let mut waiting = Waiting::default();
        let mut turn = |is_more| {
            let most = waiting.most();
            waiting.leave(false, is_more, &BTreeSet::new());
            most
        };
        assert_eq!([true, true, true, true, false, false].map(&mut turn), [10, 50, 200, 200, 200, 10]);
    }
}
