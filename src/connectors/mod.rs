//! The stores' marketplaces: one file per protocol, each of which turns "this listing has to show 40" into the calls of
//! one marketplace and its answers into one answer per listing.
//!
//! Not here: which listing has to show what, in which order, and when to try again. Whoever pushes decides that; a
//! connector knows one batch of one store. Every quantity is absolute, so that the same push twice does no harm.
//!
//! Architecture invariant: no secret, token or signature leaves this module but towards the marketplace and into
//! [`seal`].

pub mod credentials;
mod http;
mod lazada;
mod loose;
mod push;
mod rate;
pub mod seal;
mod shopee;
mod signature;
pub(crate) mod signing;
mod webhook;
mod zalora;

pub use crate::domain::stores::failure::{Failure, FailureClass, Lock};
use crate::domain::{
    code::{SkuCode, StoreCode},
    moment::Moment,
    stores::connection::ConnectorKind,
};
pub use credentials::Credentials;
pub use http::{ANSWER, HttpClient, Timeouts};
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

/// The connection of one store to its marketplace. It keeps nothing: it is made for a push and dropped after it.
pub struct Connector(Protocol);

enum Protocol {
    Lazada(lazada::Lazada),
    Shopee(shopee::Shopee),
    Zalora(zalora::Zalora),
    Webhook(webhook::Webhook),
}

impl Connector {
    /// A connection of `store`, which is at `api_url`.
    ///
    /// # Errors
    /// A failure of the class [`FailureClass::Credentials`] when the credentials are of another connector, or `kind`
    /// has nothing to connect to: a file is fetched, not pushed (see [`ConnectorKind::is_pushed`]).
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
        let api = http::Api::new(http, api_url, kind.label(), credentials.secrets());
        let protocol = match credentials {
            Credentials::Lazada(keys) => Protocol::Lazada(lazada::Lazada::new(api, keys)),
            Credentials::Shopee(keys) => Protocol::Shopee(shopee::Shopee::new(api, keys)),
            Credentials::Zalora(keys) => Protocol::Zalora(zalora::Zalora::new(api, keys)),
            Credentials::Webhook(keys) => Protocol::Webhook(webhook::Webhook::new(api, store, keys)),
            Credentials::File => {
                let message = format!("Nothing is pushed to {store}: its quantities are fetched as a file.");
                return Err(Failure::new(FailureClass::Credentials, message));
            }
        };
        Ok(Self(protocol))
    }

    /// The same, with every request waiting for its turn in `rate`.
    #[must_use]
    pub fn paced_by(mut self, rate: &Rate) -> Self {
        let api = match &mut self.0 {
            Protocol::Lazada(lazada) => lazada.api_mut(),
            Protocol::Shopee(shopee) => shopee.api_mut(),
            Protocol::Zalora(zalora) => zalora.api_mut(),
            Protocol::Webhook(webhook) => webhook.api_mut(),
        };
        api.paced_by(rate.clone());
        self
    }

    /// Listings that can be sent with one request, about.
    #[must_use]
    pub fn most_together(&self) -> usize {
        match &self.0 {
            Protocol::Lazada(_) => lazada::BATCH,
            // A request is about one item, and there are several for each.
            Protocol::Shopee(_) => 1,
            Protocol::Zalora(_) => zalora::BATCH,
            Protocol::Webhook(_) => webhook::BATCH,
        }
    }

    /// The targets, by their places, in as few batches as the marketplace takes: each is for one [`Self::push`].
    #[must_use]
    pub fn batches(&self, targets: &[Target]) -> Vec<Vec<usize>> {
        match &self.0 {
            Protocol::Lazada(_) => push::chunks(targets.len(), lazada::BATCH),
            Protocol::Shopee(_) => shopee::batches(targets),
            Protocol::Zalora(_) => push::chunks(targets.len(), zalora::BATCH),
            Protocol::Webhook(_) => push::chunks(targets.len(), webhook::BATCH),
        }
    }

    /// Sends one batch, and answers for each of its targets in their order. A failure of one is no failure of another,
    /// wherever the marketplace tells them apart. Nothing is set below what a campaign is known to keep: see
    /// [`Target::nearest`].
    pub async fn push(&self, targets: &[Target], now: Moment) -> Vec<Answer> {
        match &self.0 {
            Protocol::Lazada(lazada) => push::run(lazada, targets, now).await,
            Protocol::Shopee(shopee) => push::run(shopee, targets, now).await,
            Protocol::Zalora(zalora) => push::run(zalora, targets, now).await,
            Protocol::Webhook(webhook) => push::run(webhook, targets, now).await,
        }
    }

    /// Asks something that changes nothing, to see whether the address and the credentials are right.
    ///
    /// # Errors
    /// What is wrong with them.
    pub async fn check(&self, now: Moment) -> Result<(), Failure> {
        match &self.0 {
            Protocol::Lazada(lazada) => lazada.check(now).await,
            Protocol::Shopee(shopee) => shopee.check(now).await,
            Protocol::Zalora(zalora) => zalora.check(now).await,
            Protocol::Webhook(webhook) => webhook.check(now).await,
        }
    }

    /// The credentials with new tokens. Lazada and Shopee accept a refresh token once: the answer has to be saved before
    /// anything else is done with it, and no two may ask at the same time. See [`Credentials::needs_refresh`].
    ///
    /// # Errors
    /// Of the class [`FailureClass::Credentials`] when the permission is over and somebody has to give it anew.
    pub async fn refresh(&self, now: Moment) -> Result<Credentials, Failure> {
        match &self.0 {
            Protocol::Lazada(lazada) => lazada.refresh(now).await.map(Credentials::Lazada),
            Protocol::Shopee(shopee) => shopee.refresh(now).await.map(Credentials::Shopee),
            Protocol::Zalora(zalora) => zalora.refresh(now).await.map(Credentials::Zalora),
            Protocol::Webhook(webhook) => Ok(Credentials::Webhook(webhook.keys().clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use credentials::WebhookCredentials;

    fn connect(kind: ConnectorKind, credentials: Credentials) -> Result<Connector, Failure> {
        let store = StoreCode::parse("shop").expect("a code");
        Connector::new(&store, kind, "http://localhost", credentials, &HttpClient::default())
    }

    #[test]
    fn nothing_connects_with_another_connector_s_credentials_or_to_a_file() {
        let webhook = || Credentials::Webhook(WebhookCredentials { secret: "secret".into() });
        assert!(connect(ConnectorKind::Webhook, webhook()).is_ok());
        for (kind, credentials) in [(ConnectorKind::Lazada, webhook()), (ConnectorKind::File, Credentials::File)] {
            assert_eq!(connect(kind, credentials).err().expect("refused").class, FailureClass::Credentials);
        }
    }

    /// Whoever pushes may do so from any thread.
    #[test]
    fn a_push_can_move_between_threads() {
        fn check(_: impl Send) {}
        let connector = connect(ConnectorKind::Webhook, Credentials::Webhook(WebhookCredentials { secret: "".into() }));
        let connector = connector.expect("a connection");
        let now = Moment::from(chrono::DateTime::UNIX_EPOCH);
        check(connector.push(&[], now));
        check(connector.refresh(now));
        check(connector.check(now));
    }
}
