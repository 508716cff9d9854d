//! Shopee Open Platform, version 2: `update_stock` sets the seller's stock of one product, up to 50 of its models in one
//! call. Units that promotions reserve are part of that stock, which cannot be set below them. For a shop with several
//! warehouses the stock of one of them is set.
//!
//! Sources: `open.shopee.com`, the developer's guide (16: calls, 20: permission) and the documents of `v2.product`,
//! `v2.shop` and `v2.public`.

mod call;
mod codes;
mod hooks;
mod listings;
mod lost;
mod orders;
mod permission;
mod promotion;
mod refusal;
mod stock;
#[cfg(test)]
mod tests;
mod warehouse;

use super::{
    app::Connecting,
    campaigns::Campaigns,
    credentials::{Credentials, Field, FieldKind, Token},
    description::{Description, Opening, boxed},
    hooks::Hooks,
    http::Api,
    loose,
    orders::{OrderPage, Pulling, Window},
    push::{BatchSize, Confirmation, Marketplace, Written},
    signature::hmac_sha256,
    target::{Seen, Target},
};
use crate::domain::{
    moment::Moment,
    stores::{
        campaign::Campaign,
        connection::{ConnectorKind, IdFacts, MarketplaceFacts},
        failure::Failure,
        found::FoundPage,
        warehouse::Warehouse,
    },
};
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use std::num::NonZeroU32;
use stock::StockInfo;

/// The model of a product that has none. A listing of such a product is stored without an id of a variant.
const NO_MODEL: &str = "0";

static FACTS: MarketplaceFacts = MarketplaceFacts {
    code: "shopee",
    label: "Shopee",
    // Guide 16 has one for servers near Singapore, one near the US and one near mainland China. That apps of Brazil and of
    // China are known at theirs alone is a guess.
    addresses: &[
        ("", "https://partner.shopeemobile.com"),
        ("BR", "https://openplatform.shopee.com.br"),
        ("CN", "https://openplatform.shopee.cn"),
    ],
    address_may_have_query: false,
    // No limit is published: this is a cautious guess.
    default_rate: NonZeroU32::new(10).expect("not 0"),
    is_pushed: true,
    has_list: true,
    item: Some(IdFacts { label: "item_id", is_needed: true, is_number: true, none: None }),
    variant: Some(IdFacts { label: "model_id", is_needed: false, is_number: true, none: Some(NO_MODEL) }),
};

pub const KIND: ConnectorKind = ConnectorKind::new(&FACTS);

pub(super) static DESCRIPTION: Description = Description {
    kind: KIND,
    hint: "Through Shopee Open Platform.",
    address_hint: "For most countries. Brazil: https://openplatform.shopee.com.br. \
                   Mainland China: https://openplatform.shopee.cn. Or that of Shopee’s sandbox.",
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
        ("refresh token", "refresh_token"),
        ("error_sign", "partner_key"),
        ("partner_key", "partner_key"),
        ("partner_id", "partner_id"),
        ("invalid_partner", "partner_id"),
        ("shop_id", "shop_id"),
        ("shop id", "shop_id"),
        ("shopid", "shop_id"),
    ],
    // 50 models of one product.
    batch: BatchSize { most: 50, is_of_one_item: true },
    permission_is_refresh: false,
    campaigns: Campaigns::AreRead,
    pulling: Some(Pulling {
        longest_window: Some(TimeDelta::seconds(orders::LONGEST_WINDOW_SECONDS)),
        most_named: orders::MOST_NAMED,
        hooks: Hooks::OfApp(&hooks::ShopeeHooks),
    }),
    connecting: Connecting::ByApp(permission::APP),
    connect: Some(|Opening { api, keys, warehouse, .. }| boxed(Shopee { api, keys, warehouse })),
};

const UPDATE: &str = "/api/v2/product/update_stock";
const SHOP: &str = "/api/v2/shop/get_shop_info";
const REFRESH: &str = "/api/v2/auth/access_token/get";

/// How long a refresh token lives: 30 days. The answer does not say.
const REFRESH_SECONDS: i64 = 30 * 24 * 3600;

/// A larger `expire_in` is a time and not a number of seconds. Samples of the documents have both.
const LONGEST_LIFETIME: i64 = 1_000_000_000;

struct Shopee {
    api: Api,
    keys: Credentials,
    /// The `location_id` of the warehouse whose stock is set. Shops with one warehouse are sent none.
    warehouse: Option<String>,
}

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

#[derive(Deserialize)]
struct NewTokens {
    #[serde(default, deserialize_with = "loose::text")]
    access_token: String,
    #[serde(default, deserialize_with = "loose::text")]
    refresh_token: String,
    #[serde(default, deserialize_with = "loose::number")]
    expire_in: Option<i64>,
}

impl NewTokens {
    fn tokens(self, now: Moment) -> Result<(Token, Token), Failure> {
        if self.access_token.is_empty() || self.refresh_token.is_empty() {
            return Err(Failure::unavailable("Shopee answered without new tokens."));
        }
        let seconds =
            self.expire_in.map(|given| if given > LONGEST_LIFETIME { given - now.utc().timestamp() } else { given });
        let access = Token::new(self.access_token, seconds, now);
        Ok((access, Token::new(self.refresh_token, Some(REFRESH_SECONDS), now)))
    }
}

impl Shopee {
    /// The body of a write of rows of one product.
    fn update_of(&self, rows: &[&Target]) -> Value {
        let mut stock_list = Vec::new();
        for row in rows {
            let seller_stock = match &self.warehouse {
                Some(code) => json!([{"location_id": code, "stock": row.quantity}]),
                None => json!([{"stock": row.quantity}]),
            };
            stock_list.push(json!({"model_id": id(model_of(row)), "seller_stock": seller_stock}));
        }
        json!({"item_id": id(item_of(rows)), "stock_list": stock_list})
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

    async fn check(&self) -> Result<Option<String>, Failure> {
        let answer = self.get(SHOP, &[]).await?;
        self.accept(&answer)?;
        Ok(None)
    }

    async fn refresh(&self) -> Result<Credentials, Failure> {
        let body = json!({
            "partner_id": id(self.keys.id("partner_id")),
            "shop_id": id(self.keys.id("shop_id")),
            "refresh_token": self.keys.refresh().map_or("", |refresh| refresh.secret.expose_secret()),
        });
        let new: NewTokens = self.ask_for_tokens(REFRESH, &body).await?;
        let (access, refresh) = new.tokens(self.api.now())?;
        Ok(self.keys.clone().with_tokens(Some(access), Some(refresh)))
    }

    async fn warehouses(&self) -> Result<Vec<Warehouse>, Failure> {
        self.read_warehouses().await
    }

    async fn look(&self, rows: &[&Target]) -> Result<Vec<Result<Option<Seen>, Failure>>, Failure> {
        let warehouse = self.warehouse.as_deref();
        let stocks = self.read_stock(rows).await?;
        let is_locked = |row: &Target, stock: &StockInfo| row.quantity < stock.floor(warehouse);
        let is_any_locked =
            rows.iter().zip(&stocks).any(|(row, stock)| stock.as_ref().is_ok_and(|stock| is_locked(row, stock)));
        let promotions = if is_any_locked { Some(self.read_promotions(item_of(rows)).await?) } else { None };
        let given = promotions.as_deref();
        let mut seen = Vec::new();
        for (row, stock) in rows.iter().zip(stocks) {
            let model = model_of(row);
            seen.push(stock.map(|stock| {
                let floor = stock.floor(warehouse);
                Some(Seen {
                    shown: stock.quantity(warehouse).ok(),
                    campaigns: promotion::campaigns(given.unwrap_or_default(), model, floor, self.api.now()),
                    listed: given.map(|given| promotion::listed(given, model)),
                    ..Seen::default()
                })
            }));
        }
        Ok(seen)
    }

    async fn list_campaigns(&self, rows: &[&Target]) -> Result<Vec<Result<Vec<Campaign>, Failure>>, Failure> {
        self.list_promotions(rows).await
    }

    async fn read_orders(&self, window: Window, page: Option<&str>) -> Result<OrderPage, Failure> {
        self.orders_changed(window, page).await
    }

    async fn read_named_orders(&self, ids: &[String]) -> Result<OrderPage, Failure> {
        self.orders_named(ids).await
    }

    async fn list(&self, cursor: Option<&str>) -> Result<FoundPage, Failure> {
        self.list_part(cursor).await
    }

    async fn write(&self, rows: &[&Target]) -> Result<Written, Failure> {
        let mut answer = self.post(UPDATE, &self.update_of(rows)).await?;
        let failed = answer.response::<Updated>().unwrap_or_default().failure_list;
        let is_of = |failed: &FailedModel, row: &Target| failed.model_id == model_of(row);
        let (of_rows, of_no_row): (Vec<_>, Vec<_>) =
            failed.into_iter().partition(|failed| rows.iter().any(|row| is_of(failed, row)));
        let request_id = answer.request_id();
        if let Some(refusal) = answer.refusal() {
            let reason = refusal.reason();
            let failure = self.failure(&answer, &refusal, reason);
            // A response with an error may still list the rows that failed: the others were accepted.
            if failure.class.is_store_wide() || of_rows.is_empty() && reason.may_be_of_one_model() {
                return Err(failure);
            }
            // It would be refused for each row alone as well, so the rows are not tried by halves.
            if of_rows.is_empty() {
                let refused = rows.iter().map(|_| Err(failure.clone()));
                return Ok(Written { rows: refused.collect(), request_id });
            }
        }
        let failure = |failed: &FailedModel| {
            let refusal = answer.refusal_of_row(&failed.failed_reason);
            self.failure(&answer, &refusal, refusal.reason().of_row())
        };
        // A refusal of a model that was not sent may be about any of those that were.
        if let (true, Some(failed)) = (of_rows.is_empty(), of_no_row.first()) {
            return Err(failure(failed));
        }
        let mut written = Vec::new();
        for row in rows {
            written.push(match of_rows.iter().find(|failed| is_of(failed, row)) {
                Some(failed) => Err(failure(failed)),
                None => Ok(Confirmation::ReadBack),
            });
        }
        Ok(Written { rows: written, request_id })
    }

    async fn read_quantities(&self, rows: &[&Target]) -> Result<Vec<Result<i64, Failure>>, Failure> {
        let mut quantities = Vec::new();
        for stock in self.read_stock(rows).await? {
            quantities.push(stock.and_then(|stock| stock.quantity(self.warehouse.as_deref())));
        }
        Ok(quantities)
    }
}

/// The product of the rows of a request, which are all of the same.
fn item_of<'a>(rows: &[&'a Target]) -> &'a str {
    rows.first().and_then(|row| row.item_id.as_deref()).unwrap_or_default()
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
