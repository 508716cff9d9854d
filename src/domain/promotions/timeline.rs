//! Replays the ledger entries of a SKU to find out what the stores showed at each moment. A hold that ends by schedule
//! changes what is shown without a ledger entry, so the ends of holds are applied as well.
//!
//! Quantities come from a [`Position`] here too: the timeline only reconstructs the position of each moment.

use super::hold::Hold;
use crate::domain::{
    catalogue::{
        ledger::{Entry, EntryKind},
        quantity::Position,
        stock::Stock,
    },
    id::PromotionId,
    moment::Moment,
};
use chrono::TimeDelta;

/// A hold that is live at some time during a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldLifetime {
    /// The hold, with its quantity and sold units at the start of the timeline: 0 if it was taken later.
    pub hold: Hold,
    /// Whether the hold was taken before the start of the timeline.
    pub is_taken: bool,
    /// Its scheduled end. If staff ended the sale earlier or removed the product, a ledger entry says so.
    pub ends_at: Moment,
}

/// The state of a SKU at one moment, which moves forward in time.
#[derive(Debug, Clone)]
pub struct Timeline {
    at: Moment,
    stock: Stock,
    /// Oldest promotion first.
    lifetimes: Vec<HoldLifetime>,
    live: Vec<Hold>,
}

impl Timeline {
    /// A timeline that starts at `at` with `stock`. `lifetimes` are all holds that are live at some time from then on,
    /// oldest promotion first.
    pub fn new(at: Moment, stock: Stock, lifetimes: Vec<HoldLifetime>) -> Self {
        let mut timeline = Self { at, stock, lifetimes, live: Vec::new() };
        timeline.refresh();
        timeline
    }

    /// The position at the current moment of the timeline.
    pub fn position(&self) -> Position<'_> {
        Position { stock: self.stock, holds: &self.live }
    }

    /// The hold of `promotion`, if it is live.
    pub fn hold(&self, promotion: PromotionId) -> Option<&Hold> {
        self.live.iter().find(|hold| hold.promotion == promotion)
    }

    /// Moves forward to `until` and calls `during` for each span of time without a change. It never moves back: an entry
    /// that was written by a server whose clock was behind counts at the time of the entry before it.
    pub fn advance(&mut self, until: Moment, mut during: impl FnMut(&Self, TimeDelta)) {
        loop {
            let ahead = self.lifetimes.iter().filter(|lifetime| lifetime.is_taken && lifetime.ends_at > self.at);
            let end = ahead.map(|lifetime| lifetime.ends_at).min().filter(|end| *end <= until);
            let next = end.unwrap_or(until);
            if next > self.at {
                during(self, next.since(self.at));
                self.at = next;
            }
            if end.is_none() {
                return;
            }
            self.refresh();
        }
    }

    /// Applies the changes of a ledger entry.
    pub fn apply(&mut self, entry: &Entry) {
        self.stock += entry.change;
        let Some(promotion) = entry.promotion else { return };
        let holds = self.lifetimes.iter_mut().map(|lifetime| &mut lifetime.hold).chain(&mut self.live);
        for hold in holds.filter(|hold| hold.promotion == promotion) {
            hold.quantity += entry.held_change;
            hold.sold += entry.sold_change;
        }
        if let Some(is_taken) = taken(entry.kind) {
            for lifetime in &mut self.lifetimes {
                if lifetime.hold.promotion == promotion {
                    lifetime.is_taken = is_taken;
                }
            }
            self.refresh();
        }
    }

    /// Determines which holds are live now.
    fn refresh(&mut self) {
        let live = self.lifetimes.iter().filter(|lifetime| lifetime.is_taken && lifetime.ends_at > self.at);
        self.live = live.map(|lifetime| lifetime.hold.clone()).collect();
    }
}

/// Whether the hold of an entry of this kind is taken afterwards; `None` if the entry does not change that. A hold that
/// staff end is over with its entry, whatever time the entry has: transactions that got the lock earlier came before it.
fn taken(kind: EntryKind) -> Option<bool> {
    match kind {
        EntryKind::HoldTaken => Some(true),
        EntryKind::HoldRemoved | EntryKind::HoldEndedEarly => Some(false),
        EntryKind::OpeningStock
        | EntryKind::Stocktake
        | EntryKind::Received
        | EntryKind::Returned
        | EntryKind::Damaged
        | EntryKind::Corrected
        | EntryKind::BufferChanged
        | EntryKind::HoldRaised
        | EntryKind::HoldLowered
        | EntryKind::HoldEndMoved
        | EntryKind::OrderTaken
        | EntryKind::OrderCancelled
        | EntryKind::OrderShipped
        | EntryKind::OrderChanged
        | EntryKind::ReturnRestocked
        | EntryKind::ReturnWrittenOff
        | EntryKind::ListingLeft
        | EntryKind::Renamed
        | EntryKind::Archived
        | EntryKind::Restored
        | EntryKind::MergedHere
        | EntryKind::MergedAway
        | EntryKind::OrderMovedHere
        | EntryKind::OrderMovedAway => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        catalogue::availability::Availability,
        code::SkuCode,
        orders::fulfilment::Taken,
        promotions::promotion::FlashSaleType,
        testing::{hold, noon, store},
    };
    use proptest::{prelude::*, sample::Index};

    const STORES: [&str; 4] = ["s-0", "s-1", "s-2", "s-3"];

    /// Something that happens to the SKU.
    #[derive(Debug, Clone)]
    enum Event {
        Order { store: usize, units: i64 },
        Cancel(Index),
        Ship(Index),
        Count(i64),
        Buffer(i64),
        Hold { store: usize, kind: FlashSaleType, units: i64, minutes: i64 },
        Resize(Index, i64),
        Remove(Index),
        End(Index),
    }

    fn events() -> impl Strategy<Value = Event> {
        let store = || 0..STORES.len();
        let kind = prop_oneof![Just(FlashSaleType::StockAllocation), Just(FlashSaleType::StockReservation)];
        prop_oneof![
            4 => (store(), 1..30_i64).prop_map(|(store, units)| Event::Order { store, units }),
            1 => any::<Index>().prop_map(Event::Cancel),
            1 => any::<Index>().prop_map(Event::Ship),
            1 => (0..150_i64).prop_map(Event::Count),
            1 => (0..20_i64).prop_map(Event::Buffer),
            3 => (store(), kind, 1..60_i64, 1..90_i64)
                .prop_map(|(store, kind, units, minutes)| Event::Hold { store, kind, units, minutes }),
            2 => (any::<Index>(), 1..60_i64).prop_map(|(nth, units)| Event::Resize(nth, units)),
            1 => any::<Index>().prop_map(Event::Remove),
            1 => any::<Index>().prop_map(Event::End),
        ]
    }

    /// A SKU to which things happen, and what is written down of them.
    struct History {
        now: Moment,
        availability: Availability,
        /// All holds ever, with their ends.
        ends: Vec<(Hold, Moment)>,
        open: Vec<Taken>,
        written: Vec<(Moment, Entry)>,
    }

    impl History {
        fn write(&mut self, kind: EntryKind, promotion: Option<PromotionId>, change: Stock, held_and_sold: (i64, i64)) {
            let (held_change, sold_change) = held_and_sold;
            let entry = Entry::new(SkuCode::trusted("Product1".into()), kind);
            self.written.push((self.now, Entry { promotion, change, held_change, sold_change, ..entry }));
        }

        fn happen(&mut self, event: Event) {
            match event {
                Event::Order { store: nth, units } => {
                    let taken = self.availability.take(&store(STORES[nth]), units, self.now);
                    self.open.push(taken);
                    let sold = (0, taken.from_hold);
                    self.write(EntryKind::OrderTaken, taken.promotion, taken.commitment(), sold);
                }
                Event::Cancel(index) if !self.open.is_empty() => {
                    let taken = self.open.swap_remove(index.index(self.open.len()));
                    self.availability.stock += -taken.commitment();
                    let of_order = |hold: &&mut Hold| Some(hold.promotion) == taken.promotion;
                    self.availability.holds.iter_mut().filter(of_order).for_each(|hold| hold.sold -= taken.from_hold);
                    let sold = (0, -taken.from_hold);
                    self.write(EntryKind::OrderCancelled, taken.promotion, -taken.commitment(), sold);
                }
                Event::Ship(index) if !self.open.is_empty() => {
                    let taken = self.open.swap_remove(index.index(self.open.len()));
                    self.availability.stock += taken.shipment();
                    self.write(EntryKind::OrderShipped, taken.promotion, taken.shipment(), (0, 0));
                }
                Event::Count(units) => {
                    let change = Stock { on_hand: units - self.availability.stock.on_hand, ..Stock::default() };
                    self.availability.stock += change;
                    self.write(EntryKind::Stocktake, None, change, (0, 0));
                }
                Event::Buffer(units) => {
                    let change = Stock { buffer: units - self.availability.stock.buffer, ..Stock::default() };
                    self.availability.stock += change;
                    self.write(EntryKind::BufferChanged, None, change, (0, 0));
                }
                Event::Hold { store: nth, kind, units, minutes } => self.hold(STORES[nth], kind, units, minutes),
                Event::Resize(index, units) if !self.availability.holds.is_empty() => {
                    let nth = index.index(self.availability.holds.len());
                    let hold = &mut self.availability.holds[nth];
                    let change = units.max(hold.sold) - hold.quantity;
                    hold.quantity += change;
                    let promotion = Some(hold.promotion);
                    let kind = if change > 0 { EntryKind::HoldRaised } else { EntryKind::HoldLowered };
                    self.write(kind, promotion, Stock::default(), (change, 0));
                }
                Event::Remove(index) if !self.availability.holds.is_empty() => {
                    let removed = self.availability.holds.remove(index.index(self.availability.holds.len()));
                    let change = (-removed.remaining(), 0);
                    self.write(EntryKind::HoldRemoved, Some(removed.promotion), Stock::default(), change);
                }
                Event::End(index) if !self.availability.holds.is_empty() => {
                    let ended = self.availability.holds.remove(index.index(self.availability.holds.len())).promotion;
                    self.write(EntryKind::HoldEndedEarly, Some(ended), Stock::default(), (0, 0));
                }
                Event::Cancel(_) | Event::Ship(_) | Event::Resize(..) | Event::Remove(_) | Event::End(_) => {}
            }
        }

        fn hold(&mut self, code: &str, kind: FlashSaleType, units: i64, minutes: i64) {
            if self.availability.position().hold_of(&store(code)).is_none() {
                let promotion = uuid::Uuid::from_u128(self.ends.len() as u128).into();
                let hold = Hold { promotion, starts_at: self.now, ..hold(code, kind, units, 0) };
                self.availability.holds.push(hold.clone());
                self.ends.push((hold, self.now.plus(TimeDelta::minutes(minutes))));
                self.write(EntryKind::HoldTaken, Some(promotion), Stock::default(), (units, 0));
            }
        }

        /// Time passes; holds end by their schedules.
        fn wait(&mut self, minutes: i64) {
            self.now = self.now.plus(TimeDelta::minutes(minutes));
            let ends =
                |hold: &Hold| self.ends.iter().any(|(one, at)| one.promotion == hold.promotion && *at <= self.now);
            self.availability.holds.retain(|hold| !ends(hold));
        }

        /// The timeline from after the first `begin` entries on.
        fn timeline(&self, begin: usize) -> Timeline {
            let before = &self.written[..begin];
            let mut stock = Stock { on_hand: 100, ..Stock::default() };
            before.iter().for_each(|(_, entry)| stock += entry.change);
            let lifetime = |(hold, ends_at): &(Hold, Moment)| {
                let of_hold = || before.iter().map(|(_, entry)| entry).filter(|e| e.promotion == Some(hold.promotion));
                let quantity = of_hold().map(|e| e.held_change).sum();
                let sold = of_hold().map(|e| e.sold_change).sum();
                HoldLifetime {
                    hold: Hold { quantity, sold, ..hold.clone() },
                    is_taken: of_hold().filter_map(|e| taken(e.kind)).next_back().unwrap_or(false),
                    ends_at: *ends_at,
                }
            };
            let at = before.last().map_or(noon(), |(at, _)| *at);
            Timeline::new(at, stock, self.ends.iter().map(lifetime).collect())
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_timeline_ends_with_what_the_stores_show_now(
            events in prop::collection::vec((0..20_i64, events()), 1..60),
            begin in any::<Index>(),
            rest in 0..200_i64,
        ) {
            let availability = Availability { stock: Stock { on_hand: 100, ..Stock::default() }, holds: Vec::new() };
            let mut history = History { now: noon(), availability, ends: Vec::new(), open: Vec::new(), written: Vec::new() };
            for (minutes, event) in events {
                history.wait(minutes);
                history.happen(event);
            }
            history.wait(rest);
            let begin = begin.index(history.written.len() + 1);
            let mut timeline = history.timeline(begin);
            let from = timeline.at;
            let mut passed = TimeDelta::zero();
            for (at, entry) in &history.written[begin..] {
                timeline.advance(*at, |_, span| passed += span);
                timeline.apply(entry);
            }
            timeline.advance(history.now, |_, span| passed += span);
            prop_assert_eq!(passed, history.now.since(from));
            for code in STORES {
                let shown = |position: Position<'_>| position.quantity_for(&store(code));
                prop_assert_eq!(shown(timeline.position()), shown(history.availability.position()), "{}", code);
            }
        }
    }
}
