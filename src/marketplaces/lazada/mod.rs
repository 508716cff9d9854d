//! Lazada Open Platform: `UpdateSellableQuantity` sets what buyers can buy, up to 50 SKUs in one call, as XML. Units that
//! a campaign locks are part of that number, which cannot be set below them.
//!
//! Sources, at `open.alitrip.com/docs/doc.htm?treeId=499`: signing 108068 and 108069, stock 121233, limits 121234, the
//! errors of products 121320, Choice 121783.

mod call;
mod detail;
mod hooks;
mod listings;
mod orders;
mod permission;
mod products;
mod refusal;
mod stock;
#[cfg(test)]
mod tests;
mod warehouses;
mod write;
mod zone;

use super::{
    app::Connecting,
    campaigns::Campaigns,
    credentials::{Credentials, Field, FieldKind, Token},
    description::{Description, Opening, boxed},
    hooks::Hooks,
    http::Api,
    loose,
    orders::{OrderPage, Pulling, Window},
    push::{BatchSize, Marketplace, Written},
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
use call::Parameters;
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde::Deserialize;
use std::num::NonZeroU32;
use zone::Zones;

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
    has_list: true,
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
    permission_is_refresh: true,
    campaigns: Campaigns::AreRead,
    pulling: Some(Pulling {
        longest_window: None,
        most_named: orders::MOST_NAMED,
        hooks: Hooks::OfApp(&hooks::LazadaHooks),
    }),
    connecting: Connecting::ByApp(permission::APP),
    connect: Some(|Opening { api, keys, warehouse, .. }| boxed(Lazada { api, keys, warehouse })),
};

const SELLER: &str = "/seller/get";
const REFRESH: &str = "/auth/token/refresh";

/// The address that renews the tokens of every country.
const AUTH_URL: &str = "https://auth.lazada.com/rest";

struct Lazada {
    api: Api,
    keys: Credentials,
    /// The code of the warehouse whose stock is set, if one is chosen.
    warehouse: Option<String>,
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

impl NewTokens {
    fn tokens(self, now: Moment) -> Result<(Token, Token), Failure> {
        if self.access_token.is_empty() || self.refresh_token.is_empty() {
            return Err(Failure::unavailable("Lazada answered without new tokens."));
        }
        let access = Token::new(self.access_token, self.expires_in, now);
        // 0 means that the access cannot be renewed: it ends by itself.
        let renewable_for = self.refresh_expires_in.filter(|seconds| *seconds > 0).or(self.expires_in);
        Ok((access, Token::new(self.refresh_token, renewable_for, now)))
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

    async fn check(&self) -> Result<Option<String>, Failure> {
        let seller = self.profile().await?.seller_id;
        Ok(Some(seller).filter(|seller| !seller.is_empty()))
    }

    async fn refresh(&self) -> Result<Credentials, Failure> {
        let refresh_token = self.keys.refresh().map_or("", |refresh| refresh.secret.expose_secret());
        let parameters = Parameters::from([("refresh_token", refresh_token.to_owned())]);
        let new: NewTokens = self.ask_for_tokens(auth_url(self.api.url()), REFRESH, parameters).await?;
        let (access, refresh) = new.tokens(self.api.now())?;
        Ok(self.keys.clone().with_tokens(Some(access), Some(refresh)))
    }

    async fn warehouses(&self) -> Result<Vec<Warehouse>, Failure> {
        self.read_warehouses().await
    }

    async fn look(&self, rows: &[&Target]) -> Result<Vec<Result<Option<Seen>, Failure>>, Failure> {
        let zones = Zones::of(self.api.url());
        let now = self.api.now();
        let warehouse = self.warehouse.as_deref();
        let mut seen = Vec::new();
        for sku in self.read(rows).await? {
            seen.push(sku.and_then(|sku| {
                let campaigns = sku.campaigns(warehouse, zones, now)?;
                let listed = Some(sku.listed_campaigns(zones));
                Ok(Some(Seen { shown: sku.quantity(warehouse).ok(), campaigns, listed, ..Seen::default() }))
            }));
        }
        Ok(seen)
    }

    async fn list_campaigns(&self, rows: &[&Target]) -> Result<Vec<Result<Vec<Campaign>, Failure>>, Failure> {
        let zones = Zones::of(self.api.url());
        let mut campaigns = Vec::new();
        for sku in self.read(rows).await? {
            campaigns.push(sku.map(|sku| sku.listed_campaigns(zones)));
        }
        Ok(campaigns)
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
        self.set(rows).await
    }

    async fn read_quantities(&self, rows: &[&Target]) -> Result<Vec<Result<i64, Failure>>, Failure> {
        let mut quantities = Vec::new();
        for sku in self.read(rows).await? {
            quantities.push(sku.and_then(|sku| sku.quantity(self.warehouse.as_deref())));
        }
        Ok(quantities)
    }
}

/// Lazada's own addresses do not renew tokens; any other address does.
fn auth_url(api_url: &str) -> &str {
    let host = api_url.split("//").nth(1).and_then(|rest| rest.split(['/', ':']).next()).unwrap_or_default();
    if host.starts_with("api.lazada.") { AUTH_URL } else { api_url }
}

#[cfg(test)]
mod auth_tests {
    use super::*;

    #[test]
    fn tokens_are_renewed_where_lazada_does_it() {
        assert_eq!(auth_url("https://api.lazada.co.id/rest"), AUTH_URL);
        assert_eq!(auth_url("http://127.0.0.1:9000/rest"), "http://127.0.0.1:9000/rest");
        assert_eq!(auth_url("https://example.com/api.lazada.sg"), "https://example.com/api.lazada.sg");
    }
}
