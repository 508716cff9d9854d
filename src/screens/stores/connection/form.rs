//! The form of a connection: as it arrives, and what it says. It holds secrets: nothing here can print them.

use crate::{
    db::stores::connections::Connection,
    domain::{
        stores::{api_address::ApiAddress, connection::ConnectorKind},
        text::single_line,
    },
    marketplaces::{
        Credentials,
        credentials::{Field, FieldKind, Token},
        description::Description,
    },
    web::form::FormErrors,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most characters of an id and of a secret.
const ID_LIMIT: usize = 100;
const SECRET_LIMIT: usize = 4_000;

/// The form, as it was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ConnectionForm {
    pub(super) kind: String,
    pub(super) api_url: String,
    pub(super) rate: String,
    /// What was typed into the fields of credentials, by their names.
    #[serde(flatten)]
    credentials: BTreeMap<String, String>,
}

/// The credentials that a store has already, as far as the form may use them.
pub(super) enum Stored {
    /// There are none.
    Nothing,
    /// A secret that is left empty stays as it is.
    Here(Credentials),
    /// They were entered for another address. Secrets are sent nowhere else than to where they were entered for.
    Elsewhere,
}

impl ConnectionForm {
    /// The form for a store that is to be connected to `kind`.
    pub(super) fn new(kind: ConnectorKind) -> Self {
        Self {
            kind: kind.as_str().to_owned(),
            api_url: kind.default_api_url().unwrap_or_default().to_owned(),
            rate: kind.default_rate().to_string(),
            credentials: BTreeMap::new(),
        }
    }

    /// What is stored, to be edited. Of credentials the ids are shown.
    pub(super) fn of(connection: &Connection, fields: &[Field], credentials: Option<&Credentials>) -> Self {
        let mut ids = BTreeMap::new();
        for field in fields.iter().filter(|field| !field.is_secret()) {
            let value = credentials.and_then(|credentials| credentials.of_field(field));
            ids.extend(value.map(|value| (field.name.to_owned(), value.expose_secret().to_owned())));
        }
        Self {
            kind: connection.kind.as_str().to_owned(),
            api_url: connection.api_url.clone(),
            rate: connection.rate.to_string(),
            credentials: ids,
        }
    }

    /// What a page may show in a field of credentials.
    pub(super) fn shown(&self, field: &Field) -> &str {
        if field.is_secret() { "" } else { self.typed(field) }
    }

    fn typed(&self, field: &Field) -> &str {
        self.credentials.get(field.name).map_or("", |typed| typed.trim())
    }

    /// The secrets that were typed: no page repeats them.
    pub(super) fn secrets(&self, fields: &'static [Field]) -> Vec<&'static Field> {
        fields.iter().filter(|field| field.is_secret() && !self.typed(field).is_empty()).collect()
    }

    /// Where the API is; what is wrong goes to `errors`.
    pub(super) fn parse_address(&self, kind: ConnectorKind, errors: &mut FormErrors) -> Option<ApiAddress> {
        errors.keep("api_url", ApiAddress::parse(kind, &self.api_url))
    }

    /// How many requests a second may be sent; what is wrong goes to `errors`.
    pub(super) fn parse_rate(&self, errors: &mut FormErrors) -> Option<i64> {
        let rate = self.rate.trim().parse().ok().filter(|rate| (1..=1_000).contains(rate));
        errors.keep("rate", rate.ok_or("Enter how many requests a second it may be sent: 1 to 1000."))
    }

    /// The credentials that the form describes; what is wrong goes to `errors`.
    pub(super) fn parse_credentials(
        &self,
        description: &Description,
        stored: &Stored,
        errors: &mut FormErrors,
    ) -> Option<Credentials> {
        let before = if let Stored::Here(before) = stored { Some(before) } else { None };
        let mut values = BTreeMap::new();
        let mut access = None;
        let mut refresh = None;
        for field in description.fields {
            let Some(value) = self.parse_field(field, stored, errors) else { continue };
            let is_typed = !self.typed(field).is_empty();
            match field.kind {
                FieldKind::Id | FieldKind::Number | FieldKind::Secret => {
                    values.insert(field.name.to_owned(), value);
                }
                FieldKind::AccessToken if is_typed => access = Some(Token::entered(value)),
                FieldKind::AccessToken => access = before.and_then(Credentials::access).cloned(),
                FieldKind::RefreshToken if is_typed => refresh = Some(Token::entered(value)),
                FieldKind::RefreshToken => refresh = before.and_then(Credentials::refresh).cloned(),
            }
        }
        let entered = description.credentials(values)?;
        if !description.has_entered_tokens() {
            // A token that was fetched counts for the credentials with which it was.
            let same = before.filter(|before| (*before).clone().with_tokens(None, None).is_same(&entered));
            access = same.and_then(Credentials::access).cloned();
        }
        Some(entered.with_tokens(access, refresh))
    }

    fn parse_field(&self, field: &Field, stored: &Stored, errors: &mut FormErrors) -> Option<SecretString> {
        let typed = self.typed(field);
        if field.is_secret() && typed.is_empty() {
            match stored {
                Stored::Here(before) => return before.of_field(field).cloned(),
                Stored::Elsewhere => {
                    errors.push(field.name, format!("The address has changed: enter the {} again.", field.label));
                    return None;
                }
                Stored::Nothing => {}
            }
        }
        let limit = if field.is_secret() { SECRET_LIMIT } else { ID_LIMIT };
        let value = errors.keep(field.name, single_line(field.label, typed, limit))?;
        let is_number = value.len() <= 18 && value.bytes().all(|byte| byte.is_ascii_digit());
        if field.kind == FieldKind::Number && !is_number {
            errors.push(field.name, format!("Enter the {} as the marketplace shows it: a whole number.", field.label));
            return None;
        }
        Some(value.into())
    }
}
