//! How a listing of a connected store stands, in a word and in a sentence: the same for pages, filters and programs.

use super::{failure::FailureClass, push::Listing};
use crate::domain::{text::counted, words::words};

/// How a listing of a store stands that quantities are pushed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListingState {
    /// Its store acknowledged what it should show.
    InStep,
    /// It shows something else, and is sent as soon as it is its turn.
    Waiting,
    /// A server is sending it.
    Sending,
    /// The marketplace does not know it as it is mapped: staff have to look.
    Refused,
    /// A campaign of the marketplace keeps its stock.
    Blocked,
    /// It shows something else, and its store is paused.
    Paused,
    /// Nobody has said by what the marketplace knows it.
    NotMapped,
}

words!(ListingState {
    InStep => "in_step", "In step";
    Waiting => "waiting", "Waiting";
    Sending => "sending", "Sending";
    Refused => "refused", "Refused";
    Blocked => "blocked", "Blocked";
    Paused => "paused", "Paused";
    NotMapped => "not_mapped", "Not mapped";
});

/// What the state of a listing follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Whether somebody has said by what the marketplace knows it.
    pub is_mapped: bool,
    /// Whether its store is paused.
    pub is_paused: bool,
    /// Whether its time to be sent has come.
    pub is_due: bool,
    /// What it shows, and what it should.
    pub listing: Listing,
    /// What went wrong the last time, if anything did.
    pub problem: Option<Problem<'a>>,
}

/// What went wrong with a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem<'a> {
    /// What it asks for.
    pub class: FailureClass,
    /// What the marketplace said.
    pub text: &'a str,
    /// Units that the marketplace keeps for a campaign of its own, if it said so.
    pub locked_quantity: Option<i64>,
}

impl Standing<'_> {
    /// The state.
    #[must_use]
    pub fn state(&self) -> ListingState {
        if !self.is_mapped {
            return ListingState::NotMapped;
        }
        if self.listing.is_on_its_way {
            return ListingState::Sending;
        }
        if self.listing.is_in_step() {
            return ListingState::InStep;
        }
        match (self.problem.map(|problem| problem.class), self.is_paused) {
            (Some(FailureClass::Mapping), _) => ListingState::Refused,
            (Some(FailureClass::Locked), _) => ListingState::Blocked,
            (Some(FailureClass::Credentials | FailureClass::Throttled | FailureClass::Temporary) | None, true) => {
                ListingState::Paused
            }
            (Some(FailureClass::Credentials | FailureClass::Throttled | FailureClass::Temporary) | None, false) => {
                ListingState::Waiting
            }
        }
    }

    /// Why it does not show yet what it should, in words; nothing where it does. `marketplace` is what people call the
    /// marketplace of its store.
    #[must_use]
    pub fn why(&self, marketplace: &str) -> String {
        let said = self.problem.map_or("", |problem| problem.text);
        match self.state() {
            ListingState::InStep => String::new(),
            ListingState::NotMapped => format!("Say by what {marketplace} knows it."),
            ListingState::Sending => format!("{} on the way.", are(self.listing.should)),
            ListingState::Refused => said.to_owned(),
            ListingState::Blocked => self.blocked(marketplace).unwrap_or_else(|| said.to_owned()),
            ListingState::Paused => "The store is paused.".to_owned(),
            ListingState::Waiting if !said.is_empty() => said.to_owned(),
            ListingState::Waiting if self.is_due || self.listing.may_show_too_much() => "It is sent next.".to_owned(),
            ListingState::Waiting => "It is raised once the stores that show too much are lowered.".to_owned(),
        }
    }

    /// What a campaign keeps, and what that means.
    fn blocked(&self, marketplace: &str) -> Option<String> {
        let (kept, should) = (self.problem?.locked_quantity?, self.listing.should);
        let exposed = match self.listing.acknowledged {
            Some(_) => self.listing.exposed(),
            None => (kept - should).max(0),
        };
        Some(format!(
            "{marketplace} keeps {kept} for its campaign; {should} would be right; {} exposed.",
            counted(exposed, "unit")
        ))
    }
}

fn are(units: i64) -> String {
    format!("{units} {}", if units == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureClass::{Credentials, Locked, Mapping, Temporary, Throttled};

    const LISTING: Listing =
        Listing { should: 50, acknowledged: Some(60), sending: None, is_on_its_way: false, lower_since: None };

    /// A listing that should show 50 and shows 60.
    const BEHIND: Standing<'_> =
        Standing { is_mapped: true, is_paused: false, is_due: true, listing: LISTING, problem: None };

    fn shows(acknowledged: Option<i64>) -> Standing<'static> {
        Standing { listing: Listing { acknowledged, ..BEHIND.listing }, ..BEHIND }
    }

    fn failed(class: FailureClass) -> Standing<'static> {
        let problem = Problem { class, text: "The marketplace said so.", locked_quantity: None };
        Standing { problem: Some(problem), ..BEHIND }
    }

    #[test]
    fn every_listing_is_in_one_state() {
        use ListingState::{Blocked, InStep, NotMapped, Paused, Refused, Sending, Waiting};
        let paused = |standing| Standing { is_paused: true, ..standing };
        let sending = |it: Standing<'static>| Standing { listing: Listing { is_on_its_way: true, ..it.listing }, ..it };
        let lost = |it: Standing<'static>| Standing { listing: Listing { sending: Some(70), ..it.listing }, ..it };
        for (case, standing, state) in [
            ("shows what it should", shows(Some(50)), InStep),
            ("shows what it should, of a paused store", paused(shows(Some(50))), InStep),
            ("shows too much", BEHIND, Waiting),
            ("shows too little", shows(Some(40)), Waiting),
            ("nobody knows what it shows", shows(None), Waiting),
            ("behind, of a paused store", paused(BEHIND), Paused),
            ("on its way", sending(BEHIND), Sending),
            ("on its way, though the store was paused since", sending(paused(BEHIND)), Sending),
            ("on its way once more", sending(failed(Mapping)), Sending),
            ("on its way, and another by now", sending(shows(Some(50))), Sending),
            ("its server is gone: it may show that", lost(shows(Some(50))), Waiting),
            ("the store does not answer", failed(Temporary), Waiting),
            ("the store asks to wait", failed(Throttled), Waiting),
            ("the store let nobody in, and does again", failed(Credentials), Waiting),
            ("the store lets nobody in", paused(failed(Credentials)), Paused),
            ("not what the marketplace has", failed(Mapping), Refused),
            ("the same of a paused store, which would not mend it", paused(failed(Mapping)), Refused),
            ("kept by a campaign", failed(Locked), Blocked),
            (
                "refused before, and right by now",
                Standing { problem: failed(Mapping).problem, ..shows(Some(50)) },
                InStep,
            ),
            ("not mapped", Standing { is_mapped: false, ..BEHIND }, NotMapped),
        ] {
            assert_eq!(standing.state(), state, "{case}");
        }
        for state in ListingState::ALL {
            assert_eq!(ListingState::parse(state.as_str()), Some(state));
        }
        assert_eq!(ListingState::parse("in step"), None);
    }

    #[test]
    fn what_stands_in_the_way_is_said() {
        let kept = |standing: Standing<'static>, locked_quantity| {
            let problem = Problem { class: Locked, text: "It is locked.", locked_quantity };
            Standing { problem: Some(problem), ..standing }
        };
        for (standing, words) in [
            (shows(Some(50)), ""),
            (BEHIND, "It is sent next."),
            (
                Standing { is_due: false, ..shows(Some(40)) },
                "It is raised once the stores that show too much are lowered.",
            ),
            (Standing { is_due: false, ..BEHIND }, "It is sent next."),
            (Standing { listing: Listing { is_on_its_way: true, ..LISTING }, ..BEHIND }, "50 are on the way."),
            (Standing { is_paused: true, ..BEHIND }, "The store is paused."),
            (failed(Temporary), "The marketplace said so."),
            (failed(Mapping), "The marketplace said so."),
            (kept(BEHIND, Some(60)), "Shopee keeps 60 for its campaign; 50 would be right; 10 units exposed."),
            (kept(shows(Some(51)), Some(51)), "Shopee keeps 51 for its campaign; 50 would be right; 1 unit exposed."),
            (kept(shows(None), Some(70)), "Shopee keeps 70 for its campaign; 50 would be right; 20 units exposed."),
            (kept(BEHIND, None), "It is locked."),
            (Standing { is_mapped: false, ..BEHIND }, "Say by what Shopee knows it."),
        ] {
            assert_eq!(standing.why("Shopee"), words);
        }
    }
}
