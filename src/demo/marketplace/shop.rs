//! The state of the simulated marketplaces: shops with their products and campaigns, and a journal of all changes.

use super::{
    buyers::Buyers,
    fault::Faults,
    orders::{
        Orders,
        messages::{LostMessage, Message, Registered},
    },
    storefront::picture_path,
};
use crate::{
    domain::{
        moment::Moment,
        money::Currency,
        place::Country,
        stores::{connection::ConnectorKind, found::SaleStatus},
    },
    marketplaces::{Credentials, credentials::Token, registry},
};
use chrono::TimeDelta;
use governor::DefaultDirectRateLimiter;
use rand::RngExt;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The size of a description that has a few paragraphs and no pictures.
const DESCRIPTION_BYTES: usize = 3_000;

/// The marketplace's id of a product or of a variant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProductId {
    /// For a webhook, the SKU.
    #[serde(rename = "item_id")]
    pub item: String,
    /// Empty if the marketplace has no variants.
    #[serde(rename = "variant_id", default)]
    pub variant: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct Product {
    pub seller_sku: String,
    /// Units in the seller's main warehouse that buyers can buy; `None` until the first one is set.
    pub quantity: Option<i64>,
    /// Units in the seller's other warehouses, by their code (see [`super::Marketplace::add_warehouse`]).
    pub elsewhere: BTreeMap<String, i64>,
    /// Units of open orders, where the marketplace keeps them in the quantity of its API and subtracts them itself.
    /// They are not in [`Self::quantity`].
    pub reserved: i64,
    /// Zalora's `preVerificationStock`, which is subtracted instead of the reserved units if it is more.
    pub pre_verification: i64,
    /// The id of the set that has the product and its other variations, where a marketplace has such sets.
    pub product_set: Option<u64>,
    /// Units in the marketplace's own warehouse. Sellers cannot set such a product's stock.
    pub fulfilled_by_marketplace: Option<i64>,
    /// With which every write of the product is refused, if tests want it.
    pub refusal: Option<Refusal>,
    pub campaigns: Vec<Campaign>,
    /// Until then the quantity may rise but not fall, as in Lazada's mega campaigns.
    pub only_rises_until: Option<Moment>,
    /// The time of the last change of the quantity.
    pub changed_at: Option<Moment>,
    /// When it was made; years ago if it is not set.
    pub created_at: Option<Moment>,
    /// Its name; a made-up one if it is empty.
    pub title: String,
    /// Whether buyers see it; they do if it is not set.
    pub status: Option<SaleStatus>,
}

/// A campaign of the marketplace that locks units from its start to its end: the quantity cannot be set below them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    pub quantity: i64,
    /// `None`: it has started already.
    #[serde(default)]
    pub starts_at: Option<Moment>,
    pub ends_at: Moment,
}

/// A refusal in the marketplace's own words, as its documents give them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The HTTP status, where the documents say that it is not 200.
    #[serde(default)]
    pub status: Option<u16>,
    /// Shopee: `error`, with its prefix. Lazada: `code`. Zalora: `title`. Webhook: how the answer names a product that
    /// it refuses, see `registry::webhook`.
    pub code: String,
    /// Lazada's `type`, such as `ISV`. Webhook: `text` for a body that is not JSON. Empty elsewhere.
    #[serde(default)]
    pub kind: String,
    pub message: String,
}

/// A warehouse of the seller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warehouse {
    pub code: String,
    pub name: String,
}

/// A change of the quantity of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The position in the journal, counted from 1.
    pub number: u64,
    pub at: Moment,
    pub shop: String,
    #[serde(flatten)]
    pub product: ProductId,
    /// `None` if the quantity was not set before.
    pub from: Option<i64>,
    pub to: i64,
    pub by: ChangedBy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangedBy {
    Push,
    Sale,
    /// By [`super::Marketplace`] or under `/control`.
    Hand,
}

/// The number of calls for a shop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    pub writes: u64,
    pub reads: u64,
    pub orders: u64,
    pub tokens: u64,
}

pub(super) struct Shop {
    pub(super) kind: ConnectorKind,
    /// What its seller calls it; that of its code if it is empty.
    pub(super) name: String,
    /// Its country, by two letters.
    pub(super) country: String,
    /// The marketplace's number of its seller, where shops have one.
    pub(super) seller_id: u64,
    /// With which its seller signs in at the marketplace. One account may have several shops.
    pub(super) account: String,
    pub(super) credentials: Credentials,
    pub(super) products: BTreeMap<ProductId, Product>,
    pub(super) faults: Faults,
    pub(super) calls: Calls,
    pub(super) limit: Option<DefaultDirectRateLimiter>,
    /// The seller has revoked the permission: no token is valid, and none is issued.
    pub(super) is_revoked: bool,
    /// The access token before the last refresh, where the marketplace accepts it for some minutes more.
    pub(super) previous_access: Option<Token>,
    /// The seller is on holiday: the marketplace refuses to change stock.
    pub(super) is_on_holiday: bool,
    /// The seller's warehouses, the main one first. Empty for a seller with one, which has no code.
    pub(super) warehouses: Vec<Warehouse>,
    /// With which every call is refused, if tests want it.
    pub(super) refusal: Option<Refusal>,
    /// The size of each of a product's descriptions, where the marketplace answers with whole products.
    pub(super) description_bytes: usize,
    /// The address of the server, which has the pictures of its products; empty while there is none.
    pub(super) address: String,
    pub(super) deliveries: Deliveries,
    pub(super) orders: Orders,
}

/// What the receiver of a webhook remembers.
#[derive(Default)]
pub(super) struct Deliveries {
    /// The answer to each delivery, by its id: a delivery that is repeated changes nothing and has the same answer.
    pub(super) answers: BTreeMap<String, Value>,
    /// The sequence number that was applied last for each SKU.
    pub(super) sequences: BTreeMap<String, i64>,
}

#[derive(Default)]
pub(super) struct World {
    pub(super) shops: BTreeMap<String, Shop>,
    /// The apps, by the words of their marketplaces.
    pub(super) apps: BTreeMap<&'static str, App>,
    pub(super) journal: Vec<Change>,
    /// How many orders there are, of all shops.
    pub(super) last_order: u64,
    /// Where the messages of the shops go, by the codes of the shops.
    pub(super) registered: BTreeMap<String, Registered>,
    /// The address of the server.
    pub(super) address: String,
    /// Messages that are not sent yet.
    pub(super) messages: Vec<Message>,
    /// Messages that did not arrive, oldest first, and how many there ever were.
    pub(super) lost: Vec<LostMessage>,
    pub(super) last_lost: u64,
    pub(super) buyers: Buyers,
    /// The address of the program whose stores the shops are; empty if there is no link to it.
    pub(super) program: String,
}

/// A seller's app, which other sellers may give permission to.
pub(super) struct App {
    pub(super) keys: Credentials,
    /// What the addresses that sellers are sent back to begin with, as it is registered; any address if there is none.
    pub(super) redirect: Option<String>,
    /// Codes that were given out and not exchanged yet, each with the account of the seller and the time.
    pub(super) codes: BTreeMap<String, (String, Moment)>,
}

/// A shop of an account that has not given permission to anybody yet.
#[derive(Debug, Clone, Copy)]
pub struct NewShop {
    pub code: &'static str,
    pub name: &'static str,
    /// By two letters.
    pub country: &'static str,
}

impl Shop {
    pub(super) fn country(&self) -> Option<Country> {
        Country::parse(&self.country).ok()
    }

    /// What its prices are in.
    pub(super) fn currency(&self) -> Option<Currency> {
        self.country().and_then(Currency::of)
    }

    /// The three letters of its currency.
    pub(super) fn currency_code(&self) -> &'static str {
        self.currency().map_or("SGD", Currency::code)
    }

    pub(super) fn new(kind: ConnectorKind, credentials: Credentials) -> Self {
        Self {
            kind,
            name: String::new(),
            country: "SG".to_owned(),
            seller_id: 1001,
            account: String::new(),
            credentials,
            products: BTreeMap::new(),
            faults: Faults::default(),
            calls: Calls::default(),
            limit: None,
            is_revoked: false,
            previous_access: None,
            is_on_holiday: false,
            warehouses: Vec::new(),
            refusal: None,
            description_bytes: DESCRIPTION_BYTES,
            address: String::new(),
            deliveries: Deliveries::default(),
            orders: Orders::default(),
        }
    }

    /// What its seller calls it.
    pub(super) fn name<'a>(&'a self, code: &'a str) -> &'a str {
        if self.name.is_empty() { code } else { &self.name }
    }

    /// The address of a picture of a product: on our own server, so that fetching it asks no real marketplace.
    pub(super) fn picture(&self, name: &str) -> String {
        format!("{}{}", self.address, picture_path(name))
    }

    /// The products that are variants of one item.
    pub(super) fn of_item(&self, item: &str) -> impl Iterator<Item = (&ProductId, &Product)> {
        let first = ProductId { item: item.to_owned(), variant: String::new() };
        let item = item.to_owned();
        self.products.range(first..).take_while(move |(id, _)| id.item == item)
    }

    /// Whether a product has a set of its own ([`Product::product_set`]).
    pub(super) fn has_sets_of_their_own(&self) -> bool {
        self.products.values().any(|product| product.product_set.is_some())
    }

    /// The units of a product that campaigns have locked.
    pub(super) fn locked(&self, id: &ProductId, now: Moment) -> i64 {
        self.products.get(id).map_or(0, |product| product.locked(now))
    }

    /// Whether the shop has that kind, and a field of its credentials has that value.
    pub(super) fn has_credential(&self, kind: ConnectorKind, field: &str, value: &str) -> bool {
        self.kind == kind && self.credentials.id(field) == value
    }

    /// Lets the access token expire at `now`. Without a refresh token it is removed, and clients fetch another one.
    pub(super) fn expire_access(&mut self, now: Moment) {
        let refresh = self.credentials.refresh().cloned();
        let expired = self.credentials.access().map(|access| Token { expires_at: Some(now), ..access.clone() });
        let access = expired.filter(|_| refresh.is_some());
        self.credentials = self.credentials.clone().with_tokens(access, refresh);
    }

    /// Whether a call exceeds the limit. Counts the call.
    pub(super) fn is_over_limit(&self) -> bool {
        self.limit.as_ref().is_some_and(|limit| limit.check().is_err())
    }

    /// Whether `token` is a valid access token.
    pub(super) fn admits(&self, token: &str, now: Moment) -> bool {
        let Some(access) = self.credentials.access() else { return false };
        let is_live = access.expires_at.is_none_or(|end| end > now);
        !self.is_revoked && is_live && access.secret.expose_secret() == token
    }

    /// Issues new tokens for a refresh token, which is valid once.
    pub(super) fn renew(&mut self, refresh_token: &str, new: NewTokens) -> Option<NewTokens> {
        let refresh = self.credentials.refresh()?;
        if self.is_revoked || refresh.secret.expose_secret() != refresh_token {
            return None;
        }
        self.credentials = new.clone().put_into(self.credentials.clone());
        Some(new)
    }
}

#[derive(Clone)]
pub(super) struct NewTokens {
    pub(super) access: Token,
    pub(super) refresh: Token,
}

impl NewTokens {
    pub(super) fn issue(access: TimeDelta, refresh: TimeDelta, now: Moment) -> Self {
        let token = |lifetime: TimeDelta| Token::new(random_text(), Some(lifetime.num_seconds()), now);
        Self { access: token(access), refresh: token(refresh) }
    }

    pub(super) fn put_into(self, credentials: Credentials) -> Credentials {
        credentials.with_tokens(Some(self.access), Some(self.refresh))
    }
}

impl Campaign {
    /// When it starts: long ago, and the same in each answer, if it has started already.
    pub(super) fn begins_at(&self, now: Moment) -> Moment {
        self.starts_at.unwrap_or(self.ends_at.plus(-TimeDelta::days(30)).min(now))
    }

    pub(super) fn is_running(&self, now: Moment) -> bool {
        self.starts_at.is_none_or(|start| start <= now) && self.ends_at > now
    }
}

impl Product {
    /// The units that campaigns have locked.
    pub(super) fn locked(&self, now: Moment) -> i64 {
        self.campaigns.iter().filter(|campaign| campaign.is_running(now)).map(|campaign| campaign.quantity).sum()
    }
}

impl World {
    /// The codes of the shops of an account.
    pub(super) fn shops_of(&self, kind: ConnectorKind, account: &str) -> Vec<String> {
        let shops = self.shops.iter().filter(|(_, shop)| shop.kind == kind && shop.account == account);
        shops.map(|(code, _)| code.clone()).collect()
    }

    /// Gives out a code for an account, which the app exchanges for tokens.
    pub(super) fn new_code(&mut self, kind: ConnectorKind, account: &str, now: Moment) -> Option<String> {
        let code = random_text();
        self.apps.get_mut(kind.as_str())?.codes.insert(code.clone(), (account.to_owned(), now));
        Some(code)
    }

    /// The account whose code this is. A code counts once, and only so long.
    pub(super) fn use_code(
        &mut self,
        kind: ConnectorKind,
        code: &str,
        lasts: TimeDelta,
        now: Moment,
    ) -> Option<String> {
        let (account, given_at) = self.apps.get_mut(kind.as_str())?.codes.remove(code)?;
        (now.since(given_at) < lasts).then_some(account)
    }

    pub(super) fn find(&self, is_wanted: impl Fn(&Shop) -> bool) -> Option<String> {
        self.shops.iter().find(|(_, shop)| is_wanted(shop)).map(|(code, _)| code.clone())
    }

    /// Sets the quantity of a product, which is added if the shop does not have it.
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

pub(super) fn random_text() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

/// Credentials without tokens.
pub(super) fn credentials<const N: usize>(kind: ConnectorKind, values: [(&str, String); N]) -> Credentials {
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    registry::describe(kind).credentials(values).expect("a value for every field")
}
