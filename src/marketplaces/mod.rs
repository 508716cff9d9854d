//! The stores' marketplaces: a folder for each. It describes the marketplace (see [`description`]) and turns "this listing
//! has to show 40" into the calls of its API, and the responses into one answer per listing. [`registry`] lists them:
//! nothing else in the program asks which marketplace a store has.
//!
//! Not here: which listing has to show what, in which order, and when to retry. `jobs::push` decides that; a connector
//! knows one batch of one store. Every quantity is absolute, so that the same push twice does no harm.
//!
//! Architecture invariant: no secret, token or signature leaves this module but towards the marketplace and into
//! [`seal`].

pub mod credentials;
pub mod description;
pub mod file;
mod http;
pub mod lazada;
mod loose;
mod push;
mod rate;
pub mod registry;
#[cfg(test)]
mod rules;
pub mod seal;
pub mod shopee;
mod signature;
pub mod webhook;
pub mod zalora;

pub use crate::domain::stores::failure::{Failure, FailureClass, Lock};
use crate::domain::{
    code::{SkuCode, StoreCode},
    moment::Moment,
    stores::connection::ConnectorKind,
};
pub use credentials::Credentials;
use description::Batch;
pub use http::{HttpClient, Timeouts};
use push::AnyMarketplace;
pub use rate::{Rate, backoff};

/// What one listing has to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Our SKU.
    pub sku: SkuCode,
    /// The seller's own code of it on the store.
    pub seller_sku: String,
    /// The marketplace's id of the product (see [`ConnectorKind::needs_item_id`]).
    pub item_id: Option<String>,
    /// The marketplace's id of the variant (see [`ConnectorKind::needs_variant_id`]).
    pub variant_id: Option<String>,
    /// Units to show.
    pub quantity: i64,
    /// The most units that the store may show now; `None` if nobody knows.
    pub at_most: Option<i64>,
}

impl Target {
    /// Whether the store may show more now than it is to show: then no campaign may keep what is taken away.
    pub(crate) fn lowers(&self) -> bool {
        self.at_most.is_none_or(|shown| self.quantity < shown)
    }

    /// What comes nearest to this target where a campaign keeps more than that, if the store may show more still: what
    /// is kept cannot be taken away, but everything beyond it can.
    #[must_use]
    pub fn nearest(&self, lock: Lock) -> Option<Self> {
        let nearest = Self { quantity: lock.quantity?, ..self.clone() };
        nearest.lowers().then_some(nearest)
    }
}

/// What a marketplace says that a listing shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged {
    /// Units: read back where the marketplace can be asked, so it may differ from the target (somebody bought one in
    /// between, or a person typed another number).
    pub quantity: i64,
}

/// What became of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the listing shows now, or why that is not known or not as it should be.
    pub result: Result<Acknowledged, Failure>,
    /// The marketplace's own number of the call, for its support.
    pub request_id: Option<String>,
}

/// The connection of one store to its marketplace. It stores nothing: it is made for a push and dropped after it.
pub struct Connector {
    batch: Batch,
    marketplace: Box<dyn AnyMarketplace>,
}

impl Connector {
    /// A connection of `store`, which is at `api_url`.
    ///
    /// # Errors
    /// A failure of the class [`FailureClass::Credentials`] when the credentials are of another marketplace, or nothing
    /// is sent to one of that kind: a file is fetched, not pushed (see [`ConnectorKind::is_pushed`]).
    pub fn new(
        store: &StoreCode,
        kind: ConnectorKind,
        api_url: &str,
        credentials: Credentials,
        http: &HttpClient,
    ) -> Result<Self, Failure> {
        let given = credentials.kind();
        if given != kind {
            let message =
                format!("Enter the credentials of {}: those of {store} are of {}.", kind.label(), given.label());
            return Err(Failure::new(FailureClass::Credentials, message));
        }
        let description = registry::describe(kind);
        let Some(connect) = description.connect else {
            let message = format!("Nothing is pushed to {store}: its quantities are downloaded as a file.");
            return Err(Failure::new(FailureClass::Credentials, message));
        };
        let api = http::Api::new(http, api_url, kind.label(), credentials.secrets());
        Ok(Self { batch: description.batch, marketplace: connect(api, store, credentials) })
    }

    /// The same, with every request waiting until `rate` allows it.
    #[must_use]
    pub fn paced_by(mut self, rate: &Rate) -> Self {
        self.marketplace.api_mut().paced_by(rate.clone());
        self
    }

    /// Listings that can be sent with one request, about. Where a request is about one item, there are several requests
    /// for each.
    #[must_use]
    pub fn most_together(&self) -> usize {
        if self.batch.is_of_one_item { 1 } else { self.batch.most }
    }

    /// The targets, by their places, in as few batches as the marketplace takes: each is for one [`Self::push`].
    #[must_use]
    pub fn batches(&self, targets: &[Target]) -> Vec<Vec<usize>> {
        push::batches(targets, self.batch)
    }

    /// Sends one batch, and answers for each of its targets in their order. A failure of one is no failure of another,
    /// wherever the marketplace distinguishes them. Nothing is set below what a campaign is known to keep: see
    /// [`Target::nearest`].
    pub async fn push(&self, targets: &[Target], now: Moment) -> Vec<Answer> {
        self.marketplace.push(targets, now).await
    }

    /// Asks something that changes nothing, to see whether the address and the credentials are right.
    ///
    /// # Errors
    /// What is wrong with them.
    pub async fn check(&self, now: Moment) -> Result<(), Failure> {
        self.marketplace.check(now).await
    }

    /// The credentials with new tokens. Lazada and Shopee accept a refresh token once: the answer has to be saved before
    /// anything else is done with it, and no two may ask at the same time. See [`Credentials::needs_refresh`].
    ///
    /// # Errors
    /// Of the class [`FailureClass::Credentials`] when the permission has ended and the seller has to give it again.
    pub async fn refresh(&self, now: Moment) -> Result<Credentials, Failure> {
        self.marketplace.refresh(now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook() -> Credentials {
        let values = [("secret".to_owned(), "secret".into())].into();
        Credentials::new(webhook::KIND, values).expect("all fields")
    }

    fn connect(kind: ConnectorKind, credentials: Credentials) -> Result<Connector, Failure> {
        let store = StoreCode::parse("shop").expect("a code");
        Connector::new(&store, kind, "http://localhost", credentials, &HttpClient::default())
    }

    #[test]
    fn nothing_connects_with_another_connector_s_credentials_or_to_a_file() {
        assert!(connect(webhook::KIND, webhook()).is_ok());
        let of_file = Credentials::new(file::KIND, std::collections::BTreeMap::new()).expect("no fields");
        for (kind, credentials) in [(lazada::KIND, webhook()), (file::KIND, of_file)] {
            assert_eq!(connect(kind, credentials).err().expect("refused").class, FailureClass::Credentials);
        }
    }

    /// Whoever pushes may do so from any thread.
    #[test]
    fn a_push_can_move_between_threads() {
        fn check(_: impl Send) {}
        let connector = connect(webhook::KIND, webhook()).expect("a connection");
        let now = Moment::from(chrono::DateTime::UNIX_EPOCH);
        check(connector.push(&[], now));
        check(connector.refresh(now));
        check(connector.check(now));
    }
}
