//! Lazada Open Platform: signature, timestamp, token, XML, up to 50 SKUs in a call.

use crate::{
    demo::marketplace::{
        call::{self, Call, Row, RowRefusal, number},
        fault::{CallKind, Fault},
        shop::{NewTokens, Product, ProductId, World, credentials, random_text},
        simulated::SimulatedMarketplace,
    },
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, lazada},
};
use actix_web::{HttpResponse, http::Method};
use chrono::{FixedOffset, TimeDelta};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PREFIX: &str = "/rest";

const MAX_SKUS: usize = 50;

const ACCESS_LIFETIME: TimeDelta = TimeDelta::days(30);
const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(180);

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

    fn new_credentials(&self, shop: &str, now: Moment) -> Credentials {
        let values = [("app_key", format!("app-{shop}")), ("app_secret", random_text())];
        new_tokens(now).put_into(credentials(lazada::KIND, values))
    }

    fn product_id(&self, position: usize, _code: &str) -> ProductId {
        let item = 2_807_246_100 + position / VARIANTS_PER_PRODUCT;
        ProductId { item: item.to_string(), variant: (13_449_296_000 + position).to_string() }
    }

    fn call_kind(&self, path: &str) -> CallKind {
        match path {
            "/rest/auth/token/refresh" => CallKind::Token,
            "/rest/product/stock/sellable/update" => CallKind::Write,
            _ => CallKind::Read,
        }
    }

    fn shop_of(&self, world: &World, call: &Call) -> Option<String> {
        world.find(|shop| shop.has_credential(lazada::KIND, "app_key", call.parameter("app_key")))
    }

    fn unknown_shop(&self) -> HttpResponse {
        HttpResponse::Ok().json(refusal("InvalidAppKey", "ISV", "The specified App Key is unknown"))
    }

    fn respond(&self, world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse {
        call::with_status_200(content(world, shop, call, fault, now), fault)
    }
}

fn new_tokens(now: Moment) -> NewTokens {
    NewTokens::issue(ACCESS_LIFETIME, REFRESH_LIFETIME, now)
}

fn content(world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> Result<Value, Value> {
    let path = call.path.strip_prefix(PREFIX).unwrap_or_default();
    let found = &world.shops[shop];
    let sorted = call.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    if call.parameter("sign_method") != "sha256"
        || lazada::sign(found.credentials.value("app_secret"), path, sorted) != call.parameter("sign")
    {
        return Err(refusal(
            "IncompleteSignature",
            "ISV",
            "The request signature does not conform to platform standards",
        ));
    }
    if !call::is_timely(call.parameter("timestamp").parse().ok(), now) {
        return Err(refusal("IllegalTimestamp", "ISV", "The request timestamp is too old"));
    }
    let is_token = path == "/auth/token/refresh";
    if !is_token && (fault == Some(Fault::EndedToken) || !found.admits(call.parameter("access_token"), now)) {
        return Err(refusal("IllegalAccessToken", "ISV", "The specified access token is expired"));
    }
    match fault {
        Some(Fault::Throttle { seconds }) => return Err(throttled(seconds)),
        Some(Fault::ErrorInside) => return Err(refusal("6", "ISP", "E006: Unexpected internal error")),
        Some(Fault::Echo) => return Err(refusal("6", "ISP", &call.echo())),
        _ if found.is_over_limit() => return Err(throttled(1)),
        _ => {}
    }
    match (path, &call.method) {
        ("/seller/get", &Method::GET) => Ok(accepted(json!({"data": {"name": shop, "seller_id": "1"}}))),
        ("/products/get", &Method::GET) => products(world, shop, call, now),
        ("/product/stock/sellable/update", &Method::POST) => update(world, shop, call, fault, now),
        ("/auth/token/refresh", &Method::POST) => refresh(world, shop, call, now),
        ("/seller/get" | "/products/get" | "/product/stock/sellable/update" | "/auth/token/refresh", _) => {
            Err(refusal("UnsupportedHTTPMethod", "ISV", "The HTTP method is not supported"))
        }
        _ => Err(refusal("InvalidApiPath", "ISV", "The specified API path is unknown")),
    }
}

fn refresh(world: &mut World, shop: &str, call: &Call, now: Moment) -> Result<Value, Value> {
    let found = world.shops.get_mut(shop).expect("the caller found the shop");
    let Some(tokens) = found.renew(call.parameter("refresh_token"), new_tokens(now)) else {
        return Err(refusal("IllegalRefreshToken", "ISV", "The specified refresh token is expired"));
    };
    Ok(accepted(json!({
        "access_token": tokens.access.secret.expose_secret(),
        "refresh_token": tokens.refresh.secret.expose_secret(),
        "expires_in": ACCESS_LIFETIME.num_seconds(),
        "refresh_expires_in": REFRESH_LIFETIME.num_seconds(),
        "account_platform": "seller_center",
    })))
}

fn products(world: &World, shop: &str, call: &Call, now: Moment) -> Result<Value, Value> {
    let limit: usize = call.parameter("limit").parse().unwrap_or(0);
    let wanted: Result<Vec<String>, _> = serde_json::from_str(call.parameter("sku_seller_list"));
    let (1..=50, Ok(wanted), false) = (limit, wanted, call.parameter("filter").is_empty()) else {
        return Err(refusal("5", "ISV", "E005: Malformed request"));
    };
    let mut of_items: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let products = world.shops[shop].products.iter();
    for (id, product) in products.filter(|(_, product)| wanted.contains(&product.seller_sku)) {
        of_items.entry(&id.item).or_default().push(sku(id, product, now));
    }
    let total = of_items.len();
    let products: Vec<Value> = of_items
        .into_iter()
        .take(limit)
        .map(|(item, skus)| json!({"item_id": number(item), "status": "Active", "skus": skus}))
        .collect();
    Ok(accepted(json!({"data": {"total_products": total, "products": products}})))
}

fn sku(id: &ProductId, product: &Product, now: Moment) -> Value {
    let quantity = product.quantity.unwrap_or(0);
    // The times of campaigns are in UTC+7.
    let zone = FixedOffset::east_opt(7 * 3600).expect("a zone");
    let local = |at: Moment| at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string();
    let campaigns: Vec<Value> = product
        .campaigns
        .iter()
        .map(|campaign| {
            json!({
                "channelName": "37ce3f43-f59b-4608-b8b1-773882bd7212",
                "startTime": local(now),
                "endTime": local(campaign.ends_at.plus(-TimeDelta::seconds(1))),
                "sellableQuantity": campaign.quantity,
            })
        })
        .collect();
    json!({
        "SkuId": number(&id.variant),
        "SellerSku": product.seller_sku,
        "Status": "active",
        "quantity": quantity,
        "Available": quantity,
        "multiWarehouseInventories": [{
            "warehouseCode": "dropshipping",
            "occupyQuantity": 0,
            "withholdQuantity": 0,
            "quantity": quantity,
            "totalQuantity": quantity,
            "sellableQuantity": quantity,
        }],
        "fblWarehouseInventories": [],
        "channelInventories": campaigns,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Request {
    product: Skus,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Skus {
    skus: SkuList,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SkuList {
    sku: Vec<SkuRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SkuRow {
    item_id: u64,
    sku_id: u64,
    #[serde(default)]
    seller_sku: String,
    sellable_quantity: i64,
}

fn update(world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> Result<Value, Value> {
    let Ok(request) = quick_xml::de::from_str::<Request>(call.parameter("payload")) else {
        return Err(refusal("6", "ISV", "E006: the payload is not the XML of this call"));
    };
    let mut rows = Vec::new();
    for row in request.product.skus.sku {
        let id = ProductId { item: row.item_id.to_string(), variant: row.sku_id.to_string() };
        rows.push(Row { id, seller_sku: row.seller_sku, quantity: row.sellable_quantity });
    }
    if rows.len() > MAX_SKUS {
        return Err(refusal("ServiceTimeout", "SYSTEM", "Service timeout"));
    }
    if rows.iter().any(|row| row.quantity < 0) {
        return Err(business_error("SellableQuantity", "Negative numbers cannot be used"));
    }
    let rows = call::check(world, shop, rows, fault, now);
    // A row below the units that a campaign has locked fails the whole call.
    if let Some((row, _)) = rows.iter().find(|(_, refusal)| *refusal == Some(RowRefusal::Locked)) {
        let message = format!("negative sellable on channel inventory,entityId={},id=1", row.id.variant);
        return Err(business_error("bizCheck", &message));
    }
    call::apply(world, shop, &rows, fault, now);
    let mut detail = Vec::new();
    for (row, refusal) in &rows {
        match refusal {
            None => {}
            // This error does not name the row.
            Some(RowRefusal::UnknownProduct) => {
                detail.push(json!({"code": "E0501", "field": "ItemId", "message": "ITEM_NOT_FOUND"}));
            }
            Some(RowRefusal::Frozen | RowRefusal::Locked) => detail.push(json!({
                "code": "E0501",
                "message": "SKU_IS_FROZEN",
                "seller_sku": row.seller_sku,
                "sku_id": row.id.variant,
            })),
        }
    }
    Ok(accepted(if detail.is_empty() { json!({"data": {}}) } else { json!({"data": {}, "detail": detail}) }))
}

fn accepted(mut content: Value) -> Value {
    content["code"] = "0".into();
    content["request_id"] = random_text().into();
    content
}

fn refusal(code: &str, kind: &str, message: &str) -> Value {
    json!({"code": code, "type": kind, "message": message, "request_id": random_text()})
}

fn business_error(field: &str, message: &str) -> Value {
    let mut refusal = refusal("501", "ISP", "E501: Update product failed");
    refusal["detail"] = json!([{"code": "E0501", "field": field, "message": message}]);
    refusal
}

fn throttled(seconds: u64) -> Value {
    let message = format!("Api access frequency exceeds the limit. This ban will last {seconds} more seconds");
    refusal("ApiCallLimit", "ISV", &message)
}
