//! How pages show the state of a listing.

use crate::{
    db::stores::{
        Store,
        connections::Connection,
        push_status::{LateListings, OfSku},
        pushes::Push,
    },
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

/// What a store shows for a listing, beside what it should show.
#[derive(Default)]
pub struct AtStore {
    /// The number, or why it is unknown.
    pub shows: String,
    /// While out of sync: the tone of a badge, its word, and the page that helps.
    pub state: Option<(&'static str, &'static str, String)>,
    /// Why it is out of sync, in a sentence.
    pub why: String,
}

impl AtStore {
    /// Of a SKU whose listings and pushes were read together.
    pub fn of_sku(of_sku: &OfSku, store: &Store, should: i64, now: Moment) -> Self {
        let connection = of_sku.connection(&store.code);
        let is_mapped = connection.is_some_and(|connection| of_sku.is_mapped(connection));
        Self::new(
            store,
            (connection, is_mapped),
            of_sku.listing(&store.code).and_then(|listing| of_sku.push(listing.id)),
            should,
            now,
        )
    }

    /// `is_mapped` says whether the listing has the ids that the connection needs; `push` is what was sent of it.
    pub fn new(
        store: &Store,
        (connection, is_mapped): (Option<&Connection>, bool),
        push: Option<&Push>,
        should: i64,
        now: Moment,
    ) -> Self {
        let Some(connection) = connection else { return Self::without_number("not connected") };
        if !connection.kind.is_pushed() {
            return Self::without_number("downloaded as a file");
        }
        let path = stores::path_of(&store.code);
        if !is_mapped {
            let state = ListingState::NotMapped;
            let badge = (tone(state), state.label(), format!("{path}/listings?mapping=unmapped"));
            return Self { state: Some(badge), ..Self::without_number("unknown") };
        }
        let Some(push) = push else { return Self::without_number("unknown") };
        let snapshot = push.snapshot(should, connection.paused_at.is_some(), now);
        let state = snapshot.state();
        let badge = (tone(state), state.label(), path);
        Self {
            shows: shown(push.acknowledged),
            state: (state != ListingState::InSync).then_some(badge),
            why: snapshot.why(&store.marketplace),
        }
    }

    fn without_number(why: &str) -> Self {
        Self { shows: why.to_owned(), ..Self::default() }
    }
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
