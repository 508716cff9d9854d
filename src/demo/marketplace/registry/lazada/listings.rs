//! The pages of GetProducts and GetProductItem: both answer with whole products, however few of their SKUs were asked for.

use super::{
    answer::{Refused, accepted},
    seller,
};
use crate::{
    demo::marketplace::{
        call::{Call, number},
        shop::{Campaign, Product, ProductId, Shop},
    },
    domain::{moment::Moment, stores::found::SaleStatus},
};
use chrono::{DateTime, FixedOffset, TimeDelta};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// "If no limit value is specified, the GetProduct call returns 20 products by default" (page 108150).
const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 50;
const MAX_OFFSET: usize = 10_000;
const MAX_SELLER_SKUS: usize = 100;

const FILTERS: [&str; 7] = ["all", "live", "inactive", "deleted", "pending", "rejected", "sold-out"];

/// When every product was made: 2024-01-01.
const CREATED_SECONDS: i64 = 1_704_067_200;

/// A description in the language of the site and in English, as editors of Seller Center write them.
const PARAGRAPHS: [&str; 2] = [
    "<p style=\"line-height:1.7;text-align:left;text-indent:0;margin-left:0;margin-top:0;margin-bottom:0\"><span>Sản phẩm \
     chính hãng, bảo hành 12 tháng &amp; đổi trả trong 7 ngày. ผลิตจากวัสดุคุณภาพดี Bahan lembut dan tahan lama.</span></p>",
    "<p style=\"line-height:1.7;text-align:left;text-indent:0;margin-left:0;margin-top:0;margin-bottom:0\"><span>Genuine \
     product with 12 months of warranty &amp; returns within 7 days. \"One size\" fits most; see the size chart.</span></p>",
];

/// The variants of one product, in the order of their ids.
type Variants<'a> = [(&'a ProductId, &'a Product)];

pub(super) fn products(shop: &Shop, call: &Call, now: Moment) -> Result<Value, Refused> {
    let query = Query::read(call)?;
    // In the order of their ids: the page names none.
    let all: Vec<(&ProductId, &Product)> = shop.products.iter().collect();
    let mut products = Vec::new();
    let mut found = 0;
    for variants in all.chunk_by(|one, other| one.0.item == other.0.item) {
        if !query.admits(variants) {
            continue;
        }
        if found >= query.offset && products.len() < query.limit {
            products.push(whole_product(shop, variants, query.has_more_stock_fields, now));
        }
        found += 1;
    }
    Ok(accepted(json!({"data": {"total_products": found, "products": products}})))
}

/// One product by its id.
pub(super) fn product(shop: &Shop, call: &Call, now: Moment) -> Result<Value, Refused> {
    let variants: Vec<(&ProductId, &Product)> = shop.of_item(call.parameter("item_id")).collect();
    if variants.is_empty() {
        return Err(Refused::new("208", "ISP", "E208: Item not exist"));
    }
    Ok(accepted(json!({"data": whole_product(shop, &variants, false, now)})))
}

struct Query {
    limit: usize,
    offset: usize,
    filter: String,
    /// Empty for all.
    seller_skus: BTreeSet<String>,
    created: [Option<Moment>; 2],
    updated: [Option<Moment>; 2],
    has_more_stock_fields: bool,
}

impl Query {
    fn read(call: &Call) -> Result<Self, Refused> {
        let limit = match call.parameter("limit") {
            "" => Some(DEFAULT_LIMIT),
            given => given.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)),
        };
        let offset = match call.parameter("offset") {
            "" => Some(0),
            given => given.parse().ok().filter(|offset| *offset <= MAX_OFFSET),
        };
        // The list of parameters calls it optional, and its description "Mandatory".
        let filter = call.parameter("filter");
        let seller_skus = match call.parameter("sku_seller_list") {
            "" => Some(Vec::new()),
            given => serde_json::from_str(given).ok().filter(|skus: &Vec<String>| skus.len() <= MAX_SELLER_SKUS),
        };
        let refused = |code, message: &str| Refused::new(code, "ISP", message);
        Ok(Self {
            limit: limit
                .ok_or_else(|| refused("19", &format!("E019: \"{}\" Invalid Limit", call.parameter("limit"))))?,
            offset: offset
                .ok_or_else(|| refused("14", &format!("E014: \"{}\" Invalid Offset", call.parameter("offset"))))?,
            filter: Some(filter.to_owned())
                .filter(|filter| FILTERS.contains(&filter.as_str()))
                .ok_or_else(|| refused("36", "E036: Invalid status filter"))?,
            seller_skus: seller_skus
                .ok_or_else(|| refused("70", "E070: You have corrupt data in your sku seller list."))?
                .into_iter()
                .collect(),
            created: [date(call, "create_after")?, date(call, "create_before")?],
            updated: [date(call, "update_after")?, date(call, "update_before")?],
            has_more_stock_fields: call.parameter("options") == "1",
        })
    }

    fn admits(&self, variants: &Variants<'_>) -> bool {
        let is_wanted = self.seller_skus.is_empty()
            || variants.iter().any(|(_, product)| self.seller_skus.contains(&product.seller_sku));
        let has = |status| variants.iter().any(|(_, product)| product.status == Some(status));
        let has_status = match self.filter.as_str() {
            "all" => true,
            "live" => variants.iter().any(|(_, product)| product.status.is_none_or(|it| it == SaleStatus::Live)),
            "inactive" => has(SaleStatus::Inactive),
            "deleted" => has(SaleStatus::Deleted),
            "pending" => has(SaleStatus::Pending),
            "rejected" => has(SaleStatus::Rejected),
            "sold-out" => variants.iter().all(|(_, product)| sellable(product) == 0),
            _ => false,
        };
        is_wanted
            && has_status
            && is_between(created_at(variants), self.created)
            && is_between(updated_at(variants), self.updated)
    }
}

/// A date as ISO 8601 with an offset, such as `2018-01-01T00:00:00+0800`.
fn date(call: &Call, name: &str) -> Result<Option<Moment>, Refused> {
    let given = call.parameter(name);
    if given.is_empty() {
        return Ok(None);
    }
    match DateTime::parse_from_str(given, "%Y-%m-%dT%H:%M:%S%.f%#z") {
        Ok(at) => Ok(Some(Moment::from(at.to_utc()))),
        Err(_) => Err(Refused::new("17", "ISP", &format!("E017: \"{given}\" Invalid Date Format"))),
    }
}

fn is_between(at: Moment, [after, before]: [Option<Moment>; 2]) -> bool {
    after.is_none_or(|after| at >= after) && before.is_none_or(|before| at <= before)
}

fn created_at(variants: &Variants<'_>) -> Moment {
    let made = variants.iter().filter_map(|(_, product)| product.created_at).min();
    made.unwrap_or_else(|| {
        Moment::from(DateTime::from_timestamp(CREATED_SECONDS, 0).expect("a moment of this century"))
    })
}

fn updated_at(variants: &Variants<'_>) -> Moment {
    let changes = variants.iter().filter_map(|(_, product)| product.changed_at);
    changes.max().unwrap_or_else(|| created_at(variants))
}

/// Units that buyers can buy, in all warehouses.
pub(super) fn sellable(product: &Product) -> i64 {
    let elsewhere: i64 = product.elsewhere.values().sum();
    product.quantity.unwrap_or(0) + elsewhere + product.fulfilled_by_marketplace.unwrap_or(0)
}

fn whole_product(shop: &Shop, variants: &Variants<'_>, has_more_stock_fields: bool, now: Moment) -> Value {
    let item = &variants.first().expect("an item has variants").0.item;
    let skus: Vec<Value> =
        variants.iter().map(|(id, product)| sku(shop, id, product, has_more_stock_fields, now)).collect();
    let colors: Vec<String> = variants.iter().map(|(id, _)| color(id)).collect();
    let images: Vec<String> = (1..=8).map(|number| shop.picture(&format!("{item}-{number}"))).collect();
    let is_of_lazada = variants.iter().any(|(_, product)| product.fulfilled_by_marketplace.is_some());
    let mut whole = json!({
        "item_id": number(item),
        "primary_category": 8707,
        "created_time": milliseconds(created_at(variants)),
        "updated_time": milliseconds(updated_at(variants)),
        "status": status_of(variants),
        "subStatus": null,
        "trialProduct": false,
        "images": images,
        "marketImages": [],
        "suspendedSkus": [],
        "rejectReason": null,
        "variation": {"Variation1": {
            "name": "color_family",
            "label": "Color Family",
            "hasImage": true,
            "customize": false,
            "options": colors,
        }},
        "attributes": attributes(variants, shop.description_bytes),
        "skus": skus,
    });
    if is_of_lazada {
        // "local jit: 4" (page 121783).
        whole["bizSupplement"] = json!({"item_type": "4"});
    }
    whole
}

/// The words are those of the filters, as Seller Center writes them: no page lists them.
fn status_of(variants: &Variants<'_>) -> &'static str {
    match variants.iter().find_map(|(_, product)| product.status) {
        Some(SaleStatus::Pending) => "Pending QC",
        Some(SaleStatus::Rejected) => "Rejected",
        Some(SaleStatus::Live | SaleStatus::Inactive | SaleStatus::Deleted) | None => "Active",
    }
}

fn status_of_sku(product: &Product) -> &'static str {
    match product.status {
        Some(SaleStatus::Inactive) => "inactive",
        Some(SaleStatus::Deleted) => "deleted",
        Some(SaleStatus::Live | SaleStatus::Pending | SaleStatus::Rejected) | None => "active",
    }
}

fn attributes(variants: &Variants<'_>, description_bytes: usize) -> Value {
    let item = &variants.first().expect("an item has variants").0.item;
    let title = variants.iter().map(|(_, product)| product.title.as_str()).find(|title| !title.is_empty());
    json!({
        "name": title.map_or_else(|| format!("Sản phẩm {item}"), str::to_owned),
        "name_en": format!("Product {item} & more"),
        "short_description": "<ul><li>Bảo hành 12 tháng</li><li>Đổi trả trong 7 ngày</li></ul>",
        "short_description_en": "<ul><li>12 months of warranty</li><li>Returns within 7 days</li></ul>",
        "description": description(PARAGRAPHS[0], description_bytes),
        "description_en": description(PARAGRAPHS[1], description_bytes),
        "brand": "No Brand",
        "model": null,
        "warranty_type": "Local Supplier Warranty",
        "Hazmat": null,
        "source": "asc",
        "delivery_option_sof": "0",
    })
}

fn description(paragraph: &str, bytes: usize) -> String {
    let mut text = "<article class=\"lzd-article\">".to_owned();
    while text.len() < bytes {
        text.push_str(paragraph);
    }
    text.push_str("</article>");
    text
}

/// The names of the fields are those of the examples on the pages of GetProducts and 121783, including their mixed cases.
fn sku(shop: &Shop, id: &ProductId, product: &Product, has_more_stock_fields: bool, now: Moment) -> Value {
    let quantity = sellable(product);
    let mut sku = json!({
        "SkuId": number(&id.variant),
        "SellerSku": product.seller_sku,
        "ShopSku": format!("{}_SG-{}", id.item, id.variant),
        "Url": format!("https://www.lazada.sg/-i{}-s{}.html", id.item, id.variant),
        "Status": status_of_sku(product),
        "Images": [shop.picture(product.name(id)), shop.picture(&format!("{}-2", id.variant))],
        "saleProp": {"color_family": color(id)},
        "color_family": color(id),
        "price": 102.0,
        "special_price": 0.0,
        "package_width": "10.00",
        "package_height": "10.00",
        "package_length": "10.00",
        "package_weight": "0.3",
        "quantity": quantity,
        "Available": quantity,
        "multiWarehouseInventories": warehouses(shop, product),
        "fblWarehouseInventories": warehouses_of_lazada(product),
        "channelInventories": product.campaigns.iter().map(|campaign| channel(campaign, now)).collect::<Vec<_>>(),
    });
    if has_more_stock_fields {
        sku["ReservedStock"] = product.reserved.into();
        sku["RtsStock"] = 0.into();
        sku["PendingStock"] = product.reserved.into();
        sku["RealTimeStock"] = (quantity + product.reserved).into();
        sku["FulfillmentBySellable"] = product.fulfilled_by_marketplace.unwrap_or(0).into();
    }
    sku
}

/// The stock of each of the seller's warehouses. "The field does not respond to information from other warehouses when
/// those warehouses are not in stock" (page 121233). Open orders occupy the main one.
fn warehouses(shop: &Shop, product: &Product) -> Vec<Value> {
    let listed = seller::list(shop);
    let mut stock = vec![inventory(&listed[0].code, product.quantity.unwrap_or(0), product.reserved)];
    for (code, sellable) in &product.elsewhere {
        if *sellable != 0 {
            stock.push(inventory(code, *sellable, 0));
        }
    }
    stock
}

/// "The stock from lazada warehouse - cannot be edited" (announcement of the new stock fields). The code is that of the example on page 121783.
fn warehouses_of_lazada(product: &Product) -> Vec<Value> {
    product.fulfilled_by_marketplace.map(|units| inventory("AChoice-ID-V-JIT", units, 1)).into_iter().collect()
}

fn inventory(code: &str, sellable: i64, occupied: i64) -> Value {
    json!({
        "warehouseCode": code,
        "sellableQuantity": sellable,
        "withholdQuantity": 0,
        "occupyQuantity": occupied,
        "totalQuantity": sellable + occupied,
        "quantity": sellable,
    })
}

/// Campaigns that have ended are listed as well: so are two in the example on the page of GetProducts.
fn channel(campaign: &Campaign, now: Moment) -> Value {
    json!({
        "channelName": "37ce3f43-f59b-4608-b8b1-773882bd7212",
        "startTime": local_time(campaign.begins_at(now)),
        "endTime": local_time(campaign.ends_at.plus(-TimeDelta::seconds(1))),
        "sellableQuantity": campaign.quantity,
    })
}

/// The times of campaigns have no zone. That it is the site's, here UTC+7, is a guess.
pub(super) fn local_time(at: Moment) -> String {
    let zone = FixedOffset::east_opt(7 * 3600).expect("a zone");
    at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn milliseconds(at: Moment) -> String {
    at.utc().timestamp_millis().to_string()
}

fn color(id: &ProductId) -> String {
    format!("Color {}", id.variant)
}
