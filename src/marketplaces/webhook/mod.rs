//! A webhook: JSON to an address of one's own, for a shop or a middleware without a connector.
//!
//! ```text
//! POST the address
//! X-Flashsale-Signature: t=1790000000,v1=<hex HMAC-SHA256 of the secret over "1790000000." and the body>
//!
//! {"store":"shop","sent_at":"2026-11-11T00:00:00Z","quantities":[{"sku":"A","seller_sku":"a-1","quantity":40}]}
//! ```
//!
//! A response of 2xx that is empty or JSON acknowledges every quantity except those that it lists:
//! `{"failed":[{"sku":"A","reason":"no such product"}]}`. Any other body may be the page of a proxy.

use super::{
    credentials::{Credentials, Field, FieldKind},
    description::{Description, Opening, boxed},
    http::Api,
    loose,
    push::{BatchSize, Confirmation, Marketplace, Written},
    signature::hmac_sha256,
    target::Target,
};
use crate::domain::{
    code::{SkuCode, StoreCode},
    moment::Moment,
    stores::{
        connection::{ConnectorKind, MarketplaceFacts},
        failure::{Failure, FailureClass},
    },
};
use reqwest::{Method, header};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

static FACTS: MarketplaceFacts = MarketplaceFacts {
    code: "webhook",
    label: "Webhook",
    addresses: &[],
    address_may_have_query: true,
    default_rate: NonZeroU32::new(10).expect("not 0"),
    is_pushed: true,
    item: None,
    variant: None,
};

pub const KIND: ConnectorKind = ConnectorKind::new(&FACTS);

pub(super) static DESCRIPTION: Description = Description {
    kind: KIND,
    hint: "For your own shop or middleware: it receives signed JSON.",
    address_hint: "The address at which your program receives quantities.",
    fields: &[Field {
        name: "secret",
        label: "Secret",
        hint: "It signs every request, so that your program knows who sent it. Choose a long random one.",
        kind: FieldKind::Secret,
    }],
    renewed_before_end: None,
    refused_fields: &[],
    batch: BatchSize { most: 100, is_of_one_item: false },
    connect: Some(|Opening { api, store, keys, .. }| boxed(Webhook { api, store, keys })),
};

/// The header that proves the sender and the time of a request.
pub(crate) const SIGNATURE_HEADER: &str = "X-Flashsale-Signature";

struct Webhook {
    api: Api,
    store: StoreCode,
    keys: Credentials,
}

#[derive(Serialize)]
struct Message<'a> {
    store: &'a StoreCode,
    sent_at: Moment,
    quantities: Vec<Quantity<'a>>,
}

#[derive(Serialize)]
struct Quantity<'a> {
    sku: &'a SkuCode,
    seller_sku: &'a str,
    quantity: i64,
}

#[derive(Default, Deserialize)]
struct Reply {
    #[serde(default, deserialize_with = "loose::list")]
    failed: Vec<Failed>,
}

#[derive(Deserialize)]
struct Failed {
    #[serde(default, deserialize_with = "loose::text")]
    sku: String,
    #[serde(default, deserialize_with = "loose::text")]
    reason: String,
}

impl Webhook {
    async fn send(&self, rows: &[&Target]) -> Result<Reply, Failure> {
        let quantities =
            rows.iter().map(|row| Quantity { sku: &row.sku, seller_sku: &row.seller_sku, quantity: row.quantity });
        let quantities: Vec<Quantity<'_>> = quantities.collect();
        let request = |now: Moment| {
            let message = Message { store: &self.store, sent_at: now, quantities };
            let body = serde_json::to_vec(&message).expect("texts and numbers are JSON");
            self.api
                .request_to(Method::POST, self.api.address())
                .header(header::CONTENT_TYPE, "application/json")
                .header(SIGNATURE_HEADER, signature(self.keys.value("secret"), now.utc().timestamp(), &body))
                .body(body)
        };
        let answer = self.api.send(request).await?;
        match answer.failed_by_status(self.api.name()) {
            Some(failure) if matches!(answer.status.as_u16(), 400 | 422) => {
                Err(Failure { class: FailureClass::Mapping, ..failure })
            }
            Some(failure) => Err(failure),
            None if answer.body.trim_ascii().is_empty() => Ok(Reply::default()),
            None => answer.json(self.api.name()),
        }
    }
}

impl Marketplace for Webhook {
    const KIND: ConnectorKind = KIND;

    fn api(&self) -> &Api {
        &self.api
    }

    async fn check(&self) -> Result<(), Failure> {
        self.send(&[]).await.map(drop)
    }

    async fn refresh(&self) -> Result<Credentials, Failure> {
        Ok(self.keys.clone())
    }

    async fn write(&self, rows: &[&Target]) -> Result<Written, Failure> {
        let reply = self.send(rows).await?;
        let mut confirmations = Vec::new();
        for row in rows {
            confirmations.push(match reply.failed.iter().find(|failed| failed.sku == row.sku.as_str()) {
                Some(failed) => {
                    Err(Failure::mapping(self.api.quote(&format!("The webhook refused it: {}", failed.reason))))
                }
                None => Ok(Confirmation::Shows(row.quantity)),
            });
        }
        Ok(Written { request_id: None, rows: confirmations })
    }

    async fn read_quantities(&self, rows: &[&Target]) -> Result<Vec<Result<i64, Failure>>, Failure> {
        Ok(rows.iter().map(|row| Ok(row.quantity)).collect())
    }
}

/// The value of [`SIGNATURE_HEADER`]. The time is signed with the body, so that an old request cannot be replayed.
pub(crate) fn signature(secret: &SecretString, unix_seconds: i64, body: &[u8]) -> String {
    let signature = hmac_sha256(secret, &[format!("{unix_seconds}.").as_bytes(), body]);
    format!("t={unix_seconds},v1={signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '1790000000.{"a":1}' | openssl dgst -sha256 -hmac whsec`
    #[test]
    fn the_signature_covers_the_time_and_the_body() {
        let signature = signature(&"whsec".into(), 1_790_000_000, br#"{"a":1}"#);
        assert_eq!(signature, "t=1790000000,v1=10eafca9f78117bc724863bcd4b5c7d926c944a32a6ab8e96770849ab3e84a49");
    }
}
