//! Orders: the list of those that have changed, and their items. Each item is one unit, and has a status of its own.
//!
//! Sources: `api?path=` `/orders/get` and `/orders/items/get`. The list skips no more than 5,000 orders, so that it is read by
//! the time at which they were placed: that never changes, so an order that changes while the list is read moves no other one
//! to a place that was read already.

use super::{
    Lazada,
    call::{Parameters, Refused},
};
use crate::{
    domain::{
        code::OrderNumber,
        moment::Moment,
        money::Currency,
        orders::{
            order::{Fulfiller, OrderStatus, Payment},
            pulled::{PulledLine, PulledOrder},
        },
        stores::failure::Failure,
    },
    marketplaces::{
        loose::{self, Readable},
        orders::{OrderPage, Window, moment},
    },
};
use chrono::SecondsFormat;
use reqwest::Method;
use serde::Deserialize;
use std::collections::BTreeMap;

const LIST: &str = "/orders/get";
const ITEMS: &str = "/orders/items/get";

/// "The supported maximum number is 100."
const LIMIT: usize = 100;

/// The most orders that are skipped; after them the list begins again, with those that were placed later.
const MOST_SKIPPED: usize = 5_000;

/// `order_ids`: "No more than 50 at a time".
pub(super) const MOST_NAMED: usize = 50;

/// A longer answer is read in halves.
const ANSWER_BYTES: usize = 4 << 20;

/// Lazada dispatches these from its own warehouse (`biz_group`).
const OF_LAZADAS_WAREHOUSE: [&str; 2] = ["70020", "70000"];

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    data: Option<Listed>,
}

#[derive(Default, Deserialize)]
struct Listed {
    #[serde(default)]
    orders: Readable<Head>,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default, deserialize_with = "loose::text")]
    order_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    created_at: String,
    #[serde(default, deserialize_with = "loose::text")]
    updated_at: String,
}

#[derive(Deserialize)]
struct Items {
    #[serde(default)]
    data: Readable<Order>,
}

#[derive(Deserialize)]
struct Order {
    #[serde(default, deserialize_with = "loose::text")]
    order_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    order_number: String,
    #[serde(default)]
    order_items: Readable<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default, deserialize_with = "loose::text")]
    order_item_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    sku: String,
    #[serde(default, deserialize_with = "loose::text")]
    sku_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    product_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    status: String,
    #[serde(default, deserialize_with = "loose::text")]
    paid_price: String,
    #[serde(default, deserialize_with = "loose::text")]
    item_price: String,
    #[serde(default, deserialize_with = "loose::text")]
    currency: String,
    #[serde(default, deserialize_with = "loose::text")]
    is_fbl: String,
    #[serde(default, deserialize_with = "loose::text")]
    biz_group: String,
    #[serde(default, deserialize_with = "loose::text")]
    created_at: String,
    #[serde(default, deserialize_with = "loose::text")]
    updated_at: String,
}

/// Where the next part of the list begins: `2026-11-10T12:00:00Z 300`, the earliest time of placing and how many are skipped.
struct Place {
    created_after: Option<Moment>,
    skipped: usize,
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (after, skipped) = text.split_once(' ')?;
        Some(Self { created_after: moment(after), skipped: skipped.parse().ok()? })
    }

    /// The place after a full part whose last order was placed at `last`. `None` if as many as can be skipped were placed in
    /// one second.
    fn next(&self, count: usize, last: Option<Moment>) -> Option<String> {
        let skipped = self.skipped + count;
        if skipped + LIMIT <= MOST_SKIPPED {
            return Some(format!("{} {skipped}", self.created_after.map_or_else(|| "-".to_owned(), iso)));
        }
        let last = last.filter(|last| self.created_after.is_none_or(|after| *last > after))?;
        Some(format!("{} 0", iso(last)))
    }
}

/// `YYYY-MM-DDTHH:mm:ss±HH:MM`, as the documents ask for it. Less than a second is cut off.
fn iso(at: Moment) -> String {
    at.utc().to_rfc3339_opts(SecondsFormat::Secs, false)
}

impl Lazada {
    /// The list has no end, so that an order which changes meanwhile stays in it.
    pub(super) async fn orders_changed(&self, window: Window, page: Option<&str>) -> Result<OrderPage, Failure> {
        let place = page.and_then(Place::parse).unwrap_or(Place { created_after: None, skipped: 0 });
        let mut parameters = Parameters::from([
            ("update_after", iso(window.from)),
            ("sort_by", "created_at".to_owned()),
            ("sort_direction", "ASC".to_owned()),
            ("offset", place.skipped.to_string()),
            ("limit", LIMIT.to_string()),
        ]);
        if let Some(after) = place.created_after {
            parameters.insert("created_after", iso(after));
        }
        let list = self.call::<List>(Method::GET, LIST, parameters, ANSWER_BYTES).await?;
        let listed = list.content.data.unwrap_or_default().orders;
        let count = listed.entries.len() + listed.unreadable;
        let last = listed.entries.iter().filter_map(|head| moment(&head.created_at)).max();
        let next = if count < LIMIT { None } else { Some(place.next(count, last).ok_or_else(too_many)?) };
        let mut page = OrderPage { next, ..OrderPage::default() };
        if listed.unreadable > 0 {
            page.unreadable.push(format!("{} orders of Lazada’s list have an unexpected form.", listed.unreadable));
        }
        for some in listed.entries.chunks(MOST_NAMED) {
            let ids: Vec<String> = some.iter().map(|head| head.order_id.clone()).collect();
            page.append(self.orders_of(&ids, some).await?);
        }
        Ok(page)
    }

    pub(super) async fn orders_named(&self, ids: &[String]) -> Result<OrderPage, Failure> {
        self.orders_of(ids, &[]).await
    }

    /// The orders with these ids. What is refused as a whole or too long is read in halves.
    async fn orders_of(&self, ids: &[String], heads: &[Head]) -> Result<OrderPage, Failure> {
        let mut read = OrderPage::default();
        let mut parts = vec![ids];
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            let list = format!("[{}]", part.join(","));
            let parameters = Parameters::from([("order_ids", list.clone())]);
            match self.call::<Items>(Method::GET, ITEMS, parameters, ANSWER_BYTES).await {
                Ok(answer) => {
                    let orders = answer.content.data;
                    if orders.unreadable > 0 {
                        let count = orders.unreadable;
                        read.unreadable.push(format!("{count} of the orders {list} have an unexpected form."));
                    }
                    for order in orders.entries {
                        let head = heads.iter().find(|head| head.order_id == order.order_id);
                        read.add(order.pulled(head));
                    }
                }
                Err(Refused { failure, is_too_much: false, .. }) if failure.class.is_store_wide() => {
                    return Err(*failure);
                }
                Err(refused) if part.len() == 1 => {
                    read.unreadable.push(format!("{list}: {}", refused.failure.message));
                    read.failure = (!refused.is_too_much).then_some(*refused.failure);
                }
                Err(_) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        Ok(read)
    }
}

fn too_many() -> Failure {
    Failure::temporary(format!("Lazada has more than {MOST_SKIPPED} orders of one second, which it does not list."))
}

/// What became of a unit: its status, and whether it is back. A status that is not in the documents counts as taken.
fn status_of(word: &str) -> (OrderStatus, bool) {
    match word {
        "canceled" | "cancelled" => (OrderStatus::Cancelled, false),
        // A parcel that is lost, damaged or on its way back has left the warehouse all the same.
        "shipping"
        | "shipped"
        | "delivered"
        | "failed"
        | "failed_delivery"
        | "lost"
        | "lost_by_3pl"
        | "damaged_by_3pl"
        | "package_scrapped"
        | "shipped_back"
        | "shipped_back_failed" => (OrderStatus::Shipped, false),
        "returned" | "shipped_back_success" => (OrderStatus::Shipped, true),
        "unpaid" | "pending" | "topack" | "packed" | "toship" | "ready_to_ship" => (OrderStatus::Open, false),
        other => {
            tracing::warn!(status = other, "Lazada has an order item in a state that is not in our table");
            (OrderStatus::Open, false)
        }
    }
}

impl Order {
    /// `head` is what the list says of it.
    fn pulled(self, head: Option<&Head>) -> Result<PulledOrder, String> {
        let text = if self.order_number.is_empty() { &self.order_id } else { &self.order_number };
        let number = OrderNumber::parse(text).map_err(|error| format!("An order of Lazada: {error}"))?;
        let Readable { entries: items, unreadable } = self.order_items;
        if unreadable > 0 || items.is_empty() || items.iter().any(|item| item.order_item_id.is_empty()) {
            return Err(format!("The items of the order {number} cannot be read."));
        }
        let is_any_unpaid = items.iter().any(|item| item.status == "unpaid");
        let placed = items.iter().filter_map(|item| moment(&item.created_at)).min();
        let updated = items.iter().filter_map(|item| moment(&item.updated_at)).max();
        let currency = items.iter().find_map(|item| Currency::parse(&item.currency).ok());
        // An item is listed once, whatever a busy marketplace repeats.
        let mut lines: BTreeMap<String, PulledLine> = BTreeMap::new();
        for item in items {
            lines.insert(item.order_item_id.clone(), item.line());
        }
        Ok(PulledOrder {
            number,
            placed_at: head.and_then(|head| moment(&head.created_at)).or(placed),
            updated_at: updated.max(head.and_then(|head| moment(&head.updated_at))),
            payment: if is_any_unpaid { Payment::Pending } else { Payment::Paid },
            currency,
            lines: lines.into_values().collect(),
        })
    }
}

impl Item {
    fn line(self) -> PulledLine {
        let is_of_lazada = self.is_fbl == "1" || OF_LAZADAS_WAREHOUSE.contains(&self.biz_group.as_str());
        let (status, is_back) = status_of(&self.status);
        let is_free = |price: &str| price.parse().is_ok_and(|price: f64| price == 0.0);
        let price =
            if self.paid_price.is_empty() || is_free(&self.paid_price) { self.item_price } else { self.paid_price };
        PulledLine {
            id: self.order_item_id,
            seller_sku: self.sku,
            item_id: self.product_id,
            variant_id: self.sku_id,
            fulfilled_by: if is_of_lazada { Fulfiller::Marketplace } else { Fulfiller::Seller },
            quantity: if is_back { 0 } else { 1 },
            returned: i64::from(is_back),
            status,
            price,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn item(id: u64, status: &str) -> Value {
        json!({
            "order_item_id": id, "order_id": 2600, "sku": "a-1", "shop_sku": "x", "sku_id": 9, "product_id": 7,
            "status": status, "paid_price": 99.5, "item_price": 120.0, "currency": "SGD", "is_fbl": "0",
            "created_at": "2026-11-10 20:00:00 +0800", "updated_at": "2026-11-10 20:30:00 +0800",
        })
    }

    fn pulled(items: &[Value]) -> PulledOrder {
        let order = json!({"order_id": 2600, "order_number": 2600, "order_items": items});
        serde_json::from_str::<Order>(&order.to_string()).expect("an order").pulled(None).expect("it can be read")
    }

    #[test]
    fn every_documented_status_says_whether_the_unit_is_taken_gone_or_free() {
        use OrderStatus::{Cancelled, Open, Shipped};
        for (word, status, wanted, returned) in [
            ("unpaid", Open, 1, 0),
            ("pending", Open, 1, 0),
            ("topack", Open, 1, 0),
            ("packed", Open, 1, 0),
            ("toship", Open, 1, 0),
            ("ready_to_ship", Open, 1, 0),
            ("shipping", Shipped, 1, 0),
            ("shipped", Shipped, 1, 0),
            ("delivered", Shipped, 1, 0),
            ("failed", Shipped, 1, 0),
            ("failed_delivery", Shipped, 1, 0),
            ("lost", Shipped, 1, 0),
            ("lost_by_3pl", Shipped, 1, 0),
            ("damaged_by_3pl", Shipped, 1, 0),
            ("package_scrapped", Shipped, 1, 0),
            ("shipped_back", Shipped, 1, 0),
            ("shipped_back_failed", Shipped, 1, 0),
            ("shipped_back_success", Shipped, 0, 1),
            ("returned", Shipped, 0, 1),
            ("canceled", Cancelled, 1, 0),
            ("a_new_one", Open, 1, 0),
        ] {
            let line = pulled(&[item(1, word)]).lines.remove(0);
            assert_eq!((line.status, line.quantity, line.returned), (status, wanted, returned), "{word}");
        }
    }

    #[test]
    fn each_item_is_a_line_of_one_unit() {
        let order = pulled(&[item(1, "pending"), item(2, "canceled"), item(1, "shipped")]);
        let lines: Vec<(&str, OrderStatus)> = order.lines.iter().map(|line| (line.id.as_str(), line.status)).collect();
        assert_eq!(lines, [("1", OrderStatus::Shipped), ("2", OrderStatus::Cancelled)], "one that comes twice is one");
        assert_eq!(order.placed_at.expect("a time").to_string(), "2026-11-10T12:00:00Z");
        assert_eq!(order.updated_at.expect("a time").to_string(), "2026-11-10T12:30:00Z");
        assert_eq!((order.payment, order.lines[0].price.as_str()), (Payment::Paid, "99.5"));
        assert_eq!(pulled(&[item(1, "unpaid"), item(2, "unpaid")]).payment, Payment::Pending);
    }

    #[test]
    fn what_lazada_sends_itself_is_not_from_our_shelf() {
        for (field, value, by) in [
            ("is_fbl", json!("1"), Fulfiller::Marketplace),
            ("is_fbl", json!(1), Fulfiller::Marketplace),
            ("is_fbl", json!(null), Fulfiller::Seller),
            ("biz_group", json!(70_020), Fulfiller::Marketplace),
            ("biz_group", json!(70_100), Fulfiller::Seller),
        ] {
            let mut of_lazada = item(1, "pending");
            of_lazada[field] = value.clone();
            assert_eq!(pulled(&[of_lazada]).fulfilled_by(), by, "{field} {value}");
        }
    }

    #[test]
    fn the_list_begins_again_before_more_is_skipped_than_it_allows() {
        let at = |text: &str| moment(text).expect("a moment");
        let noon = at("2026-11-10T12:00:00Z");
        let later = at("2026-11-10T13:00:00Z");
        for (after, skipped, last, next) in [
            (None, 0, Some(later), Some("- 100")),
            (None, 4_800, Some(later), Some("- 4900")),
            (None, 4_900, Some(later), Some("2026-11-10T13:00:00+00:00 0")),
            (Some(noon), 4_900, Some(later), Some("2026-11-10T13:00:00+00:00 0")),
            (Some(noon), 100, Some(later), Some("2026-11-10T12:00:00+00:00 200")),
            (Some(noon), 4_900, Some(noon), None),
            (None, 4_900, None, None),
        ] {
            let place = Place { created_after: after, skipped };
            let found = place.next(100, last);
            assert_eq!(found.as_deref(), next, "{after:?} {skipped}");
            if let Some(next) = found {
                let read = Place::parse(&next).expect("a place");
                assert!(read.skipped + LIMIT <= MOST_SKIPPED, "{next}");
            }
        }
    }
}
