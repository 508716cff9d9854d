//! What a marketplace says of itself: its facts for the rules, its form, how its access is renewed, and how a connection
//! of it is made.

use super::{
    credentials::Credentials,
    http::Api,
    push::{AnyMarketplace, Marketplace},
};
use crate::domain::{
    code::StoreCode,
    stores::{connection::ConnectorKind, failure::Failure},
};
use chrono::TimeDelta;

/// One marketplace. See [`super::registry`] for all.
pub struct Description {
    /// Its facts.
    pub kind: ConnectorKind,
    /// What it is for, where a connection is chosen.
    pub hint: &'static str,
    /// What its form says about the address of its API.
    pub address_hint: &'static str,
    /// The fields of its credentials, in the order of its form.
    pub fields: &'static [Field],
    /// How its access is renewed; `None` if it never ends.
    pub renewal: Option<Renewal>,
    /// Words of its refusals, in lower case, each with the field of the credential that is refused then.
    pub refused_fields: &'static [(&'static str, &'static str)],
    /// How many listings it takes with one request.
    pub batch: Batch,
    /// Makes a connection of a store; `None` if nothing is sent to it.
    pub(super) connect: Option<Connect>,
}

/// Makes a connection of a store to a marketplace.
pub(super) type Connect = fn(Api, &StoreCode, Credentials) -> Box<dyn AnyMarketplace>;

/// Puts a marketplace behind a pointer, for [`Description::connect`].
pub(super) fn boxed(marketplace: impl Marketplace + 'static) -> Box<dyn AnyMarketplace> {
    Box::new(marketplace)
}

/// A field of credentials.
pub struct Field {
    /// Its name in the form, and among the credentials.
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// Where it is found, or what it does.
    pub hint: &'static str,
    /// What is entered.
    pub kind: FieldKind,
}

/// What a field of credentials holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// An id, which is shown.
    Id,
    /// An id that is a number.
    Number,
    /// A secret, which is never shown again.
    Secret,
    /// The token of access, a secret.
    AccessToken,
    /// The token that renews the access, a secret.
    RefreshToken,
}

impl Field {
    /// Whether it is never shown again once it is saved.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        match self.kind {
            FieldKind::Id | FieldKind::Number => false,
            FieldKind::Secret | FieldKind::AccessToken | FieldKind::RefreshToken => true,
        }
    }
}

/// How access is renewed.
#[derive(Clone, Copy)]
pub struct Renewal {
    /// How long before its end.
    pub before_end: TimeDelta,
}

/// How listings are put into requests.
#[derive(Clone, Copy)]
pub struct Batch {
    /// The most listings of one request.
    pub most: usize,
    /// Whether a request is about one item, that is about variants of one product.
    pub is_of_one_item: bool,
}

impl Description {
    /// Whether a token is entered by staff. Otherwise the access is fetched with the other credentials.
    #[must_use]
    pub fn has_entered_tokens(&self) -> bool {
        self.fields.iter().any(|field| field.kind == FieldKind::AccessToken)
    }

    /// The field of the credential that `failure` refuses, if the marketplace says so or there is only one.
    #[must_use]
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
