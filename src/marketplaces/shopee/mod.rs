//! Shopee Open Platform, version 2: `update_stock` sets the seller's stock of one product, up to 50 of its models in one
//! call. Units that promotions reserve are part of that stock, which cannot be set below them.
//!
//! Sources: `open.shopee.com`, the developer's guide (16: calls, 20: permission) and the documents of `v2.product`.

mod refusal;

use super::{
    credentials::{Credentials, Field, FieldKind, Token},
    description::{Description, Opening, boxed},
    http::{Api, HttpAnswer, request_id},
    loose,
    push::{BatchSize, Campaign, Confirmation, Marketplace, Written},
    signature::hmac_sha256,
    target::Target,
};
use crate::domain::{
    moment::Moment,
    stores::{
        connection::{ConnectorKind, IdFacts, MarketplaceFacts},
        failure::Failure,
    },
};
use chrono::TimeDelta;
use refusal::Refusal;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{collections::HashMap, num::NonZeroU32};

/// The model of a product that has none. A listing of such a product is stored without an id of a variant.
const NO_MODEL: &str = "0";

static FACTS: MarketplaceFacts = MarketplaceFacts {
    code: "shopee",
    label: "Shopee",
    addresses: &[("", "https://partner.shopeemobile.com")],
    address_may_have_query: false,
    // No limit is published: this is a cautious guess.
    default_rate: NonZeroU32::new(10).expect("not 0"),
    is_pushed: true,
    item: Some(IdFacts { label: "item_id", is_needed: true, is_number: true, none: None }),
    variant: Some(IdFacts { label: "model_id", is_needed: false, is_number: true, none: Some(NO_MODEL) }),
};

pub const KIND: ConnectorKind = ConnectorKind::new(&FACTS);

pub(super) static DESCRIPTION: Description = Description {
    kind: KIND,
    hint: "Through Shopee Open Platform.",
    address_hint: "The same for every country.",
    fields: &[
        Field {
            name: "partner_id",
            label: "Partner ID",
            hint: "Of your app on Shopee Open Platform.",
            kind: FieldKind::Number,
        },
        Field { name: "partner_key", label: "Partner key", hint: "", kind: FieldKind::Secret },
        Field {
            name: "shop_id",
            label: "Shop ID",
            hint: "Of the shop that gave your app its permission.",
            kind: FieldKind::Number,
        },
        Field {
            name: "access_token",
            label: "Access token",
            hint: "Your app gets it when the shop gives it permission.",
            kind: FieldKind::AccessToken,
        },
        Field {
            name: "refresh_token",
            label: "Refresh token",
            hint: "It renews the access token before it expires.",
            kind: FieldKind::RefreshToken,
        },
    ],
    // Access lasts for four hours, and can be renewed for 30 days.
    renewed_before_end: Some(TimeDelta::minutes(20)),
    refused_fields: &[
        ("refresh_token", "refresh_token"),
        ("error_sign", "partner_key"),
        ("partner_id", "partner_id"),
        ("invalid_partner", "partner_id"),
    ],
    // 50 models of one product.
    batch: BatchSize { most: 50, is_of_one_item: true },
    connect: Some(|Opening { api, keys, .. }| boxed(Shopee { api, keys })),
};

const UPDATE: &str = "/api/v2/product/update_stock";
const MODELS: &str = "/api/v2/product/get_model_list";
const ITEMS: &str = "/api/v2/product/get_item_base_info";
const PROMOTIONS: &str = "/api/v2/product/get_item_promotion";
const SHOP: &str = "/api/v2/shop/get_shop_info";
const REFRESH: &str = "/api/v2/auth/access_token/get";

/// How long a refresh token lives: 30 days. The answer does not say.
const REFRESH_SECONDS: i64 = 30 * 24 * 3600;

struct Shopee {
    api: Api,
    keys: Credentials,
}

#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(default, deserialize_with = "loose::text")]
    error: String,
    #[serde(default, deserialize_with = "loose::text")]
    message: String,
    #[serde(default, deserialize_with = "loose::text")]
    request_id: String,
    /// The content: under `response`, or for tokens beside the other fields.
    #[serde(flatten)]
    content: T,
}

#[derive(Deserialize)]
struct Content<T> {
    /// Missing when the request was refused.
    response: Option<T>,
}

#[derive(Deserialize)]
struct Nothing {}

#[derive(Default, Deserialize)]
struct Updated {
    #[serde(default, deserialize_with = "loose::list")]
    failure_list: Vec<FailedModel>,
}

#[derive(Deserialize)]
struct FailedModel {
    #[serde(default, deserialize_with = "loose::text")]
    model_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    failed_reason: String,
}

#[derive(Default, Deserialize)]
struct Models {
    #[serde(default, deserialize_with = "loose::list")]
    model: Vec<Stocked>,
}

#[derive(Default, Deserialize)]
struct Items {
    #[serde(default, deserialize_with = "loose::list")]
    item_list: Vec<Stocked>,
}

/// A model, or a product without any.
#[derive(Deserialize)]
struct Stocked {
    #[serde(default, deserialize_with = "loose::text")]
    model_id: String,
    #[serde(default)]
    stock_info_v2: Option<StockInfo>,
}

#[derive(Clone, Deserialize)]
struct StockInfo {
    #[serde(default)]
    summary_info: Option<Reserved>,
    #[serde(default, deserialize_with = "loose::list")]
    seller_stock: Vec<SellerStock>,
}

#[derive(Clone, Deserialize)]
struct SellerStock {
    #[serde(default, deserialize_with = "loose::number")]
    stock: Option<i64>,
}

#[derive(Default, Deserialize)]
struct PromotedItems {
    #[serde(default, deserialize_with = "loose::list")]
    success_list: Vec<PromotedItem>,
}

#[derive(Deserialize)]
struct PromotedItem {
    #[serde(default, deserialize_with = "loose::list")]
    promotion: Vec<Promotion>,
}

#[derive(Deserialize)]
struct Promotion {
    #[serde(default, deserialize_with = "loose::text")]
    model_id: String,
    #[serde(default, deserialize_with = "loose::number")]
    end_time: Option<i64>,
}

#[derive(Clone, Deserialize)]
struct Reserved {
    #[serde(default, deserialize_with = "loose::number")]
    total_reserved_stock: Option<i64>,
}

#[derive(Deserialize)]
struct NewTokens {
    #[serde(default, deserialize_with = "loose::text")]
    access_token: String,
    #[serde(default, deserialize_with = "loose::text")]
    refresh_token: String,
    #[serde(default, deserialize_with = "loose::number")]
    expire_in: Option<i64>,
}

impl Shopee {
    fn request(&self, method: Method, path: &str, now: Moment) -> RequestBuilder {
        let partner_id = self.keys.id("partner_id");
        let shop_id = self.keys.id("shop_id");
        let timestamp = now.utc().timestamp().to_string();
        let token = self.keys.access().map_or("", |access| access.secret.expose_secret());
        let signature = sign(self.keys.value("partner_key"), &[partner_id, path, &timestamp, token, shop_id]);
        self.api.request(method, path).query(&[
            ("partner_id", partner_id),
            ("timestamp", &timestamp),
            ("access_token", token),
            ("shop_id", shop_id),
            ("sign", &signature),
        ])
    }

    /// A request for tokens, which has neither a token nor a shop in its signature.
    fn public_request(&self, path: &str, now: Moment) -> RequestBuilder {
        let partner_id = self.keys.id("partner_id");
        let timestamp = now.utc().timestamp().to_string();
        let signature = sign(self.keys.value("partner_key"), &[partner_id, path, &timestamp]);
        let query = [("partner_id", partner_id), ("timestamp", &timestamp), ("sign", &signature)];
        self.api.request(Method::POST, path).query(&query)
    }

    async fn get<T: DeserializeOwned + Default>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, Failure> {
        let answer = self.api.send(|now| self.request(Method::GET, path, now).query(query)).await?;
        let content: Content<T> = self.accepted(&answer)?;
        Ok(content.response.unwrap_or_default())
    }

    /// Fails if the request was refused as a whole.
    fn accepted<T: DeserializeOwned>(&self, answer: &HttpAnswer) -> Result<T, Failure> {
        let envelope: Envelope<T> = answer.json(self.api.name())?;
        match self.refused(answer, &envelope) {
            Some(failure) => Err(failure),
            None => Ok(envelope.content),
        }
    }

    fn refused<T>(&self, answer: &HttpAnswer, envelope: &Envelope<T>) -> Option<Failure> {
        let Envelope { error, message, request_id: id, content: _ } = envelope;
        let mut failure = if error.is_empty() {
            answer.failed_by_status(self.api.name())?
        } else {
            self.failure(&Refusal { error, message })
        };
        failure.retry_after = answer.retry_after;
        failure.request_id = request_id(id);
        Some(failure)
    }

    fn failure(&self, refusal: &Refusal<'_>) -> Failure {
        let code = if refusal.error.is_empty() { String::new() } else { format!(" ({})", refusal.error) };
        let message = self.api.quote(&format!("Shopee refused it: {}{code}", refusal.message));
        Failure { token_ended: refusal.is_token(), ..Failure::new(refusal.classify(), message) }
    }

    /// Reads the stock of the rows, which are of one product.
    async fn read(&self, rows: &[&Target]) -> Result<Vec<Result<StockInfo, Failure>>, Failure> {
        let item = rows.first().and_then(|row| row.item_id.as_deref()).unwrap_or_default();
        let mut found: HashMap<String, StockInfo> = HashMap::new();
        if rows.iter().any(|row| model_of(row) == NO_MODEL) {
            let items: Items = self.get(ITEMS, &[("item_id_list", item)]).await?;
            let stock = items.item_list.into_iter().find_map(|item| item.stock_info_v2);
            found.extend(stock.map(|stock| (NO_MODEL.to_owned(), stock)));
        }
        if rows.iter().any(|row| model_of(row) != NO_MODEL) {
            let models: Models = self.get(MODELS, &[("item_id", item)]).await?;
            let stocked = models.model.into_iter();
            found.extend(stocked.filter_map(|model| Some((model.model_id, model.stock_info_v2?))));
        }
        Ok(rows.iter().map(|row| found.get(model_of(row)).cloned().ok_or_else(|| unknown(row))).collect())
    }
}

impl Marketplace for Shopee {
    const KIND: ConnectorKind = KIND;

    fn api(&self) -> &Api {
        &self.api
    }

    fn unmapped(target: &Target) -> Option<Failure> {
        let is_number = |id: &String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        if !target.item_id.as_ref().is_some_and(is_number) {
            return Some(Failure::mapping(format!("Enter Shopee’s item_id for {}: a number.", target.seller_sku)));
        }
        let is_fine = target.variant_id.as_ref().is_none_or(is_number);
        (!is_fine).then(|| Failure::mapping(format!("Enter Shopee’s model_id for {}: a number.", target.seller_sku)))
    }

    async fn check(&self) -> Result<(), Failure> {
        let answer = self.api.send(|now| self.request(Method::GET, SHOP, now)).await?;
        self.accepted::<Nothing>(&answer).map(drop)
    }

    async fn refresh(&self) -> Result<Credentials, Failure> {
        let body = json!({
            "partner_id": id(self.keys.id("partner_id")),
            "shop_id": id(self.keys.id("shop_id")),
            "refresh_token": self.keys.refresh().map_or("", |refresh| refresh.secret.expose_secret()),
        });
        let answer = self.api.send(|now| self.public_request(REFRESH, now).json(&body)).await?;
        let new: NewTokens = self.accepted(&answer)?;
        if new.access_token.is_empty() || new.refresh_token.is_empty() {
            return Err(Failure::unavailable("Shopee answered without new tokens."));
        }
        let now = self.api.now();
        let access = Token::new(new.access_token, new.expire_in, now);
        let refresh = Token::new(new.refresh_token, Some(REFRESH_SECONDS), now);
        Ok(self.keys.clone().with_tokens(Some(access), Some(refresh)))
    }

    async fn read_campaigns(&self, rows: &[&Target]) -> Result<Vec<Result<Vec<Campaign>, Failure>>, Failure> {
        let stock = self.read(rows).await?;
        let mut is_any_locked = false;
        for (row, stock) in rows.iter().zip(&stock) {
            is_any_locked |= stock.as_ref().is_ok_and(|stock| row.quantity < stock.reserved());
        }
        if !is_any_locked {
            return Ok(stock.into_iter().map(|stock| stock.map(|_| Vec::new())).collect());
        }
        let item = rows.first().and_then(|row| row.item_id.as_deref()).unwrap_or_default();
        let promoted: PromotedItems = self.get(PROMOTIONS, &[("item_id_list", item)]).await?;
        let promotions: Vec<Promotion> = promoted.success_list.into_iter().flat_map(|item| item.promotion).collect();
        let mut campaigns = Vec::new();
        for (row, stock) in rows.iter().zip(stock) {
            let of_row = promotions.iter().filter(|promotion| promotion.is_of(model_of(row)));
            let last_end = of_row.filter_map(|promotion| promotion.end_time).max();
            let ends_at = last_end.and_then(|end| chrono::DateTime::from_timestamp(end, 0)).map(Moment::from);
            // The units are reserved now, so an end in the past is not theirs.
            let ends_at = ends_at.filter(|end| *end > self.api.now());
            campaigns.push(stock.map(|stock| vec![Campaign { quantity: stock.reserved(), ends_at }]));
        }
        Ok(campaigns)
    }

    async fn write(&self, rows: &[&Target]) -> Result<Written, Failure> {
        let item = rows.first().and_then(|row| row.item_id.as_deref()).unwrap_or_default();
        let stock_list: Vec<Value> = rows
            .iter()
            .map(|row| json!({"model_id": id(model_of(row)), "seller_stock": [{"stock": row.quantity}]}))
            .collect();
        let body = json!({"item_id": id(item), "stock_list": stock_list});
        let answer = self.api.send(|now| self.request(Method::POST, UPDATE, now).json(&body)).await?;
        let mut envelope: Envelope<Content<Updated>> = answer.json(self.api.name())?;
        let failed = envelope.content.response.take().unwrap_or_default().failure_list;
        let is_of = |failed: &FailedModel, row: &Target| failed.model_id == model_of(row);
        let (of_rows, of_no_row): (Vec<_>, Vec<_>) =
            failed.into_iter().partition(|failed| rows.iter().any(|row| is_of(failed, row)));
        // A response with an error may still list the rows that failed: the others were accepted.
        if let (true, Some(failure)) = (of_rows.is_empty(), self.refused(&answer, &envelope)) {
            return Err(failure);
        }
        let request_id = request_id(&envelope.request_id);
        let failure = |failed: &FailedModel| Failure {
            request_id: request_id.clone(),
            ..self.failure(&Refusal { error: "", message: &failed.failed_reason })
        };
        if let Some(failed) = of_no_row.first() {
            return Err(failure(failed));
        }
        let rows = rows.iter().map(|row| match of_rows.iter().find(|failed| is_of(failed, row)) {
            Some(failed) => Err(failure(failed)),
            None => Ok(Confirmation::ReadBack),
        });
        Ok(Written { rows: rows.collect(), request_id })
    }

    async fn read_quantities(&self, rows: &[&Target]) -> Result<Vec<Result<i64, Failure>>, Failure> {
        let stock = self.read(rows).await?;
        let quantities = rows.iter().zip(stock).map(|(row, stock)| stock?.quantity().ok_or_else(|| unknown(row)));
        Ok(quantities.collect())
    }
}

impl StockInfo {
    /// The seller's stock, reserved units included.
    fn quantity(&self) -> Option<i64> {
        let sum: Option<i64> = self.seller_stock.iter().map(|stock| stock.stock).sum();
        sum.filter(|_| !self.seller_stock.is_empty())
    }

    fn reserved(&self) -> i64 {
        self.summary_info.as_ref().and_then(|summary| summary.total_reserved_stock).unwrap_or(0)
    }
}

impl Promotion {
    /// A promotion without a model is of the whole product.
    fn is_of(&self, model: &str) -> bool {
        self.model_id.is_empty() || self.model_id == NO_MODEL || self.model_id == model
    }
}

fn unknown(row: &Target) -> Failure {
    let item = row.item_id.as_deref().unwrap_or_default();
    Failure::mapping(format!("Shopee has no model {} of the product {item}.", model_of(row)))
}

fn model_of(row: &Target) -> &str {
    row.variant_id.as_deref().unwrap_or(NO_MODEL)
}

/// An id as the number that Shopee expects. Any other text is sent as it is, for Shopee to refuse.
fn id(text: &str) -> Value {
    text.parse::<u64>().map_or_else(|_| text.into(), Into::into)
}

/// The signature of partner, path and time, and for requests in a shop's name of its token and its id.
pub(crate) fn sign(partner_key: &SecretString, parts: &[&str]) -> String {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    hmac_sha256(partner_key, &parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::SkuCode;

    /// Shopee publishes no example with its key. This one is ours, so that a change of the signature is noticed.
    #[test]
    fn the_signature_is_that_of_the_parts_one_behind_the_other() {
        let parts = ["851249", UPDATE, "1654673582", "367a0a8eb9d1837cbf7c43b587a0faa4", "1001094"];
        assert_eq!(
            sign(&"test_partner_key".into(), &parts),
            "7165f1e4394c73aafa5f69e25af72e1e5da29005db530005ef359044b8e69006"
        );
    }

    fn target(item: Option<&str>, model: Option<&str>) -> Target {
        Target {
            sku: SkuCode::parse("A").expect("a code"),
            seller_sku: "a-1".to_owned(),
            item_id: item.map(str::to_owned),
            variant_id: model.map(str::to_owned),
            quantity: 1,
            at_most: None,
        }
    }

    #[test]
    fn ids_are_numbers_and_a_model_may_be_left_out() {
        for (item, model, is_fine) in [
            (Some("1"), None, true),
            (Some("1"), Some("2"), true),
            (None, None, false),
            (Some(""), None, false),
            (Some("x"), None, false),
            (Some("1"), Some("x"), false),
        ] {
            assert_eq!(Shopee::unmapped(&target(item, model)).is_none(), is_fine, "{item:?} {model:?}");
        }
    }
}
