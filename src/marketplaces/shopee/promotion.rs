//! The promotions that reserve stock, those that have not begun as well: "Whenever there is a promotion ongoing or
//! upcoming, the total stock must be larger than or equal to real-time reserved_stock".
//!
//! Source: `v2.product.get_item_promotion`.

use super::{NO_MODEL, Shopee, model_of};
use crate::{
    domain::{
        moment::Moment,
        stores::{campaign, failure::Failure},
    },
    marketplaces::{lock::Campaign, loose, orders::since_1970, target::Target},
};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

const PROMOTIONS: &str = "/api/v2/product/get_item_promotion";

/// The most products of one call.
const ITEMS: usize = 50;

#[derive(Deserialize)]
struct PromotedItems {
    #[serde(default, deserialize_with = "loose::list")]
    success_list: Vec<PromotedItem>,
    #[serde(default, deserialize_with = "loose::list")]
    failure_list: Vec<FailedItem>,
}

#[derive(Deserialize)]
struct FailedItem {
    #[serde(default, deserialize_with = "loose::text")]
    item_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    failed_reason: String,
}

#[derive(Deserialize)]
struct PromotedItem {
    #[serde(default, deserialize_with = "loose::text")]
    item_id: String,
    #[serde(default, deserialize_with = "loose::list")]
    promotion: Vec<Promotion>,
}

#[derive(Deserialize)]
pub(super) struct Promotion {
    #[serde(default, deserialize_with = "loose::text")]
    promotion_type: String,
    #[serde(default, deserialize_with = "loose::text")]
    promotion_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    model_id: String,
    #[serde(default, deserialize_with = "loose::number")]
    start_time: Option<i64>,
    #[serde(default, deserialize_with = "loose::number")]
    end_time: Option<i64>,
    #[serde(default)]
    promotion_stock_info_v2: Option<PromotionStock>,
}

/// The sample has the number in `summary_info`, the list of fields has it beside: which of them is sent is not known.
#[derive(Deserialize)]
struct PromotionStock {
    #[serde(default)]
    summary_info: Option<Reserved>,
    #[serde(flatten)]
    beside: Reserved,
}

#[derive(Deserialize)]
struct Reserved {
    #[serde(default, deserialize_with = "loose::number")]
    total_reserved_stock: Option<i64>,
}

impl Shopee {
    pub(super) async fn read_promotions(&self, item: &str) -> Result<Vec<Promotion>, Failure> {
        let promoted: PromotedItems = self.read_response(PROMOTIONS, &[("item_id_list", item)]).await?;
        let mut promotions = Vec::new();
        for given in promoted.success_list {
            if given.item_id.is_empty() || given.item_id == item {
                promotions.extend(given.promotion);
            }
        }
        Ok(promotions)
    }

    /// The promotions of each row that lock units, of as many products in a call as it takes.
    pub(super) async fn list_promotions(
        &self,
        rows: &[&Target],
    ) -> Result<Vec<Result<Vec<campaign::Campaign>, Failure>>, Failure> {
        let items: BTreeSet<&str> = rows.iter().filter_map(|row| row.item_id.as_deref()).collect();
        let items: Vec<&str> = items.into_iter().collect();
        let mut of_item: HashMap<String, Vec<Promotion>> = HashMap::new();
        let mut failed: HashMap<String, String> = HashMap::new();
        for some in items.chunks(ITEMS) {
            let read: PromotedItems = self.read_response(PROMOTIONS, &[("item_id_list", &some.join(","))]).await?;
            for given in read.success_list {
                of_item.entry(given.item_id).or_default().extend(given.promotion);
            }
            failed.extend(read.failure_list.into_iter().map(|item| (item.item_id, item.failed_reason)));
        }
        let mut listed_of = Vec::new();
        for row in rows {
            let item = row.item_id.as_deref().unwrap_or_default();
            listed_of.push(match (of_item.get(item), failed.get(item)) {
                (Some(promotions), _) => Ok(listed(promotions, model_of(row))),
                (None, Some(why)) => Err(Failure::temporary(format!("Shopee refused it: {}", self.api.quote(why)))),
                (None, None) => Ok(Vec::new()),
            });
        }
        Ok(listed_of)
    }
}

impl Promotion {
    /// A promotion without a model is of the whole product.
    fn is_of(&self, model: &str) -> bool {
        self.model_id.is_empty() || self.model_id == NO_MODEL || self.model_id == model
    }

    /// The units that it reserves, if it says so.
    fn reserved(&self) -> Option<i64> {
        let stock = self.promotion_stock_info_v2.as_ref()?;
        let summary = stock.summary_info.as_ref().and_then(|summary| summary.total_reserved_stock);
        summary.or(stock.beside.total_reserved_stock)
    }

    fn ends_at(&self) -> Option<Moment> {
        let end = chrono::DateTime::from_timestamp(self.end_time?, 0)?;
        Some(end.into())
    }
}

/// The promotions of a model that reserve units, for staff: those that have not begun as well.
pub(super) fn listed(promotions: &[Promotion], model: &str) -> Vec<campaign::Campaign> {
    let mut campaigns = Vec::new();
    for promotion in promotions.iter().filter(|promotion| promotion.is_of(model)) {
        let Promotion { promotion_type, promotion_id, start_time, end_time, .. } = promotion;
        let time = |seconds: &Option<i64>| seconds.map_or_else(String::new, |seconds| seconds.to_string());
        let without_id = || format!("{} {}", time(start_time), time(end_time));
        let kind = if promotion_type.is_empty() { "Promotion" } else { promotion_type };
        campaigns.push(campaign::Campaign {
            id: if promotion_id.is_empty() { without_id() } else { promotion_id.clone() },
            name: format!("{kind} {promotion_id}").trim_end().to_owned(),
            units: promotion.reserved().unwrap_or(0),
            starts_at: since_1970(*start_time),
            ends_at: since_1970(*end_time),
        });
    }
    campaigns
}

/// The campaigns that lock `locked` units of a model: the promotions of the model, those that end first first, each with
/// what it reserves. The number of locked units is that of the stock, which may count less than the promotions say, since
/// units are sold, or more than they say. What no promotion accounts for has no known end.
pub(super) fn campaigns(promotions: &[Promotion], model: &str, locked: i64, now: Moment) -> Vec<Campaign> {
    if locked <= 0 {
        return Vec::new();
    }
    // The units are reserved now, so a promotion that is over has none of them.
    let mut open: Vec<(Option<Moment>, Option<i64>)> = Vec::new();
    for promotion in promotions.iter().filter(|promotion| promotion.is_of(model)) {
        let ends_at = promotion.ends_at();
        if ends_at.is_none_or(|end| end > now) {
            open.push((ends_at, promotion.reserved()));
        }
    }
    if open.iter().all(|(_, reserved)| reserved.is_none_or(|reserved| reserved <= 0)) {
        // They do not say which of them it is: it is over when the last one is.
        let last = open.iter().map(|(ends_at, _)| *ends_at).max_by_key(|ends_at| (ends_at.is_none(), *ends_at));
        return vec![Campaign { quantity: locked, ends_at: last.flatten() }];
    }
    open.sort_by_key(|(ends_at, _)| (ends_at.is_none(), *ends_at));
    let mut campaigns = Vec::new();
    let mut left = locked;
    for (ends_at, reserved) in open {
        let quantity = reserved.unwrap_or(0).clamp(0, left);
        if quantity > 0 {
            campaigns.push(Campaign { quantity, ends_at });
            left -= quantity;
        }
    }
    if left > 0 {
        campaigns.push(Campaign { quantity: left, ends_at: None });
    }
    campaigns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplaces::lock::lock_of;
    use serde_json::{Value, json};

    const NOW: i64 = 1_650_000_000;

    fn at(second: i64) -> Moment {
        chrono::DateTime::from_timestamp(second, 0).expect("a moment").into()
    }

    /// A promotion as the document's sample has it, which ends so many seconds from now.
    fn promotion(model: u64, reserved: &Value, ends_in: i64) -> Promotion {
        let sample = json!({
            "promotion_type": "Discount Promotions", "promotion_id": 649_305_216_139_969_u64, "model_id": model,
            "start_time": NOW - 500, "end_time": NOW + ends_in, "promotion_price_info": [{"promotion_price": 160}],
            "promotion_staging": "upcoming",
            "promotion_stock_info_v2": {"summary_info": {"total_reserved_stock": reserved}}
        });
        serde_json::from_value(sample).expect("a promotion")
    }

    #[test]
    fn the_lock_ends_when_enough_promotions_of_the_model_that_reserve_units_do() {
        let first = || promotion(9, &json!(30), 100);
        let second = || promotion(9, &json!("20"), 200);
        let without_units = || promotion(9, &json!(0), 900);
        let of_another = || promotion(8, &json!(50), 50);
        let of_all = || promotion(0, &json!(10), 300);
        let over = || promotion(9, &json!(30), -1);
        let silent = |ends_in| promotion(9, &json!(null), ends_in);
        let end = |ends_in| Some(at(NOW + ends_in));
        for (number, (quantity, locked, promotions, until)) in [
            (20, 30, vec![first(), without_units(), of_another()], end(100)),
            (25, 50, vec![second(), first()], end(100)),
            (10, 50, vec![second(), first()], end(200)),
            (0, 60, vec![of_all(), second(), first()], end(300)),
            // Fewer are reserved than the promotions had: some are sold.
            (0, 40, vec![first(), second()], end(200)),
            // More are reserved than the promotions say.
            (0, 70, vec![first(), second()], None),
            (0, 30, vec![over()], None),
            (0, 30, vec![over(), silent(100), silent(400)], end(400)),
            (0, 30, vec![], None),
        ]
        .into_iter()
        .enumerate()
        {
            let campaigns = campaigns(&promotions, "9", locked, at(NOW));
            let lock = lock_of(quantity, &campaigns, at(NOW)).expect("locked");
            assert_eq!((lock.quantity, lock.until), (Some(locked), until), "{number}: {campaigns:?}");
        }
        assert_eq!(campaigns(&[first()], "9", 0, at(NOW)), []);
    }

    #[test]
    fn the_promotions_of_a_model_are_listed_for_staff_with_their_times() {
        let given = json!([
            {"promotion_type": "Flash Sale", "promotion_id": 18_446_744_073_709_551_615_u64, "model_id": 9,
                "start_time": NOW, "end_time": NOW + 60, "promotion_stock_info_v2": {"total_reserved_stock": 4}},
            {"model_id": 0, "end_time": NOW + 90, "promotion_stock_info_v2": {"total_reserved_stock": "2"}},
            {"promotion_id": "7", "model_id": 8, "end_time": NOW + 60},
        ]);
        let promotions: Vec<Promotion> = serde_json::from_value(given).expect("promotions");
        let listed = listed(&promotions, "9");
        let of =
            |nth: usize| (listed[nth].name.as_str(), listed[nth].units, listed[nth].starts_at, listed[nth].ends_at);
        assert_eq!(listed.len(), 2);
        assert_eq!(of(0), ("Flash Sale 18446744073709551615", 4, Some(at(NOW)), Some(at(NOW + 60))));
        assert_eq!(of(1), ("Promotion", 2, None, Some(at(NOW + 90))));
        assert_eq!(listed[1].id, format!(" {}", NOW + 90));
    }

    #[test]
    fn the_number_may_be_beside_the_summary() {
        let given = json!({"model_id": 9, "end_time": NOW, "promotion_stock_info_v2": {"total_reserved_stock": 4}});
        let promotion: Promotion = serde_json::from_value(given).expect("a promotion");
        assert_eq!(promotion.reserved(), Some(4));
    }
}
