//! Orders: `GET /api/v2/order/get_order_list` and `get_order_detail`, and the messages about them (push code 3).

use super::answers::{Refused, accepted, literally};
use crate::{
    demo::marketplace::{
        call::{Call, number},
        orders::{
            Order, Unit, UnitState,
            messages::{Changed, Signed},
        },
        shop::{Shop, World},
        signing::{hexadecimal, hmac_sha256},
        storefront::title_of,
    },
    marketplaces::shopee,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// "The maximum date range that may be specified with the time_from and time_to fields is 15 days."
const LONGEST_SECONDS: i64 = 15 * 24 * 3600;

const MAX_PAGE: usize = 100;

/// `order_sn_list`: "limit \[1,50\]".
const MAX_ORDERS: usize = 50;

fn refused(error: &str, message: &str) -> Refused {
    literally(&format!("order.{error}"), message)
}

/// "1 to 100", and a cursor that is the position of the first entry, as in the sample. The page names no order of the list:
/// here the newest orders come first.
pub(super) fn list(shop: &Shop, call: &Call) -> Result<Value, Refused> {
    let is_by_update = match call.parameter("time_range_field") {
        "update_time" => true,
        "create_time" => false,
        _ => return Err(refused("error_param", "Wrong parameters, detail: invalid field TimeRangeField.")),
    };
    let seconds = |name: &str| call.parameter(name).parse::<i64>().ok();
    let (Some(from), Some(to)) = (seconds("time_from"), seconds("time_to")) else {
        return Err(refused("error_param", "Wrong parameters, detail: time_from and time_to are required."));
    };
    if from >= to || to - from > LONGEST_SECONDS {
        let message = "Start time must be earlier than end time and diff in 15days.";
        return Err(refused("order_list_invalid_time", message));
    }
    let size = call.parameter("page_size").parse::<usize>().ok().filter(|size| (1..=MAX_PAGE).contains(size));
    let Some(size) = size else {
        return Err(refused("error_param", "Wrong parameters, detail: invalid field PageSize."));
    };
    let first = match call.parameter("cursor") {
        "" => 0,
        cursor => cursor
            .parse::<usize>()
            .map_err(|_| refused("error_param", "Wrong parameters, detail: invalid field Cursor."))?,
    };
    let mut found = Vec::new();
    for order in shop.orders.placed.iter().rev() {
        let at = if is_by_update { order.updated_at } else { order.placed_at }.utc().timestamp();
        if (from..=to).contains(&at) {
            found.push(json!({"order_sn": order.number, "order_status": status(order)}));
        }
    }
    let is_more = found.len() > first + size;
    let rows: Vec<Value> = found.into_iter().skip(first).take(size).collect();
    let next = if is_more { (first + size).to_string() } else { String::new() };
    Ok(accepted(json!({"more": is_more, "next_cursor": next, "order_list": rows})))
}

/// Orders that the shop does not have are left out; if it has none of them, the call is refused.
pub(super) fn details(shop: &Shop, call: &Call) -> Result<Value, Refused> {
    let numbers: Vec<&str> = call.parameter("order_sn_list").split(',').filter(|number| !number.is_empty()).collect();
    if !(1..=MAX_ORDERS).contains(&numbers.len()) {
        return Err(refused("error_param", "Wrong parameters, detail: order_sn_list has 1 to 50 orders."));
    }
    let fields: Vec<&str> = call.parameter("response_optional_fields").split(',').collect();
    let mut list = Vec::new();
    for number in numbers {
        if let Some(order) = shop.orders.find(number) {
            list.push(detail(shop, order, &fields));
        }
    }
    if list.is_empty() {
        return Err(refused("error_not_found", "Wrong parameters, detail: the order is not found."));
    }
    Ok(accepted(json!({"order_list": list})))
}

fn detail(shop: &Shop, order: &Order, fields: &[&str]) -> Value {
    let mut detail = json!({
        "order_sn": order.number, "region": shop.country, "currency": order.currency, "cod": false,
        "order_status": status(order), "create_time": order.placed_at.utc().timestamp(),
        "update_time": order.updated_at.utc().timestamp(), "days_to_ship": 3, "message_to_seller": "",
    });
    let is_paid = !order.is_any(UnitState::Unpaid);
    let has_left = order.is_any(UnitState::Shipped) || order.is_any(UnitState::Delivered);
    let flag = if order.is_of_marketplace { "fulfilled_by_shopee" } else { "fulfilled_by_local_seller" };
    for (name, value) in [
        ("pay_time", if is_paid { order.placed_at.utc().timestamp().into() } else { Value::Null }),
        ("pickup_done_time", if has_left { order.updated_at.utc().timestamp() } else { 0 }.into()),
        ("fulfillment_flag", flag.into()),
        ("advance_package", false.into()),
        ("item_list", items(order).into()),
    ] {
        if fields.contains(&name) {
            detail[name] = value;
        }
    }
    detail
}

/// One line for each product, with how many of its units are still wanted.
fn items(order: &Order) -> Vec<Value> {
    let mut products: Vec<&Unit> = Vec::new();
    for unit in &order.units {
        if products.iter().all(|first| first.product != unit.product) {
            products.push(unit);
        }
    }
    let mut items = Vec::new();
    for first in products {
        let of_product = || order.units.iter().filter(|unit| unit.product == first.product);
        let count = |state: UnitState| of_product().filter(|unit| unit.state == state).count();
        let purchased = of_product().count();
        let cancelled = count(UnitState::Cancelled);
        let returned = count(UnitState::Returned);
        let has_model = first.product.variant != "0";
        items.push(json!({
            "item_id": number(&first.product.item), "item_name": title_of(&first.seller_sku),
            "item_sku": if has_model { format!("PARENT-{}", first.product.item) } else { first.seller_sku.clone() },
            "model_id": number(&first.product.variant), "model_name": "",
            "model_sku": if has_model { first.seller_sku.as_str() } else { "" },
            "model_quantity_purchased": purchased,
            "model_original_price": f64::from(first.price_cents) / 100.0,
            "model_discounted_price": f64::from(first.price_cents) / 100.0,
            "order_item_id": number(&first.product.item), "line_item_id": 0, "promotion_type": "",
            "active_qty": purchased - cancelled - returned, "cancel_requested_qty": 0, "cancelled_qty": cancelled,
            "return_requested_qty": 0, "returned_qty": returned,
        }));
    }
    items
}

fn status(order: &Order) -> &'static str {
    if let Some(word) = order.units.iter().find_map(|unit| unit.word) {
        return word;
    }
    let is_any = |state: UnitState| order.is_any(state);
    if order.units.iter().all(|unit| unit.state == UnitState::Cancelled) {
        "CANCELLED"
    } else if is_any(UnitState::Unpaid) {
        "UNPAID"
    } else if is_any(UnitState::Paid) {
        "READY_TO_SHIP"
    } else if is_any(UnitState::Packed) {
        "PROCESSED"
    } else if is_any(UnitState::Shipped) {
        "SHIPPED"
    } else {
        "COMPLETED"
    }
}

/// Signed with the “Live Push Partner Key”, or the partner key for an app without one.
pub(super) fn messages(world: &World, changed: &Changed<'_>) -> Vec<Signed> {
    let Changed { shop, order, address, now, .. } = changed;
    let keys = &world.shops[*shop].credentials;
    let of_app = world.apps.get(shopee::KIND.as_str()).map(|app| app.keys.value("push_key").expose_secret().to_owned());
    let own = of_app.filter(|key| !key.is_empty());
    let key = own.unwrap_or_else(|| keys.value("partner_key").expose_secret().to_owned());
    let body = json!({
        "data": {
            "ordersn": order.number, "status": status(order), "update_time": order.updated_at.utc().timestamp(),
            "completed_scenario": "", "items": [],
        },
        "shop_id": number(keys.id("shop_id")), "code": 3, "timestamp": now.utc().timestamp(),
    })
    .to_string();
    let signature = hexadecimal(&hmac_sha256(key, format!("{address}|{body}").as_bytes()));
    vec![Signed { authorization: signature, body }]
}
