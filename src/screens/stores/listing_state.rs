//! How pages show the state of a listing.

use crate::{
    db::stores::push_status::{Late, LateListings},
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::listing_state::ListingState,
    },
    screens::stores,
};

/// The tone of its badge.
#[must_use]
pub fn tone(state: ListingState) -> &'static str {
    match state {
        ListingState::InSync => "success",
        ListingState::Waiting | ListingState::Sending => "neutral",
        ListingState::Blocked | ListingState::Paused | ListingState::NotMapped => "warning",
        ListingState::Refused => "danger",
    }
}

/// What a store shows, as its last word was.
#[must_use]
pub fn shown(acknowledged: Option<i64>) -> String {
    acknowledged.map_or_else(|| "unknown".to_owned(), |units| units.to_string())
}

/// What stands beside the number that a store should show, while it shows another.
pub struct BehindNote {
    /// What it shows, and how that stands.
    pub words: String,
    /// The tone of the words.
    pub tone: &'static str,
    /// The page of the store.
    pub href: String,
}

impl BehindNote {
    /// The note of the listing of a SKU on a store that should show `should` at `now`; nothing if it does.
    #[must_use]
    pub fn of(late: &LateListings, (sku, store): (&SkuCode, &StoreCode), should: i64, now: Moment) -> Option<Self> {
        late.of(sku, store).and_then(|late| Self::new(late, should, now))
    }

    fn new(late: &Late, should: i64, now: Moment) -> Option<Self> {
        let state = late.snapshot(should, now).state();
        let word = match state {
            ListingState::InSync | ListingState::NotMapped => return None,
            ListingState::Waiting => "waiting",
            ListingState::Sending => "sending",
            ListingState::Refused => "refused",
            ListingState::Blocked => "blocked",
            ListingState::Paused => "paused",
        };
        let words = match late.push.acknowledged {
            Some(units) => format!("shows {units}, {word}"),
            None => format!("unknown, {word}"),
        };
        Some(Self { words, tone: tone(state), href: stores::path_of(&late.push.store) })
    }
}
