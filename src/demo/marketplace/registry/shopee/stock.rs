//! `POST /api/v2/product/update_stock`: the stock of the seller's warehouses of one item, with up to 50 of its models.

use super::{
    NO_MODEL,
    answers::{Refused, accepted, literally, of_product, planned},
    promotions::reserved,
    seller::ONLY_LOCATION,
};
use crate::{
    demo::marketplace::{
        call::{Call, number},
        fault::Fault,
        shop::{ChangedBy, Product, ProductId, Refusal, Shop, World},
    },
    domain::moment::Moment,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// "Length should be between 1 to 50."
const MAX_MODELS: usize = 50;

/// Seen in answers that public code has recorded: "Stock should be within 0-10000000 for model A".
const MAX_STOCK: i64 = 10_000_000;

const FAILED_ROWS: &str = "error_busi_update_stock_failed";

/// A row of the list `stock_list`.
struct Row {
    id: ProductId,
    stocks: Vec<Stock>,
}

struct Stock {
    location: Option<String>,
    stock: i64,
}

pub(super) fn update(
    world: &mut World,
    shop: &str,
    call: &Call,
    fault: Option<Fault>,
    now: Moment,
) -> Result<Value, Refused> {
    let rows = rows_of(call)?;
    let found = &world.shops[shop];
    check_item(found, &rows)?;
    check_locations(found, &rows)?;
    // What refuses the call changes nothing, so every row is checked first.
    let mut checked = Vec::new();
    for (position, row) in rows.iter().enumerate() {
        let is_frozen = fault == Some(Fault::RefuseSome) && position % 2 == 0;
        checked.push(check_row(found, row, is_frozen, now)?);
    }
    let mut success = Vec::new();
    let mut failure = Vec::new();
    for (row, checked) in rows.iter().zip(checked) {
        let model = number(&row.id.variant);
        if let Err(reason) = checked {
            failure.push(json!({"model_id": model, "failed_reason": reason}));
            continue;
        }
        apply(world, shop, row, fault, now);
        for stock in &row.stocks {
            let mut done = json!({"model_id": model, "stock": stock.stock});
            if let Some(location) = &stock.location {
                done["location_id"] = location.as_str().into();
            }
            success.push(done);
        }
    }
    let has_success = !success.is_empty();
    let lists = json!({"success_list": success, "failure_list": failure});
    // Measured with the sandbox of Singapore: one bad model of several is a success with a `failure_list`.
    if has_success {
        return Ok(accepted(lists));
    }
    let message = "Update stock failed, please check failure_list for detailed reason";
    Err(of_product(FAILED_ROWS, message).with_response(lists))
}

/// The rows of a valid body. Its ids and quantities are whole numbers, `model_id` is optional.
fn rows_of(call: &Call) -> Result<Vec<Row>, Refused> {
    let wrong = |message: &str| of_product("error_param", message);
    let body = call.json().ok_or_else(|| wrong("parameter invalid"))?;
    let item = body["item_id"].as_u64().filter(|item| *item > 0);
    // With two spaces, as in the pages' `error_example`.
    let item = item.ok_or_else(|| wrong("invalid field ItemId: value must  Not Null"))?.to_string();
    let list = body["stock_list"].as_array().map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() || list.len() > MAX_MODELS {
        return Err(wrong("Length should be between 1 to 50."));
    }
    let mut rows = Vec::with_capacity(list.len());
    let mut models = BTreeSet::new();
    for row in list {
        let model = match &row["model_id"] {
            Value::Null => Some(0),
            given => given.as_u64(),
        };
        let model = model.ok_or_else(|| wrong("Wrong parameters, detail: invalid field ModelId."))?;
        if !models.insert(model) {
            return Err(wrong("Repeat model_id."));
        }
        let stocks = stocks_of(row).ok_or_else(|| wrong("Wrong parameters, detail: invalid field SellerStock."))?;
        rows.push(Row { id: ProductId { item: item.clone(), variant: model.to_string() }, stocks });
    }
    Ok(rows)
}

fn stocks_of(row: &Value) -> Option<Vec<Stock>> {
    let given = row["seller_stock"].as_array().filter(|list| !list.is_empty())?;
    let mut stocks = Vec::with_capacity(given.len());
    for entry in given {
        let location = match &entry["location_id"] {
            Value::Null => None,
            given => Some(given.as_str()?.to_owned()),
        };
        let stock = entry["stock"].as_i64().filter(|stock| *stock >= 0)?;
        stocks.push(Stock { location: location.filter(|location| !location.is_empty()), stock });
    }
    Some(stocks)
}

/// What is refused for the whole item.
fn check_item(shop: &Shop, rows: &[Row]) -> Result<(), Refused> {
    let item = &rows[0].id.item;
    let models: Vec<&ProductId> = shop.of_item(item).map(|(id, _)| id).collect();
    if models.is_empty() {
        return Err(of_product("error_item_not_found", "Product not found"));
    }
    if shop.is_on_holiday {
        return Err(of_product("error_holiday_mode_change_stock", "Cannot change stock in holiday mode."));
    }
    let has_models = models.iter().any(|id| id.variant != NO_MODEL);
    if has_models && rows.iter().any(|row| row.id.variant == NO_MODEL) {
        let message = "Can't to edit item stock directly while item has models.";
        return Err(of_product("error_edit_item_stock_for_item_has_model", message));
    }
    Ok(())
}

/// A shop with several warehouses has to name one in each row; one that is not in the whitelist may not.
fn check_locations(shop: &Shop, rows: &[Row]) -> Result<(), Refused> {
    let mut given = Vec::new();
    for row in rows {
        given.extend(row.stocks.iter().map(|stock| stock.location.as_deref()));
    }
    if shop.warehouses.is_empty() {
        if given.iter().any(Option::is_some) {
            let message = "You do not have right to use seller location_id, please only fill seller_stock filed.";
            return Err(of_product("error_auth", message));
        }
        return Ok(());
    }
    if shop.warehouses.len() > 1 {
        if given.iter().all(Option::is_none) {
            let message = "The merchant/shop has multi warehouse, please input location id";
            return Err(of_product("error_busi", message));
        }
        if given.iter().any(Option::is_none) {
            return Err(of_product("error_auth", "Lack of location_id, please double check."));
        }
    }
    let is_known = |location: &str| shop.warehouses.iter().any(|warehouse| warehouse.code == location);
    if given.into_iter().flatten().any(|location| !is_known(location)) {
        let message = "The location_id input is not matched the shop's location_id(more/wrong). Please double check.";
        return Err(of_product("error_auth", message));
    }
    Ok(())
}

/// Refuses the call, or gives the reason for which the row alone is refused.
fn check_row(shop: &Shop, row: &Row, is_frozen: bool, now: Moment) -> Result<Result<(), String>, Refused> {
    let Some(product) = shop.products.get(&row.id) else { return Ok(Err("Wrong model_id.".to_owned())) };
    if let Some(refusal) = &product.refusal {
        return if is_of_row(refusal) { Ok(Err(refusal.message.clone())) } else { Err(planned(refusal)) };
    }
    let sent: i64 = row.stocks.iter().map(|stock| stock.stock).sum();
    if product.fulfilled_by_marketplace.is_some() && sent > 0 {
        let message = "The current item belong to the full FBS shop, so normal stock must be equal to 0";
        return Err(literally("error_server", message));
    }
    if row.stocks.iter().any(|stock| stock.stock > MAX_STOCK) {
        return Ok(Err(format!("Stock should be within 0-{MAX_STOCK} for model {}", product.seller_sku)));
    }
    if total_after(shop, product, row) < reserved(product, now) {
        // Which of the documented words are sent for which item is a guess.
        if row.id.variant == NO_MODEL {
            return Err(of_product("error_param", "Can not update item with stock less than reserved stock"));
        }
        return Ok(Err("Stock should be larger than reserved stock.".to_owned()));
    }
    // Not in the documents: the reason of a fault that tests inject.
    Ok(if is_frozen { Err("The model is frozen.".to_owned()) } else { Ok(()) })
}

/// Whether a planned refusal is of its row: "Update stock failed, please check failure_list for detailed reason".
fn is_of_row(refusal: &Refusal) -> bool {
    refusal.code.rsplit('.').next() == Some(FAILED_ROWS)
}

/// "Stock(including Seller Stock and Shopee Stock) should be larger than or equal to real-time reserved stock."
/// Warehouses that a row does not name keep their stock: a guess.
fn total_after(shop: &Shop, product: &Product, row: &Row) -> i64 {
    let mut stocks: BTreeMap<&str, i64> = seller_stocks(shop, product).into_iter().collect();
    let main = main_location(shop);
    for stock in &row.stocks {
        stocks.insert(stock.location.as_deref().unwrap_or(main), stock.stock);
    }
    stocks.values().sum::<i64>() + product.fulfilled_by_marketplace.unwrap_or(0)
}

pub(super) fn main_location(shop: &Shop) -> &str {
    shop.warehouses.first().map_or(ONLY_LOCATION, |warehouse| &warehouse.code)
}

/// The units in each of the seller's warehouses, by location.
pub(super) fn seller_stocks<'a>(shop: &'a Shop, product: &'a Product) -> Vec<(&'a str, i64)> {
    let mut stocks = vec![(main_location(shop), product.quantity.unwrap_or(0))];
    stocks.extend(product.elsewhere.iter().map(|(code, units)| (code.as_str(), *units)));
    stocks
}

fn apply(world: &mut World, shop: &str, row: &Row, fault: Option<Fault>, now: Moment) {
    let times = match fault {
        Some(Fault::Ignore) => 0,
        Some(Fault::Twice) => 2,
        _ => 1,
    };
    for _ in 0..times {
        for stock in &row.stocks {
            let found = world.shops.get_mut(shop).expect("the caller found the shop");
            let main = main_location(found).to_owned();
            match &stock.location {
                Some(location) if *location != main => {
                    let product = found.products.get_mut(&row.id).expect("the row was checked");
                    product.elsewhere.insert(location.clone(), stock.stock);
                }
                _ => world.set(shop, &row.id, "", stock.stock, ChangedBy::Push, now),
            }
        }
    }
}
