//! Zalora's Seller Center API, version 2: `PUT /v2/stock/product` sets the stock of a list of products and answers with
//! their stock after it. A token of an hour is fetched with the application's own credentials.
//!
//! Source: `sellercenter-api.zalora.com/docs`. It publishes neither limits nor the words of its refusals: the status of a
//! response decides the class of a failure. Campaigns cannot be read.

use super::{
    credentials::{Credentials, Field, FieldKind, Token},
    description::{Description, Opening, boxed},
    http::{Api, HttpAnswer},
    loose,
    push::{BatchSize, Confirmation, Marketplace, Written},
    target::Target,
};
use crate::domain::stores::{
    connection::{ConnectorKind, IdFacts, MarketplaceFacts},
    failure::{Failure, FailureClass},
};
use chrono::TimeDelta;
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

static FACTS: MarketplaceFacts = MarketplaceFacts {
    code: "zalora",
    label: "Zalora",
    addresses: &[
        ("SG", "https://sellercenter-api.zalora.com"),
        ("PH", "https://sellercenter-api.zalora.com.ph"),
        ("ID", "https://sellercenter-api.zalora.co.id"),
    ],
    address_may_have_query: false,
    // No limit is published: this is a cautious guess.
    default_rate: NonZeroU32::new(5).expect("not 0"),
    is_pushed: true,
    item: Some(IdFacts { label: "productId", is_needed: true, is_number: true, none: None }),
    variant: None,
};

pub const KIND: ConnectorKind = ConnectorKind::new(&FACTS);

pub(super) static DESCRIPTION: Description = Description {
    kind: KIND,
    hint: "Through Zalora’s Seller Center.",
    address_hint: "Each country has its own: https://sellercenter-api.zalora.com.ph …",
    fields: &[
        Field {
            name: "client_id",
            label: "Client ID",
            hint: "Of your application in Zalora’s Seller Center.",
            kind: FieldKind::Id,
        },
        Field { name: "client_secret", label: "Client secret", hint: "", kind: FieldKind::Secret },
    ],
    // Access lasts for an hour.
    renewed_before_end: Some(TimeDelta::minutes(5)),
    refused_fields: &[],
    batch: BatchSize { most: 100, is_of_one_item: false },
    connect: Some(|Opening { api, keys, .. }| boxed(Zalora { api, keys })),
};

const STOCK: &str = "/v2/stock/product";
const TOKEN: &str = "/oauth/client-credentials";
const SETTINGS: &str = "/v2/seller-settings";

struct Zalora {
    api: Api,
    keys: Credentials,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewStock {
    product_id: u64,
    quantity: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stock {
    #[serde(default, deserialize_with = "loose::text")]
    product_id: String,
    #[serde(default, deserialize_with = "loose::number")]
    quantity: Option<i64>,
}

/// A refusal has its message in one of these fields.
#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default, deserialize_with = "loose::text")]
    message: String,
    #[serde(default, deserialize_with = "loose::text")]
    error: String,
    #[serde(default, alias = "error_description", deserialize_with = "loose::text")]
    detail: String,
}

#[derive(Deserialize)]
struct NewToken {
    #[serde(default, deserialize_with = "loose::text")]
    access_token: String,
    #[serde(default, deserialize_with = "loose::number")]
    expires_in: Option<i64>,
}

impl Zalora {
    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let Some(access) = self.keys.access() else {
            return Err(Failure::token_ended("There is no access token yet."));
        };
        Ok(self.api.request(method, path).bearer_auth(access.secret.expose_secret()))
    }

    async fn send(&self, request: RequestBuilder) -> Result<HttpAnswer, Failure> {
        let answer = self.api.send(|_| request).await?;
        let Some(mut failure) = answer.failed_by_status(self.api.name()) else { return Ok(answer) };
        let Refused { message, error, detail } = serde_json::from_slice(&answer.body).unwrap_or_default();
        let said = [message, detail, error].into_iter().find(|text| !text.is_empty());
        failure.class = classify(answer.status.as_u16(), said.as_deref().unwrap_or_default());
        if let Some(said) = said {
            failure.message = self.api.quote(&format!("Zalora refused it: {said} ({})", answer.status.as_u16()));
        }
        Err(failure)
    }

    async fn read(&self, row: &Target) -> Result<i64, Failure> {
        let product = row.item_id.as_deref().unwrap_or_default();
        let answer = self.send(self.request(Method::GET, &format!("{STOCK}/{product}"))?).await?;
        let stock: Stock = answer.json(self.api.name())?;
        stock.quantity.ok_or_else(|| Failure::temporary(format!("Zalora does not say what the product {product} has.")))
    }
}

impl Marketplace for Zalora {
    const KIND: ConnectorKind = KIND;

    fn api(&self) -> &Api {
        &self.api
    }

    fn unmapped(target: &Target) -> Option<Failure> {
        let is_number = target.item_id.as_ref().is_some_and(|id| id.parse::<u64>().is_ok());
        (!is_number).then(|| Failure::mapping(format!("Enter Zalora’s productId for {}: a number.", target.seller_sku)))
    }

    async fn check(&self) -> Result<(), Failure> {
        self.send(self.request(Method::GET, SETTINGS)?).await.map(drop)
    }

    async fn refresh(&self) -> Result<Credentials, Failure> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.keys.id("client_id")),
            ("client_secret", self.keys.value("client_secret").expose_secret()),
        ];
        // This request has no token: a refusal is about the credentials.
        let answer = self.send(self.api.request(Method::POST, TOKEN).form(&form)).await;
        let answer = answer.map_err(|failure| match failure.class {
            FailureClass::Throttled | FailureClass::Temporary | FailureClass::Unavailable => failure,
            _ => Failure { class: FailureClass::Credentials, token_ended: false, ..failure },
        })?;
        let new: NewToken = answer.json(self.api.name())?;
        if new.access_token.is_empty() {
            return Err(Failure::unavailable("Zalora answered without a token."));
        }
        Ok(self.keys.clone().with_tokens(Some(Token::new(new.access_token, new.expires_in, self.api.now())), None))
    }

    async fn write(&self, rows: &[&Target]) -> Result<Written, Failure> {
        let mut body = Vec::new();
        for row in rows {
            let product_id = row.item_id.as_deref().and_then(|id| id.parse().ok()).unwrap_or_default();
            body.push(NewStock { product_id, quantity: row.quantity });
        }
        let answer = self.send(self.request(Method::PUT, STOCK)?.json(&body)).await?;
        // Products that it does not list are read back.
        let listed: Vec<Stock> = serde_json::from_slice(&answer.body).unwrap_or_default();
        let rows = rows.iter().map(|row| {
            let of_row = listed.iter().find(|stock| row.item_id.as_ref() == Some(&stock.product_id));
            Ok(of_row.and_then(|stock| stock.quantity).map_or(Confirmation::ReadBack, Confirmation::Shows))
        });
        Ok(Written { rows: rows.collect(), request_id: None })
    }

    async fn read_quantities(&self, rows: &[&Target]) -> Result<Vec<Result<i64, Failure>>, Failure> {
        let mut quantities = Vec::with_capacity(rows.len());
        for row in rows {
            quantities.push(match self.read(row).await {
                Err(failure) if failure.class.is_store_wide() => return Err(failure),
                answered => answered,
            });
        }
        Ok(quantities)
    }
}

/// Campaigns are recognized by the words of the message alone.
fn classify(status: u16, said: &str) -> FailureClass {
    let said = said.to_lowercase();
    match status {
        429 => FailureClass::Throttled,
        401 | 403 => FailureClass::Credentials,
        400..500 if ["campaign", "reserved"].iter().any(|word| said.contains(word)) => FailureClass::Locked,
        400 | 404 | 405 | 409 | 410 | 415 | 422 => FailureClass::Mapping,
        _ => FailureClass::Temporary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureClass::{Credentials, Locked, Mapping, Temporary, Throttled};

    #[test]
    fn every_refusal_is_told_apart_by_what_it_asks_for() {
        for (status, said, class) in [
            (401, "", Credentials),
            (403, "Access denied", Credentials),
            (429, "", Throttled),
            (404, "Product not found", Mapping),
            (422, "quantity has to be 0 or more", Mapping),
            (409, "Stock is reserved for a campaign", Locked),
            (400, "Campaign stock", Locked),
            (408, "", Temporary),
            (500, "campaign", Temporary),
            (503, "", Temporary),
        ] {
            assert_eq!(classify(status, said), class, "{status} {said}");
        }
    }
}
