//! Zalora's Seller Center API, version 2: a token of an hour for client credentials, and a list of stock.

use crate::{
    demo::marketplace::{
        call::{self, Call, Row, RowRefusal, refused, throttled},
        fault::{CallKind, Fault},
        shop::{ProductId, Shop, World, credentials, random_text},
        simulated::SimulatedMarketplace,
    },
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, credentials::Token, zalora},
};
use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

const TOKEN: &str = "/oauth/client-credentials";
const STOCK: &str = "/v2/stock/product";

const MAX_PRODUCTS: usize = 100;
const TOKEN_SECONDS: i64 = 3_600;

pub(super) struct Zalora;

impl SimulatedMarketplace for Zalora {
    fn kind(&self) -> ConnectorKind {
        zalora::KIND
    }

    /// Its paths have no common prefix.
    fn prefix(&self) -> &'static str {
        ""
    }

    fn new_credentials(&self, shop: &str, _now: Moment) -> Credentials {
        let values = [("client_id", format!("client-{shop}")), ("client_secret", random_text())];
        credentials(zalora::KIND, values)
    }

    fn product_id(&self, position: usize, _code: &str) -> ProductId {
        ProductId { item: (510_400 + position).to_string(), variant: String::new() }
    }

    fn call_kind(&self, path: &str) -> CallKind {
        match path {
            TOKEN => CallKind::Token,
            STOCK => CallKind::Write,
            _ => CallKind::Read,
        }
    }

    fn shop_of(&self, world: &World, call: &Call) -> Option<String> {
        if call.path == TOKEN {
            return world.find(|shop| shop.has_credential(zalora::KIND, "client_id", call.parameter("client_id")));
        }
        let bearer = bearer(call);
        let has_token =
            |shop: &Shop| shop.credentials.access().is_some_and(|access| access.secret.expose_secret() == bearer);
        world.find(|shop| shop.kind == zalora::KIND && has_token(shop))
    }

    fn unknown_shop(&self) -> HttpResponse {
        refused(StatusCode::UNAUTHORIZED, "The access token is not known.")
    }

    fn respond(&self, world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse {
        let found = &world.shops[shop];
        if call.path != TOKEN && (fault == Some(Fault::EndedToken) || !found.admits(bearer(call), now)) {
            return refused(StatusCode::UNAUTHORIZED, "The access token has expired.");
        }
        match fault {
            Some(Fault::Throttle { seconds }) => return throttled(seconds),
            Some(Fault::ErrorInside) => return HttpResponse::Ok().json(json!({"error": "Something went wrong."})),
            Some(Fault::Echo) => return refused(StatusCode::SERVICE_UNAVAILABLE, &call.echo()),
            _ if found.is_over_limit() => return throttled(1),
            _ => {}
        }
        match (call.path.as_str(), &call.method) {
            (TOKEN, &Method::POST) => token(world, shop, call, now),
            ("/v2/seller-settings", &Method::GET) => HttpResponse::Ok().json(json!({"name": shop})),
            (STOCK, &Method::PUT) => update(world, shop, call, fault, now),
            (path, &Method::GET) => match path.strip_prefix(STOCK).and_then(|rest| rest.strip_prefix('/')) {
                Some(product) => read(found, product),
                None => refused(StatusCode::NOT_FOUND, "There is no such call."),
            },
            _ => refused(StatusCode::METHOD_NOT_ALLOWED, "There is no such call."),
        }
    }
}

fn bearer(call: &Call) -> &str {
    call.header("authorization").strip_prefix("Bearer ").unwrap_or_default()
}

fn token(world: &mut World, shop: &str, call: &Call, now: Moment) -> HttpResponse {
    let found = world.shops.get_mut(shop).expect("the caller found the shop");
    let is_right = found.credentials.value("client_secret").expose_secret() == call.parameter("client_secret");
    if found.is_revoked || !is_right || call.parameter("grant_type") != "client_credentials" {
        return refused(StatusCode::UNAUTHORIZED, "The client is not known.");
    }
    let token = random_text();
    let access = Token::new(token.clone(), Some(TOKEN_SECONDS), now);
    found.credentials = found.credentials.clone().with_tokens(Some(access), None);
    HttpResponse::Ok().json(json!({"access_token": token, "expires_in": TOKEN_SECONDS, "token_type": "Bearer"}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StockRow {
    product_id: u64,
    quantity: i64,
}

fn update(world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse {
    let rows = match serde_json::from_slice::<Vec<StockRow>>(&call.body) {
        Ok(rows) if (1..=MAX_PRODUCTS).contains(&rows.len()) => rows,
        Ok(_) | Err(_) => return refused(StatusCode::BAD_REQUEST, "The body is not a list of 1 to 100 products."),
    };
    if rows.iter().any(|row| row.quantity < 0) {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "quantity has to be 0 or more.");
    }
    let rows = rows.into_iter().map(|StockRow { product_id, quantity }| {
        let id = ProductId { item: product_id.to_string(), variant: String::new() };
        Row { id, seller_sku: String::new(), quantity }
    });
    let rows = call::check(world, shop, rows.collect(), fault, now);
    // One refused row fails the whole call.
    for (row, refusal) in &rows {
        let product = &row.id.item;
        let (status, message) = match refusal {
            None => continue,
            Some(RowRefusal::UnknownProduct) => {
                (StatusCode::UNPROCESSABLE_ENTITY, format!("There is no product {product}."))
            }
            Some(RowRefusal::Locked) => {
                (StatusCode::CONFLICT, format!("Stock of the product {product} is reserved for a campaign."))
            }
            Some(RowRefusal::Frozen) => (StatusCode::UNPROCESSABLE_ENTITY, format!("The product {product} is frozen.")),
        };
        return refused(status, &message);
    }
    call::apply(world, shop, &rows, fault, now);
    let found = &world.shops[shop];
    let listed: Vec<Value> = rows.iter().filter_map(|(row, _)| stock(found, &row.id)).collect();
    HttpResponse::Ok().json(listed)
}

fn read(shop: &Shop, product: &str) -> HttpResponse {
    let id = ProductId { item: product.to_owned(), variant: String::new() };
    match stock(shop, &id) {
        Some(stock) => HttpResponse::Ok().json(stock),
        None => refused(StatusCode::NOT_FOUND, &format!("There is no product {product}.")),
    }
}

fn stock(shop: &Shop, id: &ProductId) -> Option<Value> {
    let product = shop.products.get(id)?;
    let number = id.item.parse::<u64>().ok();
    Some(json!({"productId": number, "sellerSku": product.seller_sku, "quantity": product.quantity.unwrap_or(0)}))
}
