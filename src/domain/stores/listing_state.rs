//! The state of a connected store's listing, as a word and as a sentence: the same for pages, filters and the API.

use super::{failure::FailureClass, push::ListingSync};
use crate::domain::{text::counted, words::words};

/// The state of a listing whose store receives pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListingState {
    /// In sync: the store has acknowledged the quantity that the listing should show.
    InSync,
    /// Out of sync: the quantity will be sent.
    Waiting,
    /// A server is sending the quantity.
    Sending,
    /// Out of sync: the marketplace does not know the ids of the listing, and staff have to fix the mapping.
    Refused,
    /// Out of sync: a campaign of the marketplace locks the stock.
    Blocked,
    /// Out of sync, and staff can do nothing about it: the marketplace does not let sellers set this stock.
    NotWritable,
    /// Out of sync: the store is paused.
    Paused,
    /// The marketplace's ids of the listing are missing.
    NotMapped,
    /// The listing was taken off, and is deleted once the store shows 0 of it.
    Retiring,
}

words!(ListingState {
    InSync => "in_step", "In sync";
    Waiting => "waiting", "Waiting";
    Sending => "sending", "Sending";
    Refused => "refused", "Refused";
    Blocked => "blocked", "Blocked";
    NotWritable => "not_writable", "Not set by sellers";
    Paused => "paused", "Paused";
    NotMapped => "not_mapped", "Not mapped";
    Retiring => "retiring", "Retiring";
});

/// The facts about a listing that its state is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListingSnapshot<'a> {
    /// Whether the listing has the ids that its marketplace needs.
    pub is_mapped: bool,
    /// Whether it was taken off, and should show 0.
    pub is_retiring: bool,
    /// Whether its store is paused.
    pub is_paused: bool,
    /// Whether its push is due.
    pub is_due: bool,
    /// The acknowledged quantity and the one that it should show.
    pub listing: ListingSync,
    /// The failure of the last push, if it failed.
    pub problem: Option<Problem<'a>>,
}

/// The failure of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem<'a> {
    /// What has to happen next.
    pub class: FailureClass,
    /// The marketplace's message.
    pub text: &'a str,
    /// Units that a campaign of the marketplace locks, if the response had them.
    pub locked_quantity: Option<i64>,
}

impl ListingSnapshot<'_> {
    /// Computes the state.
    pub fn state(&self) -> ListingState {
        if self.is_retiring { ListingState::Retiring } else { self.sync_state() }
    }

    /// Computes how far the quantity has come, of a retiring listing too.
    pub fn sync_state(&self) -> ListingState {
        if !self.is_mapped {
            return ListingState::NotMapped;
        }
        if self.listing.is_on_its_way {
            return ListingState::Sending;
        }
        if self.listing.is_in_sync() {
            return ListingState::InSync;
        }
        match (self.problem.map(|problem| problem.class), self.is_paused) {
            (Some(FailureClass::Mapping), _) => ListingState::Refused,
            (Some(FailureClass::Locked), _) => ListingState::Blocked,
            (Some(FailureClass::NotWritable), _) => ListingState::NotWritable,
            (_, true) => ListingState::Paused,
            (_, false) => ListingState::Waiting,
        }
    }

    /// Explains why the listing is out of sync; empty if it is in sync. `marketplace` is the name of the marketplace.
    pub fn why(&self, marketplace: &str) -> String {
        match (self.is_retiring, self.is_mapped) {
            (false, _) => self.why_out_of_sync(marketplace),
            (true, true) => format!("It goes once it shows 0. {}", self.why_out_of_sync(marketplace)),
            (true, false) => {
                format!("It cannot be sent 0 without {marketplace}’s IDs. Set it to 0 there, then leave what it shows.")
            }
        }
    }

    fn why_out_of_sync(&self, marketplace: &str) -> String {
        let message = self.problem.map_or("", |problem| problem.text);
        match self.sync_state() {
            ListingState::InSync | ListingState::Retiring => String::new(),
            ListingState::NotMapped => format!("Enter {marketplace}’s IDs for this listing."),
            ListingState::Sending => format!("{} on the way.", are(self.listing.should)),
            ListingState::Refused | ListingState::NotWritable => message.to_owned(),
            ListingState::Blocked => self.blocked(marketplace).unwrap_or_else(|| message.to_owned()),
            ListingState::Paused => "The store is paused.".to_owned(),
            ListingState::Waiting if !message.is_empty() => message.to_owned(),
            ListingState::Waiting if self.is_due || self.listing.may_show_too_much() => "It is sent next.".to_owned(),
            ListingState::Waiting => "It is raised once the stores that show too much are lowered.".to_owned(),
        }
    }

    /// Explains a campaign's lock; `None` if the number of locked units is unknown.
    fn blocked(&self, marketplace: &str) -> Option<String> {
        let locked = self.problem?.locked_quantity?;
        let should = self.listing.should;
        let exposed = match self.listing.acknowledged {
            Some(_) => self.listing.exposed(),
            None => (locked - should).max(0),
        };
        Some(format!(
            "{marketplace} has locked {locked} for its campaign. It should show {should}: {} exposed.",
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

    const LISTING: ListingSync = ListingSync {
        should: 50,
        acknowledged: Some(60),
        sending: None,
        has_sold: false,
        is_on_its_way: false,
        lower_since: None,
    };

    /// A listing that should show 50 and shows 60.
    const BEHIND: ListingSnapshot<'_> = ListingSnapshot {
        is_mapped: true,
        is_retiring: false,
        is_paused: false,
        is_due: true,
        listing: LISTING,
        problem: None,
    };

    fn shows(acknowledged: Option<i64>) -> ListingSnapshot<'static> {
        ListingSnapshot { listing: ListingSync { acknowledged, ..BEHIND.listing }, ..BEHIND }
    }

    fn failed(class: FailureClass) -> ListingSnapshot<'static> {
        let problem = Problem { class, text: "The marketplace said so.", locked_quantity: None };
        ListingSnapshot { problem: Some(problem), ..BEHIND }
    }

    #[test]
    fn every_listing_is_in_one_state() {
        use ListingState::{Blocked, InSync, NotMapped, Paused, Refused, Sending, Waiting};
        let paused = |snapshot| ListingSnapshot { is_paused: true, ..snapshot };
        let sending = |it: ListingSnapshot<'static>| ListingSnapshot {
            listing: ListingSync { is_on_its_way: true, ..it.listing },
            ..it
        };
        let lost = |it: ListingSnapshot<'static>| ListingSnapshot {
            listing: ListingSync { sending: Some(70), ..it.listing },
            ..it
        };
        for (case, snapshot, state) in [
            ("shows what it should", shows(Some(50)), InSync),
            ("shows what it should, of a paused store", paused(shows(Some(50))), InSync),
            ("shows too much", BEHIND, Waiting),
            ("shows too little", shows(Some(40)), Waiting),
            ("shows an unknown quantity", shows(None), Waiting),
            ("behind, of a paused store", paused(BEHIND), Paused),
            ("on its way", sending(BEHIND), Sending),
            ("on its way, though the store was paused since", sending(paused(BEHIND)), Sending),
            ("on its way once more", sending(failed(Mapping)), Sending),
            ("on its way, and another by now", sending(shows(Some(50))), Sending),
            ("its server is gone: it may show that", lost(shows(Some(50))), Waiting),
            ("the store does not answer", failed(Temporary), Waiting),
            ("the store asks to wait", failed(Throttled), Waiting),
            ("the credentials were rejected, and the store is resumed", failed(Credentials), Waiting),
            ("the credentials are rejected, and the store is paused", paused(failed(Credentials)), Paused),
            ("not what the marketplace has", failed(Mapping), Refused),
            ("the same of a paused store: resuming it would not help", paused(failed(Mapping)), Refused),
            ("locked by a campaign", failed(Locked), Blocked),
            (
                "refused before, and right by now",
                ListingSnapshot { problem: failed(Mapping).problem, ..shows(Some(50)) },
                InSync,
            ),
            ("not mapped", ListingSnapshot { is_mapped: false, ..BEHIND }, NotMapped),
        ] {
            assert_eq!(snapshot.state(), state, "{case}");
            let retiring = ListingSnapshot { is_retiring: true, ..snapshot };
            assert_eq!((retiring.state(), retiring.sync_state()), (ListingState::Retiring, state), "{case}, retiring");
        }
        for state in ListingState::ALL {
            assert_eq!(ListingState::parse(state.as_str()), Some(state));
        }
        assert_eq!(ListingState::parse("in step"), None);
    }

    #[test]
    fn what_stands_in_the_way_is_said() {
        let locked = |snapshot: ListingSnapshot<'static>, locked_quantity| {
            let problem = Problem { class: Locked, text: "It is locked.", locked_quantity };
            ListingSnapshot { problem: Some(problem), ..snapshot }
        };
        for (snapshot, words) in [
            (shows(Some(50)), ""),
            (BEHIND, "It is sent next."),
            (
                ListingSnapshot { is_due: false, ..shows(Some(40)) },
                "It is raised once the stores that show too much are lowered.",
            ),
            (ListingSnapshot { is_due: false, ..BEHIND }, "It is sent next."),
            (
                ListingSnapshot { listing: ListingSync { is_on_its_way: true, ..LISTING }, ..BEHIND },
                "50 are on the way.",
            ),
            (ListingSnapshot { is_paused: true, ..BEHIND }, "The store is paused."),
            (failed(Temporary), "The marketplace said so."),
            (failed(Mapping), "The marketplace said so."),
            (locked(BEHIND, Some(60)), "Shopee has locked 60 for its campaign. It should show 50: 10 units exposed."),
            (
                locked(shows(Some(51)), Some(51)),
                "Shopee has locked 51 for its campaign. It should show 50: 1 unit exposed.",
            ),
            (
                locked(shows(None), Some(70)),
                "Shopee has locked 70 for its campaign. It should show 50: 20 units exposed.",
            ),
            (locked(BEHIND, None), "It is locked."),
            (ListingSnapshot { is_mapped: false, ..BEHIND }, "Enter Shopee’s IDs for this listing."),
            (ListingSnapshot { is_retiring: true, ..BEHIND }, "It goes once it shows 0. It is sent next."),
            (
                ListingSnapshot { is_retiring: true, ..failed(Temporary) },
                "It goes once it shows 0. The marketplace said so.",
            ),
            (
                ListingSnapshot { is_retiring: true, is_mapped: false, ..BEHIND },
                "It cannot be sent 0 without Shopee’s IDs. Set it to 0 there, then leave what it shows.",
            ),
        ] {
            assert_eq!(snapshot.why("Shopee"), words);
        }
    }
}
