//! Controls the simulated marketplaces by HTTP, for tests that run in another process:
//!
//! | call | body → response |
//! |---|---|
//! | `GET /control/apps/{connector}` | → the keys of its app |
//! | `POST /control/shops` | `{"code","connector","calls_a_second"?,"description_bytes"?}` → `{"api_path","credentials"}` |
//! | `PUT /control/shops/{code}/products` | `[{"item_id","variant_id"?,"seller_sku","quantity"}]` |
//! | `GET /control/shops/{code}` | → `{"products","calls"}` |
//! | `POST /control/shops/{code}/faults` | `{"fault","on"?,"times"?}`, as [`PlannedFault`] |
//! | `DELETE /control/shops/{code}/faults` | |
//! | `POST /control/shops/{code}/campaigns` | `{"item_id","variant_id"?,"quantity","starts_at"?,"ends_at"}` |
//! | `POST /control/shops/{code}/warehouses` | `{"code","name"}`: the first one is the main one |
//! | `POST /control/shops/{code}/sales` | `{"item_id","variant_id"?,"quantity"}` → `{"sold"}` |
//! | `POST /control/shops/{code}/access` | `{"access":"ended"\|"revoked"\|"given"}` |
//! | `GET /control/shops/{code}/orders` | → its orders |
//! | `POST /control/shops/{code}/orders` | `{"lines":[{"item_id","variant_id"?,"quantity"}],"is_paid"?}` → `{"number"}`, or 409 if it shows fewer |
//! | `PUT /control/shops/{code}/orders/{number}` | `{"state"}`: all units that are not cancelled, as [`UnitState`] |
//! | `PUT /control/shops/{code}/messages` | `{"address","manner"}`: where its messages about orders go, as [`Manner`] |
//! | `PUT /control/buyers` | `{"are_buying", …}`, as [`Rates`] |
//! | `GET /control/journal?after=` | → the changes after that one |
//!
//! Architecture invariant: there is no access control, because the server simulates and has no real data.

use super::{
    buyers::Rates,
    fault::PlannedFault,
    orders::{UnitState, messages::Manner},
    shop::{Campaign, Product, ProductId, Warehouse},
    simulation::Marketplace,
};
use crate::marketplaces::registry;
use actix_web::{
    HttpResponse, Scope,
    web::{self, Data, Json, Path, Query},
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::num::NonZeroU32;

pub(super) fn scope() -> Scope {
    web::scope("/control")
        .route("/apps/{connector}", web::get().to(show_app))
        .route("/shops", web::post().to(open))
        .route("/shops/{code}", web::get().to(show))
        .route("/shops/{code}/products", web::put().to(add_products))
        .route("/shops/{code}/faults", web::post().to(add_fault))
        .route("/shops/{code}/faults", web::delete().to(clear_faults))
        .route("/shops/{code}/campaigns", web::post().to(add_campaign))
        .route("/shops/{code}/warehouses", web::post().to(add_warehouse))
        .route("/shops/{code}/sales", web::post().to(sell))
        .route("/shops/{code}/orders", web::get().to(orders))
        .route("/shops/{code}/orders", web::post().to(place_order))
        .route("/shops/{code}/orders/{number}", web::put().to(move_order))
        .route("/shops/{code}/messages", web::put().to(send_messages))
        .route("/shops/{code}/access", web::post().to(set_access))
        .route("/buyers", web::put().to(set_rates))
        .route("/journal", web::get().to(journal))
}

async fn show_app(marketplace: Data<Marketplace>, connector: Path<String>) -> HttpResponse {
    match registry::find(&connector).and_then(|kind| marketplace.app_keys(kind)) {
        Some(keys) => {
            HttpResponse::Ok().content_type("application/json").body(keys.to_json().expose_secret().to_owned())
        }
        None => HttpResponse::NotFound().finish(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewShop {
    code: String,
    connector: String,
    #[serde(default)]
    calls_a_second: Option<NonZeroU32>,
    /// The size of each of a product's descriptions.
    #[serde(default)]
    description_bytes: Option<usize>,
}

async fn open(marketplace: Data<Marketplace>, new: Json<NewShop>) -> HttpResponse {
    let NewShop { code, connector, calls_a_second, description_bytes } = new.into_inner();
    let Some(kind) = registry::find(&connector).filter(|kind| kind.is_pushed()) else {
        return HttpResponse::BadRequest().body("There is no such connector.");
    };
    let access = marketplace.open_shop(&code, kind);
    if let Some(calls) = calls_a_second {
        marketplace.limit(&code, calls);
    }
    if let Some(bytes) = description_bytes {
        marketplace.set_description_bytes(&code, bytes);
    }
    let credentials: Value = serde_json::from_str(access.credentials.to_json().expose_secret()).unwrap_or_default();
    HttpResponse::Created().json(json!({"api_path": access.api_path, "credentials": credentials}))
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    id: ProductId,
    #[serde(flatten)]
    product: Product,
}

async fn show(marketplace: Data<Marketplace>, code: Path<String>) -> HttpResponse {
    let products = marketplace.products(&code).into_iter().map(|(id, product)| Shown { id, product });
    HttpResponse::Ok().json(json!({"products": products.collect::<Vec<_>>(), "calls": marketplace.calls(&code)}))
}

#[derive(Deserialize)]
struct NewProduct {
    #[serde(flatten)]
    id: ProductId,
    seller_sku: String,
    quantity: i64,
}

async fn add_products(
    marketplace: Data<Marketplace>,
    code: Path<String>,
    products: Json<Vec<NewProduct>>,
) -> HttpResponse {
    for NewProduct { id, seller_sku, quantity } in products.into_inner() {
        marketplace.add_product(&code, &id, &seller_sku, quantity);
    }
    HttpResponse::NoContent().finish()
}

async fn add_fault(marketplace: Data<Marketplace>, code: Path<String>, fault: Json<PlannedFault>) -> HttpResponse {
    marketplace.add_fault(&code, fault.into_inner());
    HttpResponse::NoContent().finish()
}

async fn clear_faults(marketplace: Data<Marketplace>, code: Path<String>) -> HttpResponse {
    marketplace.clear_faults(&code);
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
struct NewCampaign {
    #[serde(flatten)]
    id: ProductId,
    #[serde(flatten)]
    campaign: Campaign,
}

async fn add_campaign(marketplace: Data<Marketplace>, code: Path<String>, new: Json<NewCampaign>) -> HttpResponse {
    let NewCampaign { id, campaign } = new.into_inner();
    marketplace.add_campaign(&code, &id, campaign);
    HttpResponse::NoContent().finish()
}

async fn add_warehouse(marketplace: Data<Marketplace>, code: Path<String>, new: Json<Warehouse>) -> HttpResponse {
    marketplace.add_warehouse(&code, new.into_inner());
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
struct Sale {
    #[serde(flatten)]
    id: ProductId,
    quantity: i64,
}

async fn sell(marketplace: Data<Marketplace>, code: Path<String>, sale: Json<Sale>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"sold": marketplace.sell(&code, &sale.id, sale.quantity)}))
}

async fn orders(marketplace: Data<Marketplace>, code: Path<String>) -> HttpResponse {
    HttpResponse::Ok().json(marketplace.orders(&code))
}

#[derive(Deserialize)]
struct NewOrder {
    lines: Vec<Sale>,
    #[serde(default = "yes")]
    is_paid: bool,
}

fn yes() -> bool {
    true
}

async fn place_order(marketplace: Data<Marketplace>, code: Path<String>, new: Json<NewOrder>) -> HttpResponse {
    let NewOrder { lines, is_paid } = new.into_inner();
    let lines: Vec<(ProductId, i64)> = lines.into_iter().map(|line| (line.id, line.quantity)).collect();
    match marketplace.place_order(&code, &lines, is_paid) {
        Some(number) => HttpResponse::Created().json(json!({"number": number})),
        None => HttpResponse::Conflict().finish(),
    }
}

#[derive(Deserialize)]
struct NewState {
    state: UnitState,
}

async fn move_order(marketplace: Data<Marketplace>, path: Path<(String, String)>, new: Json<NewState>) -> HttpResponse {
    let (code, number) = path.into_inner();
    marketplace.move_order(&code, &number, new.state);
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
struct Registration {
    address: String,
    manner: Manner,
}

async fn send_messages(marketplace: Data<Marketplace>, code: Path<String>, new: Json<Registration>) -> HttpResponse {
    marketplace.send_messages(&code, &new.address, new.manner);
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum AccessState {
    Ended,
    Revoked,
    Given,
}

#[derive(Deserialize)]
struct NewAccess {
    access: AccessState,
}

async fn set_access(marketplace: Data<Marketplace>, code: Path<String>, new: Json<NewAccess>) -> HttpResponse {
    match new.access {
        AccessState::Ended => marketplace.expire_access(&code),
        AccessState::Revoked => marketplace.set_revoked(&code, true),
        AccessState::Given => marketplace.set_revoked(&code, false),
    }
    HttpResponse::NoContent().finish()
}

async fn set_rates(marketplace: Data<Marketplace>, rates: Json<Rates>) -> HttpResponse {
    marketplace.set_rates(rates.into_inner());
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn journal(marketplace: Data<Marketplace>, after: Query<After>) -> HttpResponse {
    HttpResponse::Ok().json(marketplace.journal(after.after))
}
