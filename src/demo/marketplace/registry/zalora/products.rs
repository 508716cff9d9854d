//! The products of a seller with the ids of their sets: what a program needs to read the stock by sets.

use super::{name_of, numbered, of_set, problem, set_of, shop_sku};
use crate::{
    demo::marketplace::{
        call::Call,
        shop::{Product, Shop},
    },
    domain::stores::found::SaleStatus,
};
use actix_web::HttpResponse;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// "Maximum seller skus can search is 100 items."
const MAX_SELLER_SKUS: usize = 100;

/// `shipmentTypeId`: "1 - warehouse; 2 - dropshipping; 3 - crossdocking".
const WAREHOUSE: u8 = 1;
const DROPSHIPPING: u8 = 2;

/// `GET /v2/products`: those that all given filters choose. The document has no pages for it and no limit of the ids.
pub(super) fn list(shop: &Shop, call: &Call) -> HttpResponse {
    let ids: BTreeSet<String> = call.values("productIds[]").into_iter().collect();
    let mut rows = Vec::new();
    for (number, product) in numbered(shop) {
        if !ids.is_empty() && !ids.contains(&number.to_string()) {
            continue;
        }
        let row = row(number, product);
        let is_named = |filter: &str, field: &str| {
            let wanted = call.parameter(filter);
            wanted.is_empty() || row[field] == *wanted
        };
        if is_named("sellerSku", "sellerSku") && is_named("sku", "shopSku") && is_named("name", "name") {
            rows.push(row);
        }
    }
    HttpResponse::Ok().json(rows)
}

/// `GET /v2/product/seller-skus`: "If a seller searches for a product that does not belong to them or if the product does
/// not exist, the result will be an empty response." The document requires `limit` and `offset`.
pub(super) fn list_of_seller_skus(shop: &Shop, call: &Call) -> HttpResponse {
    let wanted: BTreeSet<String> = call.values("sellerSkus[]").into_iter().collect();
    let limit = call.parameter("limit").parse::<usize>();
    let offset = call.parameter("offset").parse::<usize>();
    let (Ok(limit), Ok(offset)) = (limit, offset) else {
        return problem::unprocessable("limit and offset are required.");
    };
    if !(1..=MAX_SELLER_SKUS).contains(&wanted.len()) {
        return problem::unprocessable("sellerSkus[] has to have 1 to 100 items.");
    }
    let mut rows = Vec::new();
    for (number, product) in numbered(shop) {
        if wanted.contains(&product.seller_sku) {
            rows.push(row(number, product));
        }
    }
    let total = rows.len();
    let items: Vec<Value> = rows.into_iter().skip(offset).take(limit).collect();
    let pagination = json!({"limit": limit, "offset": offset, "totalCount": total});
    HttpResponse::Ok().json(json!({"items": items, "pagination": pagination}))
}

/// `GET /v2/product-set/{productSetId}/products`. That a set that the seller does not have is a 404 is a guess.
pub(super) fn list_of_set(shop: &Shop, set: &str) -> HttpResponse {
    let in_set = set.parse().map(|set| of_set(shop, set)).unwrap_or_default();
    let rows: Vec<Value> = in_set.into_iter().map(|(number, product)| row(number, product)).collect();
    if rows.is_empty() {
        return problem::not_found(&format!("There is no product set {set}."));
    }
    HttpResponse::Ok().json(rows)
}

fn row(number: u64, product: &Product) -> Value {
    let is_consigned = product.fulfilled_by_marketplace.is_some();
    let (status, approval) = match product.status {
        Some(SaleStatus::Inactive) => ("inactive", "approved"),
        Some(SaleStatus::Deleted) => ("deleted", "approved"),
        Some(SaleStatus::Pending) => ("active", "pending"),
        Some(SaleStatus::Rejected) => ("active", "rejected"),
        Some(SaleStatus::Live) | None => ("active", "approved"),
    };
    json!({
        "id": number,
        "uuid": format!("060cef12-08ef-4ae6-b15e-{number:012x}"),
        "srcId": number.to_string(),
        "shopSku": shop_sku(number),
        "sellerSku": product.seller_sku,
        "sin": "KMPWJ5",
        "sellerId": 252,
        "productSetId": set_of(number, product),
        "approvalStatus": approval,
        "updatedByUserId": 8_732,
        "status": status,
        "variation": "38",
        "taxClassId": 1,
        "shipmentTypeId": if is_consigned { WAREHOUSE } else { DROPSHIPPING },
        "productIdentifier": "460232163234",
        "duplicateGroupId": 51,
        "srcUpdatedAt": "2026-01-01T00:00:00+00:00",
        "createdAt": "2026-01-01T00:00:00+00:00",
        "updatedAt": "2026-01-01T00:00:00+00:00",
        "name": name_of(number, product),
    })
}
