//! Orders (`/orders/get`, `/orders/items/get`) and the messages about them (LPM, message type 0).

use super::answer::{Refused, accepted};
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
    domain::moment::Moment,
};
use chrono::{DateTime, FixedOffset};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::cmp::Reverse;

/// "The supported maximum number is 100."
const MAX_LIMIT: usize = 100;

/// Of a page of the help: `offset` is 5,000 at most.
const MAX_OFFSET: usize = 5_000;

/// "No more than 50 at a time".
const MAX_ORDERS: usize = 50;

fn refused(code: &str, message: &str) -> Refused {
    Refused::new(code, "ISV", message)
}

/// "YYYY-MM-DDTHH:mm:ss±HH:MM", and nothing else.
fn date(call: &Call, name: &str) -> Result<Option<Moment>, Refused> {
    let text = call.parameter(name);
    if text.is_empty() {
        return Ok(None);
    }
    let read = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%:z");
    let read = read.map_err(|_| refused("17", &format!("E017: \"{text}\" Invalid Date Format")))?;
    Ok(Some(Moment::from(read.to_utc())))
}

/// `2026-11-10 20:00:00 +0800`, as in the answers that programs have recorded.
fn written(at: Moment) -> String {
    let zone = FixedOffset::east_opt(8 * 3_600).expect("a zone");
    at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %z").to_string()
}

/// `/orders/get`
pub(super) fn list(shop: &Shop, call: &Call) -> Result<Value, Refused> {
    let created_after = date(call, "created_after")?;
    let update_after = date(call, "update_after")?;
    let (created_before, update_before) = (date(call, "created_before")?, date(call, "update_before")?);
    if created_after.is_none() && update_after.is_none() {
        return Err(refused("17", "E017: \"\" Invalid Date Format"));
    }
    let given = |name: &str, otherwise: usize| match call.parameter(name) {
        "" => Some(otherwise),
        text => text.parse::<usize>().ok(),
    };
    let limit = given("limit", MAX_LIMIT).filter(|limit| (1..=MAX_LIMIT).contains(limit));
    let limit = limit.ok_or_else(|| refused("19", &format!("E019: \"{}\" Invalid Limit", call.parameter("limit"))))?;
    let offset = given("offset", 0).filter(|offset| *offset <= MAX_OFFSET);
    let offset =
        offset.ok_or_else(|| refused("14", &format!("E014: \"{}\" Invalid Offset", call.parameter("offset"))))?;
    let is_within = |at: Moment, after: Option<Moment>, before: Option<Moment>| {
        let second = at.utc().timestamp();
        after.is_none_or(|after| second >= after.utc().timestamp())
            && before.is_none_or(|before| second <= before.utc().timestamp())
    };
    let mut found: Vec<&Order> = Vec::new();
    for order in &shop.orders.placed {
        if is_within(order.placed_at, created_after, created_before)
            && is_within(order.updated_at, update_after, update_before)
        {
            found.push(order);
        }
    }
    let by_update = match call.parameter("sort_by") {
        "" | "created_at" => false,
        "updated_at" => true,
        _ => return Err(refused("75", "E075: Invalid sort filter.")),
    };
    let key = |order: &Order| (if by_update { order.updated_at } else { order.placed_at }, order.id);
    match call.parameter("sort_direction") {
        "" | "DESC" => found.sort_by_key(|order| Reverse(key(order))),
        "ASC" => found.sort_by_key(|order| key(order)),
        _ => return Err(refused("74", "E074: Invalid sort direction.")),
    }
    let total = found.len();
    let rows: Vec<Value> = found.into_iter().skip(offset).take(limit).map(head).collect();
    Ok(accepted(json!({"data": {"count": rows.len(), "countTotal": total, "orders": rows}})))
}

fn head(order: &Order) -> Value {
    let mut statuses: Vec<&str> = order.units.iter().map(status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    json!({
        "order_id": order.id, "order_number": number(&order.number), "statuses": statuses,
        "items_count": order.units.len(), "created_at": written(order.placed_at),
        "updated_at": written(order.updated_at), "payment_method": "COD", "price": "79.90", "voucher": 0,
        "shipping_fee": 0, "remarks": "", "warehouse_code": "dropshipping", "customer_first_name": "B***r",
        "customer_last_name": "", "gift_option": false, "need_cancel_confirm": false,
    })
}

/// `/orders/items/get`
pub(super) fn items(shop: &Shop, call: &Call) -> Result<Value, Refused> {
    let list = call.parameter("order_ids").strip_prefix('[').and_then(|list| list.strip_suffix(']'));
    let Some(list) = list else {
        return Err(refused("56", "E056: Invalid OrdersIdList format. Must use array format [1,2]"));
    };
    let ids: Vec<&str> = list.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if ids.len() > MAX_ORDERS {
        return Err(refused("38", "E038: Too many orders were requested"));
    }
    if ids.is_empty() {
        return Err(refused("39", "E039: No orders were found"));
    }
    let mut orders = Vec::new();
    for id in ids {
        let Some(order) = id.parse().ok().and_then(|id| shop.orders.find_id(id)) else {
            return Err(refused("37", "E037: One or more order id in the list are incorrect"));
        };
        let items: Vec<Value> = order.units.iter().map(|unit| item(order, unit)).collect();
        orders.push(json!({"order_id": order.id, "order_number": number(&order.number), "order_items": items}));
    }
    Ok(accepted(json!({"data": orders})))
}

fn item(order: &Order, unit: &Unit) -> Value {
    let price = f64::from(unit.price_cents) / 100.0;
    json!({
        "order_item_id": unit.id, "order_id": order.id, "sku": unit.seller_sku, "shop_sku": "2807246166_SGAMZ",
        "sku_id": unit.product.variant, "product_id": unit.product.item, "name": title_of(&unit.seller_sku), "variation": "",
        "status": status(unit), "paid_price": price, "item_price": price, "currency": order.currency, "voucher_amount": 0,
        "shipping_amount": 0, "reason": "", "reason_detail": "", "cancel_return_initiator": "",
        "is_fbl": if order.is_of_marketplace { "1" } else { "0" }, "is_digital": 0, "order_type": "Normal",
        "warehouse_code": "dropshipping", "shipping_type": "Dropshipping", "biz_group": 70_100,
        "created_at": written(order.placed_at), "updated_at": written(unit.updated_at),
    })
}

fn status(unit: &Unit) -> &'static str {
    unit.word.unwrap_or(match unit.state {
        UnitState::Unpaid => "unpaid",
        UnitState::Paid => "pending",
        UnitState::Packed => "ready_to_ship",
        UnitState::Shipped => "shipped",
        UnitState::Delivered => "delivered",
        UnitState::Cancelled => "canceled",
        UnitState::Returned => "returned",
    })
}

/// One message for each item.
pub(super) fn messages(world: &World, changed: &Changed<'_>) -> Vec<Signed> {
    let Changed { shop, order, now, .. } = changed;
    let found = &world.shops[*shop];
    let secret = found.credentials.value("app_secret").expose_secret();
    let mut messages = Vec::new();
    for unit in order.units.iter().filter(|unit| unit.updated_at == order.updated_at) {
        let body = json!({
            "seller_id": found.seller_id.to_string(), "message_type": 0,
            "data": {
                "order_status": status(unit), "trade_order_id": order.id.to_string(),
                "trade_order_line_id": unit.id.to_string(), "status_update_time": unit.updated_at.utc().timestamp(),
            },
            "timestamp": now.utc().timestamp_millis(),
            "site": format!("lazada_{}", found.country.to_lowercase()),
        })
        .to_string();
        let base = format!("{}{body}", found.credentials.id("app_key"));
        messages.push(Signed { authorization: hexadecimal(&hmac_sha256(secret, base.as_bytes())), body });
    }
    messages
}
