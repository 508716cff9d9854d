//! The seller's app at a marketplace: through it stores are connected by signing in there. The marketplace asks the seller
//! on a page of its own, sends the seller back with a code, and answers the code with tokens for the seller's shops.
//!
//! Not here: to whom the way back belongs. `screens::stores::connect` decides that before a code is exchanged.

use super::{
    credentials::{Credentials, Field, Token},
    description::Description,
    http::{Api, HttpClient},
    rate::Rate,
};
use crate::domain::{
    moment::Moment,
    place::Country,
    stores::{
        connection::ConnectorKind,
        failure::{Failure, FailureClass},
    },
};
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a store of a marketplace is connected.
pub enum Connecting {
    ByApp(AppDescription),
    /// With keys that are typed. The sentence says which, and where they are from.
    ByKeys(&'static str),
}

/// What a marketplace says of its apps.
pub struct AppDescription {
    /// The fields of an app, in the order of the form. All but the first two may be empty.
    pub fields: &'static [Field],
    /// The address of the marketplace's sandbox; `None` if there is none.
    pub sandbox: Option<&'static str>,
    /// The countries that its stores are in, by their two letters.
    pub countries: &'static [&'static str],
    /// Where an app is made, in a sentence.
    pub made_at: &'static str,
    /// Which kind of app to choose, in a sentence.
    pub which: &'static str,
    /// How an app is approved and how long that takes, in a sentence.
    pub approval: &'static str,
    pub(super) permits: &'static dyn Permits,
}

impl AppDescription {
    /// Whether the field of the form may be empty.
    pub fn is_optional(&self, field: &Field) -> bool {
        self.fields.iter().skip(2).any(|optional| optional.name == field.name)
    }

    /// The origins that the marketplace's page may have, for an app with that address: a browser follows the answer to a
    /// form to no other.
    pub fn origins(&self, address: &str) -> Vec<String> {
        let countries = self.countries.iter().map(|code| Country::parse(code).ok());
        let mut origins: Vec<String> = countries.map(|country| self.permits.origin(address, country)).collect();
        origins.sort();
        origins.dedup();
        origins
    }
}

/// How a marketplace gives permission to an app.
pub(super) trait Permits: Sync {
    /// The address of the page that asks the seller.
    fn page(&self, app: &App, asked: &Asked<'_>, now: Moment) -> String;

    /// Where browsers find that page: its scheme, host and port. `address` is that of [`App`].
    fn origin(&self, address: &str, country: Option<Country>) -> String;

    /// Exchanges the code for what the seller permitted.
    fn exchange<'a>(&'a self, app: &'a App, answer: &'a Answered) -> BoxFuture<'a, Result<Permission, Failure>>;

    /// The marketplace's id of the shop that credentials are for, where they have it.
    fn shop_of(&self, _: &Credentials) -> Option<String> {
        None
    }

    /// The marketplace's id of the shop of a seller in a country, where that is what tells one shop from another.
    fn shop_of_seller(&self, _: Country, _: &str) -> Option<String> {
        None
    }
}

/// What the seller is asked.
pub struct Asked<'a> {
    /// Where the marketplace sends the seller back to.
    pub redirect: &'a str,
    /// The number that has to come back.
    pub state: &'a str,
    pub country: Option<Country>,
}

/// The parameters with which the seller comes back, and the country that was chosen before.
pub struct Answered {
    pub parameters: BTreeMap<String, String>,
    pub country: Option<Country>,
}

impl Answered {
    /// A parameter; empty if it is missing.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

/// What a seller permitted.
#[derive(Serialize)]
pub struct Permission {
    pub shops: Vec<Shop>,
    /// Whether all shops have one refresh token, which counts once for all of them.
    pub is_shared: bool,
}

#[derive(Serialize)]
pub struct Shop {
    /// The marketplace's id, which no other shop of the marketplace has.
    pub id: String,
    pub name: String,
    pub country: Option<String>,
    pub api_url: String,
    pub credentials: Credentials,
    /// When the seller has to give the permission again, if that is known.
    pub ends_at: Option<Moment>,
}

#[derive(Deserialize)]
struct StoredPermission {
    shops: Vec<StoredShop>,
    is_shared: bool,
}

#[derive(Deserialize)]
struct StoredShop {
    id: String,
    name: String,
    country: Option<String>,
    api_url: String,
    credentials: serde_json::Value,
    ends_at: Option<Moment>,
}

impl Permission {
    /// JSON with all secrets: for sealing, and nothing else.
    pub(super) fn to_json(&self) -> SecretString {
        serde_json::to_string(self).expect("a permission is plain texts and times").into()
    }

    /// Reads what [`Self::to_json`] wrote.
    pub(super) fn from_json(
        json: &SecretString,
        read_credentials: impl Fn(&SecretString) -> Option<Credentials>,
    ) -> Option<Self> {
        let StoredPermission { shops, is_shared } = serde_json::from_str(json.expose_secret()).ok()?;
        let mut read = Vec::with_capacity(shops.len());
        for StoredShop { id, name, country, api_url, credentials, ends_at } in shops {
            let credentials = read_credentials(&credentials.to_string().into())?;
            read.push(Shop { id, name, country, api_url, credentials, ends_at });
        }
        Some(Self { shops: read, is_shared })
    }
}

impl Shop {
    /// The end of its access token.
    pub fn access_ends_at(&self) -> Option<Moment> {
        self.credentials.access().and_then(|token: &Token| token.expires_at)
    }
}

/// An app with its keys.
pub struct App {
    pub(super) keys: Credentials,
    /// Where the marketplace is reached; empty for its own live addresses.
    pub(super) address: String,
    description: &'static AppDescription,
    http: HttpClient,
}

impl App {
    pub fn new(description: &'static AppDescription, keys: Credentials, address: &str, http: &HttpClient) -> Self {
        Self { keys, address: address.trim_end_matches('/').to_owned(), description, http: http.clone() }
    }

    pub fn kind(&self) -> ConnectorKind {
        self.keys.kind()
    }

    /// The address of the marketplace's page that asks the seller.
    pub fn page(&self, asked: &Asked<'_>, now: Moment) -> String {
        self.description.permits.page(self, asked, now)
    }

    /// Exchanges the code for what the seller permitted. Nothing is stored.
    pub async fn exchange(&self, answer: &Answered) -> Result<Permission, Failure> {
        let permission = self.description.permits.exchange(self, answer).await?;
        if permission.shops.is_empty() {
            let message = format!("{} answered with no shop.", self.kind().label());
            return Err(Failure::new(FailureClass::PermissionEnded, message));
        }
        Ok(permission)
    }

    /// The API at `url` for requests of the app itself, whose messages never have its secrets or `code`.
    pub(super) fn api(&self, url: &str, code: &str) -> Api {
        self.own_api(url).hide(code.to_owned().into())
    }

    /// The same without a code.
    pub(super) fn own_api(&self, url: &str) -> Api {
        let pace = Rate::per_second(self.kind().default_rate());
        Api::new(&self.http, url, self.kind().label(), self.keys.secrets(), Some(pace))
    }

    /// The credentials of a store without its tokens: its `own` values, and those keys of the app that it needs as well.
    pub(super) fn credentials_of_store(
        &self,
        description: &Description,
        own: impl IntoIterator<Item = (String, SecretString)>,
    ) -> Credentials {
        let mut values = BTreeMap::from_iter(own);
        for field in self.description.fields {
            values.insert(field.name.to_owned(), self.keys.value(field.name).clone());
        }
        description.credentials(values).expect("an app has every key that a store needs")
    }

    /// `live`, or the other address of this app with `path` behind it.
    pub(super) fn at(&self, live: &str, path: &str) -> String {
        at(&self.address, live, path)
    }
}

/// `live`, or `address` with `path` behind it, if there is one.
pub(super) fn at(address: &str, live: &str, path: &str) -> String {
    if address.is_empty() { live.to_owned() } else { format!("{}{path}", address.trim_end_matches('/')) }
}
