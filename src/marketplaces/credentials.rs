//! The credentials of a store: the values of the fields that its marketplace describes, and its tokens. Nothing here prints
//! a secret: secrets are wiped when they are dropped, and written out in one place, [`Credentials::to_json`], for sealing.

use crate::domain::{moment::Moment, stores::connection::ConnectorKind};
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use std::collections::BTreeMap;

#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub kind: FieldKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Id,
    Number,
    Secret,
    /// A secret that signs what we send. After a change the old one signs as well, for [`OVERLAP`].
    SigningSecret,
    AccessToken,
    RefreshToken,
}

/// How long an old and a new signing secret both sign: long enough to change it at the receiver.
pub const OVERLAP: TimeDelta = TimeDelta::days(1);

/// The most old secrets that still sign, if a secret is changed again and again in that time.
const OLD_SECRETS: usize = 3;

impl Field {
    /// Whether the value is never shown again once it is saved.
    pub fn is_secret(&self) -> bool {
        match self.kind {
            FieldKind::Id | FieldKind::Number => false,
            FieldKind::Secret | FieldKind::SigningSecret | FieldKind::AccessToken | FieldKind::RefreshToken => true,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Credentials {
    kind: ConnectorKind,
    fields: &'static [Field],
    /// Ids and secrets, by the names of their fields.
    values: BTreeMap<&'static str, SecretString>,
    /// The token that each request carries.
    access: Option<Token>,
    /// The token that renews the access. Each renewal uses it up.
    refresh: Option<Token>,
    /// Old signing secrets, the newest first, each with the end of its overlap.
    old_secrets: Vec<Token>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Token {
    #[serde(serialize_with = "exposed")]
    pub secret: SecretString,
    /// Not known for a token that staff entered.
    #[serde(default)]
    pub expires_at: Option<Moment>,
}

impl Token {
    pub fn new(secret: String, lifetime_seconds: Option<i64>, now: Moment) -> Self {
        let expires_at = lifetime_seconds.and_then(TimeDelta::try_seconds).map(|lifetime| now.plus(lifetime));
        Self { secret: secret.into(), expires_at }
    }

    pub fn entered(secret: SecretString) -> Self {
        Self { secret, expires_at: None }
    }

    fn is_live(&self, now: Moment) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

/// The tokens of a marketplace that renews access with a second token, as they are stored.
#[derive(Serialize, Deserialize)]
struct Tokens {
    access: Token,
    refresh: Token,
}

/// Credentials as they are stored: the values are beside the tokens.
#[derive(Deserialize)]
struct Stored {
    connector: String,
    #[serde(default)]
    tokens: Option<Tokens>,
    #[serde(default)]
    access: Option<Token>,
    #[serde(default)]
    old_secrets: Vec<Token>,
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
        if !self.old_secrets.is_empty() {
            map.serialize_entry("old_secrets", &self.old_secrets)?;
        }
        map.end()
    }
}

impl Credentials {
    /// Credentials without tokens. `None` if a field has no value.
    pub(super) fn new(
        kind: ConnectorKind,
        fields: &'static [Field],
        mut values: BTreeMap<String, SecretString>,
    ) -> Option<Self> {
        let mut known = BTreeMap::new();
        for field in fields {
            match field.kind {
                FieldKind::Id | FieldKind::Number | FieldKind::Secret | FieldKind::SigningSecret => {
                    known.insert(field.name, values.remove(field.name)?);
                }
                FieldKind::AccessToken | FieldKind::RefreshToken => {}
            }
        }
        Some(Self { kind, fields, values: known, access: None, refresh: None, old_secrets: Vec::new() })
    }

    #[must_use]
    pub fn with_tokens(self, access: Option<Token>, refresh: Option<Token>) -> Self {
        Self { access, refresh, ..self }
    }

    /// These credentials with the tokens of `other`.
    #[must_use]
    pub fn with_tokens_of(self, other: &Self) -> Self {
        self.with_tokens(other.access.clone(), other.refresh.clone())
    }

    /// These credentials, entered at `now` instead of `before` for the same address. If the signing secret has changed,
    /// the one before signs as well until the end of [`OVERLAP`].
    #[must_use]
    pub fn replacing(mut self, before: &Self, now: Moment) -> Self {
        let (Some(new), Some(old)) = (self.signing_secret(), before.signing_secret()) else { return self };
        let mut old_secrets = before.old_secrets.clone();
        if new.expose_secret() != old.expose_secret() {
            old_secrets.insert(0, Token { secret: old.clone(), expires_at: Some(now.plus(OVERLAP)) });
            old_secrets.retain(|old| old.is_live(now) && old.secret.expose_secret() != new.expose_secret());
            old_secrets.truncate(OLD_SECRETS);
        }
        self.old_secrets = old_secrets;
        self
    }

    fn signing_secret(&self) -> Option<&SecretString> {
        let field = self.fields.iter().find(|field| field.kind == FieldKind::SigningSecret)?;
        self.values.get(field.name)
    }

    /// The secrets that sign what is sent at `now`: the current one, then old ones.
    pub(super) fn signing_secrets(&self, now: Moment) -> Vec<&SecretString> {
        let mut secrets: Vec<&SecretString> = self.signing_secret().into_iter().collect();
        secrets.extend(self.old_secrets.iter().filter(|old| old.is_live(now)).map(|old| &old.secret));
        secrets
    }

    pub fn kind(&self) -> ConnectorKind {
        self.kind
    }

    /// The value of a field that is not a token.
    pub fn value(&self, name: &str) -> &SecretString {
        self.values.get(name).unwrap_or_else(|| panic!("{:?} describes no field {name}", self.kind))
    }

    pub fn id(&self, name: &str) -> &str {
        self.value(name).expose_secret()
    }

    /// The value that was entered into a field, or the token that has replaced it since.
    pub fn of_field(&self, field: &Field) -> Option<&SecretString> {
        match field.kind {
            FieldKind::Id | FieldKind::Number | FieldKind::Secret | FieldKind::SigningSecret => {
                self.values.get(field.name)
            }
            FieldKind::AccessToken => self.access.as_ref().map(|token| &token.secret),
            FieldKind::RefreshToken => self.refresh.as_ref().map(|token| &token.secret),
        }
    }

    pub fn access(&self) -> Option<&Token> {
        self.access.as_ref()
    }

    pub fn refresh(&self) -> Option<&Token> {
        self.refresh.as_ref()
    }

    pub fn is_same(&self, other: &Self) -> bool {
        self.to_json().expose_secret() == other.to_json().expose_secret()
    }

    /// JSON with all secrets: for sealing, and nothing else.
    pub fn to_json(&self) -> SecretString {
        serde_json::to_string(self).expect("credentials are plain texts and times").into()
    }

    /// Reads what [`Self::to_json`] wrote. `describe` has the kind of a code and the fields of its marketplace.
    pub(super) fn from_json(
        json: &SecretString,
        describe: impl FnOnce(&str) -> Option<(ConnectorKind, &'static [Field])>,
    ) -> Option<Self> {
        let Stored { connector, tokens, access, old_secrets, values } =
            serde_json::from_str(json.expose_secret()).ok()?;
        let (kind, fields) = describe(&connector)?;
        let (access, refresh) = match tokens {
            Some(Tokens { access, refresh }) => (Some(access), Some(refresh)),
            None => (access, None),
        };
        if access.is_none() && fields.iter().any(|field| field.kind == FieldKind::AccessToken) {
            return None;
        }
        Some(Self { old_secrets, ..Self::new(kind, fields, values)?.with_tokens(access, refresh) })
    }

    /// Every secret, to be removed from the messages of marketplaces.
    pub(super) fn secrets(&self) -> Vec<SecretString> {
        let mut secrets = Vec::new();
        for field in self.fields.iter().filter(|field| field.is_secret()) {
            secrets.extend(self.values.get(field.name).cloned());
        }
        let tokens = [&self.access, &self.refresh].into_iter().flatten();
        secrets.extend(tokens.chain(&self.old_secrets).map(|token| token.secret.clone()));
        secrets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplaces::registry;

    /// Earlier versions have sealed such texts: they have to open for ever.
    #[test]
    fn stored_credentials_are_read_and_written_as_ever() {
        for json in [
            r#"{"connector":"lazada","app_key":"1","app_secret":"s","tokens":{"access":{"secret":"a","expires_at":null},"refresh":{"secret":"r","expires_at":"2026-11-11T00:00:00Z"}}}"#,
            r#"{"connector":"shopee","partner_id":"1","partner_key":"s","shop_id":"2","tokens":{"access":{"secret":"a","expires_at":null},"refresh":{"secret":"r","expires_at":null}}}"#,
            r#"{"connector":"zalora","client_id":"1","client_secret":"s","access":{"secret":"a","expires_at":null}}"#,
            r#"{"connector":"webhook","secret":"s"}"#,
            r#"{"connector":"webhook","secret":"s","old_secrets":[{"secret":"o","expires_at":"2026-11-11T00:00:00Z"}]}"#,
            r#"{"connector":"file"}"#,
        ] {
            let read = registry::credentials_of(&json.into()).unwrap_or_else(|| panic!("{json}"));
            let written: serde_json::Value = serde_json::from_str(read.to_json().expose_secret()).expect("JSON");
            assert_eq!(written, serde_json::from_str::<serde_json::Value>(json).expect("JSON"));
        }
        let without_token = r#"{"connector":"zalora","client_id":"1","client_secret":"s","access":null}"#;
        assert!(registry::credentials_of(&without_token.into()).is_some_and(|zalora| zalora.access.is_none()));
        for incomplete in [
            r#"{"connector":"lazada","app_key":"1","app_secret":"s"}"#,
            r#"{"connector":"shopee","partner_id":"1"}"#,
            r#"{"connector":"another"}"#,
        ] {
            assert!(registry::credentials_of(&incomplete.into()).is_none(), "{incomplete}");
        }
    }

    #[test]
    fn an_old_signing_secret_signs_for_a_day_beside_the_new_one() {
        let webhook = |secret: &str| {
            let values = BTreeMap::from([("secret".to_owned(), secret.into())]);
            registry::describe(crate::marketplaces::webhook::KIND).credentials(values).expect("all fields")
        };
        let signing = |credentials: &Credentials, now: Moment| {
            let secrets = credentials.signing_secrets(now).into_iter();
            secrets.map(|secret| secret.expose_secret().to_owned()).collect::<Vec<_>>().join(" ")
        };
        let start = Moment::from(chrono::DateTime::UNIX_EPOCH);
        let hours = |hours| start.plus(TimeDelta::hours(hours));
        let first = webhook("a");
        let unchanged = webhook("a").replacing(&first, start);
        assert!(unchanged.is_same(&first));
        let second = webhook("b").replacing(&first, start);
        assert_eq!(signing(&second, hours(23)), "b a");
        assert_eq!(signing(&second, hours(24)), "b");
        assert_eq!(second.secrets().len(), 2, "both are removed from messages");
        let saved_again = webhook("b").replacing(&second, hours(30));
        assert!(saved_again.is_same(&second), "an unchanged secret is no new connection");
        let third = webhook("c").replacing(&second, hours(12));
        assert_eq!(signing(&third, hours(23)), "c b a");
        assert_eq!(signing(&third, hours(25)), "c b", "each has its own day");
        let back = webhook("a").replacing(&second, hours(12));
        assert_eq!(signing(&back, hours(13)), "a b", "no secret signs twice");
        let opened = registry::credentials_of(&third.to_json()).expect("credentials");
        assert_eq!(signing(&opened, hours(23)), "c b a");
        let printed = format!("{third:?}");
        assert!(printed.contains("REDACTED"), "{printed}");
    }
}
