//! The stock of products: it is set for up to 100 of them, and read for one or for a set.

use super::{name_of, problem, shop_sku};
use crate::{
    demo::marketplace::{
        call::{self, Call, Row},
        fault::Fault,
        shop::{Product, ProductId, Shop, World},
    },
    domain::moment::Moment,
};
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// "This is a synchronous update endpoint that has a small limit (100) of products that can be updated."
const MAX_PRODUCTS: usize = 100;

/// The document names no other fields.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StockRow {
    product_id: u64,
    quantity: i64,
}

/// "If some of the products cannot be updated they will be ignored and only the others will be updated. In the response,
/// there will be a list of those ignored products, the update of which has failed."
///
/// So no row fails the call, and the usual answer is `[]`. Guesses: more than 100 rows and rows of another form fail the
/// call with 422, the only refusal in the document; the listed rows repeat the quantity that was sent.
pub(super) fn update(world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse {
    let rows = match serde_json::from_slice::<Vec<StockRow>>(&call.body) {
        Ok(rows) if (1..=MAX_PRODUCTS).contains(&rows.len()) => rows,
        Ok(_) | Err(_) => return problem::unprocessable("The body is not a list of 1 to 100 products."),
    };
    let found = &world.shops[shop];
    let mut settable = Vec::new();
    let mut ignored = Vec::new();
    for row in rows {
        match for_buyers(found, row) {
            Some(for_buyers) => settable.push((row, for_buyers)),
            None => ignored.push(row),
        }
    }
    // That a campaign keeps units is a guess: the document has nothing of the kind. Fewer than none is no less than that.
    let compared = settable.iter().map(|(_, row)| Row { quantity: row.quantity.max(0), ..row.clone() }).collect();
    let checked = call::check(world, shop, compared, fault, now);
    let mut updated = Vec::new();
    let mut applied = Vec::new();
    for ((row, for_buyers), (_, refusal)) in settable.into_iter().zip(checked) {
        if refusal.is_some() {
            ignored.push(row);
        } else {
            updated.push(row);
            applied.push((for_buyers, None));
        }
    }
    call::apply(world, shop, &applied, fault, now);
    let listed = if fault == Some(Fault::ListWhatWasSet) { updated } else { ignored };
    HttpResponse::Ok().json(listed)
}

/// The row with what buyers see of it in the seller's warehouse, if the row can be set at all.
fn for_buyers(shop: &Shop, row: StockRow) -> Option<Row> {
    let id = ProductId { item: row.product_id.to_string(), variant: String::new() };
    let product = shop.products.get(&id)?;
    // "If a product is fulfilled by venture a stock update is not possible."
    let is_refused = product.fulfilled_by_marketplace.is_some() || product.refusal.is_some();
    if is_refused || row.quantity < 0 {
        return None;
    }
    Some(Row { id, seller_sku: String::new(), quantity: row.quantity - withheld(product) })
}

/// "If PreVerification stock is enabled and is higher than ReservedStock", it is subtracted instead.
fn withheld(product: &Product) -> i64 {
    product.reserved.max(product.pre_verification)
}

/// A product that the seller does not have: 404 is a guess, the document has no such answer to this call.
pub(super) fn of_product(shop: &Shop, product: &str) -> HttpResponse {
    let number = product.parse::<u64>().ok();
    let id = ProductId { item: product.to_owned(), variant: String::new() };
    match number.zip(shop.products.get(&id)) {
        Some((number, product)) => HttpResponse::Ok().json(stock(shop, number, product)),
        None => problem::not_found(&format!("There is no product {product}.")),
    }
}

/// The stock of all products of a set. That a set that the seller does not have is a 404 is a guess.
pub(super) fn of_set(shop: &Shop, set: &str) -> HttpResponse {
    let in_set = set.parse().map(|set| super::of_set(shop, set)).unwrap_or_default();
    let rows: Vec<Value> = in_set.into_iter().map(|(number, product)| stock(shop, number, product)).collect();
    if rows.is_empty() {
        return problem::not_found(&format!("There is no product set {set}."));
    }
    HttpResponse::Ok().json(rows)
}

/// What the document has for one product: its SKUs, but not its id.
fn stock(shop: &Shop, number: u64, product: &Product) -> Value {
    let buyable = product.quantity.unwrap_or(0);
    let consigned = product.fulfilled_by_marketplace.unwrap_or(0);
    // "It will be populated if … at least one consignment stock is higher than 0".
    let consignments = (consigned > 0).then(
        || json!({"received": consigned, "quarantined": 0, "defective": 0, "canceled": 0, "returned": 0, "failed": 0}),
    );
    json!({
        "shopSku": shop_sku(number),
        "sellerSku": product.seller_sku,
        "name": name_of(number, product),
        "quantity": buyable + withheld(product),
        "reservedStock": product.reserved,
        "preVerificationStock": product.pre_verification,
        "available": buyable + consigned,
        "consignments": consignments,
        "sellableStock": consigned,
        "nonSellableStock": 0,
        "warehouses": warehouses(shop, product),
    })
}

/// "It will be populated if … the warehouse stock is higher than 0."
fn warehouses(shop: &Shop, product: &Product) -> Vec<Value> {
    let mut rows = Vec::new();
    for (position, warehouse) in shop.warehouses.iter().enumerate() {
        let stock = if position == 0 {
            product.quantity.unwrap_or(0) + withheld(product)
        } else {
            product.elsewhere.get(&warehouse.code).copied().unwrap_or(0)
        };
        if stock > 0 {
            rows.push(json!({"name": warehouse.name, "stock": stock, "warehouseId": call::number(&warehouse.code)}));
        }
    }
    rows
}
