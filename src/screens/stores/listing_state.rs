//! How pages show the state of a listing.

use crate::{
    db::stores::push_status::LateListings,
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::listing_state::ListingState,
    },
    screens::stores,
};

pub fn tone(state: ListingState) -> &'static str {
    match state {
        ListingState::InSync => "success",
        ListingState::Waiting | ListingState::Sending | ListingState::NotWritable => "neutral",
        ListingState::Blocked | ListingState::Paused | ListingState::NotMapped | ListingState::Retiring => "warning",
        ListingState::Refused => "danger",
    }
}

/// The quantity that a store last acknowledged.
pub fn shown(acknowledged: Option<i64>) -> String {
    acknowledged.map_or_else(|| "unknown".to_owned(), |units| units.to_string())
}

/// The note beside the quantity that a store should show, while it shows another.
pub struct BehindNote {
    pub words: String,
    pub tone: &'static str,
    pub href: String,
}

impl BehindNote {
    /// Nothing if the listing is in sync at `now`.
    pub fn of(late: &LateListings, (sku, store): (&SkuCode, &StoreCode), should: i64, now: Moment) -> Option<Self> {
        let late = late.of(sku, store)?;
        let state = late.snapshot(should, now).state();
        if matches!(state, ListingState::InSync | ListingState::NotMapped) {
            return None;
        }
        let words = match late.push.acknowledged {
            Some(units) => format!("shows {units}, {}", state.as_str()),
            None => format!("unknown, {}", state.as_str()),
        };
        Some(Self { words, tone: tone(state), href: stores::path_of(&late.push.store) })
    }
}
