//! Shopee Open Platform, version 2: signature, timestamp, token, one product with up to 50 models in a call, of which
//! some may fail.

use crate::{
    demo::marketplace::{
        call::{self, Call, Row, RowRefusal, number},
        fault::{CallKind, Fault},
        shop::{NewTokens, Product, ProductId, Shop, World, credentials, random_text},
        simulated::SimulatedMarketplace,
    },
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, shopee},
};
use actix_web::{HttpResponse, http::Method};
use chrono::TimeDelta;
use rand::RngExt;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

const PREFIX: &str = "/api/v2";

const MAX_MODELS: usize = 50;
const REFRESH: &str = "/api/v2/auth/access_token/get";
const UPDATE: &str = "/api/v2/product/update_stock";

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

    fn new_credentials(&self, _shop: &str, now: Moment) -> Credentials {
        let values = [
            ("partner_id", rand::rng().random_range(1_000_000..10_000_000_u64).to_string()),
            ("partner_key", random_text()),
            ("shop_id", rand::rng().random_range(100_000_000..1_000_000_000_u64).to_string()),
        ];
        new_tokens(now).put_into(credentials(shopee::KIND, values))
    }

    fn product_id(&self, position: usize, _code: &str) -> ProductId {
        let item = 2_807_246_100 + position / MODELS_PER_PRODUCT;
        ProductId { item: item.to_string(), variant: (1 + position % MODELS_PER_PRODUCT).to_string() }
    }

    fn call_kind(&self, path: &str) -> CallKind {
        match path {
            REFRESH => CallKind::Token,
            UPDATE => CallKind::Write,
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
        HttpResponse::Ok().json(refusal("error_param", "There is no such shop_id."))
    }

    fn respond(&self, world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse {
        call::with_status_200(content(world, shop, call, fault, now), fault)
    }
}

fn new_tokens(now: Moment) -> NewTokens {
    NewTokens::issue(TimeDelta::hours(4), TimeDelta::days(30), now)
}

fn content(world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> Result<Value, Value> {
    let found = &world.shops[shop];
    check_signature(&found.credentials, call, now)?;
    let is_token = call.path == REFRESH;
    if !is_token && (fault == Some(Fault::EndedToken) || !found.admits(call.parameter("access_token"), now)) {
        return Err(refusal("error_auth", "Wrong access_token."));
    }
    match fault {
        Some(Fault::Throttle { .. }) => return Err(refusal("error_too_many_request", "Too many requests.")),
        Some(Fault::ErrorInside) => return Err(refusal("error_server", "Something went wrong, try later.")),
        Some(Fault::Echo) => return Err(refusal("error_inner", &call.echo())),
        _ if found.is_over_limit() => {
            return Err(refusal("error_too_many_request", "Too many requests."));
        }
        _ => {}
    }
    match (call.path.as_str(), &call.method) {
        ("/api/v2/shop/get_shop_info", &Method::GET) => Ok(accepted(json!({"shop_name": shop, "region": "SG"}))),
        ("/api/v2/product/get_model_list", &Method::GET) => models(found, call.parameter("item_id"), now),
        ("/api/v2/product/get_item_base_info", &Method::GET) => items(found, call.parameter("item_id_list"), now),
        ("/api/v2/product/get_item_promotion", &Method::GET) => promotions(found, call.parameter("item_id_list"), now),
        (UPDATE, &Method::POST) => update(world, shop, call, fault, now),
        (REFRESH, &Method::POST) => refresh(world, shop, call, now),
        _ => Err(refusal("error_not_found", "There is no such call.")),
    }
}

fn check_signature(credentials: &Credentials, call: &Call, now: Moment) -> Result<(), Value> {
    let timestamp = call.parameter("timestamp");
    let common = [call.parameter("partner_id"), call.path.as_str(), timestamp];
    let of_shop = [call.parameter("access_token"), call.parameter("shop_id")];
    let partner_key = credentials.value("partner_key");
    let signature = if call.path == REFRESH {
        shopee::sign(partner_key, &common)
    } else {
        shopee::sign(partner_key, &[&common[..], &of_shop[..]].concat())
    };
    if call.parameter("partner_id") != credentials.id("partner_id") {
        return Err(refusal("error_param", "There is no such partner_id."));
    }
    if signature != call.parameter("sign") {
        return Err(refusal("error_sign", "Wrong sign."));
    }
    let milliseconds = timestamp.parse().ok().and_then(|seconds: i64| seconds.checked_mul(1_000));
    if !call::is_timely(milliseconds, now) {
        return Err(refusal("error_param", "The timestamp is not of the last 5 minutes."));
    }
    Ok(())
}

fn refresh(world: &mut World, shop: &str, call: &Call, now: Moment) -> Result<Value, Value> {
    let body = call.json().unwrap_or_default();
    let found = world.shops.get_mut(shop).expect("the caller found the shop");
    let Some(tokens) = found.renew(body["refresh_token"].as_str().unwrap_or_default(), new_tokens(now)) else {
        return Err(refusal("error_auth", "Your refresh_token expired, authorization is needed."));
    };
    Ok(json!({
        "access_token": tokens.access.secret.expose_secret(),
        "refresh_token": tokens.refresh.secret.expose_secret(),
        "expire_in": tokens.access.expires_at.map_or(0, |end| end.since(now).num_seconds()),
        "error": "",
        "message": "",
        "request_id": random_text(),
    }))
}

fn update(world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> Result<Value, Value> {
    let rows = rows_of(call).ok_or_else(|| refusal("error_param", "The body is not that of this call."))?;
    if rows.is_empty() || rows.len() > MAX_MODELS {
        return Err(refusal("error_param", "Length should be between 1 to 50"));
    }
    let found = &world.shops[shop];
    if !found.products.keys().any(|id| id.item == rows[0].id.item) {
        return Err(refusal("error_item_not_found", "Product not found."));
    }
    let rows = call::check(world, shop, rows, fault, now);
    call::apply(world, shop, &rows, fault, now);
    let mut success = Vec::new();
    let mut failure = Vec::new();
    for (row, refusal) in &rows {
        let model = number(&row.id.variant);
        let mut fail = |reason: &str| failure.push(json!({"model_id": model, "failed_reason": reason}));
        match refusal {
            None => success.push(json!({"model_id": model, "stock": row.quantity})),
            Some(RowRefusal::UnknownProduct) => fail("Model not found."),
            Some(RowRefusal::Locked) => fail("Stock should be larger than reserved stock."),
            Some(RowRefusal::Frozen) => fail("The model is frozen."),
        }
    }
    let mut content = if success.is_empty() {
        let message = "Update stock failed, the detailed reason is in failure_list";
        refusal("error_busi_update_stock_failed", message)
    } else {
        accepted(json!({}))
    };
    content["response"] = json!({"success_list": success, "failure_list": failure});
    Ok(content)
}

/// The rows of a valid body. Its ids and quantities are whole numbers.
fn rows_of(call: &Call) -> Option<Vec<Row>> {
    let body = call.json()?;
    let item = body["item_id"].as_u64()?.to_string();
    let row = |row: &Value| {
        let id = ProductId { item: item.clone(), variant: row["model_id"].as_u64()?.to_string() };
        let stock = row["seller_stock"].as_array().filter(|stock| stock.len() == 1)?;
        let quantity = stock[0]["stock"].as_i64().filter(|stock| *stock >= 0)?;
        Some(Row { id, seller_sku: String::new(), quantity })
    };
    body["stock_list"].as_array()?.iter().map(row).collect()
}

fn models(shop: &Shop, item: &str, now: Moment) -> Result<Value, Value> {
    let of_item: Vec<_> = shop.products.iter().filter(|(id, _)| id.item == item).collect();
    if of_item.is_empty() {
        return Err(refusal("error_item_not_found", "Product not found."));
    }
    let models = of_item.into_iter().filter(|(id, _)| id.variant != "0");
    let models: Vec<Value> = models
        .map(|(id, product)| {
            json!({
                "item_id": item,
                "model_id": number(&id.variant),
                "model_sku": product.seller_sku,
                "stock_info_v2": stock_info(product, now),
            })
        })
        .collect();
    Ok(accepted(json!({"response": {"model": models}})))
}

fn items(shop: &Shop, items: &str, now: Moment) -> Result<Value, Value> {
    let found: Vec<Value> = items
        .split(',')
        .filter_map(|item| {
            let id = ProductId { item: item.to_owned(), variant: "0".to_owned() };
            let product = shop.products.get(&id)?;
            Some(json!({
                "item_id": number(item),
                "model_id": 0,
                "item_sku": product.seller_sku,
                "has_model": false,
                "stock_info_v2": stock_info(product, now),
            }))
        })
        .collect();
    Ok(accepted(json!({"response": {"item_list": found}})))
}

fn stock_info(product: &Product, now: Moment) -> Value {
    json!({
        "seller_stock": [{"location_id": "", "stock": product.quantity.unwrap_or(0)}],
        "summary_info": {"total_reserved_stock": product.locked(now)},
    })
}

fn promotions(shop: &Shop, items: &str, now: Moment) -> Result<Value, Value> {
    let item = |item: &str| {
        let of_item = shop.products.iter().filter(|(id, _)| id.item == item);
        let promotions: Vec<Value> = of_item
            .flat_map(|(id, product)| product.campaigns.iter().map(move |campaign| (id, campaign)))
            .filter(|(_, campaign)| campaign.ends_at > now)
            .map(|(id, campaign)| {
                json!({
                    "promotion_type": "Campaign",
                    "promotion_id": 1,
                    "model_id": number(&id.variant),
                    "start_time": now.utc().timestamp(),
                    "end_time": campaign.ends_at.utc().timestamp(),
                    "promotion_staging": "ongoing",
                    "promotion_stock_info_v2": {"summary_info": {"total_reserved_stock": campaign.quantity}},
                })
            })
            .collect();
        json!({"item_id": number(item), "promotion": promotions})
    };
    let success: Vec<Value> = items.split(',').map(item).collect();
    Ok(accepted(json!({"response": {"success_list": success, "failure_list": []}})))
}

fn accepted(mut content: Value) -> Value {
    content["error"] = "".into();
    content["message"] = "".into();
    content["warning"] = "".into();
    content["request_id"] = random_text().into();
    content
}

fn refusal(error: &str, message: &str) -> Value {
    json!({"error": error, "message": message, "request_id": random_text()})
}
