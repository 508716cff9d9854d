//! Orders (`GET /v2/orders`), and the messages about them, which have no signature.

use super::problem;
use crate::{
    demo::marketplace::{
        call::Call,
        orders::{
            Order, Unit, UnitState,
            messages::{Changed, Signed},
        },
        shop::Shop,
        storefront::title_of,
    },
    domain::moment::Moment,
};
use actix_web::HttpResponse;
use chrono::{DateTime, NaiveDate, SecondsFormat};
use serde_json::{Value, json};
use std::cmp::Reverse;

/// The document has no maximum; its example is 100.
const MAX_LIMIT: usize = 100;

/// "Date or date time. Time information is optional. By default start time will be at 00:00:00."
fn date(call: &Call, name: &str) -> Result<Option<Moment>, String> {
    let text = call.parameter(name);
    if text.is_empty() {
        return Ok(None);
    }
    let time = DateTime::parse_from_rfc3339(text).map(|read| Moment::from(read.to_utc()));
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0).map(Moment::from);
    time.ok().or_else(day).map(Some).ok_or_else(|| format!("{name} is not a date."))
}

pub(super) fn list(shop: &Shop, call: &Call) -> HttpResponse {
    let limit = call.parameter("limit").parse::<usize>().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    let (Some(limit), Ok(offset)) = (limit, call.parameter("offset").parse::<usize>()) else {
        return problem::unprocessable("limit and offset are required.");
    };
    let (from, until) = match (date(call, "updateDateStart"), date(call, "updateDateEnd")) {
        (Ok(from), Ok(until)) => (from, until),
        (Err(detail), _) | (_, Err(detail)) => return problem::unprocessable(&detail),
    };
    let ids = call.values("orderIds[]");
    let numbers = call.values("orderNumbers[]");
    // "Will return orders with at least one order item updated within the selected range."
    let is_updated = |unit: &Unit| {
        from.is_none_or(|from| unit.updated_at >= from) && until.is_none_or(|until| unit.updated_at <= until)
    };
    let mut found: Vec<&Order> = Vec::new();
    for order in &shop.orders.placed {
        let is_wanted = ids.is_empty() || ids.contains(&order.id.to_string());
        if is_wanted && (numbers.is_empty() || numbers.contains(&order.number)) && order.units.iter().any(is_updated) {
            found.push(order);
        }
    }
    let by_update = call.parameter("sort") == "updatedAt";
    let key = |order: &Order| (if by_update { order.updated_at } else { order.placed_at }, order.id);
    match call.parameter("sortDir") {
        "desc" => found.sort_by_key(|order| Reverse(key(order))),
        _ => found.sort_by_key(|order| key(order)),
    }
    let has_next = found.len() > offset + limit;
    let items: Vec<Value> = found.into_iter().skip(offset).take(limit).map(row).collect();
    let pagination = json!({"limit": limit, "offset": offset, "hasNext": has_next});
    HttpResponse::Ok().json(json!({"items": items, "pagination": pagination}))
}

fn written(at: Moment) -> String {
    at.utc().to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn row(order: &Order) -> Value {
    let items: Vec<Value> = order.units.iter().map(|unit| item(order, unit)).collect();
    json!({
        "uuid": format!("9d6ca7ce-4b71-46bf-aa5e-{:012x}", order.id), "id": order.id, "number": order.number,
        "sellerId": 252, "customer": {"firstName": null, "lastName": null}, "currency": order.currency,
        "paymentMethod": "CashOnDelivery", "createdAt": written(order.placed_at),
        "updatedAt": written(order.updated_at), "exchangeByOrderId": null, "exchangeForOrderId": null,
        "itemCount": items.len(), "items": items,
    })
}

fn item(order: &Order, unit: &Unit) -> Value {
    let price = f64::from(unit.price_cents) / 100.0;
    let shipment = if order.is_of_marketplace { "warehouse" } else { "dropshipping" };
    json!({
        "id": unit.id, "srcId": format!("SG-{}", unit.id), "sellerId": 252, "orderId": order.id,
        "status": status(unit), "failureReason": null, "shipment": {"type": shipment, "method": "home"},
        "product": {"name": title_of(&unit.seller_sku), "sku": format!("NI464AK{}", unit.product.item), "variation": "38",
            "sellerSku": unit.seller_sku},
        "unitPrice": price, "paidPrice": price, "warehouseName": null, "createdAt": written(order.placed_at),
        "updatedAt": written(unit.updated_at), "lastStatusChangedAt": written(unit.updated_at),
    })
}

fn status(unit: &Unit) -> &'static str {
    unit.word.unwrap_or(match unit.state {
        UnitState::Unpaid => "payment_pending",
        UnitState::Paid => "pending",
        UnitState::Packed => "ready_to_ship",
        UnitState::Shipped => "shipped",
        UnitState::Delivered => "delivered",
        UnitState::Cancelled => "canceled",
        UnitState::Returned => "returned",
    })
}

pub(super) fn messages(changed: &Changed<'_>) -> Vec<Signed> {
    let Changed { order, is_new, .. } = changed;
    let body = if *is_new {
        json!({"event": "onOrderCreated", "payload": {"OrderId": order.id, "OrderNr": order.number}})
    } else {
        let units: Vec<&Unit> = order.units.iter().filter(|unit| unit.updated_at == order.updated_at).collect();
        let ids: Vec<u64> = units.iter().map(|unit| unit.id).collect();
        let status = units.first().map_or("pending", |unit| status(unit));
        json!({
            "event": "onOrderItemsStatusChanged",
            "payload": {"OrderId": order.id, "OrderItemIds": ids, "NewStatus": status},
        })
    };
    vec![Signed { authorization: String::new(), body: body.to_string() }]
}
