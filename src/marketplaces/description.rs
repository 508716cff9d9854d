//! What a marketplace describes of itself: its facts for the domain's rules, its form, how its access is renewed, and how a
//! connection of a store is made.

use super::{
    app::{AppDescription, Connecting},
    campaigns::Campaigns,
    credentials::{Credentials, Field, FieldKind},
    http::Api,
    orders::Pulling,
    push::{AnyMarketplace, BatchSize, Marketplace},
};
use crate::domain::{
    code::StoreCode,
    moment::Moment,
    place::Country,
    stores::{connection::ConnectorKind, failure::Failure},
};
use chrono::TimeDelta;
use secrecy::SecretString;
use std::collections::BTreeMap;

pub struct Description {
    pub kind: ConnectorKind,
    pub hint: &'static str,
    pub address_hint: &'static str,
    /// The fields of the credentials, in the order of the form.
    pub fields: &'static [Field],
    /// How long before its end access is renewed; `None` if it never ends.
    pub renewed_before_end: Option<TimeDelta>,
    /// Words of refusals, in lower case, each with the name of the field that is refused by them.
    pub refused_fields: &'static [(&'static str, &'static str)],
    pub batch: BatchSize,
    /// Whether the permission ends with the refresh token that came first: renewals do not make it last longer.
    pub permission_is_refresh: bool,
    pub connecting: Connecting,
    /// How its orders are read; `None` if they are not.
    pub pulling: Option<Pulling>,
    pub campaigns: Campaigns,
    /// Makes a connection of a store; `None` if nothing is sent to the marketplace.
    pub(super) connect: Option<Connect>,
}

type Connect = fn(Opening) -> Box<dyn AnyMarketplace>;

/// What a marketplace needs to know of a store.
pub(super) struct Opening {
    pub(super) api: Api,
    pub(super) store: StoreCode,
    pub(super) keys: Credentials,
    /// The code of the warehouse whose stock is set, if one is chosen.
    pub(super) warehouse: Option<String>,
}

/// For [`Description::connect`], whose closures would otherwise have to name the type of the box.
pub(super) fn boxed(marketplace: impl Marketplace + 'static) -> Box<dyn AnyMarketplace> {
    Box::new(marketplace)
}

impl Description {
    /// What the marketplace says of its apps; `None` if it has none.
    pub fn app(&self) -> Option<&AppDescription> {
        match &self.connecting {
            Connecting::ByApp(app) => Some(app),
            Connecting::ByKeys(_) => None,
        }
    }

    /// The keys of an app, from the values of its fields. `None` if the marketplace has no apps, or a value is missing.
    pub fn app_keys(&self, values: BTreeMap<String, SecretString>) -> Option<Credentials> {
        Credentials::new(self.kind, self.app()?.fields, values)
    }

    /// When the seller has to give the permission again, as far as the tokens say it.
    pub fn permission_end(&self, credentials: &Credentials) -> Option<Moment> {
        let refresh = credentials.refresh().filter(|_| self.permission_is_refresh)?;
        refresh.expires_at
    }

    /// The marketplace's id of the shop that credentials are for, where they have it.
    pub fn shop_of(&self, credentials: &Credentials) -> Option<String> {
        self.app()?.permits.shop_of(credentials)
    }

    /// The marketplace's id of the shop of a seller in a country, where that is what tells one shop from another.
    pub fn shop_of_seller(&self, country: Country, seller: &str) -> Option<String> {
        self.app()?.permits.shop_of_seller(country, seller)
    }

    /// Whether staff enter a token. Otherwise it is fetched with the other credentials.
    pub fn has_entered_tokens(&self) -> bool {
        self.fields.iter().any(|field| field.kind == FieldKind::AccessToken)
    }

    /// Credentials without tokens, from the values of the fields. `None` if one is missing.
    pub fn credentials(&self, values: BTreeMap<String, SecretString>) -> Option<Credentials> {
        Credentials::new(self.kind, self.fields, values)
    }

    /// Whether access has to be renewed at `now`: there is none yet, or it ends soon.
    pub fn needs_refresh(&self, credentials: &Credentials, now: Moment) -> bool {
        let Some(before_end) = self.renewed_before_end else { return false };
        let Some(access) = credentials.access() else { return true };
        access.expires_at.is_some_and(|end| end <= now.plus(before_end))
    }

    /// The field of the credential that `failure` refuses, if the marketplace names one or there is only one.
    pub fn refused_field(&self, failure: &Failure) -> Option<&'static Field> {
        if let [only] = self.fields {
            return Some(only);
        }
        if failure.token_ended {
            return self.fields.iter().find(|field| field.kind == FieldKind::AccessToken);
        }
        let message = failure.message.to_lowercase();
        let (_, name) = self.refused_fields.iter().find(|(words, _)| message.contains(words))?;
        self.fields.iter().find(|field| field.name == *name)
    }
}
