//! The rows of the lists of problems.

use crate::{
    db::{
        dashboard::{NearlySold, ShortHold},
        orders::Order,
        stores::{Stores, connections::Connection, permissions::Ending, pulls::Pull, push_status::FailingStore},
    },
    domain::{
        moment::Moment,
        promotions::schedule::{self, duration_in_words},
        stores::listing_state::ListingState,
        text::counted,
    },
    screens::{
        catalogue::path_of,
        orders,
        promotions::store_of,
        stores::{self, listing_state::tone},
    },
    web::error::PageError,
};

/// A store whose permission ends within a month, or has ended.
pub struct PermissionRow {
    pub store: String,
    pub store_path: String,
    pub tone: &'static str,
    pub state: String,
    pub at: String,
    /// The origins of the marketplace's page, if the seller can be asked again.
    pub reconnects_at: Option<Vec<String>>,
}

impl PermissionRow {
    pub fn new(
        ending: &Ending,
        reconnects_at: Option<Vec<String>>,
        stores: &Stores,
        now: Moment,
    ) -> Result<Self, PageError> {
        let store = store_of(stores, &ending.store)?;
        let (tone, state) = match ending.ends_at <= now {
            true => ("danger", "Ended".to_owned()),
            false => ("warning", format!("Ends in {}", duration_in_words(ending.ends_at.since(now)))),
        };
        let at = schedule::display(ending.ends_at, store.zone());
        Ok(Self { store: store.name.clone(), store_path: stores::path_of(&store.code), tone, state, at, reconnects_at })
    }
}

/// A store whose orders are read later than they should be.
pub struct LateRow {
    pub store: String,
    pub store_path: String,
    pub until: String,
    pub lag: String,
    pub why: String,
}

impl LateRow {
    pub fn new(connection: &Connection, pull: &Pull, stores: &Stores, now: Moment) -> Result<Self, PageError> {
        let store = store_of(stores, &pull.store)?;
        let until = pull.complete_until.map(|until| schedule::display_second(until, store.zone()));
        let why = || stores::pulling::why_late(connection).to_owned();
        Ok(Self {
            store: store.name.clone(),
            store_path: stores::path_of(&store.code),
            until: until.unwrap_or_else(|| "Not read yet".to_owned()),
            lag: duration_in_words(now.since(pull.complete_until.unwrap_or(pull.began_at))),
            why: pull.problem_text.clone().unwrap_or_else(why),
        })
    }
}

pub struct ShortRow {
    pub sku: String,
    pub sku_path: String,
    pub promotion: String,
    pub promotion_path: String,
    pub store: String,
    pub remaining: i64,
    pub short_by: i64,
}

impl ShortRow {
    pub fn new(short: ShortHold, stores: &Stores) -> Result<Self, PageError> {
        let ShortHold { sku, hold, short_by } = short;
        Ok(Self {
            sku_path: path_of(&sku),
            sku: sku.to_string(),
            promotion_path: format!("/promotions/{}", hold.promotion),
            store: store_of(stores, &hold.store)?.name.clone(),
            remaining: hold.remaining(),
            promotion: hold.promotion_name,
            short_by,
        })
    }
}

/// A hold that is nearly sold out.
pub struct NearlyRow {
    pub sku: String,
    pub sku_path: String,
    pub promotion: String,
    pub promotion_path: String,
    pub store: String,
    pub quantity: i64,
    pub remaining: i64,
}

impl NearlyRow {
    pub fn new(hold: NearlySold, stores: &Stores) -> Result<Self, PageError> {
        let NearlySold { sku, promotion, promotion_name, store, quantity, sold } = hold;
        Ok(Self {
            sku_path: path_of(&sku),
            sku: sku.to_string(),
            promotion: promotion_name,
            promotion_path: format!("/promotions/{promotion}"),
            store: store_of(stores, &store)?.name.clone(),
            quantity,
            remaining: quantity - sold,
        })
    }
}

/// An open order that is still short of units.
pub struct OrderRow {
    pub number: String,
    pub path: String,
    pub store: String,
    /// Since it was placed.
    pub age: String,
    pub units: i64,
    pub owed: i64,
}

impl OrderRow {
    pub fn new(order: Order, owed: i64, stores: &Stores, now: Moment) -> Result<Self, PageError> {
        let Order { store, number, placed_at, units, .. } = order;
        Ok(Self {
            path: orders::path_of(&store, &number),
            number: number.to_string(),
            store: store_of(stores, &store)?.name.clone(),
            age: duration_in_words(now.since(placed_at)),
            units,
            owed,
        })
    }
}

/// A store that does not accept the quantities that are pushed to it.
pub struct PushRow {
    pub store: String,
    pub store_path: String,
    pub tone: &'static str,
    pub state: &'static str,
    pub listings: String,
    pub exposed: String,
    pub is_exposed: bool,
    pub why: String,
}

impl PushRow {
    pub fn new(failing: FailingStore, stores: &Stores) -> Result<Self, PageError> {
        let store = store_of(stores, &failing.connection.store)?;
        let (tone, state) = match &failing.connection {
            connection if connection.paused_at.is_some() => (tone(ListingState::Paused), "Paused"),
            connection if connection.problem.is_some() => ("warning", "Retrying later"),
            _ if failing.refused > 0 => (tone(ListingState::Refused), "Refused"),
            _ => (tone(ListingState::Blocked), "Blocked"),
        };
        Ok(Self {
            store: store.name.clone(),
            store_path: stores::path_of(&store.code),
            tone,
            state,
            listings: failing.listings().to_string(),
            exposed: failing.exposed.to_string(),
            is_exposed: !failing.exposed.is_none(),
            why: why(&failing),
        })
    }
}

/// The problems of a store, in sentences.
fn why(FailingStore { connection, refused, blocked, .. }: &FailingStore) -> String {
    let mut sentences = Vec::new();
    let of_store = if connection.paused_at.is_some() { &connection.pause_reason } else { &connection.problem_text };
    if let Some(text) = of_store.as_deref().filter(|text| !text.is_empty()) {
        let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
        sentences.push(format!("{text}{end}"));
    }
    if *refused > 0 {
        sentences.push(format!("{} refused: check the mapping.", counted(refused, "listing")));
    }
    if *blocked > 0 {
        sentences.push(format!("{} locked by a campaign.", counted(blocked, "listing")));
    }
    sentences.join(" ")
}
