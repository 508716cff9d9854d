//! The form of a connection. It holds secrets, so it has no `Debug`.

use crate::{
    db::stores::connections::Connection,
    domain::{moment::Moment, stores::connection::ConnectorKind, text::secret_line},
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

const ID_LIMIT_CHARS: usize = 100;
const SECRET_LIMIT_CHARS: usize = 4_000;

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ConnectionForm {
    pub(super) kind: String,
    pub(super) api_url: String,
    pub(super) rate: String,
    /// The code of the chosen warehouse; empty for none.
    pub(super) warehouse: String,
    /// The kind of the connection that staff agreed to replace by a file.
    pub(super) replaces: String,
    /// By the name of the field.
    #[serde(flatten)]
    credentials: BTreeMap<String, String>,
}

/// The stored credentials, as far as the form may use them.
pub(super) enum Stored {
    Nothing,
    /// An empty secret field means the stored one.
    SameAddress(Credentials),
    /// They were entered for another address. Secrets are only sent to the address they were entered for.
    OtherAddress,
}

impl ConnectionForm {
    pub(super) fn new(kind: ConnectorKind) -> Self {
        Self {
            kind: kind.as_str().to_owned(),
            api_url: kind.default_api_url().unwrap_or_default().to_owned(),
            rate: kind.default_rate().to_string(),
            warehouse: String::new(),
            replaces: String::new(),
            credentials: BTreeMap::new(),
        }
    }

    /// Ids are shown again, secrets never.
    pub(super) fn of(connection: &Connection, fields: &[Field], credentials: Option<&Credentials>) -> Self {
        let mut ids = BTreeMap::new();
        for field in fields.iter().filter(|field| !field.is_secret()) {
            if let Some(value) = credentials.and_then(|credentials| credentials.of_field(field)) {
                ids.insert(field.name.to_owned(), value.expose_secret().to_owned());
            }
        }
        Self {
            kind: connection.kind.as_str().to_owned(),
            api_url: connection.api_url.clone(),
            rate: connection.rate.to_string(),
            warehouse: connection.warehouse.clone().unwrap_or_default(),
            replaces: String::new(),
            credentials: ids,
        }
    }

    /// The value that a page may show.
    pub(super) fn shown(&self, field: &Field) -> &str {
        if field.is_secret() { "" } else { self.typed(field) }
    }

    fn typed(&self, field: &Field) -> &str {
        self.credentials.get(field.name).map_or("", |typed| typed.trim())
    }

    /// The secret fields that were filled in. No page shows them again.
    pub(super) fn secrets(&self, fields: &'static [Field]) -> Vec<&'static Field> {
        fields.iter().filter(|field| field.is_secret() && !self.typed(field).is_empty()).collect()
    }

    pub(super) fn parse_credentials(
        &self,
        description: &Description,
        stored: &Stored,
        now: Moment,
        errors: &mut FormErrors,
    ) -> Option<Credentials> {
        let before = if let Stored::SameAddress(before) = stored { Some(before) } else { None };
        let mut values = BTreeMap::new();
        let mut access = None;
        let mut refresh = None;
        for field in description.fields {
            let Some(value) = self.parse_field(field, stored, errors) else { continue };
            let is_typed = !self.typed(field).is_empty();
            match field.kind {
                FieldKind::Id | FieldKind::Number | FieldKind::Secret | FieldKind::SigningSecret => {
                    values.insert(field.name.to_owned(), value);
                }
                FieldKind::AccessToken if is_typed => access = Some(Token::entered(value)),
                FieldKind::AccessToken => access = before.and_then(Credentials::access).cloned(),
                FieldKind::RefreshToken if is_typed => refresh = Some(Token::entered(value)),
                FieldKind::RefreshToken => refresh = before.and_then(Credentials::refresh).cloned(),
            }
        }
        if description.fields.iter().any(|field| !errors.at(field.name).is_empty()) {
            return None;
        }
        let entered = description.credentials(values)?;
        if !description.has_entered_tokens() {
            // A token that was fetched is only valid for the credentials it was fetched with.
            let same = before.filter(|before| (*before).clone().with_tokens(None, None).is_same(&entered));
            access = same.and_then(Credentials::access).cloned();
        }
        let entered = entered.with_tokens(access, refresh);
        Some(match before {
            Some(before) => entered.replacing(before, now),
            None => entered,
        })
    }

    fn parse_field(&self, field: &Field, stored: &Stored, errors: &mut FormErrors) -> Option<SecretString> {
        let typed = self.typed(field);
        if field.is_secret() && typed.is_empty() {
            match stored {
                Stored::SameAddress(before) => return before.of_field(field).cloned(),
                Stored::OtherAddress => {
                    errors.push(field.name, format!("The address has changed: enter the {} again.", field.label));
                    return None;
                }
                Stored::Nothing => {}
            }
        }
        let limit = if field.is_secret() { SECRET_LIMIT_CHARS } else { ID_LIMIT_CHARS };
        let value = errors.keep(field.name, secret_line(field.label, typed, limit))?;
        let is_number = value.len() <= 18 && value.bytes().all(|byte| byte.is_ascii_digit());
        if field.kind == FieldKind::Number && !is_number {
            errors.push(field.name, format!("Enter the {} as the marketplace shows it: a whole number.", field.label));
            return None;
        }
        Some(value.into())
    }
}
