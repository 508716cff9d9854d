//! Shopee Open Platform, version 2, as its documents describe it: the JSON of the pages of `v2.product.update_stock`,
//! `get_item_list`, `get_model_list`, `get_item_base_info`, `get_item_promotion`, `v2.shop.get_shop_info`, `get_warehouse_detail`,
//! `v2.push.get_lost_push_message` and `v2.public.refresh_access_token`. Their words are repeated with their spelling mistakes.
//!
//! Not here: anything of the connector but its kind. Both sides sharing a mistake would be found by no test.

mod answers;
mod authorization;
mod gateway;
mod lost;
mod orders;
mod products;
mod promotions;
mod seller;
mod stock;

use crate::{
    demo::marketplace::{
        call::Call,
        fault::{CallKind, Fault},
        orders::messages::{Changed, Signed},
        shop::{NewTokens, ProductId, World, credentials, random_text},
        simulated::SimulatedMarketplace,
    },
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, shopee},
};
use actix_web::{HttpResponse, http::Method};
use answers::{Refused, of_gateway, of_product};
use chrono::TimeDelta;
use rand::RngExt;
use secrecy::ExposeSecret;
use serde_json::Value;

const PREFIX: &str = "/api/v2";

const REFRESH: &str = "/api/v2/auth/access_token/get";
const UPDATE: &str = "/api/v2/product/update_stock";

/// The model of an item that has no models.
const NO_MODEL: &str = "0";

/// The SKUs of the demo that are models of the same product.
const MODELS_PER_PRODUCT: usize = 3;

pub(super) struct Shopee;

impl SimulatedMarketplace for Shopee {
    fn kind(&self) -> ConnectorKind {
        shopee::KIND
    }

    fn prefix(&self) -> &'static str {
        PREFIX
    }

    fn new_credentials(&self, _shop: &str, app: Option<&Credentials>, now: Moment) -> Credentials {
        let of_app = |name: &str, new: String| app.map_or(new, |app| app.value(name).expose_secret().to_owned());
        let values = [
            ("partner_id", of_app("partner_id", rand::rng().random_range(1_000_000..10_000_000_u64).to_string())),
            ("partner_key", of_app("partner_key", random_text())),
            ("shop_id", rand::rng().random_range(100_000_000..1_000_000_000_u64).to_string()),
        ];
        new_tokens(now).put_into(credentials(shopee::KIND, values))
    }

    fn product_id(&self, position: usize, _code: &str) -> ProductId {
        let item = 2_807_246_100 + position / MODELS_PER_PRODUCT;
        ProductId { item: item.to_string(), variant: (1 + position % MODELS_PER_PRODUCT).to_string() }
    }

    /// As in the samples: `201218V2Y6E59M`.
    fn order_number(&self, id: u64) -> String {
        format!("261110{id:X}")
    }

    fn messages(&self, world: &World, changed: &Changed<'_>) -> Vec<Signed> {
        orders::messages(world, changed)
    }

    fn of_app(&self, world: &mut World, call: &Call, now: Moment) -> Option<HttpResponse> {
        Some(match lost::content(world, call, now)? {
            Ok(content) => HttpResponse::Ok().json(content),
            Err(refused) => refused.respond(),
        })
    }

    fn call_kind(&self, path: &str) -> CallKind {
        match path {
            REFRESH => CallKind::Token,
            UPDATE => CallKind::Write,
            path if path.starts_with("/api/v2/order/") => CallKind::Orders,
            _ => CallKind::Read,
        }
    }

    /// A call for tokens has the shop in its body.
    fn shop_of(&self, world: &World, call: &Call) -> Option<String> {
        let of_body = || call.json().and_then(|body| body["shop_id"].as_u64()).map(|id| id.to_string());
        let id = call.parameters.get("shop_id").cloned().or_else(of_body)?;
        world.find(|shop| shop.has_credential(shopee::KIND, "shop_id", &id))
    }

    fn unknown_shop(&self) -> HttpResponse {
        of_gateway("error_auth", "Invalid partner_id or shopid.").respond()
    }

    fn respond(&self, world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse {
        match content(world, shop, call, fault, now) {
            Ok(content) => HttpResponse::Ok().json(content),
            Err(refused) => refused.respond(),
        }
    }
}

/// The access token is valid for 4 hours, the refresh token for 30 days.
fn new_tokens(now: Moment) -> NewTokens {
    NewTokens::issue(TimeDelta::hours(4), TimeDelta::days(30), now)
}

fn content(world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> Result<Value, Refused> {
    let found = &world.shops[shop];
    gateway::admit(found, call, fault, now)?;
    match fault {
        Some(Fault::ErrorInside) => return Err(of_product("error_server", "Something wrong. Please try later.")),
        Some(Fault::Echo) => return Err(of_product("error_inner", &format!("Update item failed {}", call.echo()))),
        _ => {}
    }
    match (call.path.as_str(), &call.method) {
        ("/api/v2/shop/get_shop_info", &Method::GET) => Ok(seller::info(shop, found, now)),
        ("/api/v2/shop/get_warehouse_detail", &Method::GET) => seller::warehouses(found, call),
        ("/api/v2/product/get_item_list", &Method::GET) => products::list(found, call, now),
        ("/api/v2/product/get_model_list", &Method::GET) => products::models(found, call.parameter("item_id"), now),
        ("/api/v2/product/get_item_base_info", &Method::GET) => products::items(found, call, now),
        ("/api/v2/product/get_item_promotion", &Method::GET) => promotions::list(found, call, now),
        ("/api/v2/order/get_order_list", &Method::GET) => orders::list(found, call),
        ("/api/v2/order/get_order_detail", &Method::GET) => orders::details(found, call),
        (UPDATE, &Method::POST) => stock::update(world, shop, call, fault, now),
        (REFRESH, &Method::POST) => gateway::refresh(world, shop, call, now),
        _ => {
            let message = "Permission denied. This API is currently offline or the request path is incorrect.";
            Err(of_gateway("error_param", message))
        }
    }
}
