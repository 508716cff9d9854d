//! The stock of a product and its models.
//!
//! Sources: `v2.product.get_model_list`, `v2.product.get_item_base_info`.

use super::{
    NO_MODEL, Shopee,
    call::{CHOOSE_ANOTHER, FULFILLED, SEVERAL_WAREHOUSES},
    item_of, model_of,
};
use crate::{
    domain::stores::failure::{Failure, FailureClass},
    marketplaces::{loose, target::Target},
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

pub(super) const MODELS: &str = "/api/v2/product/get_model_list";
pub(super) const ITEMS: &str = "/api/v2/product/get_item_base_info";

#[derive(Deserialize)]
struct Models {
    #[serde(default, deserialize_with = "loose::list")]
    model: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(default, deserialize_with = "loose::text")]
    model_id: String,
    #[serde(default)]
    stock_info_v2: Option<StockInfo>,
}

#[derive(Deserialize)]
struct Items {
    #[serde(default, deserialize_with = "loose::list")]
    item_list: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default, deserialize_with = "loose::text")]
    item_id: String,
    #[serde(default)]
    has_model: Value,
    #[serde(default)]
    stock_info_v2: Option<StockInfo>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct StockInfo {
    #[serde(default)]
    summary_info: Option<Summary>,
    #[serde(default, deserialize_with = "loose::list")]
    seller_stock: Vec<Located>,
    /// In Shopee's own warehouses.
    #[serde(default, deserialize_with = "loose::list")]
    shopee_stock: Vec<Located>,
}

#[derive(Clone, Deserialize)]
struct Summary {
    #[serde(default, deserialize_with = "loose::number")]
    total_reserved_stock: Option<i64>,
}

#[derive(Clone, Deserialize)]
struct Located {
    #[serde(default, deserialize_with = "loose::text")]
    location_id: String,
    #[serde(default, deserialize_with = "loose::number")]
    stock: Option<i64>,
}

impl Shopee {
    /// Reads the stock of the rows, which are of one product.
    pub(super) async fn read_stock(&self, rows: &[&Target]) -> Result<Vec<Result<StockInfo, Failure>>, Failure> {
        let item = item_of(rows);
        let mut found: HashMap<String, StockInfo> = HashMap::new();
        let mut has_models = false;
        if rows.iter().any(|row| model_of(row) == NO_MODEL) {
            let items: Items = self.read_response(ITEMS, &[("item_id_list", item)]).await?;
            let given = items.item_list.into_iter().find(|given| given.item_id.is_empty() || given.item_id == item);
            if let Some(given) = given {
                has_models = given.has_model == Value::Bool(true);
                found.extend(given.stock_info_v2.map(|stock| (NO_MODEL.to_owned(), stock)));
            }
        }
        if rows.iter().any(|row| model_of(row) != NO_MODEL) {
            let models: Models = self.read_response(MODELS, &[("item_id", item)]).await?;
            for model in models.model {
                found.extend(model.stock_info_v2.map(|stock| (model.model_id, stock)));
            }
        }
        let mut stocks = Vec::new();
        for row in rows {
            stocks.push(match found.get(model_of(row)) {
                _ if has_models && model_of(row) == NO_MODEL => {
                    Err(Failure::mapping(format!("Shopee’s product {item} has models: enter the model_id.")))
                }
                Some(stock) => stock.checked(self.warehouse.as_deref()),
                None => Err(Failure::mapping(format!("Shopee has no model {} of the product {item}.", model_of(row)))),
            });
        }
        Ok(stocks)
    }
}

impl StockInfo {
    /// The stock, if it is the seller's and it is known of which warehouse.
    pub(super) fn checked(&self, warehouse: Option<&str>) -> Result<Self, Failure> {
        if self.seller_stock.is_empty() && !self.shopee_stock.is_empty() {
            return Err(Failure::new(FailureClass::NotWritable, FULFILLED));
        }
        let locations: BTreeSet<&str> = self.seller_stock.iter().map(|located| located.location_id.as_str()).collect();
        if warehouse.is_none() && locations.len() > 1 {
            return Err(Failure::mapping(SEVERAL_WAREHOUSES));
        }
        Ok(self.clone())
    }

    /// The seller's stock, reserved units included: of the chosen warehouse, or of the only one.
    pub(super) fn quantity(&self, warehouse: Option<&str>) -> Result<i64, Failure> {
        let (here, _) = self.by_location(warehouse);
        if let (true, Some(code)) = (here.is_empty(), warehouse) {
            return Err(Failure::mapping(format!("Shopee shows no stock in the warehouse {code}. {CHOOSE_ANOTHER}")));
        }
        let mut quantity: Option<i64> = None;
        for located in here {
            let stock = located.stock.ok_or_else(unsaid)?;
            quantity = Some(quantity.unwrap_or(0).saturating_add(stock));
        }
        quantity.ok_or_else(unsaid)
    }

    /// The lowest stock that Shopee accepts: promotions reserve units of the whole stock, in other warehouses and in
    /// Shopee's own as well. "Stock (including Seller Stock and Shopee Stock) should be larger than or equal to real-time
    /// reserved stock", says `v2.product.update_stock`.
    pub(super) fn floor(&self, warehouse: Option<&str>) -> i64 {
        let reserved = self.summary_info.as_ref().and_then(|summary| summary.total_reserved_stock).unwrap_or(0);
        let (_, elsewhere) = self.by_location(warehouse);
        let mut floor = reserved;
        for located in elsewhere {
            floor = floor.saturating_sub(located.stock.unwrap_or(0).max(0));
        }
        floor.max(0)
    }

    /// The stock that is set, and all other stock.
    fn by_location(&self, warehouse: Option<&str>) -> (Vec<&Located>, Vec<&Located>) {
        let mut here = Vec::new();
        let mut elsewhere: Vec<&Located> = self.shopee_stock.iter().collect();
        for located in &self.seller_stock {
            let is_here = warehouse.is_none_or(|code| located.location_id == code);
            if is_here { here.push(located) } else { elsewhere.push(located) }
        }
        (here, elsewhere)
    }
}

fn unsaid() -> Failure {
    Failure::temporary("Shopee did not say how much of the seller’s stock it shows.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stock(reserved: i64, seller: &Value, shopee: &Value) -> StockInfo {
        let summary = json!({"total_reserved_stock": reserved, "total_available_stock": 0});
        serde_json::from_value(json!({"summary_info": summary, "seller_stock": seller, "shopee_stock": shopee}))
            .expect("stock")
    }

    fn classes(result: Result<i64, Failure>) -> Result<i64, FailureClass> {
        result.map_err(|failure| failure.class)
    }

    #[test]
    fn the_quantity_is_that_of_the_chosen_warehouse_or_of_the_only_one() {
        let one = stock(0, &json!([{"location_id": "IDZ", "stock": 7, "if_saleable": true}]), &json!(null));
        let two =
            stock(0, &json!([{"location_id": "IDZ", "stock": 7}, {"location_id": "IDY", "stock": "5"}]), &json!([]));
        let bare = stock(0, &json!([{"stock": 9}]), &json!([{"location_id": "-", "stock": "0"}]));
        let fulfilled = stock(0, &json!([]), &json!([{"location_id": "SGF", "stock": "119"}]));
        let unsaid = stock(0, &json!([{"location_id": "IDZ", "stock": null}]), &json!([]));
        for (stock, warehouse, quantity) in [
            (&one, None, Ok(7)),
            (&one, Some("IDZ"), Ok(7)),
            (&one, Some("IDY"), Err(FailureClass::Mapping)),
            (&two, None, Err(FailureClass::Mapping)),
            (&two, Some("IDY"), Ok(5)),
            (&bare, None, Ok(9)),
            (&bare, Some("IDZ"), Err(FailureClass::Mapping)),
            (&fulfilled, None, Err(FailureClass::NotWritable)),
            (&fulfilled, Some("IDZ"), Err(FailureClass::NotWritable)),
            (&unsaid, None, Err(FailureClass::Temporary)),
            (&StockInfo::default(), None, Err(FailureClass::Temporary)),
        ] {
            let shown = stock.checked(warehouse).and_then(|stock| stock.quantity(warehouse));
            assert_eq!(classes(shown), quantity, "{warehouse:?}");
        }
        let message = two.checked(None).err().expect("refused").message;
        assert_eq!(message, "This shop has several warehouses. Choose one under Edit connection.");
    }

    #[test]
    fn other_stock_takes_a_part_of_what_promotions_reserve() {
        let seller = json!([{"location_id": "IDZ", "stock": 50}, {"location_id": "IDY", "stock": 15}]);
        for (reserved, warehouse, shopee, floor) in [
            (40, Some("IDZ"), json!([]), 25),
            (40, Some("IDY"), json!([]), 0),
            (40, None, json!([]), 40),
            (40, None, json!([{"stock": "30"}]), 10),
            (40, None, json!([{"stock": null}, {"stock": -3}]), 40),
            (0, None, json!([]), 0),
        ] {
            assert_eq!(stock(reserved, &seller, &shopee).floor(warehouse), floor, "{reserved} {warehouse:?} {shopee}");
        }
    }
}
