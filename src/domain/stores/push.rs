//! Decides when a listing is pushed. Level-triggered: the acknowledged quantity of each store is compared with the one
//! that it should show now, and any difference is sent. Safe order: a listing is raised only after every listing that shows
//! too much and shares a SKU with it has been lowered, so that no unit is shown twice: listings of one SKU, and kits that it
//! is in. The wait for a store that does not respond is limited.

use super::failure::FailureClass;
use crate::domain::moment::Moment;
use chrono::TimeDelta;
use std::{collections::HashMap, hash::Hash};

/// The quantity that a listing should show, and those that its store may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListingSync {
    /// Units that the listing should show now: [`crate::domain::catalogue::quantity::Position::quantity_for`].
    pub should: i64,
    /// Units that the store acknowledged last; `None` if it is unknown what the store shows.
    pub acknowledged: Option<i64>,
    /// Units of a request that is in flight or had no conclusive response: the store may show them.
    pub sending: Option<i64>,
    /// Whether orders of the store came in since: then it may show fewer units than it acknowledged.
    pub has_sold: bool,
    /// Whether the request is in flight.
    pub is_on_its_way: bool,
    /// Since when the store may show more than it should.
    pub lower_since: Option<Moment>,
}

/// The next step for a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The store acknowledged the right quantity: nothing to send.
    InSync,
    /// A request is in flight: wait for its response.
    Sending,
    /// The store may show too much: send now.
    Lower,
    /// The store shows too little: send from this moment on, which may be later than now to wait for other stores.
    Raise(Moment),
}

impl ListingSync {
    /// The most units that the store may show; `None` if that is unknown.
    pub fn at_most(&self) -> Option<i64> {
        self.acknowledged.map(|acknowledged| self.sending.map_or(acknowledged, |sending| sending.max(acknowledged)))
    }

    /// Whether the store may show more than it should.
    pub fn may_show_too_much(&self) -> bool {
        self.at_most().is_none_or(|at_most| at_most > self.should)
    }

    /// Whether the store is known to show the right quantity.
    pub fn is_in_sync(&self) -> bool {
        self.acknowledged == Some(self.should) && self.sending.is_none() && !self.has_sold
    }

    /// Whether the store may show units because they were sent to it. Before anything is sent, it shows what it showed
    /// before the program knew it.
    pub fn may_show_what_was_sent(&self) -> bool {
        self.acknowledged.is_some_and(|units| units > 0) || self.sending.is_some()
    }

    /// The units by which the store may show too much. Another store may sell them as well.
    pub fn exposed(&self) -> i64 {
        self.acknowledged.max(self.sending).map_or(0, |at_most| (at_most - self.should).max(0))
    }

    /// Whether the store is to be raised: when depends on other listings.
    pub fn is_to_be_raised(&self) -> bool {
        !self.is_on_its_way && !self.is_in_sync() && !self.may_show_too_much()
    }

    fn step(&self, raised_from: Moment) -> Step {
        if self.is_on_its_way {
            Step::Sending
        } else if self.is_in_sync() {
            Step::InSync
        } else if self.may_show_too_much() {
            Step::Lower
        } else {
            Step::Raise(raised_from)
        }
    }
}

/// The steps for listings on connected stores, each with its SKUs. Raising one waits for each listing that shows too much and
/// has a SKU with it in common, for up to `patience` since that began.
pub fn steps<Sku: Hash + Eq>(listings: &[(ListingSync, Vec<Sku>)], now: Moment, patience: TimeDelta) -> Vec<Step> {
    let mut raised_from: HashMap<&Sku, Moment> = HashMap::new();
    for (listing, skus) in listings.iter().filter(|(listing, _)| listing.may_show_too_much()) {
        let deadline = listing.lower_since.unwrap_or(now).plus(patience);
        for sku in skus {
            let from = raised_from.entry(sku).or_insert(now);
            *from = deadline.max(*from);
        }
    }
    let mut steps = Vec::with_capacity(listings.len());
    for (listing, skus) in listings {
        let from = skus.iter().filter_map(|sku| raised_from.get(sku)).max();
        steps.push(listing.step(from.copied().unwrap_or(now)));
    }
    steps
}

/// The result of a quantity that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushOutcome {
    /// The store acknowledged the quantity.
    Acknowledged,
    /// The request failed.
    Failed(FailureClass),
}

impl PushOutcome {
    /// The word that the database, the API and filters use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Failed(class) => class.as_str(),
        }
    }

    /// The label on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Acknowledged => "Acknowledged",
            Self::Failed(class) => class.label(),
        }
    }

    /// Every outcome, in the order in which filters offer them.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Acknowledged).chain(FailureClass::ALL.map(Self::Failed))
    }

    /// The outcome that `text` (see [`Self::as_str`]) names.
    pub fn parse(text: &str) -> Option<Self> {
        Self::all().find(|outcome| outcome.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::noon;
    use proptest::prelude::*;

    const PATIENCE: TimeDelta = TimeDelta::minutes(2);

    fn listing((acknowledged, should): (Option<i64>, i64)) -> ListingSync {
        ListingSync { should, acknowledged, sending: None, has_sold: false, is_on_its_way: false, lower_since: None }
    }

    /// The steps for listings of one SKU.
    fn steps_of(listings: &[ListingSync]) -> Vec<Step> {
        let of_one: Vec<(ListingSync, Vec<&str>)> = listings.iter().map(|listing| (*listing, vec!["MUG"])).collect();
        steps(&of_one, noon(), PATIENCE)
    }

    /// One row: the case, what each store acknowledged and should show, and the steps.
    type Row<'a> = (&'static str, &'a [(Option<i64>, i64)], &'a [Step]);

    #[test]
    fn the_stores_that_show_too_much_are_lowered_before_any_is_raised() {
        let later = noon().plus(PATIENCE);
        let rows: [Row<'_>; 6] = [
            ("in sync", &[(Some(60), 60), (Some(40), 40)], &[Step::InSync, Step::InSync]),
            (
                "an allocation of 60 to the first begins: all are lowered at once",
                &[(Some(100), 60), (Some(100), 40), (Some(100), 40)],
                &[Step::Lower, Step::Lower, Step::Lower],
            ),
            (
                "the hold of the first grows: the others first",
                &[(Some(60), 80), (Some(40), 20), (Some(40), 20)],
                &[Step::Raise(later), Step::Lower, Step::Lower],
            ),
            (
                "the others have acknowledged",
                &[(Some(60), 80), (Some(20), 20), (Some(20), 20)],
                &[Step::Raise(noon()), Step::InSync, Step::InSync],
            ),
            (
                "it ends: all are raised",
                &[(Some(60), 100), (Some(40), 100)],
                &[Step::Raise(noon()), Step::Raise(noon())],
            ),
            ("what the second shows is unknown", &[(Some(60), 100), (None, 100)], &[Step::Raise(later), Step::Lower]),
        ];
        for (case, stores, expected) in rows {
            let listings: Vec<ListingSync> = stores.iter().copied().map(listing).collect();
            assert_eq!(steps_of(&listings), expected, "{case}");
        }
    }

    #[test]
    fn a_store_that_does_not_answer_is_waited_for_only_so_long() {
        let since = |minutes| Some(noon().plus(-TimeDelta::minutes(minutes)));
        let silent = |minutes| ListingSync { lower_since: since(minutes), ..listing((Some(40), 20)) };
        let raised = listing((Some(60), 80));
        for (waited, from) in [(0, 2), (1, 1), (2, 0), (30, 0)] {
            let found = steps_of(&[raised, silent(waited)]);
            let from = noon().plus(TimeDelta::minutes(from));
            assert_eq!(found, [Step::Raise(from), Step::Lower], "after {waited} minutes");
        }
        let on_its_way = ListingSync { sending: Some(90), is_on_its_way: true, ..listing((Some(20), 20)) };
        let found = steps_of(&[raised, on_its_way]);
        assert_eq!(found, [Step::Raise(noon().plus(PATIENCE)), Step::Sending], "what is on its way may arrive");
        let first = ListingSync { sending: Some(20), is_on_its_way: true, ..listing((None, 20)) };
        let found = steps_of(&[raised, first]);
        assert_eq!(found, [Step::Raise(noon().plus(PATIENCE)), Step::Sending], "what it shows is unknown until then");
        let found = steps_of(&[raised, silent(30), silent(1)]);
        assert_eq!(found[0], Step::Raise(noon().plus(TimeDelta::minutes(1))), "the last of them counts");
        assert_eq!(silent(30).exposed(), 20);
    }

    #[test]
    fn a_kit_waits_for_listings_of_its_components_and_the_other_way_round() {
        let later = noon().plus(PATIENCE);
        let [too_much, low] = [listing((Some(100), 40)), listing((Some(10), 20))];
        let waits = Step::Raise(later);
        let now = Step::Raise(noon());
        for (case, listings, expected) in [
            ("a component shows too much", vec![(low, vec!["MUG", "PLATE"]), (too_much, vec!["PLATE"])], waits),
            ("a kit shows too much", vec![(low, vec!["MUG"]), (too_much, vec!["MUG", "PLATE"])], waits),
            ("a kit with a common SKU", vec![(low, vec!["CUP", "MUG"]), (too_much, vec!["MUG", "PLATE"])], waits),
            ("nothing in common", vec![(low, vec!["MUG", "CUP"]), (too_much, vec!["PLATE"])], now),
            (
                "no chain: the one between them is lowered without waiting",
                vec![(low, vec!["CUP"]), (low, vec!["CUP", "MUG"]), (too_much, vec!["MUG"])],
                now,
            ),
        ] {
            assert_eq!(steps(&listings, noon(), PATIENCE)[0], expected, "{case}");
        }
    }

    #[test]
    fn what_may_have_arrived_counts_until_something_else_is_acknowledged() {
        let later = noon().plus(PATIENCE);
        let lost =
            |acknowledged, should, sending| ListingSync { sending: Some(sending), ..listing((acknowledged, should)) };
        for (case, lost, step, exposed) in [
            ("sent up, to be down again", lost(Some(40), 40, 60), Step::Lower, 20),
            ("sent down, to be up again", lost(Some(100), 100, 40), Step::Raise(noon()), 0),
            ("sent up, and still to be up", lost(Some(40), 60, 60), Step::Raise(noon()), 0),
            ("sent down, and still to be down", lost(Some(100), 40, 40), Step::Lower, 60),
            ("sent, and never known", lost(None, 40, 40), Step::Lower, 0),
        ] {
            assert_eq!((steps_of(&[lost])[0], lost.exposed()), (step, exposed), "{case}");
        }
        let raised = listing((Some(60), 80));
        assert_eq!(steps_of(&[raised, lost(Some(20), 20, 40)])[0], Step::Raise(later));
    }

    #[test]
    fn a_listing_may_be_shown_once_units_were_sent_until_0_is_acknowledged() {
        for (case, acknowledged, sending, expected) in [
            ("nothing was sent yet", None, None, false),
            ("units were acknowledged", Some(3), None, true),
            ("0 was acknowledged", Some(0), None, false),
            ("the first request is on its way, or its answer was lost", None, Some(3), true),
            ("0 was acknowledged, and a request is on its way", Some(0), Some(3), true),
        ] {
            let sync = ListingSync { sending, ..listing((acknowledged, 0)) };
            assert_eq!(sync.may_show_what_was_sent(), expected, "{case}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn while_every_store_answers_in_time_none_is_raised_while_another_shows_too_much_and_all_come_in_sync(
            stores in prop::collection::vec((prop::option::weighted(0.9, 0..120_i64), 0..120_i64), 1..6),
            order in prop::collection::vec(any::<prop::sample::Index>(), 12),
        ) {
            let mut listings: Vec<ListingSync> = stores.into_iter().map(listing).collect();
            for next in order {
                let to_send: Vec<usize> = steps_of(&listings)
                    .into_iter()
                    .enumerate()
                    .filter_map(|(at, step)| match step {
                        Step::InSync | Step::Sending => None,
                        Step::Lower => Some((at, false)),
                        Step::Raise(from) => (from <= noon()).then_some((at, true)),
                    })
                    .map(|(at, is_raised)| {
                        let others_are_low = listings.iter().all(|other| !other.may_show_too_much());
                        assert!(!is_raised || others_are_low, "raised while another shows too much: {listings:?}");
                        at
                    })
                    .collect();
                if to_send.is_empty() { break }
                let at = to_send[next.index(to_send.len())];
                listings[at].acknowledged = Some(listings[at].should);
            }
            prop_assert!(listings.iter().all(|listing| listing.acknowledged == Some(listing.should)));
        }
    }
}
