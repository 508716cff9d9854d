//! Orders: the list of those that have changed, and what each of them is.
//!
//! Sources: `v2.order.get_order_list`, `v2.order.get_order_detail`. The list says only which orders have changed, so that
//! each is read after it. `order_sn` is both the id and the number.

use super::Shopee;
use crate::{
    domain::{
        code::OrderNumber,
        money::Currency,
        orders::{
            order::{Fulfiller, OrderStatus, Payment},
            pulled::{PulledLine, PulledOrder},
        },
        stores::failure::Failure,
    },
    marketplaces::{
        loose,
        orders::{OrderPage, Window, since_1970},
    },
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

const LIST: &str = "/api/v2/order/get_order_list";
const DETAIL: &str = "/api/v2/order/get_order_detail";

/// "The maximum date range that may be specified … is 15 days", with the parts of seconds at both ends.
pub(super) const LONGEST_WINDOW_SECONDS: i64 = 15 * 24 * 3_600 - 2;

/// `page_size`: "between 1 and 100".
const PAGE: &str = "100";

/// `order_sn_list`: "limit \[1,50\]".
pub(super) const MOST_NAMED: usize = 50;

/// What is asked for beside what every answer has.
const FIELDS: &str = "item_list,pay_time,pickup_done_time,fulfillment_flag,advance_package";

/// The model of a line without one.
const NO_MODEL: &str = "0";

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    more: Value,
    #[serde(default, deserialize_with = "loose::text")]
    next_cursor: String,
    #[serde(default, deserialize_with = "loose::list")]
    order_list: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default, deserialize_with = "loose::text")]
    order_sn: String,
}

#[derive(Deserialize)]
struct Details {
    #[serde(default, deserialize_with = "loose::list")]
    order_list: Vec<Value>,
}

#[derive(Deserialize)]
struct Order {
    #[serde(default, deserialize_with = "loose::text")]
    order_sn: String,
    #[serde(default, deserialize_with = "loose::text")]
    order_status: String,
    #[serde(default, deserialize_with = "loose::text")]
    currency: String,
    #[serde(default, deserialize_with = "loose::number")]
    create_time: Option<i64>,
    #[serde(default, deserialize_with = "loose::number")]
    update_time: Option<i64>,
    #[serde(default, deserialize_with = "loose::number")]
    pay_time: Option<i64>,
    #[serde(default, deserialize_with = "loose::number")]
    pickup_done_time: Option<i64>,
    #[serde(default, deserialize_with = "loose::text")]
    fulfillment_flag: String,
    #[serde(default)]
    advance_package: Value,
    #[serde(default, deserialize_with = "loose::list")]
    item_list: Vec<Value>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default, deserialize_with = "loose::text")]
    item_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    item_sku: String,
    #[serde(default, deserialize_with = "loose::text")]
    model_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    model_sku: String,
    #[serde(default, deserialize_with = "loose::number")]
    model_quantity_purchased: Option<i64>,
    #[serde(default, deserialize_with = "loose::text")]
    model_discounted_price: String,
    #[serde(default, deserialize_with = "loose::text")]
    order_item_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    line_item_id: String,
    #[serde(default, deserialize_with = "loose::number")]
    active_qty: Option<i64>,
    #[serde(default, deserialize_with = "loose::number")]
    cancelled_qty: Option<i64>,
    #[serde(default, deserialize_with = "loose::number")]
    returned_qty: Option<i64>,
}

impl Shopee {
    pub(super) async fn orders_changed(&self, window: Window, page: Option<&str>) -> Result<OrderPage, Failure> {
        let from = window.from.utc().timestamp().to_string();
        // The last second counts as a whole.
        let until = (window.until.utc().timestamp() + 1).to_string();
        let query = [
            ("time_range_field", "update_time"),
            ("time_from", &from),
            ("time_to", &until),
            ("page_size", PAGE),
            ("cursor", page.unwrap_or_default()),
            ("response_optional_fields", "order_status"),
            ("request_order_status_pending", "true"),
        ];
        let list: List = self.read_response(LIST, &query).await?;
        let numbers: Vec<String> = list.order_list.into_iter().map(|listed| listed.order_sn).collect();
        let is_more = list.more == Value::Bool(true) && !list.next_cursor.is_empty();
        let mut read = OrderPage { next: is_more.then_some(list.next_cursor), ..OrderPage::default() };
        for some in numbers.chunks(MOST_NAMED) {
            let mut named = self.orders_named(some).await?;
            if named.unreadable.is_empty() {
                let is_missing = |number: &&String| !named.orders.iter().any(|order| order.number.as_str() == **number);
                for number in some.iter().filter(is_missing).cloned().collect::<Vec<_>>() {
                    named.unreadable.push(format!("Shopee lists the order {number}, and does not give its details."));
                }
            }
            read.append(named);
        }
        Ok(read)
    }

    /// The orders with these numbers, without those that the shop does not have. An answer that is too long is read in
    /// halves.
    pub(super) async fn orders_named(&self, numbers: &[String]) -> Result<OrderPage, Failure> {
        let mut read = OrderPage::default();
        let mut parts = vec![numbers];
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            let list = part.join(",");
            let query = [
                ("order_sn_list", list.as_str()),
                ("response_optional_fields", FIELDS),
                ("request_order_status_pending", "true"),
            ];
            let answer = self.read_long_response::<Details>(DETAIL, &query).await;
            match answer {
                Ok(Some(details)) => {
                    let (orders, unreadable) = loose::each::<Order>(details.order_list);
                    for order in orders {
                        read.add(order.pulled());
                    }
                    if unreadable > 0 {
                        read.unreadable.push(format!("{unreadable} of the orders {list} have an unexpected form."));
                    }
                }
                Ok(None) if part.len() == 1 => read.unreadable.push(format!("The order {list} is too long.")),
                Err(failure) if failure.class.is_store_wide() => return Err(failure),
                // One that the shop does not have may be why all are refused.
                Err(failure) if part.len() == 1 => {
                    read.unreadable.push(format!("{list}: {}", failure.message));
                    read.failure = Some(failure);
                }
                Ok(None) | Err(_) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        Ok(read)
    }
}

/// What the status of an order says of its lines. One that is not in the documents counts as taken.
fn status_of(word: &str) -> OrderStatus {
    match word {
        "CANCELLED" => OrderStatus::Cancelled,
        "SHIPPED" | "TO_CONFIRM_RECEIVE" | "TO_RETURN" | "COMPLETED" => OrderStatus::Shipped,
        // A cancellation that is asked for may be refused: until then the units are taken.
        "UNPAID" | "PENDING" | "READY_TO_SHIP" | "PROCESSED" | "RETRY_SHIP" | "IN_CANCEL" | "INVOICE_PENDING" => {
            OrderStatus::Open
        }
        other => {
            tracing::warn!(status = other, "Shopee has an order in a state that is not in our table");
            OrderStatus::Open
        }
    }
}

impl Order {
    fn pulled(self) -> Result<PulledOrder, String> {
        let number = OrderNumber::parse(&self.order_sn).map_err(|error| format!("An order of Shopee: {error}"))?;
        let (items, unreadable) = loose::each::<Item>(self.item_list);
        if unreadable > 0 || items.is_empty() {
            return Err(format!("The lines of the order {number} cannot be read."));
        }
        let is_of_shopee = self.fulfillment_flag == "fulfilled_by_shopee" || self.advance_package == Value::Bool(true);
        let fulfilled_by = if is_of_shopee { Fulfiller::Marketplace } else { Fulfiller::Seller };
        let status = status_of(&self.order_status);
        let was_picked_up = self.pickup_done_time.is_some_and(|time| time > 0);
        let mut lines = Vec::new();
        let mut ids: BTreeMap<String, usize> = BTreeMap::new();
        for item in items {
            let mut line = item.line(status, fulfilled_by);
            if status == OrderStatus::Cancelled && was_picked_up {
                // It had left already, and comes back.
                line.status = OrderStatus::Shipped;
                line.returned += line.quantity;
                line.quantity = 0;
            }
            let times = ids.entry(line.id.clone()).or_default();
            *times += 1;
            if *times > 1 {
                line.id = format!("{}-{times}", line.id);
            }
            lines.push(line);
        }
        let is_unpaid = self.order_status == "UNPAID" && since_1970(self.pay_time).is_none();
        Ok(PulledOrder {
            number,
            placed_at: since_1970(self.create_time),
            updated_at: since_1970(self.update_time),
            payment: if is_unpaid { Payment::Pending } else { Payment::Paid },
            currency: Currency::parse(&self.currency).ok(),
            lines,
        })
    }
}

impl Item {
    fn line(self, status: OrderStatus, fulfilled_by: Fulfiller) -> PulledLine {
        let has_model = !self.model_id.is_empty() && self.model_id != NO_MODEL;
        let purchased = self.model_quantity_purchased.unwrap_or(0).max(0);
        let returned = self.returned_qty.unwrap_or(0).clamp(0, purchased);
        let wanted = match (self.cancelled_qty, self.active_qty) {
            // Units whose cancellation or return is asked for are taken until it is accepted.
            (Some(cancelled), _) => purchased - cancelled - returned,
            (None, Some(active)) if status == OrderStatus::Open => active,
            (None, _) => purchased - returned,
        };
        // A line of an open order may be cancelled alone.
        let is_gone = status == OrderStatus::Open && wanted <= 0 && returned == 0;
        let status = if is_gone { OrderStatus::Cancelled } else { status };
        PulledLine {
            id: format!("{}-{}-{}-{}", self.item_id, self.model_id, self.order_item_id, self.line_item_id),
            // The code of a product with models is none of theirs.
            seller_sku: if has_model || !self.model_sku.is_empty() { self.model_sku } else { self.item_sku },
            item_id: self.item_id,
            variant_id: if has_model { self.model_id } else { String::new() },
            fulfilled_by,
            quantity: if status == OrderStatus::Cancelled { purchased } else { wanted.clamp(0, purchased) },
            returned,
            status,
            // In a bundle deal it is 0.
            price: if self.model_discounted_price.parse() == Ok(0.0) {
                String::new()
            } else {
                self.model_discounted_price
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pulled(order: Value) -> PulledOrder {
        serde_json::from_value::<Order>(order).expect("an order").pulled().expect("it can be read")
    }

    fn order(status: &str, item: Value) -> Value {
        let mut whole = json!({
            "item_id": 7000, "item_sku": "PARENT", "model_id": 3, "model_sku": "a-3", "model_quantity_purchased": 5,
            "model_discounted_price": 79.9, "order_item_id": 7000, "line_item_id": 0,
        });
        for (name, value) in item.as_object().expect("fields") {
            whole[name] = value.clone();
        }
        json!({
            "order_sn": "201218V2Y6E59M", "order_status": status, "currency": "SGD", "create_time": 1_767_000_000,
            "update_time": 1_767_000_100, "pay_time": null, "fulfillment_flag": "fulfilled_by_local_seller",
            "item_list": [whole],
        })
    }

    #[test]
    fn every_documented_status_says_whether_the_units_are_taken_gone_or_free() {
        use OrderStatus::{Cancelled, Open, Shipped};
        for (word, status, payment) in [
            ("UNPAID", Open, Payment::Pending),
            ("PENDING", Open, Payment::Paid),
            ("READY_TO_SHIP", Open, Payment::Paid),
            ("PROCESSED", Open, Payment::Paid),
            ("RETRY_SHIP", Open, Payment::Paid),
            ("INVOICE_PENDING", Open, Payment::Paid),
            ("IN_CANCEL", Open, Payment::Paid),
            ("SHIPPED", Shipped, Payment::Paid),
            ("TO_CONFIRM_RECEIVE", Shipped, Payment::Paid),
            ("TO_RETURN", Shipped, Payment::Paid),
            ("COMPLETED", Shipped, Payment::Paid),
            ("CANCELLED", Cancelled, Payment::Paid),
            ("A_NEW_ONE", Open, Payment::Paid),
        ] {
            let order = pulled(order(word, json!({})));
            assert_eq!((order.status(), order.payment), (status, payment), "{word}");
            assert_eq!((order.lines[0].quantity, order.lines[0].returned), (5, 0), "{word}");
        }
    }

    #[test]
    fn units_that_are_cancelled_or_returned_are_wanted_no_more() {
        use OrderStatus::{Cancelled, Open, Shipped};
        let fields = |active: i64, asked: i64, cancelled: i64, returned: i64| {
            json!({"active_qty": active, "cancel_requested_qty": asked, "cancelled_qty": cancelled,
                "returned_qty": returned})
        };
        for (word, item, line) in [
            ("READY_TO_SHIP", fields(5, 0, 0, 0), (5, 0, Open)),
            ("READY_TO_SHIP", fields(3, 0, 2, 0), (3, 0, Open)),
            ("IN_CANCEL", fields(3, 2, 0, 0), (5, 0, Open)),
            ("READY_TO_SHIP", fields(0, 0, 5, 0), (5, 0, Cancelled)),
            ("READY_TO_SHIP", json!({"active_qty": 4}), (4, 0, Open)),
            ("SHIPPED", json!({"active_qty": 0}), (5, 0, Shipped)),
            ("COMPLETED", fields(0, 0, 1, 2), (2, 2, Shipped)),
            ("COMPLETED", json!({"returned_qty": 9}), (0, 5, Shipped)),
            ("READY_TO_SHIP", json!({"model_quantity_purchased": -3}), (0, 0, Cancelled)),
        ] {
            let order = pulled(order(word, item.clone()));
            let read = &order.lines[0];
            assert_eq!((read.quantity, read.returned, read.status), line, "{word} {item}");
        }
        let mut picked_up = order("CANCELLED", json!({}));
        picked_up["pickup_done_time"] = 1_767_000_050.into();
        let line = pulled(picked_up).lines.remove(0);
        assert_eq!((line.quantity, line.returned, line.status), (0, 5, Shipped), "it had left");
    }

    #[test]
    fn a_line_is_known_by_its_ids_and_what_was_sold_by_the_code_of_the_model() {
        let line = pulled(order("READY_TO_SHIP", json!({}))).lines.remove(0);
        assert_eq!((line.id.as_str(), line.name().as_str(), line.price.as_str()), ("7000-3-7000-0", "a-3", "79.9"));
        let no_model = json!({"model_id": 0, "model_sku": "", "model_discounted_price": 0.0});
        let line = pulled(order("READY_TO_SHIP", no_model)).lines.remove(0);
        assert_eq!((line.name().as_str(), line.price.as_str()), ("PARENT", ""));
        let no_code = json!({"model_sku": null});
        assert_eq!(pulled(order("READY_TO_SHIP", no_code)).lines[0].name(), "product 7000, variant 3");
        let mut twice = order("READY_TO_SHIP", json!({}));
        let item = twice["item_list"][0].clone();
        twice["item_list"].as_array_mut().expect("a list").push(item);
        let ids: Vec<String> = pulled(twice).lines.into_iter().map(|line| line.id).collect();
        assert_eq!(ids, ["7000-3-7000-0", "7000-3-7000-0-2"]);
    }

    #[test]
    fn what_shopee_sends_itself_is_not_from_our_shelf() {
        for (field, value, by) in [
            ("fulfillment_flag", json!("fulfilled_by_shopee"), Fulfiller::Marketplace),
            ("fulfillment_flag", json!("fulfilled_by_cb_seller"), Fulfiller::Seller),
            ("advance_package", json!(true), Fulfiller::Marketplace),
            ("advance_package", json!(false), Fulfiller::Seller),
        ] {
            let mut order = order("READY_TO_SHIP", json!({}));
            order[field] = value.clone();
            assert_eq!(pulled(order).fulfilled_by(), by, "{field} {value}");
        }
    }

    #[test]
    fn an_order_without_a_number_or_lines_cannot_be_read() {
        for (field, value) in [("order_sn", json!("")), ("item_list", json!([])), ("item_list", json!(["x"]))] {
            let mut order = order("READY_TO_SHIP", json!({}));
            order[field] = value.clone();
            let read = serde_json::from_value::<Order>(order).expect("an order").pulled();
            assert!(read.is_err(), "{field} {value}");
        }
    }
}
