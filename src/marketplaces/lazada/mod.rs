//! Lazada Open Platform: `UpdateSellableQuantity` sets what buyers can buy, up to 50 SKUs in one call, as XML. Units that
//! a campaign locks are part of that number, which cannot be set below them.
//!
//! Sources, at `open.alitrip.com/docs/doc.htm?treeId=499`: signing 108068 and 108069, stock 121233, limits 121234, the
//! errors of products 121320.

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
        failure::{Failure, FailureClass},
    },
};
use chrono::{FixedOffset, NaiveDateTime, TimeDelta};
use quick_xml::escape::partial_escape;
use refusal::Refusal;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::{collections::BTreeMap, num::NonZeroU32};

/// The most SKUs of one call (121234).
const BATCH: usize = 50;

static FACTS: MarketplaceFacts = MarketplaceFacts {
    code: "lazada",
    label: "Lazada",
    addresses: &[
        ("SG", "https://api.lazada.sg/rest"),
        ("MY", "https://api.lazada.com.my/rest"),
        ("ID", "https://api.lazada.co.id/rest"),
        ("PH", "https://api.lazada.com.ph/rest"),
        ("TH", "https://api.lazada.co.th/rest"),
        ("VN", "https://api.lazada.vn/rest"),
    ],
    address_may_have_query: false,
    // The documented limit is 50 for one seller, whose other programs count as well.
    default_rate: NonZeroU32::new(20).expect("not 0"),
    is_pushed: true,
    item: Some(IdFacts { label: "ItemId", is_needed: true, is_number: true, none: None }),
    variant: Some(IdFacts { label: "SkuId", is_needed: true, is_number: true, none: None }),
};

pub const KIND: ConnectorKind = ConnectorKind::new(&FACTS);

pub(super) static DESCRIPTION: Description = Description {
    kind: KIND,
    hint: "Through Lazada Open Platform.",
    address_hint: "Each country has its own: https://api.lazada.com.my/rest, https://api.lazada.co.id/rest …",
    fields: &[
        Field { name: "app_key", label: "App key", hint: "Of your app on Lazada Open Platform.", kind: FieldKind::Id },
        Field { name: "app_secret", label: "App secret", hint: "", kind: FieldKind::Secret },
        Field {
            name: "access_token",
            label: "Access token",
            hint: "Your app gets it when the seller gives it permission.",
            kind: FieldKind::AccessToken,
        },
        Field {
            name: "refresh_token",
            label: "Refresh token",
            hint: "It renews the access token before it expires.",
            kind: FieldKind::RefreshToken,
        },
    ],
    // Access lasts for about 30 days, and can be renewed for 180.
    renewed_before_end: Some(TimeDelta::days(1)),
    refused_fields: &[("refreshtoken", "refresh_token"), ("signature", "app_secret"), ("appkey", "app_key")],
    batch: BatchSize { most: BATCH, is_of_one_item: false },
    connect: Some(|Opening { api, keys, .. }| boxed(Lazada { api, keys })),
};

const UPDATE: &str = "/product/stock/sellable/update";
const PRODUCTS: &str = "/products/get";
const SELLER: &str = "/seller/get";
const REFRESH: &str = "/auth/token/refresh";

/// The address that renews the tokens of every country.
const AUTH_URL: &str = "https://auth.lazada.com/rest";

struct Lazada {
    api: Api,
    keys: Credentials,
}

/// The parameters of a call, in the order that they are signed in.
type Parameters = BTreeMap<&'static str, String>;

#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(default, deserialize_with = "loose::text")]
    code: String,
    #[serde(default, rename = "type", deserialize_with = "loose::text")]
    kind: String,
    #[serde(default, deserialize_with = "loose::text")]
    message: String,
    #[serde(default, deserialize_with = "loose::text")]
    request_id: String,
    #[serde(default, deserialize_with = "loose::list")]
    detail: Vec<Detail>,
    /// The content: under `data`, or for tokens beside the other fields.
    #[serde(flatten)]
    content: T,
}

/// The refusal of one row. There may be some although the code is 0.
#[derive(Deserialize)]
struct Detail {
    #[serde(default, deserialize_with = "loose::text")]
    code: String,
    #[serde(default, deserialize_with = "loose::text")]
    message: String,
    #[serde(default, alias = "SellerSku", deserialize_with = "loose::text")]
    seller_sku: String,
    #[serde(default, alias = "SkuId", deserialize_with = "loose::text")]
    sku_id: String,
}

#[derive(Deserialize)]
struct Nothing {}

#[derive(Deserialize)]
struct ProductsAnswer {
    #[serde(default)]
    data: Option<Products>,
}

#[derive(Deserialize)]
struct Products {
    #[serde(default, deserialize_with = "loose::list")]
    products: Vec<Product>,
}

#[derive(Deserialize)]
struct Product {
    #[serde(default, deserialize_with = "loose::list")]
    skus: Vec<Sku>,
}

#[derive(Clone, Deserialize)]
struct Sku {
    #[serde(rename = "SkuId", default, deserialize_with = "loose::text")]
    sku_id: String,
    #[serde(rename = "Available", default, deserialize_with = "loose::number")]
    available: Option<i64>,
    #[serde(rename = "multiWarehouseInventories", default, deserialize_with = "loose::list")]
    warehouses: Vec<Inventory>,
    #[serde(rename = "channelInventories", default, deserialize_with = "loose::list")]
    campaigns: Vec<Inventory>,
}

#[derive(Clone, Deserialize)]
struct Inventory {
    #[serde(rename = "sellableQuantity", default, deserialize_with = "loose::number")]
    sellable: Option<i64>,
    #[serde(rename = "endTime", default, deserialize_with = "loose::text")]
    end_time: String,
}

#[derive(Deserialize)]
struct NewTokens {
    #[serde(default, deserialize_with = "loose::text")]
    access_token: String,
    #[serde(default, deserialize_with = "loose::text")]
    refresh_token: String,
    #[serde(default, deserialize_with = "loose::number")]
    expires_in: Option<i64>,
    #[serde(default, deserialize_with = "loose::number")]
    refresh_expires_in: Option<i64>,
}

impl Lazada {
    /// Sends a request in the seller's name. Fails if the request was refused as a whole.
    async fn call<T: for<'de> Deserialize<'de>>(
        &self,
        method: Method,
        path: &'static str,
        mut parameters: Parameters,
    ) -> Result<Envelope<T>, Failure> {
        let access = self.keys.access().map_or("", |access| access.secret.expose_secret());
        parameters.insert("access_token", access.to_owned());
        let request = |now| {
            let parameters = self.signed(path, parameters, now);
            let request = self.api.request(method.clone(), path);
            if method == Method::GET { request.query(&parameters) } else { request.form(&parameters) }
        };
        let answer = self.api.send(request).await?;
        self.accepted(&answer)
    }

    /// Adds the parameters that every request has, and the signature.
    fn signed(&self, path: &str, mut parameters: Parameters, now: Moment) -> Parameters {
        parameters.insert("app_key", self.keys.id("app_key").to_owned());
        parameters.insert("sign_method", "sha256".to_owned());
        parameters.insert("timestamp", now.utc().timestamp_millis().to_string());
        let signature =
            sign(self.keys.value("app_secret"), path, parameters.iter().map(|(key, value)| (*key, value.as_str())));
        parameters.insert("sign", signature);
        parameters
    }

    fn accepted<T: for<'de> Deserialize<'de>>(&self, answer: &HttpAnswer) -> Result<Envelope<T>, Failure> {
        let envelope: Envelope<T> = answer.json(self.api.name())?;
        if envelope.code == "0" {
            return Ok(envelope);
        }
        if envelope.code.is_empty() {
            let of_status = answer.failed_by_status(self.api.name());
            return Err(of_status.unwrap_or_else(|| Failure::unavailable("Lazada answered without a code.")));
        }
        let said = envelope.detail.first().map_or("", |detail| detail.message.as_str());
        let refusal = Refusal { code: &envelope.code, kind: &envelope.kind, message: &envelope.message, detail: said };
        let mut failure = self.failure(&refusal);
        failure.retry_after = answer.retry_after.or(failure.retry_after);
        failure.request_id = request_id(&envelope.request_id);
        Err(failure)
    }

    fn failure(&self, refusal: &Refusal<'_>) -> Failure {
        let said = if refusal.detail.is_empty() { refusal.message } else { refusal.detail };
        let message = self.api.quote(&format!("Lazada refused it: {said} ({})", refusal.code));
        let class = refusal::classify(refusal);
        let mut failure = Failure::new(class, message);
        failure.token_ended = refusal::is_token(refusal.code);
        failure.retry_after = if class == FailureClass::Throttled { refusal::ban(refusal.message) } else { None };
        failure
    }

    async fn read(&self, rows: &[&Target]) -> Result<Vec<Result<Sku, Failure>>, Failure> {
        let seller_skus: Vec<&str> = rows.iter().map(|row| row.seller_sku.as_str()).collect();
        let parameters = Parameters::from([
            ("filter", "all".to_owned()),
            ("limit", BATCH.to_string()),
            ("offset", "0".to_owned()),
            ("options", "1".to_owned()),
            ("sku_seller_list", serde_json::to_string(&seller_skus).expect("texts are JSON")),
        ]);
        let answer = self.call::<ProductsAnswer>(Method::GET, PRODUCTS, parameters).await?;
        let products = answer.content.data.map(|data| data.products).unwrap_or_default();
        let mut found = BTreeMap::new();
        for sku in products.into_iter().flat_map(|product| product.skus) {
            found.insert(sku.sku_id.clone(), sku);
        }
        let mut skus = Vec::new();
        for row in rows {
            let sku_id = row.variant_id.as_deref().unwrap_or_default();
            skus.push(found.get(sku_id).cloned().ok_or_else(|| unknown(row)));
        }
        Ok(skus)
    }
}

impl Marketplace for Lazada {
    const KIND: ConnectorKind = KIND;

    fn api(&self) -> &Api {
        &self.api
    }

    fn unmapped(target: &Target) -> Option<Failure> {
        let missing = match (&target.item_id, &target.variant_id) {
            (Some(_), Some(_)) => return None,
            (None, _) => "ItemId",
            (_, None) => "SkuId",
        };
        Some(Failure::mapping(format!("Enter Lazada’s {missing} for {}.", target.seller_sku)))
    }

    async fn check(&self) -> Result<(), Failure> {
        self.call::<Nothing>(Method::GET, SELLER, Parameters::new()).await.map(drop)
    }

    async fn refresh(&self) -> Result<Credentials, Failure> {
        let refresh_token = self.keys.refresh().map_or("", |refresh| refresh.secret.expose_secret());
        let parameters = Parameters::from([("refresh_token", refresh_token.to_owned())]);
        let url = format!("{}{REFRESH}", auth_url(self.api.url()));
        let request = |now| self.api.request_to(Method::POST, &url).form(&self.signed(REFRESH, parameters, now));
        let answer = self.api.send(request).await?;
        let new = self.accepted::<NewTokens>(&answer)?.content;
        if new.access_token.is_empty() || new.refresh_token.is_empty() {
            return Err(Failure::unavailable("Lazada answered without new tokens."));
        }
        let now = self.api.now();
        let access = Token::new(new.access_token, new.expires_in, now);
        let refresh = Token::new(new.refresh_token, new.refresh_expires_in, now);
        Ok(self.keys.clone().with_tokens(Some(access), Some(refresh)))
    }

    async fn read_campaigns(&self, rows: &[&Target]) -> Result<Vec<Result<Vec<Campaign>, Failure>>, Failure> {
        let zone = zone_of(self.api.url());
        let skus = self.read(rows).await?;
        Ok(skus.into_iter().map(|sku| sku.map(|sku| sku.campaigns(zone))).collect())
    }

    async fn write(&self, rows: &[&Target]) -> Result<Written, Failure> {
        let parameters = Parameters::from([("payload", payload(rows))]);
        let answer = self.call::<Nothing>(Method::POST, UPDATE, parameters).await?;
        let is_of = |detail: &Detail, row: &Target| {
            row.variant_id.as_ref() == Some(&detail.sku_id) || row.seller_sku == detail.seller_sku
        };
        let failure = |detail: &Detail| {
            let refusal =
                Refusal { code: &detail.code, kind: &answer.kind, message: &detail.message, detail: &detail.message };
            Failure { request_id: request_id(&answer.request_id), ..self.failure(&refusal) }
        };
        // A detail that names no row may be about any of them.
        let of_no_row = answer.detail.iter().find(|detail| !rows.iter().any(|row| is_of(detail, row)));
        if let Some(detail) = of_no_row {
            return Err(failure(detail));
        }
        let rows = rows.iter().map(|row| match answer.detail.iter().find(|detail| is_of(detail, row)) {
            Some(detail) => Err(failure(detail)),
            None => Ok(Confirmation::ReadBack),
        });
        Ok(Written { rows: rows.collect(), request_id: request_id(&answer.request_id) })
    }

    async fn read_quantities(&self, rows: &[&Target]) -> Result<Vec<Result<i64, Failure>>, Failure> {
        let skus = self.read(rows).await?;
        let quantities = rows.iter().zip(skus).map(|(row, sku)| sku?.quantity().ok_or_else(|| unknown(row)));
        Ok(quantities.collect())
    }
}

impl Sku {
    /// The quantity that customers can buy, campaigns included.
    fn quantity(&self) -> Option<i64> {
        let of_warehouses: Option<i64> = self.warehouses.iter().map(|warehouse| warehouse.sellable).sum();
        of_warehouses.filter(|_| !self.warehouses.is_empty()).or(self.available)
    }

    fn campaigns(&self, zone: FixedOffset) -> Vec<Campaign> {
        let mut campaigns = Vec::new();
        for Inventory { sellable, end_time } in &self.campaigns {
            campaigns.push(Campaign { quantity: sellable.unwrap_or(0), ends_at: end_of(end_time, zone) });
        }
        campaigns
    }
}

fn unknown(row: &Target) -> Failure {
    let sku_id = row.variant_id.as_deref().unwrap_or_default();
    Failure::mapping(format!("Lazada has no SKU with the SkuId {sku_id} and the SellerSku {}.", row.seller_sku))
}

/// The signature of a request: of the path, then of every parameter that is not empty, in the order of the names (108068).
pub(crate) fn sign<'a>(
    app_secret: &SecretString,
    path: &str,
    sorted: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut message = path.to_owned();
    for (key, value) in sorted.filter(|(key, value)| *key != "sign" && !value.is_empty()) {
        message.push_str(key);
        message.push_str(value);
    }
    hmac_sha256(app_secret, &[message.as_bytes()]).to_uppercase()
}

/// The XML of `UpdateSellableQuantity`, in the format of a seller with one warehouse.
fn payload(rows: &[&Target]) -> String {
    let mut skus = String::new();
    for row in rows {
        let item_id = partial_escape(row.item_id.as_deref().unwrap_or_default());
        let sku_id = partial_escape(row.variant_id.as_deref().unwrap_or_default());
        let seller_sku = partial_escape(&row.seller_sku);
        let quantity = row.quantity;
        skus.push_str(&format!(
            "<Sku><ItemId>{item_id}</ItemId><SkuId>{sku_id}</SkuId><SellerSku>{seller_sku}</SellerSku>\
             <SellableQuantity>{quantity}</SellableQuantity></Sku>"
        ));
    }
    format!("<Request><Product><Skus>{skus}</Skus></Product></Request>")
}

/// Lazada's own addresses do not renew tokens; any other address does.
fn auth_url(api_url: &str) -> &str {
    let host = api_url.split("//").nth(1).and_then(|rest| rest.split(['/', ':']).next()).unwrap_or_default();
    if host.starts_with("api.lazada.") { AUTH_URL } else { api_url }
}

/// The zone in which a country's campaigns end. For an unknown address it is the one in which they end later.
fn zone_of(api_url: &str) -> FixedOffset {
    let is_8_ahead =
        ["api.lazada.sg", "api.lazada.com.my", "api.lazada.com.ph"].iter().any(|host| api_url.contains(host));
    let hours = if is_8_ahead { 8 } else { 7 };
    FixedOffset::east_opt(hours * 3600).expect("a zone")
}

/// `2022-09-03 11:59:59` is the last second of a campaign.
fn end_of(text: &str, zone: FixedOffset) -> Option<Moment> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
    let last_second = local.and_local_timezone(zone).single()?;
    Some(Moment::from(last_second.to_utc()).plus(TimeDelta::seconds(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the document about signing (108069).
    #[test]
    fn the_signature_is_the_published_one() {
        let parameters = Parameters::from([
            ("access_token", "test".to_owned()),
            ("app_key", "123456".to_owned()),
            ("order_id", "1234".to_owned()),
            ("sign_method", "sha256".to_owned()),
            ("timestamp", "1517820392000".to_owned()),
            ("empty", String::new()),
        ]);
        let sorted = parameters.iter().map(|(key, value)| (*key, value.as_str()));
        assert_eq!(
            sign(&"helloworld".into(), "/order/get", sorted),
            "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"
        );
    }

    #[test]
    fn texts_cannot_break_out_of_the_payload() {
        let target = Target {
            sku: crate::domain::code::SkuCode::parse("A").expect("a code"),
            seller_sku: "</SellerSku>&\"".to_owned(),
            item_id: Some("1".to_owned()),
            variant_id: Some("2".to_owned()),
            quantity: 40,
            at_most: None,
        };
        assert_eq!(
            payload(&[&target, &target])
                .matches(
                    "<Sku><ItemId>1</ItemId><SkuId>2</SkuId><SellerSku>&lt;/SellerSku&gt;&amp;\"</SellerSku>\
                 <SellableQuantity>40</SellableQuantity></Sku>"
                )
                .count(),
            2
        );
    }

    #[test]
    fn a_campaign_ends_in_the_zone_of_its_country_or_in_the_later_one() {
        for (url, end) in [
            ("https://api.lazada.sg/rest", "2022-09-03T04:00:00Z"),
            ("https://api.lazada.co.id/rest", "2022-09-03T05:00:00Z"),
            ("http://127.0.0.1:9000/rest", "2022-09-03T05:00:00Z"),
        ] {
            assert_eq!(end_of("2022-09-03 11:59:59", zone_of(url)).expect("a moment").to_string(), end);
        }
        assert_eq!(end_of("", zone_of("")), None);
    }

    #[test]
    fn tokens_are_renewed_where_lazada_does_it() {
        assert_eq!(auth_url("https://api.lazada.co.id/rest"), AUTH_URL);
        assert_eq!(auth_url("http://127.0.0.1:9000/rest"), "http://127.0.0.1:9000/rest");
        assert_eq!(auth_url("https://example.com/api.lazada.sg"), "https://example.com/api.lazada.sg");
    }
}
