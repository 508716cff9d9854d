//! Messages that a marketplace sends about orders and products. A message is a hint and nothing more: after it, the order or
//! the list is read.

use super::{app::App, campaigns::CampaignMessage, credentials::Credentials};
use crate::domain::{moment::Moment, stores::failure::Failure};
use futures_util::future::BoxFuture;

/// How a marketplace sends its messages.
pub enum Hooks {
    /// To one address for all shops of an app, with a signature.
    OfApp(&'static dyn SignedHooks),
    /// To an address of each store, which has a secret in it, without a signature.
    OfStore(fn(&[u8]) -> Option<StoreMessage>),
}

/// What a message to a store is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreMessage {
    Order(Message),
    /// The store lists something new.
    Products,
}

/// A message as it arrives.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// The header `Authorization`.
    pub authorization: &'a str,
    /// The address that is registered at the marketplace.
    pub address: &'a str,
    pub body: &'a [u8],
}

/// The messages to an app.
pub trait SignedHooks: Sync {
    /// Whether the message is signed with the keys of our app.
    fn is_signed(&self, keys: &Credentials, received: Received<'_>) -> bool;

    /// What a message says. `None` if it is about anything else than an order of a shop.
    fn read(&self, body: &[u8]) -> Option<Message>;

    /// What a message says that is about campaigns.
    fn read_of_campaigns(&self, _body: &[u8]) -> Option<CampaignMessage> {
        None
    }

    /// The shop that lists something new or lists it otherwise, if a message says that.
    fn shop_of_products(&self, _body: &[u8]) -> Option<String> {
        None
    }

    /// The oldest messages that could not be delivered, where the marketplace stores them.
    fn lost<'a>(&'a self, _app: &'a App) -> BoxFuture<'a, Result<Lost, Failure>> {
        Box::pin(async { Ok(Lost::default()) })
    }

    /// Confirms that all messages up to [`Lost::last`] were taken.
    fn confirm<'a>(&'a self, _app: &'a App, _last: i64) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async { Ok(()) })
    }
}

/// Messages that could not be delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lost {
    /// As they would have arrived.
    pub bodies: Vec<Vec<u8>>,
    /// The number of the last of them; `None` if there are none.
    pub last: Option<i64>,
    /// Whether there are more, once these are confirmed.
    pub has_more: bool,
}

/// What a message about an order says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The marketplace's id of the shop, as `Permission::shop` has it; empty where the address says the store.
    pub shop: String,
    /// By which the order is asked for.
    pub order_id: String,
    /// What is the same in a message that comes again, and differs from what other messages about the order say.
    pub key: String,
    /// When the order has changed, if the message says so.
    pub changed_at: Option<Moment>,
}

/// Whether a signature in hexadecimal digits is the one that is expected. It takes the same time wherever they differ.
pub(super) fn is_same_signature(given: &str, expected: &str) -> bool {
    use subtle::ConstantTimeEq;
    bool::from(given.trim().to_ascii_lowercase().as_bytes().ct_eq(expected.to_ascii_lowercase().as_bytes()))
}
