//! Where senders wait for the database: what stores answered and what may be sent next are taken together, whatever stores
//! they are of, so that each SKU is planned once for all of them.

use crate::{
    actions::{
        advance_pushes::{Advanced, Look, Share, Turn, Work},
        claim_pushes::{Claim, Claimed},
        settle_pushes::Answered,
    },
    db::{self, stores::connections::Connection},
    domain::{code::StoreCode, stores::failure::FailureClass},
};
use chrono::TimeDelta;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc},
    time,
};

/// About how many of the listings that wait one turn takes, those of all stores together: others wait to write.
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

/// For how long they are after a turn, once everything is sent, while more are on their way: what keeps them would be in
/// the way of those.
const ANSWERS_COME: Duration = Duration::from_millis(50);

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
    /// Whether claims are to be written to their pushes.
    is_unwritten: bool,
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
    /// Whether requests are on their way.
    is_sending: bool,
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
            is_sending: false,
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
    pub(super) fn turn(&self, patience: TimeDelta, lease: TimeDelta) -> Option<Arc<Turn>> {
        let mut waiting = self.waiting.borrow_mut();
        let look = waiting.look();
        if look == Look::No && !waiting.is_unwritten && !waiting.senders.values().any(Sender::is_waiting) {
            (waiting.is_behind, waiting.put_off) = (false, 0);
            return None;
        }
        let (most, most_waiting, hurries) = (waiting.most(), waiting.most_waiting(), waiting.hurries(look));
        Some(Arc::new(Turn { patience, look, most, most_waiting, hurries, works: waiting.works(!hurries, lease) }))
    }

    /// Waits until there may be something for a turn.
    pub(super) async fn is_any(&self) {
        self.is_any.notified().await;
    }

    /// Whether there is something to be done that can wait for others: the last turn put no answers off, and left claims to
    /// be written, or there `is_more` to be looked at.
    pub(super) fn lets_others(&self, is_more: bool) -> bool {
        let waiting = self.waiting.borrow();
        waiting.put_off == 0 && (is_more || waiting.is_unwritten)
    }

    /// Keeps what `turn` left. Answers whether something is to be sent to a store that nobody sends to.
    pub(super) fn leave(&self, turn: &Turn, advanced: &Advanced) -> bool {
        let Advanced { left, has_looked, is_more, is_unwritten, .. } = advanced;
        let mut waiting = self.waiting.borrow_mut();
        waiting.is_unwritten = *is_unwritten;
        waiting.leave(turn.look != Look::No && !has_looked, *is_more, left)
    }

    /// Says what came of the work for a store, unless its sender has left: what it claimed is for others when that has
    /// ended.
    pub(super) fn tell(&self, work: &Work, share: Result<Share, db::Error>) {
        let mut waiting = self.waiting.borrow_mut();
        if let Some(sender) = waiting.senders.get_mut(&work.store).filter(|sender| sender.has_turn) {
            sender.tell(work, share);
        }
    }

    /// Waits for those who were told of something, until they have said what room they have.
    pub(super) async fn heard(&self) {
        while self.waiting.borrow().senders.values().any(|sender| sender.hears) {
            self.has_heard.notified().await;
        }
    }

    /// Waits a while for the last answers to what was sent in a hurry. If they do not come, or there is something to look
    /// at meanwhile, the next turn keeps those that did.
    pub(super) async fn answered(&self) {
        if !self.waiting.borrow().awaits_answers() {
            return;
        }
        let answered = async {
            while self.waiting.borrow().awaits_answers() {
                self.is_any().await;
            }
        };
        let is_late = time::timeout(ANSWERS_COME, answered).await.is_err();
        let mut waiting = self.waiting.borrow_mut();
        if is_late || waiting.looks {
            // As if they had been put off for long enough.
            waiting.put_off = MOST_PUT_OFF;
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

    /// Whether the next turn, which looks or not, is in a hurry: answers are left to a later one, and what is claimed is
    /// written to pushes by a later one. Where nobody sends there is neither.
    fn hurries(&mut self, look: Look) -> bool {
        let hurries = !self.senders.is_empty() && self.is_any_to_send(look != Look::No) && self.may_hurry();
        self.put_off = if hurries { self.put_off + 1 } else { 0 };
        hurries
    }

    /// Whether a turn that `looks` or does not may find something to be sent.
    fn is_any_to_send(&self, looks: bool) -> bool {
        looks || self.senders.values().any(Sender::is_asking)
    }

    /// Whether there is more to be sent than a turn takes, or was, and answers can wait. What ails a store as a whole is to
    /// be known at once.
    fn may_hurry(&self) -> bool {
        let unkept: usize = self.senders.values().map(Sender::unkept).sum();
        let is_too_much = unkept >= MOST_UNKEPT || self.put_off >= MOST_PUT_OFF;
        (self.is_behind || self.put_off > 0) && !is_too_much && !self.senders.values().any(Sender::has_failed)
    }

    /// Whether the last of what was sent in a hurry is not answered yet, and nothing else is to be done.
    fn awaits_answers(&self) -> bool {
        let is_any_sending = self.senders.values().any(|sender| sender.is_sending);
        self.put_off > 0 && !self.is_any_to_send(self.looks) && self.may_hurry() && is_any_sending
    }

    /// How many listings of each store a turn takes of those that wait.
    fn most_waiting(&self) -> usize {
        let asking = self.senders.values().filter(|sender| sender.is_asking()).count();
        MOST_TOGETHER.div_ceil(asking.max(1))
    }

    /// What there is to be done for stores, by store, as their connections are locked, with answers of theirs if it `keeps`
    /// any. Each has as many kept as the others,
    /// and its first: they are about the SKUs that the others answered about.
    fn works(&mut self, keeps: bool, lease: TimeDelta) -> Vec<Work> {
        let answered = self.senders.values().filter(|sender| sender.unkept() > 0).count();
        let share = if keeps { MOST_KEPT.div_ceil(answered.max(1)) } else { 0 };
        let with_work = self.senders.values_mut().filter(|sender| sender.room > 0 || sender.unkept().min(share) > 0);
        with_work.map(|sender| sender.work(share, lease)).collect()
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

    /// Says how many listings it can take now, and whether requests are on their way. While a turn is taken for it, it
    /// waits for what comes of that.
    pub(super) fn has_room(&self, room: usize, is_sending: bool) {
        let is_waiting = self.with(|sender| {
            sender.room = if sender.has_turn { 0 } else { room };
            (sender.hears, sender.is_sending) = (false, is_sending);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        actions::settle_pushes::Reply,
        db::stores::listings::Listing,
        domain::{code::SkuCode, stores::failure::Failure, testing::noon},
        marketplaces::lazada,
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
            is_urgent: false,
            claim: String::new(),
        };
        let reply = Reply { result: Err(Failure::new(class, "No.")), at, request_id: None };
        vec![Answered { claimed, reply, nearest: None }]
    }

    #[test]
    fn answers_are_put_off_while_there_is_more_to_be_sent_and_not_for_ever() {
        let desk = Desk::default();
        desk.waiting.borrow_mut().leave(false, true, &BTreeSet::new());
        assert!(!desk.waiting.borrow_mut().hurries(Look::Yes), "nobody sends");
        desk.waiting.borrow_mut().leave(false, false, &BTreeSet::new());
        let store = StoreCode::trusted("lazada-sg".to_owned());
        let seat = desk.seat(&Connection::new(store, lazada::KIND, noon(), "staff".to_owned()), String::new());
        let hurries = |look| desk.waiting.borrow_mut().hurries(look);
        let leave = |is_more| desk.waiting.borrow_mut().leave(false, is_more, &BTreeSet::new());
        assert!(!hurries(Look::Yes), "nobody waits for others");
        leave(true);
        for turn in 0..MOST_PUT_OFF {
            assert!(hurries(Look::Yes), "turn {turn}");
        }
        assert!(!hurries(Look::Yes), "long enough");
        assert!(hurries(Look::Yes), "there is more still");
        leave(false);
        assert!(hurries(Look::Yes), "what was put off waits for the last that is to be sent");
        assert!(!hurries(Look::No), "nothing is to be sent");
        leave(true);
        (1..MOST_UNKEPT).for_each(|_| seat.keep(failing(FailureClass::Mapping)));
        assert!(hurries(Look::Yes), "not too many");
        seat.keep(failing(FailureClass::Mapping));
        assert!(!hurries(Look::Yes), "too many");
        desk.waiting.borrow_mut().works(true, TimeDelta::zero());
        assert!(hurries(Look::Yes), "some were kept");
        seat.keep(failing(FailureClass::Credentials));
        assert!(!hurries(Look::Yes), "the store as a whole is to be left alone");
    }

    #[test]
    fn the_last_answers_to_what_was_sent_in_a_hurry_are_waited_for() {
        let desk = Desk::default();
        let store = StoreCode::trusted("lazada-sg".to_owned());
        let seat = desk.seat(&Connection::new(store, lazada::KIND, noon(), "staff".to_owned()), String::new());
        let awaits = || desk.waiting.borrow().awaits_answers();
        seat.has_room(0, true);
        assert!(!awaits(), "there is no hurry");
        desk.waiting.borrow_mut().leave(false, true, &BTreeSet::new());
        assert!(desk.waiting.borrow_mut().hurries(Look::Yes));
        assert!(awaits());
        seat.has_room(1, true);
        assert!(!awaits(), "more may be due");
        seat.has_room(0, true);
        seat.keep(failing(FailureClass::Mapping));
        assert!(awaits(), "others are on their way");
        seat.has_room(0, false);
        assert!(!awaits(), "none is on its way");
        seat.has_room(0, true);
        desk.look();
        assert!(!awaits(), "there is something to look at");
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
