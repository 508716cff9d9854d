//! What a store's connector proves itself with. Nothing here prints a secret: they are wiped when they are dropped,
//! and written out in one place, [`Credentials::to_json`], for sealing.

use crate::domain::{moment::Moment, stores::connection::ConnectorKind};
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

/// The credentials of one store.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "connector", rename_all = "snake_case")]
pub enum Credentials {
    /// Lazada's.
    Lazada(LazadaCredentials),
    /// Shopee's.
    Shopee(ShopeeCredentials),
    /// Zalora's.
    Zalora(ZaloraCredentials),
    /// A webhook's.
    Webhook(WebhookCredentials),
    /// A file needs none.
    File,
}

/// What Lazada gives to an app and to the seller who let it in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LazadaCredentials {
    /// The app.
    pub app_key: String,
    /// Its secret, which signs.
    #[serde(serialize_with = "exposed")]
    pub app_secret: SecretString,
    /// What the seller's permission gave: about 30 days of access, and 180 days of new access.
    pub tokens: Tokens,
}

/// What Shopee gives to a partner and to the shop that let it in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShopeeCredentials {
    /// The partner.
    pub partner_id: String,
    /// Its key, which signs.
    #[serde(serialize_with = "exposed")]
    pub partner_key: SecretString,
    /// The shop.
    pub shop_id: String,
    /// What the shop's permission gave: four hours of access, and 30 days of new access.
    pub tokens: Tokens,
}

/// What Zalora gives to a seller's application.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ZaloraCredentials {
    /// The application.
    pub client_id: String,
    /// Its secret.
    #[serde(serialize_with = "exposed")]
    pub client_secret: SecretString,
    /// The token that was fetched last: an hour of access.
    #[serde(default)]
    pub access: Option<Token>,
}

/// What a webhook and we both know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WebhookCredentials {
    /// The secret, which signs.
    #[serde(serialize_with = "exposed")]
    pub secret: SecretString,
}

/// A token of access and the one that renews it. Each renewal uses up the second.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tokens {
    /// What each call shows.
    pub access: Token,
    /// What renews it, once.
    pub refresh: Token,
}

/// A token, and its end if that is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Token {
    /// The token.
    #[serde(serialize_with = "exposed")]
    pub secret: SecretString,
    /// When it ends. Whoever types a token in does not know it.
    #[serde(default)]
    pub expires_at: Option<Moment>,
}

impl Token {
    /// A token that was given `seconds` to live.
    #[must_use]
    pub fn new(secret: String, lifetime_seconds: Option<i64>, now: Moment) -> Self {
        let expires_at = lifetime_seconds.and_then(TimeDelta::try_seconds).map(|lifetime| now.plus(lifetime));
        Self { secret: secret.into(), expires_at }
    }
}

/// Writes a secret out, which `secrecy` does not do by itself.
fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

impl Credentials {
    /// The connector that they are for.
    #[must_use]
    pub fn kind(&self) -> ConnectorKind {
        match self {
            Self::Lazada(_) => ConnectorKind::Lazada,
            Self::Shopee(_) => ConnectorKind::Shopee,
            Self::Zalora(_) => ConnectorKind::Zalora,
            Self::Webhook(_) => ConnectorKind::Webhook,
            Self::File => ConnectorKind::File,
        }
    }

    /// When the access ends, if that is known.
    #[must_use]
    pub fn expires_at(&self) -> Option<Moment> {
        match self {
            Self::Lazada(lazada) => lazada.tokens.access.expires_at,
            Self::Shopee(shopee) => shopee.tokens.access.expires_at,
            Self::Zalora(zalora) => zalora.access.as_ref().and_then(|token| token.expires_at),
            Self::Webhook(_) | Self::File => None,
        }
    }

    /// When the permission itself ends, if that is known: after it, somebody has to give it anew.
    #[must_use]
    pub fn permission_ends_at(&self) -> Option<Moment> {
        match self {
            Self::Lazada(lazada) => lazada.tokens.refresh.expires_at,
            Self::Shopee(shopee) => shopee.tokens.refresh.expires_at,
            Self::Zalora(_) | Self::Webhook(_) | Self::File => None,
        }
    }

    /// Whether tokens are to be renewed at `now`: there is none yet, or the last part of its life has begun.
    #[must_use]
    pub fn needs_refresh(&self, now: Moment) -> bool {
        let margin = match self {
            Self::Lazada(_) => TimeDelta::days(1),
            Self::Shopee(_) => TimeDelta::minutes(20),
            Self::Zalora(zalora) if zalora.access.is_none() => return true,
            Self::Zalora(_) => TimeDelta::minutes(5),
            Self::Webhook(_) | Self::File => return false,
        };
        self.expires_at().is_some_and(|end| end <= now.plus(margin))
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
        serde_json::from_str(json.expose_secret()).ok()
    }

    /// Every secret in it, for taking them out of what others say.
    pub(super) fn secrets(&self) -> Vec<SecretString> {
        match self {
            Self::Lazada(LazadaCredentials { app_key: _, app_secret, tokens }) => {
                vec![app_secret.clone(), tokens.access.secret.clone(), tokens.refresh.secret.clone()]
            }
            Self::Shopee(ShopeeCredentials { partner_id: _, partner_key, shop_id: _, tokens }) => {
                vec![partner_key.clone(), tokens.access.secret.clone(), tokens.refresh.secret.clone()]
            }
            Self::Zalora(ZaloraCredentials { client_id: _, client_secret, access }) => {
                let access = access.iter().map(|token| token.secret.clone());
                access.chain([client_secret.clone()]).collect()
            }
            Self::Webhook(WebhookCredentials { secret }) => vec![secret.clone()],
            Self::File => Vec::new(),
        }
    }
}
