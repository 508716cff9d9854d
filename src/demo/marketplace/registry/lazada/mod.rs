//! Lazada Open Platform, as the pages of open.lazada.com describe it. The comments name each page by its number (`docId`)
//! or by the path of its API. What no page says is marked as a guess.

mod answer;
mod authorization;
mod gateway;
mod listings;
mod orders;
mod seller;
mod stock;

use crate::{
    demo::marketplace::{
        call::Call,
        fault::{CallKind, Fault},
        orders::messages::{Changed, Signed},
        shop::{NewTokens, ProductId, Shop, World, credentials, random_text},
        simulated::SimulatedMarketplace,
    },
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, credentials::Token, lazada},
};
use actix_web::HttpResponse;
use answer::Refused;
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use std::num::NonZeroU32;

const PREFIX: &str = "/rest";

/// Of an app that is online (page 121098); those of one that is tested are shorter.
const ACCESS_LIFETIME: TimeDelta = TimeDelta::days(30);
const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(180);

/// "Each seller can only call the inventory API 50 times per second" (page 121234). The limits of the other APIs are
/// not published; here all calls of a seller count.
const CALLS_PER_SECOND: NonZeroU32 = NonZeroU32::new(50).expect("it is more than zero");

/// The longest request address that common front servers accept. No page of Lazada gives a number.
const MAX_ADDRESS_BYTES: usize = 8 << 10;

/// The code of the warehouse of a seller with one, and of the main one of a seller with several.
const MAIN_WAREHOUSE: &str = "dropshipping";

/// The SKUs of the demo that are variants of the same product.
const VARIANTS_PER_PRODUCT: usize = 3;

pub(super) struct Lazada;

impl SimulatedMarketplace for Lazada {
    fn kind(&self) -> ConnectorKind {
        lazada::KIND
    }

    fn prefix(&self) -> &'static str {
        PREFIX
    }

    fn api_path(&self, _shop: &str) -> String {
        PREFIX.to_owned()
    }

    fn new_credentials(&self, shop: &str, app: Option<&Credentials>, now: Moment) -> Credentials {
        let of_app = |name: &str, new: String| app.map_or(new, |app| app.value(name).expose_secret().to_owned());
        let values = [
            ("app_key", of_app("app_key", format!("app-{shop}"))),
            ("app_secret", of_app("app_secret", random_text())),
        ];
        new_tokens(now).put_into(credentials(lazada::KIND, values))
    }

    fn product_id(&self, position: usize, _code: &str) -> ProductId {
        let item = 2_807_246_100 + position / VARIANTS_PER_PRODUCT;
        ProductId { item: item.to_string(), variant: (13_449_296_000 + position).to_string() }
    }

    fn calls_per_second(&self) -> Option<NonZeroU32> {
        Some(CALLS_PER_SECOND)
    }

    fn messages(&self, world: &World, changed: &Changed<'_>) -> Vec<Signed> {
        orders::messages(world, changed)
    }

    fn call_kind(&self, path: &str) -> CallKind {
        match path {
            "/rest/auth/token/refresh" => CallKind::Token,
            "/rest/product/stock/sellable/update" => CallKind::Write,
            path if path.starts_with("/rest/orders/") => CallKind::Orders,
            _ => CallKind::Read,
        }
    }

    /// Several shops may have one app: then the token says which one is meant.
    fn shop_of(&self, world: &World, call: &Call) -> Option<String> {
        let is_of_app = |shop: &Shop| shop.has_credential(lazada::KIND, "app_key", call.parameter("app_key"));
        let has = |token: Option<&Token>, name: &str| {
            token.is_some_and(|token| token.secret.expose_secret() == call.parameter(name))
        };
        let is_meant = |shop: &Shop| {
            let keys = &shop.credentials;
            is_of_app(shop) && (has(keys.access(), "access_token") || has(keys.refresh(), "refresh_token"))
        };
        world.find(is_meant).or_else(|| world.find(is_of_app))
    }

    /// The code is a guess: no page lists it.
    fn unknown_shop(&self) -> HttpResponse {
        answer::respond(Err(Refused::new("InvalidAppKey", "ISV", "The specified App Key is unknown")))
    }

    fn respond(&self, world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse {
        let address_bytes = call.path.len() + 1 + call.query.len();
        if address_bytes > MAX_ADDRESS_BYTES {
            return answer::address_too_long();
        }
        answer::respond(gateway::content(world, shop, call, fault, now))
    }
}

fn new_tokens(now: Moment) -> NewTokens {
    NewTokens::issue(ACCESS_LIFETIME, REFRESH_LIFETIME, now)
}
