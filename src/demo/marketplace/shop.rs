//! What the simulated marketplaces know: shops, what they show, what campaigns keep, and everything that changed.

use super::fault::Faults;
use crate::{
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, credentials::Token, registry},
};
use chrono::TimeDelta;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use rand::RngExt;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, num::NonZeroU32};

/// A product, or a variant of one, as its marketplace names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProductId {
    /// The product; the SKU, for a webhook.
    #[serde(rename = "item_id")]
    pub item: String,
    /// The variant; empty where the marketplace has none.
    #[serde(rename = "variant_id", default)]
    pub variant: String,
}

/// What a shop shows of a product.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Product {
    /// The seller's code of it.
    pub seller_sku: String,
    /// Units that buyers can buy, if it ever was told.
    pub quantity: Option<i64>,
    /// What campaigns keep of it.
    pub campaigns: Vec<Campaign>,
    /// When the quantity changed last.
    pub changed_at: Option<Moment>,
}

/// A campaign of the marketplace that keeps units: the quantity cannot be set below them.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Campaign {
    /// Units.
    pub quantity: i64,
    /// When it lets go.
    pub ends_at: Moment,
}

/// One change of what a shop shows, in the order in which they happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Counts all changes, from 1.
    pub number: u64,
    /// When.
    pub at: Moment,
    /// The shop.
    pub shop: String,
    /// The product.
    #[serde(flatten)]
    pub product: ProductId,
    /// Units before, if it had been told.
    pub from: Option<i64>,
    /// Units after.
    pub to: i64,
    /// Who did it.
    pub by: ChangedBy,
}

/// Who changed what a shop shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangedBy {
    /// A push.
    Push,
    /// A buyer.
    Sale,
    /// Whoever steers the marketplace.
    Hand,
}

/// How often a shop was asked, by what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// Calls that set quantities.
    pub writes: u64,
    /// Calls that ask.
    pub reads: u64,
    /// Calls for tokens.
    pub tokens: u64,
}

/// One shop.
pub(super) struct Shop {
    pub(super) kind: ConnectorKind,
    pub(super) credentials: Credentials,
    pub(super) products: BTreeMap<ProductId, Product>,
    pub(super) faults: Faults,
    pub(super) calls: Calls,
    /// The most calls a second, if there is a limit.
    pub(super) limit: Option<DefaultDirectRateLimiter>,
    /// Whether the seller took the permission back: no token counts any more, and no new one is given.
    pub(super) is_revoked: bool,
}

/// Everything.
#[derive(Default)]
pub(super) struct World {
    pub(super) shops: BTreeMap<String, Shop>,
    pub(super) journal: Vec<Change>,
}

impl Shop {
    pub(super) fn new(kind: ConnectorKind, credentials: Credentials) -> Self {
        Self {
            kind,
            credentials,
            products: BTreeMap::new(),
            faults: Faults::default(),
            calls: Calls::default(),
            limit: None,
            is_revoked: false,
        }
    }

    pub(super) fn limit(&mut self, calls_a_second: NonZeroU32) {
        self.limit = Some(RateLimiter::direct(Quota::per_second(calls_a_second)));
    }

    /// What campaigns keep of a product at `now`.
    pub(super) fn kept(&self, id: &ProductId, now: Moment) -> i64 {
        self.products.get(id).map_or(0, |product| product.kept(now))
    }

    /// Whether it is a shop of that kind, and a field of its credentials has that value.
    pub(super) fn is_known_by(&self, kind: ConnectorKind, field: &str, value: &str) -> bool {
        self.kind == kind && self.credentials.id(field) == value
    }

    /// Lets the access token end at `now`. A refresh token counts until it is used; without one the access is fetched
    /// again.
    pub(super) fn end_access(&mut self, now: Moment) {
        let refresh = self.credentials.refresh().cloned();
        let ended = self.credentials.access().map(|access| Token { expires_at: Some(now), ..access.clone() });
        let access = ended.filter(|_| refresh.is_some());
        self.credentials = self.credentials.clone().with_tokens(access, refresh);
    }

    /// Whether `token` lets anybody in at `now`.
    pub(super) fn admits(&self, token: &str, now: Moment) -> bool {
        let Some(access) = self.credentials.access() else { return false };
        let is_live = access.expires_at.is_none_or(|end| end > now);
        !self.is_revoked && is_live && access.secret.expose_secret() == token
    }

    /// New tokens for a refresh token, which counts once.
    pub(super) fn renew(&mut self, refresh_token: &str, new: NewTokens) -> Option<NewTokens> {
        let refresh = self.credentials.refresh()?;
        if self.is_revoked || refresh.secret.expose_secret() != refresh_token {
            return None;
        }
        self.credentials = new.clone().put_into(self.credentials.clone());
        Some(new)
    }
}

/// A token of access and the one that renews it.
#[derive(Clone)]
pub(super) struct NewTokens {
    pub(super) access: Token,
    pub(super) refresh: Token,
}

impl NewTokens {
    /// Two that last for so long.
    pub(super) fn lasting(access: TimeDelta, refresh: TimeDelta, now: Moment) -> Self {
        let token = |lifetime: TimeDelta| Token::new(random_text(), Some(lifetime.num_seconds()), now);
        Self { access: token(access), refresh: token(refresh) }
    }

    pub(super) fn put_into(self, credentials: Credentials) -> Credentials {
        credentials.with_tokens(Some(self.access), Some(self.refresh))
    }
}

impl Product {
    /// What campaigns keep at `now`.
    pub(super) fn kept(&self, now: Moment) -> i64 {
        self.campaigns.iter().filter(|campaign| campaign.ends_at > now).map(|campaign| campaign.quantity).sum()
    }
}

impl World {
    /// The code of the shop of which this is so.
    pub(super) fn find(&self, is_it: impl Fn(&Shop) -> bool) -> Option<String> {
        self.shops.iter().find(|(_, shop)| is_it(shop)).map(|(code, _)| code.clone())
    }

    /// Shows `to` units of a product of a shop, and puts it on sale if it was not.
    pub(super) fn set(&mut self, shop: &str, id: &ProductId, seller_sku: &str, to: i64, by: ChangedBy, now: Moment) {
        let Some(found) = self.shops.get_mut(shop) else { return };
        let product = found.products.entry(id.clone()).or_default();
        if !seller_sku.is_empty() {
            seller_sku.clone_into(&mut product.seller_sku);
        }
        let from = product.quantity.replace(to);
        if from == Some(to) {
            return;
        }
        product.changed_at = Some(now);
        let number = self.journal.len() as u64 + 1;
        self.journal.push(Change { number, at: now, shop: shop.to_owned(), product: id.clone(), from, to, by });
    }
}

/// A text that nobody guesses.
pub(super) fn random_text() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

/// Credentials without tokens, with these values of their fields.
pub(super) fn credentials<const N: usize>(kind: ConnectorKind, values: [(&str, String); N]) -> Credentials {
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    registry::describe(kind).credentials(values).expect("a value for every field")
}
