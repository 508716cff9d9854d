//! The sets of products of a seller, with their pictures and prices.

use super::{name_of, numbered, of_set, problem, set_of};
use crate::demo::marketplace::{call::Call, shop::Shop};
use actix_web::HttpResponse;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// "Maximum limit is 100 (even if a bigger value is provided)."
const MAX_LIMIT: usize = 100;

/// "Maximum 100 product sets ids."
const MAX_SETS_OF_IMAGES: usize = 100;

/// `GET /v2/product-sets`, without the filters. The order is that of the ids, whatever is asked for.
pub(super) fn list(shop: &Shop, call: &Call) -> HttpResponse {
    let limit = call.parameter("limit").parse::<usize>();
    let offset = call.parameter("offset").parse::<usize>();
    let (Ok(limit), Ok(offset)) = (limit, offset) else {
        return problem::unprocessable("limit and offset are required.");
    };
    let limit = limit.min(MAX_LIMIT);
    let mut names: BTreeMap<u64, String> = BTreeMap::new();
    for (number, product) in numbered(shop) {
        names.entry(set_of(number, product)).or_insert_with(|| name_of(number, product));
    }
    let mut items = Vec::new();
    for (id, name) in names.iter().skip(offset).take(limit) {
        items.push(json!({
            "id": id,
            "uuid": format!("5b29bccc-d8bb-4a5c-85f6-{id:012x}"),
            "srcId": id.to_string(),
            "name": name,
            "parentSku": format!("NHGB93523-{id}"),
            "createdAt": "2026-01-01T00:00:00+00:00",
            "updatedAt": "2026-01-01T00:00:00+00:00",
            "description": "Experience the ultimate expression of functionality with the Block Shell Jacket. ".repeat(20),
            "brandId": 78,
            "primaryCategoryId": 309,
            "attributeSetId": 2,
            "sellerId": 5_623,
            "categories": [421, 567],
            "attributes": {"421": "string value", "533": [4, 5], "854": null},
            "sizeSystem": 5,
            "browseNodes": [421, 567],
            "sellerSku": format!("6804042755{id}-1"),
            "status": "active",
            "sin": null,
        }));
    }
    let pagination = json!({"limit": limit, "offset": offset, "totalCount": names.len()});
    HttpResponse::Ok().json(json!({"items": items, "pagination": pagination}))
}

/// `GET /v2/product-sets/images`: "If the product set does not exist or is from another seller the list of urls will be empty."
pub(super) fn images(shop: &Shop, call: &Call) -> HttpResponse {
    let ids = call.values("productSetIds[]");
    if ids.len() > MAX_SETS_OF_IMAGES {
        return problem::unprocessable("productSetIds[] has to have 100 items or fewer.");
    }
    let mut rows = Vec::new();
    for id in ids {
        let Ok(number) = id.parse::<u64>() else { continue };
        let mut of_set_images = Vec::new();
        if !of_set(shop, number).is_empty() {
            for image in 1..=3 {
                let address = shop.picture(&format!("{number}-{image}"));
                of_set_images.push(json!({"id": number * 10 + image, "displayUrl": address, "srcId": null}));
            }
        }
        rows.push(json!({"productSetId": number, "images": of_set_images}));
    }
    HttpResponse::Ok().json(rows)
}

/// `GET /v2/product-set/{productSetId}/prices`. That a set that the seller does not have is a 404 is a guess.
pub(super) fn prices(shop: &Shop, set: &str) -> HttpResponse {
    let Some(number) = set.parse::<u64>().ok() else { return problem::not_found("There is no such product set.") };
    let products = of_set(shop, number);
    if products.is_empty() {
        return problem::not_found(&format!("There is no product set {set}."));
    }
    let mut rows: Vec<Value> = Vec::new();
    for (product, _) in products {
        rows.push(json!({
            "productSetId": number,
            "productId": product,
            "price": 59.9,
            "salePrice": null,
            "saleStartDate": null,
            "saleEndDate": null,
            "country": shop.country,
            "status": "active",
        }));
    }
    HttpResponse::Ok().json(rows)
}
