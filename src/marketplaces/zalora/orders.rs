//! Orders and Zalora's messages about them. Each item is one unit, and has a status of its own.
//!
//! Source: `openapi-standalone.yaml`, `GET /v2/orders`: "Will return orders with at least one order item updated within the
//! selected range". The list is read in the order in which orders were placed, which never changes, and without an end: an
//! order that changes while the list is read moves no other one to a place that was read already.

use super::{Zalora, refusal::Asked};
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
        hooks::{Message, StoreMessage},
        loose::{self, Readable},
        orders::{OrderPage, Window, moment},
    },
};
use chrono::SecondsFormat;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

const ORDERS: &str = "/v2/orders";

/// Orders of an answer: the document names no limit, and its example is 100. Fewer are shorter than an answer may be.
const LIMIT: usize = 50;
pub(super) const MOST_NAMED: usize = LIMIT;

/// An order with its items has some KB.
const ANSWER_BYTES: usize = 4 << 20;

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    items: Readable<Order>,
    #[serde(default)]
    pagination: Pagination,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    #[serde(default)]
    has_next: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    #[serde(default, deserialize_with = "loose::text")]
    id: String,
    #[serde(default, deserialize_with = "loose::text")]
    number: String,
    #[serde(default, deserialize_with = "loose::text")]
    currency: String,
    #[serde(default, deserialize_with = "loose::text")]
    created_at: String,
    #[serde(default, deserialize_with = "loose::text")]
    updated_at: String,
    #[serde(default)]
    items: Readable<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[serde(default, deserialize_with = "loose::text")]
    id: String,
    #[serde(default, deserialize_with = "loose::text")]
    status: String,
    #[serde(default)]
    product: Product,
    #[serde(default)]
    shipment: Shipment,
    #[serde(default, deserialize_with = "loose::text")]
    paid_price: String,
    #[serde(default, deserialize_with = "loose::text")]
    updated_at: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    #[serde(default, deserialize_with = "loose::text")]
    sku: String,
    #[serde(default, deserialize_with = "loose::text")]
    seller_sku: String,
}

#[derive(Default, Deserialize)]
struct Shipment {
    #[serde(default, rename = "type", deserialize_with = "loose::text")]
    kind: String,
}

impl Zalora {
    pub(super) async fn orders_changed(&self, window: Window, page: Option<&str>) -> Result<OrderPage, Failure> {
        let skipped: usize = page.and_then(|page| page.parse().ok()).unwrap_or(0);
        let from = window.from.utc().to_rfc3339_opts(SecondsFormat::Micros, true);
        let query = [
            ("limit", LIMIT.to_string()),
            ("offset", skipped.to_string()),
            ("updateDateStart", from),
            ("sort", "createdAt".to_owned()),
            ("sortDir", "asc".to_owned()),
        ];
        let (mut read, count, has_next) = self.read_orders_of(&query).await?;
        read.next = (count > 0 && has_next).then(|| (skipped + count).to_string());
        Ok(read)
    }

    pub(super) async fn orders_named(&self, ids: &[String]) -> Result<OrderPage, Failure> {
        let mut query = vec![("limit", LIMIT.to_string()), ("offset", "0".to_owned())];
        query.extend(ids.iter().map(|id| ("orderIds[]", id.clone())));
        self.read_orders_of(&query).await.map(|(read, ..)| read)
    }

    /// The orders, how many there are in all, and whether there are more.
    async fn read_orders_of(&self, query: &[(&str, String)]) -> Result<(OrderPage, usize, bool), Failure> {
        let request = self.request(Method::GET, ORDERS)?.query(query);
        let Some(answer) = self.api.send_for_up_to(ANSWER_BYTES, |_| request).await? else {
            return Err(self.api.too_large(ANSWER_BYTES));
        };
        if let Some(failure) = super::refusal::refusal(&self.api, &answer, Asked::Api) {
            return Err(failure);
        }
        let List { items, pagination } = answer.json(self.api.name())?;
        let count = items.entries.len() + items.unreadable;
        let mut read = OrderPage::default();
        if items.unreadable > 0 {
            read.unreadable.push(format!("{} orders of Zalora’s list have an unexpected form.", items.unreadable));
        }
        for order in items.entries {
            read.add(order.pulled());
        }
        Ok((read, count, pagination.has_next.unwrap_or(count >= LIMIT)))
    }
}

/// What became of a unit: its status, and whether it is back. A status that is not in the document counts as taken.
fn status_of(word: &str) -> (OrderStatus, bool) {
    match word {
        "canceled" => (OrderStatus::Cancelled, false),
        // A return that is asked for or on its way is not back yet.
        "shipped"
        | "delivered"
        | "failed"
        | "return_shipped_by_customer"
        | "return_waiting_for_approval"
        | "return_rejected" => (OrderStatus::Shipped, false),
        "returned" | "return_delivered" => (OrderStatus::Shipped, true),
        "payment_pending" | "pending" | "ready_to_ship" => (OrderStatus::Open, false),
        other => {
            tracing::warn!(status = other, "Zalora has an order item in a state that is not in our table");
            (OrderStatus::Open, false)
        }
    }
}

impl Order {
    fn pulled(self) -> Result<PulledOrder, String> {
        let text = if self.number.is_empty() { &self.id } else { &self.number };
        let number = OrderNumber::parse(text).map_err(|error| format!("An order of Zalora: {error}"))?;
        let Readable { entries: items, unreadable } = self.items;
        if unreadable > 0 || items.is_empty() || items.iter().any(|item| item.id.is_empty()) {
            return Err(format!("The items of the order {number} cannot be read."));
        }
        let is_any_unpaid = items.iter().any(|item| item.status == "payment_pending");
        let updated = items.iter().filter_map(|item| moment(&item.updated_at)).max();
        Ok(PulledOrder {
            number,
            placed_at: moment(&self.created_at),
            updated_at: updated.max(moment(&self.updated_at)),
            payment: if is_any_unpaid { Payment::Pending } else { Payment::Paid },
            currency: Currency::parse(&self.currency).ok(),
            lines: items.into_iter().map(Item::line).collect(),
        })
    }
}

impl Item {
    fn line(self) -> PulledLine {
        let (status, is_back) = status_of(&self.status);
        // `warehouse` is Zalora's; the mixed kinds begin at the seller's.
        let is_of_zalora = self.shipment.kind == "warehouse";
        PulledLine {
            id: self.id,
            seller_sku: self.product.seller_sku,
            item_id: self.product.sku,
            variant_id: String::new(),
            fulfilled_by: if is_of_zalora { Fulfiller::Marketplace } else { Fulfiller::Seller },
            quantity: if is_back { 0 } else { 1 },
            returned: i64::from(is_back),
            status,
            price: self.paid_price,
        }
    }
}

/// A message has no signature: the secret is in the address. `onOrderCreated` has the id and the number of an order,
/// `onOrderItemsStatusChanged` its id alone.
pub(super) fn read_message(body: &[u8]) -> Option<StoreMessage> {
    let message: Value = serde_json::from_slice(body).ok()?;
    let event = message.get("event")?.as_str()?;
    if event == "onProductCreated" {
        return Some(StoreMessage::Products);
    }
    if !matches!(event, "onOrderCreated" | "onOrderItemsStatusChanged" | "onReturnStatusChanged") {
        return None;
    }
    let payload = message.get("payload")?;
    let order_id = match payload.get("OrderId")? {
        Value::Number(id) => id.to_string(),
        Value::String(id) if id.bytes().all(|byte| byte.is_ascii_digit()) && !id.is_empty() => id.clone(),
        _ => return None,
    };
    let key = format!("{event} {payload}");
    Some(StoreMessage::Order(Message { shop: String::new(), order_id, key, changed_at: None }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item(id: u64, status: &str) -> Value {
        json!({
            "id": id, "status": status, "product": {"sku": "NI464AK7", "sellerSku": "a-1"}, "paidPrice": 2499,
            "shipment": {"type": "dropshipping"}, "updatedAt": "2026-11-10T12:30:00.000000Z",
        })
    }

    fn pulled(items: &[Value]) -> PulledOrder {
        let order = json!({
            "id": 1111, "number": "MY-111143", "currency": "MYR", "createdAt": "2026-11-10T12:00:00.123456Z",
            "updatedAt": "2026-11-10T12:10:00.000000Z", "items": items,
        });
        serde_json::from_str::<Order>(&order.to_string()).expect("an order").pulled().expect("it can be read")
    }

    #[test]
    fn every_documented_status_says_whether_the_unit_is_taken_gone_or_free() {
        use OrderStatus::{Cancelled, Open, Shipped};
        for (word, status, wanted, returned) in [
            ("payment_pending", Open, 1, 0),
            ("pending", Open, 1, 0),
            ("ready_to_ship", Open, 1, 0),
            ("shipped", Shipped, 1, 0),
            ("delivered", Shipped, 1, 0),
            ("failed", Shipped, 1, 0),
            ("canceled", Cancelled, 1, 0),
            ("returned", Shipped, 0, 1),
            ("return_shipped_by_customer", Shipped, 1, 0),
            ("return_waiting_for_approval", Shipped, 1, 0),
            ("return_rejected", Shipped, 1, 0),
            ("return_delivered", Shipped, 0, 1),
            ("a_new_one", Open, 1, 0),
        ] {
            let line = pulled(&[item(1, word)]).lines.remove(0);
            assert_eq!((line.status, line.quantity, line.returned), (status, wanted, returned), "{word}");
        }
    }

    #[test]
    fn an_order_is_known_by_its_number_and_as_new_as_its_newest_item() {
        let order = pulled(&[item(1, "pending"), item(2, "payment_pending")]);
        assert_eq!((order.number.as_str(), order.payment), ("MY-111143", Payment::Pending));
        assert_eq!(order.placed_at.expect("a time").to_string(), "2026-11-10T12:00:00.123456Z");
        assert_eq!(order.updated_at.expect("a time").to_string(), "2026-11-10T12:30:00Z");
        assert_eq!((order.lines[0].name().as_str(), order.lines[0].price.as_str()), ("a-1", "2499"));
    }

    #[test]
    fn what_zalora_sends_itself_is_not_from_our_shelf() {
        for (kind, by) in [
            ("warehouse", Fulfiller::Marketplace),
            ("dropshipping", Fulfiller::Seller),
            ("crossdocking", Fulfiller::Seller),
            ("dropshipping_crossdocking", Fulfiller::Seller),
        ] {
            let mut of_zalora = item(1, "pending");
            of_zalora["shipment"]["type"] = kind.into();
            assert_eq!(pulled(&[of_zalora]).fulfilled_by(), by, "{kind}");
        }
    }

    #[test]
    fn messages_about_orders_are_read_and_no_others() {
        for (body, order) in [
            (r#"{"event":"onOrderCreated","payload":{"OrderId":190,"OrderNr":"123221"}}"#, Some("190")),
            (
                r#"{"event":"onOrderItemsStatusChanged","payload":{"OrderId":190,"OrderItemIds":[2,3],"NewStatus":"shipped"}}"#,
                Some("190"),
            ),
            (r#"{"event":"onOrderCreated","payload":{"OrderId":"190"}}"#, Some("190")),
            (r#"{"event":"onProductCreated","payload":{"SellerSkus":["a"]}}"#, Some("products")),
            (r#"{"event":"onOrderCreated","payload":{"OrderId":"1&limit=9"}}"#, None),
            (r#"{"event":"onOrderCreated"}"#, None),
            ("[]", None),
            ("", None),
        ] {
            let id = read_message(body.as_bytes()).map(|message| match message {
                StoreMessage::Order(message) => message.order_id,
                StoreMessage::Products => "products".to_owned(),
            });
            assert_eq!(id.as_deref(), order, "{body}");
        }
    }
}
