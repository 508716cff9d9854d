//! Zalora's Seller Center API, version 2. A token of an hour is fetched with the application's own credentials.
//!
//! - `PUT /v2/stock/product` sets the quantities of up to 100 products. Its answer acknowledges nothing: its text says that it
//!   lists the products that were ignored, and its schema reads as if it listed those that were set. So what is shown is read
//!   back (see [`stock`]). A product that shows something else was refused if the answer has it.
//! - The quantity that is set includes the units of open orders (`reservedStock`), which Zalora subtracts itself. What buyers can
//!   order is `available`: the stock is read, the reserved units are added, and `available` is compared. A product that shows the
//!   target already is not written: “update the stock only if it was really changed”. The documents do not say whether an order
//!   that waits for its payment is in `reservedStock`.
//! - Products that Zalora fulfils from its own warehouse cannot be set.
//! - Where a seller has several warehouses, only the total is read and set. The documents do not say to which warehouse it goes.
//! - Campaigns cannot be read.
//!
//! Source: `sellercenter-api.zalora.com/docs`, `openapi-standalone.yaml` of late 2024. It has the token's address at
//! `sellercenter.[instance]`; two published clients use the address of the API, and so does this.

mod listings;
mod orders;
mod refusal;
mod stock;
#[cfg(test)]
mod tests;

use super::{
    app::Connecting,
    campaigns::Campaigns,
    credentials::{Credentials, Field, FieldKind, Token},
    description::{Description, Opening, boxed},
    hooks::Hooks,
    http::{Api, HttpAnswer},
    loose::{self, Readable},
    orders::{OrderPage, Pulling, Window},
    push::{BatchSize, Confirmation, Marketplace, Written},
    target::{Seen, Target},
};
use crate::domain::stores::{
    connection::{ConnectorKind, IdFacts, MarketplaceFacts},
    failure::{Failure, FailureClass},
    found::FoundPage,
};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use chrono::TimeDelta;
use refusal::Asked;
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use std::{
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
};
use stock::{Products, STOCK, Stock};

static FACTS: MarketplaceFacts = MarketplaceFacts {
    code: "zalora",
    label: "Zalora",
    addresses: &[
        ("SG", "https://sellercenter-api.zalora.sg"),
        ("MY", "https://sellercenter-api.zalora.com.my"),
        ("PH", "https://sellercenter-api.zalora.com.ph"),
        ("ID", "https://sellercenter-api.zalora.co.id"),
        ("HK", "https://sellercenter-api.zalora.com.hk"),
        ("TW", "https://sellercenter-api.zalora.com.tw"),
        ("All countries", "https://sellercenter-api.zalora.com"),
    ],
    address_may_have_query: false,
    // The documents allow 30 a second for all applications of a seller.
    default_rate: NonZeroU32::new(20).expect("not 0"),
    is_pushed: true,
    has_list: true,
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
    permission_is_refresh: false,
    campaigns: Campaigns::AreNotDocumented,
    pulling: Some(Pulling {
        longest_window: None,
        most_named: orders::MOST_NAMED,
        hooks: Hooks::OfStore(orders::read_message),
    }),
    connecting: Connecting::ByKeys(
        "There is nothing to register. In the seller’s Seller Center, under Settings, Integration Management, make an OAuth application. Then add the store here and enter the application’s client ID and client secret on its page.",
    ),
    connect: Some(|Opening { api, keys, .. }| boxed(Zalora::new(api, keys))),
};

const TOKEN: &str = "/oauth/client-credentials";
const SETTINGS: &str = "/v2/seller-settings";

struct Zalora {
    api: Api,
    keys: Credentials,
    products: Products,
    /// The products that the answer to the last write has.
    listed: Mutex<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewStock {
    product_id: u64,
    quantity: i64,
}

/// A row of the answer to a write.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(default, deserialize_with = "loose::text")]
    product_id: String,
}

#[derive(Deserialize)]
struct NewToken {
    #[serde(default, deserialize_with = "loose::text")]
    access_token: String,
    #[serde(default, deserialize_with = "loose::number")]
    expires_in: Option<i64>,
}

impl Zalora {
    fn new(api: Api, keys: Credentials) -> Self {
        let basic = format!("{}:{}", keys.id("client_id"), keys.value("client_secret").expose_secret());
        let api = api.hide(BASE64_STANDARD.encode(basic).into());
        Self { api, keys, products: Products::default(), listed: Mutex::default() }
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let Some(access) = self.keys.access() else {
            return Err(Failure::token_ended("There is no access token yet."));
        };
        Ok(self.api.request(method, path).bearer_auth(access.secret.expose_secret()))
    }

    async fn send(&self, request: RequestBuilder, asked: Asked) -> Result<HttpAnswer, Failure> {
        let answer = self.api.send(|_| request).await?;
        match refusal::refusal(&self.api, &answer, asked) {
            Some(failure) => Err(failure),
            None => Ok(answer),
        }
    }

    async fn check_settings(&self) -> Result<(), Failure> {
        let answer = self.send(self.request(Method::GET, SETTINGS)?, Asked::Api).await?;
        answer.json::<IgnoredAny>(self.api.name()).map(drop)
    }

    /// What each row shows: it is read of those of which it is not known yet.
    async fn seen(&self, rows: &[&Target]) -> Result<Vec<Result<Seen, Failure>>, Failure> {
        let unseen: Vec<&Target> = rows.iter().copied().filter(|row| row.seen.is_none()).collect();
        let read = if unseen.is_empty() { Vec::new() } else { self.read(&unseen).await? };
        let mut read = read.into_iter();
        let mut seen = Vec::new();
        for row in rows {
            seen.push(match &row.seen {
                Some(seen) => Ok(seen.clone()),
                None => read.next().expect("every such row was read").map(|stock| stock.seen()),
            });
        }
        Ok(seen)
    }

    fn listed(&self) -> MutexGuard<'_, Vec<String>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The failure of a row that shows something else after it was written. `None` if Zalora does not say that it was refused:
    /// units may have been sold or reserved meanwhile, so what it shows is the answer.
    fn refused(&self, row: &Target, stock: &Stock) -> Option<Failure> {
        let shows = format!("Zalora shows {} after {} were sent", stock.available, row.quantity);
        if self.is_in_zaloras_warehouse(row) || stock.consigned > 0 {
            let message =
                format!("{shows}: it sells this product from its own warehouse, where sellers cannot set the stock.");
            return Some(Failure::new(FailureClass::NotWritable, message));
        }
        if !self.listed().iter().any(|id| row.item_id.as_ref() == Some(id)) {
            return None;
        }
        let warehouses = match stock.warehouses {
            0 | 1 => String::new(),
            number => format!(" It has units in {number} warehouses of yours, and only their total is set."),
        };
        Some(Failure::mapping(format!("{shows}: it ignored this product.{warehouses}")))
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

    async fn check(&self) -> Result<Option<String>, Failure> {
        self.check_settings().await?;
        Ok(None)
    }

    /// The documents and the published clients send the client as Basic; a form is accepted as well.
    async fn refresh(&self) -> Result<Credentials, Failure> {
        let secret = self.keys.value("client_secret").expose_secret();
        let request = self.api.request(Method::POST, TOKEN).basic_auth(self.keys.id("client_id"), Some(secret));
        let answer = self.send(request.form(&[("grant_type", "client_credentials")]), Asked::Token).await?;
        let new: NewToken = answer.json(self.api.name())?;
        if new.access_token.is_empty() {
            return Err(Failure::unavailable("Zalora answered without a token."));
        }
        Ok(self.keys.clone().with_tokens(Some(Token::new(new.access_token, new.expires_in, self.api.now())), None))
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

    async fn look(&self, rows: &[&Target]) -> Result<Vec<Result<Option<Seen>, Failure>>, Failure> {
        let stocks = self.read(rows).await?;
        Ok(stocks.into_iter().map(|stock| stock.map(|stock| Some(stock.seen()))).collect())
    }

    async fn write(&self, rows: &[&Target]) -> Result<Written, Failure> {
        let seen = self.seen(rows).await?;
        self.listed().retain(|id| rows.iter().all(|row| row.item_id.as_ref() != Some(id)));
        let mut body = Vec::new();
        let mut confirmations = Vec::new();
        for (row, seen) in rows.iter().zip(seen) {
            confirmations.push(match seen {
                // An earlier request that was not answered may still arrive, unless it was for no more than this.
                Ok(seen) if seen.shown == Some(row.quantity) && !row.lowers() => Ok(Confirmation::Shows(row.quantity)),
                Ok(seen) => {
                    let product_id = row.item_id.as_deref().and_then(|id| id.parse().ok()).unwrap_or_default();
                    let quantity = row.quantity.saturating_add(seen.reserved).max(0);
                    body.push(NewStock { product_id, quantity });
                    Ok(Confirmation::ReadBack)
                }
                Err(failure) => Err(failure),
            });
        }
        if !body.is_empty() {
            let answer = self.send(self.request(Method::PUT, STOCK)?.json(&body), Asked::Api).await?;
            // An answer that is no list is no failure: what is shown decides.
            let listed: Readable<Listed> = serde_json::from_slice(&answer.body).unwrap_or_default();
            self.listed().extend(listed.entries.into_iter().map(|row| row.product_id));
        }
        Ok(Written { rows: confirmations, request_id: None })
    }

    async fn read_quantities(&self, rows: &[&Target]) -> Result<Vec<Result<i64, Failure>>, Failure> {
        let stocks = self.read(rows).await?;
        let mut different = Vec::new();
        for (row, stock) in rows.iter().zip(&stocks) {
            if stock.as_ref().is_ok_and(|stock| stock.available != row.quantity) {
                different.push(*row);
            }
        }
        if !different.is_empty() {
            // The list of products says where they are sold from.
            self.look_up(&different).await?;
        }
        let mut shown = Vec::new();
        for (row, stock) in rows.iter().zip(stocks) {
            shown.push(match stock {
                Ok(stock) if stock.available == row.quantity => Ok(stock.available),
                Ok(stock) => self.refused(row, &stock).map_or(Ok(stock.available), Err),
                Err(failure) => Err(failure),
            });
        }
        Ok(shown)
    }
}
