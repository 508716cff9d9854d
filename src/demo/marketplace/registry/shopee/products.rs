//! The products: `GET /api/v2/product/get_model_list` and `get_item_base_info`, as large as real ones.

use super::{
    NO_MODEL,
    answers::{Refused, accepted, of_product},
    promotions::{current_promotion, reserved},
    seller::SHOPEE_LOCATION,
    stock::seller_stocks,
};
use crate::{
    demo::marketplace::{
        call::{Call, number},
        shop::{Product, ProductId, Shop},
    },
    domain::{moment::Moment, stores::found::SaleStatus},
};
use serde_json::{Value, json};

/// `get_item_base_info`: "limit \[0,50\]". `get_item_promotion`: "can send 1 to 50 items".
const MAX_ITEMS: usize = 50;

/// The options of the second variation, such as sizes. The first one has as many as are needed.
const SECOND_OPTIONS: [&str; 5] = ["S", "M", "L", "XL", "XXL"];

const IMAGES: usize = 9;
const ATTRIBUTES: u32 = 12;
const PARAGRAPHS: usize = 16;

/// `get_item_list`: "the size of one page. Max=100".
const MAX_PAGE: usize = 100;

const STATUSES: [&str; 6] = ["NORMAL", "BANNED", "UNLIST", "REVIEWING", "SELLER_DELETE", "SHOPEE_DELETE"];

/// The items of a shop with one of the wanted statuses, a page of them. The order is a guess: that of their ids.
pub(super) fn list(shop: &Shop, call: &Call, now: Moment) -> Result<Value, Refused> {
    let wrong = |detail: &str| of_product("error_param", &format!("Wrong parameters, detail: {detail}."));
    let offset = call.parameter("offset").parse::<usize>().map_err(|_| wrong("offset is required"))?;
    let size = call.parameter("page_size").parse::<usize>().ok().filter(|size| (1..=MAX_PAGE).contains(size));
    let size = size.ok_or_else(|| wrong("page_size is 1 to 100"))?;
    let statuses = call.values("item_status");
    if statuses.is_empty() || statuses.iter().any(|status| !STATUSES.contains(&status.as_str())) {
        return Err(of_product("error_param_item_status", "Item status error."));
    }
    let all: Vec<(&ProductId, &Product)> = shop.products.iter().collect();
    let mut items = Vec::new();
    let mut found = 0;
    for of_item in all.chunk_by(|one, other| one.0.item == other.0.item) {
        let status = status_of(of_item);
        if !statuses.iter().any(|wanted| wanted == status) {
            continue;
        }
        if found >= offset && items.len() < size {
            let changed_at = of_item.iter().filter_map(|(_, product)| product.changed_at).max();
            items.push(json!({
                "item_id": number(&of_item[0].0.item),
                "item_status": status,
                "update_time": changed_at.unwrap_or(now).utc().timestamp(),
                "tag": {"kit": false},
            }));
        }
        found += 1;
    }
    let next = offset + items.len();
    let has_next = next < found;
    let mut content = json!({"item": items, "total_count": found, "has_next_page": has_next});
    // "if has_next_page is true, this value need set to next request.offset"
    if has_next {
        content["next_offset"] = next.into();
    }
    Ok(accepted(content))
}

fn status_of(of_item: &[(&ProductId, &Product)]) -> &'static str {
    match of_item.iter().find_map(|(_, product)| product.status) {
        Some(SaleStatus::Inactive) => "UNLIST",
        Some(SaleStatus::Pending) => "REVIEWING",
        Some(SaleStatus::Rejected) => "BANNED",
        Some(SaleStatus::Deleted) => "SELLER_DELETE",
        Some(SaleStatus::Live) | None => "NORMAL",
    }
}

/// The ids of a list in the query: repeated, separated by commas, or in brackets as in the samples of the pages
/// (`item_id_list=[34001,34002]`).
pub(super) fn items_of(call: &Call) -> Result<Vec<String>, Refused> {
    let mut items = Vec::new();
    for value in call.values("item_id_list") {
        let list = value.trim_start_matches('[').trim_end_matches(']');
        for item in list.split([',', ' ']).filter(|item| !item.is_empty()) {
            if item.parse::<u64>().is_err() {
                return Err(of_product("error_param", "Wrong parameters, detail: invalid field ItemIdList."));
            }
            items.push(item.to_owned());
        }
    }
    if items.is_empty() || items.len() > MAX_ITEMS {
        return Err(of_product("error_param", "Wrong parameters, detail: item_id_list has 1 to 50 items."));
    }
    Ok(items)
}

/// The model list of an item. It is empty for an item without models, whose stock is in `get_item_base_info`.
pub(super) fn models(shop: &Shop, item: &str, now: Moment) -> Result<Value, Refused> {
    if item.parse::<u64>().is_err() {
        // With two spaces, as in the page's `error_example`.
        return Err(of_product("error_param", "invalid field ItemId: value must  Not Null"));
    }
    let of_item = models_of(shop, item);
    if of_item.is_empty() {
        return Err(of_product("error_item_not_found", "Product not found"));
    }
    let with_models: Vec<_> = of_item.into_iter().filter(|(id, _)| id.variant != NO_MODEL).collect();
    let mut list = Vec::with_capacity(with_models.len());
    for (position, (id, product)) in with_models.iter().enumerate() {
        list.push(model(shop, id, product, position, now));
    }
    let variations = if list.is_empty() { json!([]) } else { tier_variation(shop, list.len()) };
    Ok(accepted(json!({"tier_variation": variations, "model": list, "standardise_tier_variation": []})))
}

fn models_of<'a>(shop: &'a Shop, item: &str) -> Vec<(&'a ProductId, &'a Product)> {
    shop.of_item(item).collect()
}

fn model(shop: &Shop, id: &ProductId, product: &Product, position: usize, now: Moment) -> Value {
    let promotion = current_promotion(product, now);
    let tier_index = [position / SECOND_OPTIONS.len(), position % SECOND_OPTIONS.len()];
    json!({
        "model_id": number(&id.variant),
        "tier_index": tier_index,
        "promotion_id": promotion,
        "has_promotion": promotion > 0,
        "model_sku": product.seller_sku,
        "model_status": "MODEL_NORMAL",
        "price_info": price_info(shop),
        "pre_order": {"is_pre_order": false, "days_to_ship": 3},
        "stock_info_v2": stock_info(shop, &[product], true, now),
        "gtin_code": "",
        "weight": "0.35",
        "dimension": {"package_height": 4, "package_length": 30, "package_width": 22},
        "is_fulfillment_by_shopee": product.fulfilled_by_marketplace.is_some(),
    })
}

fn price_info(shop: &Shop) -> Value {
    json!([{
        "currency": shop.currency_code(),
        "current_price": 79.9,
        "original_price": 129.0,
        "inflated_price_of_current_price": 79.9,
        "inflated_price_of_original_price": 129.0,
    }])
}

fn tier_variation(shop: &Shop, models: usize) -> Value {
    let mut colours = Vec::new();
    for colour in 0..models.div_ceil(SECOND_OPTIONS.len()) {
        let image = format!("sg-11134207-7rd{colour:02}-m1k2x0q6w9zy57");
        let url = shop.picture(&image);
        colours
            .push(json!({"option": format!("Colour {}", colour + 1), "image": {"image_id": image, "image_url": url}}));
    }
    let sizes: Vec<Value> = SECOND_OPTIONS.iter().take(models).map(|size| json!({"option": size})).collect();
    json!([{"name": "Colour", "option_list": colours}, {"name": "Size", "option_list": sizes}])
}

/// The stock of an item, which is the sum of its models. In the sample of the developer guide "Stock & price",
/// `total_available_stock` is the sum of the seller's and Shopee's stock (90 + 99 + 200); that reserved units are not
/// taken off is a guess.
fn stock_info(shop: &Shop, products: &[&Product], is_model: bool, now: Moment) -> Value {
    let mut by_location: Vec<(&str, i64)> = Vec::new();
    let mut in_shopee = None;
    let mut total_reserved = 0;
    for product in products {
        for (location, units) in seller_stocks(shop, product) {
            match by_location.iter_mut().find(|(known, _)| *known == location) {
                Some((_, sum)) => *sum += units,
                None => by_location.push((location, units)),
            }
        }
        if let Some(units) = product.fulfilled_by_marketplace {
            in_shopee = Some(in_shopee.unwrap_or(0) + units);
        }
        total_reserved += reserved(product, now);
    }
    let mut available = in_shopee.unwrap_or(0);
    let mut seller_stock = Vec::new();
    for (location, units) in by_location {
        available += units;
        seller_stock.push(json!({"location_id": location, "stock": units, "if_saleable": true}));
    }
    let mut shopee_stock = Vec::new();
    if let Some(units) = in_shopee {
        // The page of `get_model_list` has this as a text, that of `get_item_base_info` as a number.
        let stock = if is_model { Value::from(units.to_string()) } else { units.into() };
        shopee_stock.push(json!({"location_id": SHOPEE_LOCATION, "stock": stock}));
    }
    json!({
        "summary_info": {"total_reserved_stock": total_reserved, "total_available_stock": available},
        "seller_stock": seller_stock,
        "shopee_stock": shopee_stock,
        "advance_stock": {"sellable_advance_stock": 0, "in_transit_advance_stock": 0},
    })
}

/// The items that the shop has, without the others. That a call with none of them is refused as a whole is recorded in
/// public code, not in the documents.
pub(super) fn items(shop: &Shop, call: &Call, now: Moment) -> Result<Value, Refused> {
    let mut list = Vec::new();
    for id in items_of(call)? {
        let of_item = models_of(shop, &id);
        if !of_item.is_empty() {
            list.push(item(shop, &id, &of_item, now));
        }
    }
    if list.is_empty() {
        return Err(of_product("error_item_not_found", "Product not found"));
    }
    Ok(accepted(json!({"item_list": list})))
}

fn item(shop: &Shop, id: &str, of_item: &[(&ProductId, &Product)], now: Moment) -> Value {
    let has_model = of_item.iter().any(|(id, _)| id.variant != NO_MODEL);
    let products: Vec<&Product> = of_item.iter().map(|(_, product)| *product).collect();
    // "An item SKU … sometimes called parent SKU": an item with models has one of its own.
    let item_sku = if has_model { format!("PARENT-{id}") } else { products[0].seller_sku.clone() };
    let changed_at = products.iter().filter_map(|product| product.changed_at).max();
    let title = products.iter().map(|product| product.title.as_str()).find(|title| !title.is_empty());
    let is_of_shopee = !has_model && products[0].fulfilled_by_marketplace.is_some();
    let mut content = json!({
        "item_id": number(id),
        "category_id": 100_017,
        "item_name": title.map_or_else(|| format!("Cotton shirt {id} · 纯棉衬衫 · เสื้อเชิ้ตผ้าฝ้าย"), str::to_owned),
        "description": description(),
        "item_sku": item_sku,
        "create_time": 1_700_000_000,
        "update_time": changed_at.unwrap_or(now).utc().timestamp(),
        "attribute_list": attributes(),
        "image": images(shop, if has_model { id } else { &products[0].seller_sku }),
        "weight": "0.35",
        "dimension": {"package_length": 30, "package_width": 22, "package_height": 4},
        "logistic_info": [
            {"logistic_id": 80_012, "logistic_name": "Standard", "enabled": true, "is_free": false, "size_id": 0,
             "shipping_fee": 0.0, "estimated_shipping_fee": 1.99},
            {"logistic_id": 80_013, "logistic_name": "Self collection", "enabled": false, "is_free": true, "size_id": 0},
        ],
        "pre_order": {"is_pre_order": false, "days_to_ship": 2},
        "wholesales": [],
        "condition": "NEW",
        "size_chart": "",
        "item_status": status_of(of_item),
        // A boolean by the page's table, a text in its sample.
        "deboost": "false",
        "has_model": has_model,
        "has_promotion": products.iter().any(|product| current_promotion(product, now) > 0),
        "video_info": [],
        "brand": {"brand_id": 1_146_303, "original_brand_name": "NoBrand"},
        "item_dangerous": 0,
        "description_type": "normal",
        "stock_info_v2": stock_info(shop, &products, false, now),
        "is_fulfillment_by_shopee": is_of_shopee,
        "tag": {"kit": false},
    });
    // "If the item has models, price_info will not be returned."
    if !has_model {
        content["price_info"] = price_info(shop);
    }
    content
}

/// About 9 KB in two languages, with quotes, line breaks and an emoji.
fn description() -> String {
    let paragraph = "★ 100% cotton, \"easy iron\" & pre-washed: chest 96\u{2013}118 cm, length 68\u{2013}76 cm. Wash at 30 °C, \
        do not tumble-dry. Ships from Singapore within 2 days 🚚\r\n\
        เสื้อเชิ้ตผ้าฝ้าย 100% รีดง่าย ซักแล้วไม่หด รอบอก 96–118 ซม. ความยาว 68–76 ซม. ซักที่ 30 °C ห้ามอบแห้ง จัดส่งภายใน 2 วัน\r\n\r\n";
    paragraph.repeat(PARAGRAPHS)
}

fn images(shop: &Shop, name: &str) -> Value {
    let mut ids = Vec::with_capacity(IMAGES);
    let mut urls = Vec::with_capacity(IMAGES);
    for number in 0..IMAGES {
        let image = format!("sg-11134207-7rd{number:02}-{name}m1k2x0q6w9");
        urls.push(shop.picture(if number == 0 { name } else { &image }));
        ids.push(image);
    }
    json!({"image_id_list": ids, "image_url_list": urls, "image_ratio": "1:1"})
}

fn attributes() -> Value {
    let mut list = Vec::new();
    for number in 0..ATTRIBUTES {
        list.push(json!({
            "attribute_id": 100_300 + number,
            "original_attribute_name": format!("Attribute {number}"),
            "is_mandatory": number < 2,
            "attribute_value_list": [{"value_id": 0, "original_value_name": "Default", "value_unit": ""}],
        }));
    }
    list.into()
}
