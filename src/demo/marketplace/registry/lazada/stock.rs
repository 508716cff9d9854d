//! The page of UpdateSellableQuantity, and 121234 on its limits.

use super::{
    answer::{Refused, accepted},
    listings::{local_time, sellable},
    seller,
};
use crate::{
    demo::marketplace::{
        call::Call,
        fault::Fault,
        shop::{ChangedBy, Product, ProductId, Shop, World},
    },
    domain::moment::Moment,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const MAX_SKUS: usize = 50;

// Lazada ignores elements that it does not know, and answers with the code 0. No page says so; clients have measured it.

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    product: Skus,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Skus {
    skus: SkuList,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SkuList {
    #[serde(default)]
    sku: Vec<SkuRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SkuRow {
    item_id: u64,
    sku_id: u64,
    /// It does not change the seller SKU of the product (page 121320, question 14).
    #[serde(default)]
    seller_sku: String,
    sellable_quantity: Option<i64>,
    multi_warehouse_inventories: Option<WarehouseList>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WarehouseList {
    #[serde(default)]
    multi_warehouse_inventory: Vec<WarehouseRow>,
}

/// The pages on this API have `SellableQuantity`. A public client (falka) that was tried with a real shop in June 2026
/// has `Quantity`, the element of UpdatePriceQuantity, and says that the other one is ignored. Here either counts.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WarehouseRow {
    warehouse_code: String,
    sellable_quantity: Option<i64>,
    quantity: Option<i64>,
}

impl SkuRow {
    fn id(&self) -> ProductId {
        ProductId { item: self.item_id.to_string(), variant: self.sku_id.to_string() }
    }

    fn is_negative(&self) -> bool {
        let listed = self.multi_warehouse_inventories.iter().flat_map(|list| &list.multi_warehouse_inventory);
        self.sellable_quantity.is_some_and(|units| units < 0)
            || listed.filter_map(WarehouseRow::units).any(|units| units < 0)
    }
}

impl WarehouseRow {
    fn units(&self) -> Option<i64> {
        self.sellable_quantity.or(self.quantity)
    }
}

/// What a row sets. Warehouses that it does not name stay as they are.
#[derive(Default)]
struct Change {
    main: Option<i64>,
    elsewhere: BTreeMap<String, i64>,
}

impl Change {
    fn given(&self) -> i64 {
        let elsewhere: i64 = self.elsewhere.values().sum();
        self.main.unwrap_or(0) + elsewhere
    }
}

pub(super) fn update(
    world: &mut World,
    shop: &str,
    call: &Call,
    fault: Option<Fault>,
    now: Moment,
) -> Result<Value, Refused> {
    let Ok(request) = quick_xml::de::from_str::<Request>(call.parameter("payload")) else {
        return Err(Refused::new("6", "ISP", "E006: Unexpected internal error"));
    };
    let rows = request.product.skus.sku;
    if rows.is_empty() {
        return Err(Refused::new("30", "ISP", "E030: Empty Request"));
    }
    if rows.len() > MAX_SKUS {
        // This page has 204, "Too many SKU in one request", as well; page 121234 says that the call times out.
        let message =
            "The updated SKU quantity exceeds the maximum number 50, please do not update more than 50 SKUs at once";
        return Err(Refused::new("4171", "ISP", message));
    }
    let found = &world.shops[shop];
    let mut details = Vec::new();
    let mut changes = Vec::new();
    for (position, row) in rows.iter().enumerate() {
        let id = row.id();
        if fault == Some(Fault::RefuseSome) && position % 2 == 0 {
            details.push(detail_of(row, "SKU_IS_FROZEN"));
            continue;
        }
        match check(found, row, now) {
            Ok(change) => changes.push((id, change)),
            Err(RowRefused::Row(detail)) => details.push(detail),
            Err(RowRefused::Call(refused)) => return Err(refused),
        }
    }
    let times = match fault {
        Some(Fault::Ignore) => 0,
        Some(Fault::Twice) => 2,
        _ => 1,
    };
    for _ in 0..times {
        for (id, change) in &changes {
            apply(world, shop, id, change, now);
        }
    }
    Ok(accepted(if details.is_empty() { json!({"data": {}}) } else { json!({"data": {}, "detail": details}) }))
}

enum RowRefused {
    /// The others are set, and the code of the answer is 0.
    Row(Value),
    /// Nothing is set.
    Call(Refused),
}

/// A detail that names the row.
fn detail_of(row: &SkuRow, message: &str) -> Value {
    json!({"code": "E0501", "message": message, "seller_sku": row.seller_sku, "sku_id": row.sku_id.to_string()})
}

/// What the row sets, or why it is refused.
fn check(shop: &Shop, row: &SkuRow, now: Moment) -> Result<Change, RowRefused> {
    let id = row.id();
    let of_business = |message: &str| RowRefused::Call(Refused::of_business(&id, message));
    let Some(product) = shop.products.get(&id) else {
        // This error does not name the row.
        return Err(RowRefused::Row(json!({"code": "E0501", "field": "ItemId", "message": "ITEM_NOT_FOUND"})));
    };
    if let Some(refusal) = &product.refusal {
        return Err(match refusal.code.as_str() {
            "E0501" => RowRefused::Row(detail_of(row, &refusal.message)),
            "501" => of_business(&refusal.message),
            _ => RowRefused::Call(Refused::planned(refusal)),
        });
    }
    if row.is_negative() {
        return Err(of_business("THD_INVENTORY_ERR_INV_PARAM_ILLEGAL:illegal parameter:quantity"));
    }
    let change = change_of(shop, row).map_err(|message| of_business(&message))?;
    let before = sellable(product);
    let after = sellable_after(product, &change);
    // "The inventory locked by channelInventories is not warehouse dependent, as long as the remaining available inventory
    // for the SKU is an integer greater than or equal to the inventory locked by channelInventories" (page 121233).
    if after < shop.locked(&id, now) {
        return Err(of_business(&format!("negative sellable on channel inventory,entityId={},id=1", id.variant)));
    }
    if let Some(end) = product.only_rises_until.filter(|end| *end > now && after < before) {
        return Err(RowRefused::Call(mega_campaign(end, now)));
    }
    // "Lazada Choice: stock can only go up by API" (help pages of BigSeller). That what is given is compared with what all
    // warehouses have together is a guess, and so are the words of the refusal.
    if product.fulfilled_by_marketplace.is_some() && change.given() < before {
        return Err(of_business("The stock of Choice products can only be increased"));
    }
    Ok(change)
}

/// The words are those of the page.
fn mega_campaign(end: Moment, now: Moment) -> Refused {
    let message = format!(
        "During the Bday Mega campaign, there are restrictions for stock adjustments in effect between {} - {}. Sellers can \
         increase stocks, but may not decrease stocks.",
        local_time(now),
        local_time(end)
    );
    Refused::new("4170", "ISP", &message)
}

/// The format for one warehouse sets the main one; that for several sets those that it names. "Single-warehouse sellers
/// should not use the multi-warehouse format, otherwise an error may be reported" (page 121234). The words of both
/// refusals are guesses.
fn change_of(shop: &Shop, row: &SkuRow) -> Result<Change, String> {
    let mut change = Change { main: row.sellable_quantity, ..Change::default() };
    let Some(list) = &row.multi_warehouse_inventories else { return Ok(change) };
    if shop.warehouses.len() < 2 {
        return Err("The seller is not a multi warehouse seller".to_owned());
    }
    for given in &list.multi_warehouse_inventory {
        let Some(units) = given.units() else { continue };
        // The pages write both `dropshipping` and `Dropshipping`.
        let is_given = |code: &str| code.eq_ignore_ascii_case(&given.warehouse_code);
        let Some(position) = seller::list(shop).iter().position(|warehouse| is_given(&warehouse.code)) else {
            return Err(format!("warehouse {} is not found", given.warehouse_code));
        };
        if position == 0 {
            change.main = Some(units);
        } else {
            change.elsewhere.insert(shop.warehouses[position].code.clone(), units);
        }
    }
    Ok(change)
}

fn sellable_after(product: &Product, change: &Change) -> i64 {
    let mut after = product.clone();
    after.quantity = change.main.or(after.quantity);
    after.elsewhere.extend(change.elsewhere.clone());
    sellable(&after)
}

fn apply(world: &mut World, shop: &str, id: &ProductId, change: &Change, now: Moment) {
    if let Some(units) = change.main {
        world.set(shop, id, "", units, ChangedBy::Push, now);
    }
    let found = world.shops.get_mut(shop).expect("the caller found the shop");
    if let Some(product) = found.products.get_mut(id) {
        product.elsewhere.extend(change.elsewhere.clone());
    }
}
