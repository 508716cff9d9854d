//! How pages show the state of a listing.

use crate::domain::standing::ListingState;

/// The tone of its badge.
#[must_use]
pub fn tone(state: ListingState) -> &'static str {
    match state {
        ListingState::InStep => "success",
        ListingState::Waiting | ListingState::Sending => "neutral",
        ListingState::Blocked | ListingState::Paused | ListingState::NotMapped => "warning",
        ListingState::Refused => "danger",
    }
}

/// What a store shows, as its last word was.
#[must_use]
pub fn shown(acknowledged: Option<i64>) -> String {
    acknowledged.map_or_else(|| "not known".to_owned(), |units| units.to_string())
}
