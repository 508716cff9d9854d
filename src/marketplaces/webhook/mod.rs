//! A webhook: JSON to an address of one's own, for a shop or a middleware without a connector. The README says the same
//! for those who write the receiver.
//!
//! ```text
//! POST the address
//! X-Flashsale-Signature: t=1790000000,v1=<hex HMAC-SHA256>
//! webhook-id: 0199c5a2-1f00-7000-8000-000000000001
//! webhook-timestamp: 1790000000
//! webhook-signature: v1,<base64 HMAC-SHA256>
//!
//! {"version":1,"id":"0199c5a2-1f00-7000-8000-000000000001","store":"shop","sent_at":"2026-11-11T00:00:00Z",
//!  "quantities":[{"sku":"A","seller_sku":"a-1","quantity":40,"sequence":1790000000123456}]}
//! ```
//!
//! - Both signatures are in [`signatures`]. After a change of the secret, the old one signs as well for a day.
//! - A response of 2xx that is empty or a JSON object acknowledges every quantity except those that it lists:
//!   `{"failed":[{"sku":"A","reason":"no such product"}]}` (see [`reply`]). Other statuses are in [`refusal`].
//! - The test of a connection sends no quantities.
//! - Of two requests about a SKU, the one with the greater `sequence` has the newer quantity: a receiver that answers late may
//!   still be working on the older one. It is counted with the lease of the listing (see `sync::push::lease`), not by a clock.

mod refusal;
mod reply;
mod signatures;
#[cfg(test)]
mod tests;

use super::{
    app::Connecting,
    campaigns::Campaigns,
    credentials::{Credentials, Field, FieldKind},
    description::{Description, Opening, boxed},
    http::Api,
    push::{BatchSize, Confirmation, Marketplace, Written},
    target::Target,
};
use crate::{
    clock::new_id,
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::{
            connection::{ConnectorKind, MarketplaceFacts},
            failure::Failure,
        },
    },
};
use reply::Failed;
use reqwest::{Method, RequestBuilder, header};
use serde::Serialize;
use std::num::NonZeroU32;
use uuid::Uuid;

use signatures::SIGNATURE_HEADER;

static FACTS: MarketplaceFacts = MarketplaceFacts {
    code: "webhook",
    label: "Webhook",
    addresses: &[],
    address_may_have_query: true,
    default_rate: NonZeroU32::new(10).expect("not 0"),
    is_pushed: true,
    has_list: false,
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
        hint: "It signs every request, so that your program knows who sent it. Choose a long random one. If you change it, the \
               old one signs as well for a day.",
        kind: FieldKind::SigningSecret,
    }],
    renewed_before_end: None,
    refused_fields: &[],
    batch: BatchSize { most: 100, is_of_one_item: false },
    permission_is_refresh: false,
    campaigns: Campaigns::DoNotExist,
    pulling: None,
    connecting: Connecting::ByKeys(
        "There is nothing to register. Add the store here, and enter the address of your own shop’s service and a secret of your choice on its page.",
    ),
    connect: Some(|Opening { api, store, keys, .. }| boxed(Webhook { api, store, keys })),
};

/// The version of [`Message`]: receivers ignore fields that they do not know, and refuse another version.
const VERSION: u32 = 1;

struct Webhook {
    api: Api,
    store: StoreCode,
    keys: Credentials,
}

#[derive(Serialize)]
struct Message<'a> {
    version: u32,
    /// Of the delivery: a request that arrives twice has the same one.
    id: Uuid,
    store: &'a StoreCode,
    sent_at: Moment,
    quantities: Vec<Quantity<'a>>,
}

#[derive(Serialize)]
struct Quantity<'a> {
    /// Null for a kit.
    sku: Option<&'a SkuCode>,
    seller_sku: &'a str,
    quantity: i64,
    sequence: i64,
}

impl Webhook {
    /// The rows that the response lists as failed; `None` if its list cannot be read.
    async fn send(&self, rows: &[&Target]) -> Result<Option<Vec<Failed>>, Failure> {
        let answer = self.api.send(|now| self.request(rows, now)).await?;
        match refusal::refusal(&answer, self.api.name()) {
            Some(failure) => Err(failure),
            None => reply::read(&answer.body),
        }
    }

    fn request(&self, rows: &[&Target], now: Moment) -> RequestBuilder {
        let mut quantities = Vec::new();
        for Target { sku, seller_sku, quantity, sequence, .. } in rows {
            quantities.push(Quantity { sku: sku.as_ref(), seller_sku, quantity: *quantity, sequence: *sequence });
        }
        let id: Uuid = new_id(now);
        let message = Message { version: VERSION, id, store: &self.store, sent_at: now, quantities };
        let body = serde_json::to_vec(&message).expect("texts and numbers are JSON");
        let id = id.to_string();
        let seconds = now.utc().timestamp();
        let secrets = self.keys.signing_secrets(now);
        self.api
            .request_to(Method::POST, self.api.address())
            .header(header::CONTENT_TYPE, "application/json")
            .header(SIGNATURE_HEADER, signatures::own(&secrets, seconds, &body))
            .header(signatures::STANDARD_SIGNATURE_HEADER, signatures::standard(&secrets, &id, seconds, &body))
            .header(signatures::TIMESTAMP_HEADER, seconds)
            .header(signatures::ID_HEADER, id)
            .body(body)
    }
}

impl Marketplace for Webhook {
    const KIND: ConnectorKind = KIND;

    fn api(&self) -> &Api {
        &self.api
    }

    async fn check(&self) -> Result<Option<String>, Failure> {
        self.send(&[]).await?.ok_or_else(reply::not_a_list)?;
        Ok(None)
    }

    async fn refresh(&self) -> Result<Credentials, Failure> {
        Ok(self.keys.clone())
    }

    async fn write(&self, rows: &[&Target]) -> Result<Written, Failure> {
        let failed = self.send(rows).await?;
        let failures = reply::failures(failed.as_deref(), rows, |text| self.api.quote(text));
        let mut confirmations = Vec::new();
        for (row, failure) in rows.iter().zip(failures) {
            confirmations.push(failure.map_or(Ok(Confirmation::Shows(row.quantity)), Err));
        }
        Ok(Written { request_id: None, rows: confirmations })
    }

    async fn read_quantities(&self, rows: &[&Target]) -> Result<Vec<Result<i64, Failure>>, Failure> {
        Ok(rows.iter().map(|_| Err(Failure::temporary("A webhook cannot be asked what it shows."))).collect())
    }
}
