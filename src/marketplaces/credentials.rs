//! What a store proves itself with at its marketplace: the values of the fields that the marketplace describes, and its
//! tokens. Nothing here prints a secret: they are wiped when they are dropped, and written out in one place,
//! [`Credentials::to_json`], for sealing.

use super::{
    description::{Field, FieldKind},
    registry,
};
use crate::domain::{moment::Moment, stores::connection::ConnectorKind};
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use std::collections::BTreeMap;

/// The credentials of one store.
#[derive(Clone, Debug)]
pub struct Credentials {
    kind: ConnectorKind,
    /// Ids and secrets, by the names of their fields.
    values: BTreeMap<&'static str, SecretString>,
    /// What each call shows.
    access: Option<Token>,
    /// What renews the access, once: each renewal uses it up.
    refresh: Option<Token>,
}

/// A token, and its end if that is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Token {
    /// The token.
    #[serde(serialize_with = "exposed")]
    pub secret: SecretString,
    /// When it ends. It is not known of a token that staff entered.
    #[serde(default)]
    pub expires_at: Option<Moment>,
}

impl Token {
    /// A token that lasts for `seconds`.
    #[must_use]
    pub fn new(secret: String, lifetime_seconds: Option<i64>, now: Moment) -> Self {
        let expires_at = lifetime_seconds.and_then(TimeDelta::try_seconds).map(|lifetime| now.plus(lifetime));
        Self { secret: secret.into(), expires_at }
    }

    /// A token whose end is not known.
    #[must_use]
    pub fn entered(secret: SecretString) -> Self {
        Self { secret, expires_at: None }
    }
}

/// The tokens of a marketplace that renews access with a second token, as they are stored.
#[derive(Serialize, Deserialize)]
struct Tokens {
    access: Token,
    refresh: Token,
}

/// Credentials as they are stored: the values stand beside the tokens.
#[derive(Deserialize)]
struct Stored {
    connector: String,
    #[serde(default)]
    tokens: Option<Tokens>,
    #[serde(default)]
    access: Option<Token>,
    #[serde(flatten)]
    values: BTreeMap<String, SecretString>,
}

/// Writes a secret out, which `secrecy` does not do by itself.
fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

impl Serialize for Credentials {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("connector", self.kind.as_str())?;
        for (name, value) in &self.values {
            map.serialize_entry(name, value.expose_secret())?;
        }
        match (&self.access, &self.refresh) {
            (Some(access), Some(refresh)) => {
                map.serialize_entry("tokens", &Tokens { access: access.clone(), refresh: refresh.clone() })?;
            }
            (Some(access), None) => map.serialize_entry("access", access)?,
            (None, _) => {}
        }
        map.end()
    }
}

impl Credentials {
    /// Credentials for `kind` without tokens, from the values of its fields. `None` if one is missing.
    #[must_use]
    pub fn new(kind: ConnectorKind, mut values: BTreeMap<String, SecretString>) -> Option<Self> {
        let mut known = BTreeMap::new();
        for field in registry::describe(kind).fields {
            match field.kind {
                FieldKind::Id | FieldKind::Number | FieldKind::Secret => {
                    known.insert(field.name, values.remove(field.name)?);
                }
                FieldKind::AccessToken | FieldKind::RefreshToken => {}
            }
        }
        Some(Self { kind, values: known, access: None, refresh: None })
    }

    /// The same with other tokens.
    #[must_use]
    pub fn with_tokens(self, access: Option<Token>, refresh: Option<Token>) -> Self {
        Self { access, refresh, ..self }
    }

    /// The marketplace that they are for.
    #[must_use]
    pub fn kind(&self) -> ConnectorKind {
        self.kind
    }

    /// The value of a field that is no token.
    ///
    /// # Panics
    /// When the marketplace describes no such field.
    #[must_use]
    pub fn value(&self, name: &str) -> &SecretString {
        self.values.get(name).unwrap_or_else(|| panic!("{:?} describes no field {name}", self.kind))
    }

    /// The value of a field that is no secret.
    ///
    /// # Panics
    /// When the marketplace describes no such field.
    #[must_use]
    pub fn id(&self, name: &str) -> &str {
        self.value(name).expose_secret()
    }

    /// What was entered into a field, or came in its place since.
    #[must_use]
    pub fn of_field(&self, field: &Field) -> Option<&SecretString> {
        match field.kind {
            FieldKind::Id | FieldKind::Number | FieldKind::Secret => self.values.get(field.name),
            FieldKind::AccessToken => self.access.as_ref().map(|token| &token.secret),
            FieldKind::RefreshToken => self.refresh.as_ref().map(|token| &token.secret),
        }
    }

    /// The token that each call shows, if there is one.
    #[must_use]
    pub fn access(&self) -> Option<&Token> {
        self.access.as_ref()
    }

    /// The token that renews the access, if the marketplace gives one.
    #[must_use]
    pub fn refresh(&self) -> Option<&Token> {
        self.refresh.as_ref()
    }

    /// Whether access is to be renewed at `now`: there is none yet, or the last part of its life has begun.
    #[must_use]
    pub fn needs_refresh(&self, now: Moment) -> bool {
        let Some(renewal) = registry::describe(self.kind).renewal else { return false };
        let Some(access) = &self.access else { return true };
        access.expires_at.is_some_and(|end| end <= now.plus(renewal.before_end))
    }

    /// Whether the others are the same, secrets too.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.to_json().expose_secret() == other.to_json().expose_secret()
    }

    /// All of it as JSON, secrets too: for sealing, and nothing else.
    ///
    /// # Panics
    /// Never: there is nothing in it that JSON could not say.
    #[must_use]
    pub fn to_json(&self) -> SecretString {
        serde_json::to_string(self).expect("credentials are plain texts and times").into()
    }

    /// What [`Self::to_json`] wrote.
    #[must_use]
    pub fn from_json(json: &SecretString) -> Option<Self> {
        let Stored { connector, tokens, access, values } = serde_json::from_str(json.expose_secret()).ok()?;
        let kind = registry::find(&connector)?;
        let (access, refresh) = match tokens {
            Some(Tokens { access, refresh }) => (Some(access), Some(refresh)),
            None => (access, None),
        };
        if registry::describe(kind).has_entered_tokens() && access.is_none() {
            return None;
        }
        Some(Self::new(kind, values)?.with_tokens(access, refresh))
    }

    /// Every secret in it, to be removed from what marketplaces say.
    pub(super) fn secrets(&self) -> Vec<SecretString> {
        let fields = registry::describe(self.kind).fields.iter().filter(|field| field.kind == FieldKind::Secret);
        let values = fields.filter_map(|field| self.values.get(field.name));
        let tokens = [&self.access, &self.refresh].into_iter().flatten().map(|token| &token.secret);
        values.chain(tokens).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What earlier versions sealed has to open for ever.
    #[test]
    fn stored_credentials_are_read_and_written_as_ever() {
        for json in [
            r#"{"connector":"lazada","app_key":"1","app_secret":"s","tokens":{"access":{"secret":"a","expires_at":null},"refresh":{"secret":"r","expires_at":"2026-11-11T00:00:00Z"}}}"#,
            r#"{"connector":"shopee","partner_id":"1","partner_key":"s","shop_id":"2","tokens":{"access":{"secret":"a","expires_at":null},"refresh":{"secret":"r","expires_at":null}}}"#,
            r#"{"connector":"zalora","client_id":"1","client_secret":"s","access":{"secret":"a","expires_at":null}}"#,
            r#"{"connector":"webhook","secret":"s"}"#,
            r#"{"connector":"file"}"#,
        ] {
            let read = Credentials::from_json(&json.into()).unwrap_or_else(|| panic!("{json}"));
            let written: serde_json::Value = serde_json::from_str(read.to_json().expose_secret()).expect("JSON");
            assert_eq!(written, serde_json::from_str::<serde_json::Value>(json).expect("JSON"));
        }
        let without_token = r#"{"connector":"zalora","client_id":"1","client_secret":"s","access":null}"#;
        assert!(Credentials::from_json(&without_token.into()).is_some_and(|zalora| zalora.access.is_none()));
        for incomplete in [
            r#"{"connector":"lazada","app_key":"1","app_secret":"s"}"#,
            r#"{"connector":"shopee","partner_id":"1"}"#,
            r#"{"connector":"another"}"#,
        ] {
            assert!(Credentials::from_json(&incomplete.into()).is_none(), "{incomplete}");
        }
    }
}
