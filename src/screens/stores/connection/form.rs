//! The form of a connection, as it arrives. It holds secrets: nothing here can print them.

use super::fields::{self, Field};
use crate::{
    connectors::Credentials,
    db::stores::connections::Connection,
    domain::stores::{api_address::ApiAddress, connection::ConnectorKind},
    web::form::FormErrors,
};
use serde::Deserialize;

/// The form, as it was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ConnectionForm {
    pub(super) kind: String,
    pub(super) api_url: String,
    pub(super) rate: String,
    pub(super) app_key: String,
    pub(super) app_secret: String,
    pub(super) partner_id: String,
    pub(super) partner_key: String,
    pub(super) shop_id: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) secret: String,
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    /// The credentials of the try before, sealed, so that nobody has to type them again.
    pub(super) sealed: String,
    /// Whether they are to be saved although the marketplace did not answer.
    pub(super) unchecked: String,
}

impl ConnectionForm {
    /// The form for a store that is to be connected to `kind`.
    pub(super) fn new(kind: ConnectorKind) -> Self {
        Self {
            kind: kind.as_str().to_owned(),
            api_url: kind.default_api_url().unwrap_or_default().to_owned(),
            rate: kind.default_rate().to_string(),
            ..Self::default()
        }
    }

    /// What is stored, to be edited. Of credentials the ids are shown.
    pub(super) fn of(connection: &Connection, credentials: Option<&Credentials>) -> Self {
        let stored = Self {
            kind: connection.kind.as_str().to_owned(),
            api_url: connection.api_url.clone(),
            rate: connection.rate.to_string(),
            ..Self::default()
        };
        match credentials {
            Some(Credentials::Lazada(lazada)) => Self { app_key: lazada.app_key.clone(), ..stored },
            Some(Credentials::Shopee(shopee)) => {
                Self { partner_id: shopee.partner_id.clone(), shop_id: shopee.shop_id.clone(), ..stored }
            }
            Some(Credentials::Zalora(zalora)) => Self { client_id: zalora.client_id.clone(), ..stored },
            Some(Credentials::Webhook(_) | Credentials::File) | None => stored,
        }
    }

    /// The same without a secret, as a page may hold it.
    pub(super) fn without_secrets(self) -> Self {
        let nothing = String::new;
        Self {
            app_secret: nothing(),
            partner_key: nothing(),
            client_secret: nothing(),
            secret: nothing(),
            access_token: nothing(),
            refresh_token: nothing(),
            ..self
        }
    }

    /// The fields of secrets into which something was typed.
    pub(super) fn secrets(&self, kind: ConnectorKind) -> Vec<&'static Field> {
        fields::of(kind).iter().filter(|field| field.is_secret && !self.value(field.name).trim().is_empty()).collect()
    }

    /// What was typed into the field of credentials with this name.
    pub(super) fn value(&self, name: &str) -> &str {
        match name {
            "app_key" => &self.app_key,
            "app_secret" => &self.app_secret,
            "partner_id" => &self.partner_id,
            "partner_key" => &self.partner_key,
            "shop_id" => &self.shop_id,
            "client_id" => &self.client_id,
            "client_secret" => &self.client_secret,
            "secret" => &self.secret,
            "access_token" => &self.access_token,
            "refresh_token" => &self.refresh_token,
            other => unreachable!("{other} is no field of credentials"),
        }
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
}
