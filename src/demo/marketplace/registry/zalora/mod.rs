//! Zalora's Seller Center API, version 2, as its own document describes it (`openapi-standalone.yaml`, version 2.0, read in
//! the copy of ghaowei08/zalora-api-sdk; called "the document" here): a token of an hour for client credentials, the
//! stock of products and of sets of products, and the products themselves.
//!
//! What the document does not say is marked as a guess where it is decided.

mod orders;
mod problem;
mod products;
mod sets;
mod stock;
mod token;

use crate::{
    demo::marketplace::{
        call::Call,
        fault::{CallKind, Fault},
        orders::messages::{Changed, Signed},
        shop::{Product, ProductId, Shop, World, credentials, random_text},
        simulated::SimulatedMarketplace,
    },
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, zalora},
};
use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use secrecy::ExposeSecret;
use serde_json::json;
use std::num::NonZeroU32;

const TOKEN: &str = "/oauth/client-credentials";
const STOCK: &str = "/v2/stock/product";

/// "The rate limit per seller will decrease from 50 requests per second to 30, effective from July 1, 2024."
const CALLS_PER_SECOND: NonZeroU32 = NonZeroU32::new(30).expect("it is not 0");

/// Products without a set of their own are in sets of so many successive ids.
const PRODUCTS_OF_A_SET: u64 = 20;

pub(super) struct Zalora;

impl SimulatedMarketplace for Zalora {
    fn kind(&self) -> ConnectorKind {
        zalora::KIND
    }

    /// Its paths have no common prefix.
    fn prefix(&self) -> &'static str {
        ""
    }

    fn new_credentials(&self, shop: &str, _: Option<&Credentials>, _now: Moment) -> Credentials {
        let values = [("client_id", format!("client-{shop}")), ("client_secret", random_text())];
        credentials(zalora::KIND, values)
    }

    fn product_id(&self, position: usize, _code: &str) -> ProductId {
        ProductId { item: (510_400 + position).to_string(), variant: String::new() }
    }

    fn calls_per_second(&self) -> Option<NonZeroU32> {
        Some(CALLS_PER_SECOND)
    }

    /// "AvailableStock = (Quantity + … - ReservedStock)", in the answers of the stock.
    fn keeps_open_orders_in_quantity(&self) -> bool {
        true
    }

    /// "Order number given by the seller": `MY-111143`.
    fn order_number(&self, id: u64) -> String {
        format!("SG-{id}")
    }

    fn messages(&self, _: &World, changed: &Changed<'_>) -> Vec<Signed> {
        orders::messages(changed)
    }

    fn call_kind(&self, path: &str) -> CallKind {
        match path {
            TOKEN => CallKind::Token,
            STOCK => CallKind::Write,
            "/v2/orders" => CallKind::Orders,
            _ => CallKind::Read,
        }
    }

    fn shop_of(&self, world: &World, call: &Call) -> Option<String> {
        if call.path == TOKEN {
            let client = token::Client::of(call);
            return world.find(|shop| shop.has_credential(zalora::KIND, "client_id", &client.id));
        }
        let bearer = bearer(call);
        let has_token =
            |shop: &Shop| shop.credentials.access().is_some_and(|access| access.secret.expose_secret() == bearer);
        world.find(|shop| shop.kind == zalora::KIND && has_token(shop))
    }

    fn unknown_shop(&self) -> HttpResponse {
        problem::unauthorized()
    }

    fn unknown_caller(&self, call: &Call) -> HttpResponse {
        if call.path == TOKEN { token::unknown_client() } else { self.unknown_shop() }
    }

    fn respond(&self, world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse {
        let found = &world.shops[shop];
        if let Some(refusal) = &found.refusal {
            return problem::of_refusal(refusal);
        }
        if call.path != TOKEN && (fault == Some(Fault::EndedToken) || !found.admits(bearer(call), now)) {
            return problem::unauthorized();
        }
        match fault {
            Some(Fault::Throttle { seconds }) => return problem::throttled(seconds),
            Some(Fault::ErrorInside) => return HttpResponse::Ok().json(json!({"error": "Something went wrong."})),
            Some(Fault::Echo) => {
                return problem::refused(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", &call.echo());
            }
            _ if call.path != TOKEN && found.is_over_limit() => return problem::throttled(1),
            _ => {}
        }
        match (call.path.as_str(), &call.method) {
            (TOKEN, &Method::POST) => token::issue(world, shop, call, now),
            (STOCK, &Method::PUT) => stock::update(world, shop, call, fault, now),
            (path, &Method::GET) => read(found, shop, path, call),
            _ => problem::refused(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed", "There is no such call."),
        }
    }
}

fn bearer(call: &Call) -> &str {
    call.header("authorization").strip_prefix("Bearer ").unwrap_or_default()
}

fn read(found: &Shop, name: &str, path: &str, call: &Call) -> HttpResponse {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match segments.as_slice() {
        ["v2", "seller-settings"] => HttpResponse::Ok().json(json!({
            "core:shop/name": name,
            "document_number": null,
            "daily_order_limit": 10_000,
            "weekend_days": ["6", "7"],
        })),
        ["v2", "stock", "product", product] => stock::of_product(found, product),
        ["v2", "stock", "product-set", set] => stock::of_set(found, set),
        ["v2", "orders"] => orders::list(found, call),
        ["v2", "products"] => products::list(found, call),
        ["v2", "product", "seller-skus"] => products::list_of_seller_skus(found, call),
        ["v2", "product-set", set, "products"] => products::list_of_set(found, set),
        ["v2", "product-sets"] => sets::list(found, call),
        ["v2", "product-sets", "images"] => sets::images(found, call),
        ["v2", "product-set", set, "prices"] => sets::prices(found, set),
        _ => problem::not_found("There is no such call."),
    }
}

/// The products with their numbers. A product whose id is not a number is not on Zalora.
fn numbered(shop: &Shop) -> impl Iterator<Item = (u64, &Product)> {
    shop.products.iter().filter_map(|(id, product)| Some((id.item.parse().ok()?, product)))
}

/// The products of a set. Those without a set of their own are in sets of successive ids, so that they are found without looking
/// at all others.
fn of_set(shop: &Shop, set: u64) -> Vec<(u64, &Product)> {
    let mut found = Vec::new();
    for number in set * PRODUCTS_OF_A_SET..(set + 1) * PRODUCTS_OF_A_SET {
        let id = ProductId { item: number.to_string(), variant: String::new() };
        found.extend(shop.products.get(&id).filter(|product| product.product_set.is_none()).map(|it| (number, it)));
    }
    if shop.has_sets_of_their_own() {
        found.extend(numbered(shop).filter(|(_, product)| product.product_set == Some(set)));
        found.sort_by_key(|(number, _)| *number);
    }
    found
}

/// The id of the set that has the product.
fn set_of(number: u64, product: &Product) -> u64 {
    product.product_set.unwrap_or(number / PRODUCTS_OF_A_SET)
}

fn name_of(number: u64, product: &Product) -> String {
    if !product.title.is_empty() {
        return product.title.clone();
    }
    format!("Block Shell Jacket {} ({number})", product.seller_sku)
}

/// "SKU on the shop's side."
fn shop_sku(number: u64) -> String {
    format!("NI464AK{number}")
}
