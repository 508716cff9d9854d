//! The stock of one SKU as Lazada shows it: that of the seller's warehouses, which sellers set, that of Lazada's own, which
//! they do not, and what campaigns lock (document 121233).

use super::zone::Zones;
use crate::{
    domain::{
        moment::Moment,
        stores::{
            campaign,
            failure::{Failure, FailureClass},
        },
    },
    marketplaces::{lock::Campaign, loose},
};
use serde::Deserialize;

/// The warehouse of a seller who has only one, and the only one that the single-warehouse format sets (121234).
pub(super) const DEFAULT_WAREHOUSE: &str = "dropshipping";

/// The part of a SKU that we use of an answer. It holds about 300 bytes for a SKU in one warehouse, and 100 for each
/// further warehouse or campaign, of the 1 to 2 KB that a SKU has there.
#[derive(Clone, Deserialize)]
pub(super) struct Sku {
    #[serde(rename = "SkuId", default, deserialize_with = "loose::text")]
    pub(super) sku_id: String,
    #[serde(rename = "Available", default, deserialize_with = "loose::number")]
    available: Option<i64>,
    /// Without the warehouses in which there is none of it (121233).
    #[serde(rename = "multiWarehouseInventories", default, deserialize_with = "loose::list")]
    of_seller: Vec<Stock>,
    #[serde(rename = "fblWarehouseInventories", default, deserialize_with = "loose::list")]
    of_lazada: Vec<Stock>,
    #[serde(rename = "channelInventories", default, deserialize_with = "loose::list")]
    of_campaigns: Vec<Locked>,
}

/// The stock in one warehouse.
#[derive(Clone, Deserialize)]
struct Stock {
    #[serde(rename = "warehouseCode", default, deserialize_with = "loose::text")]
    warehouse: String,
    #[serde(rename = "sellableQuantity", default, deserialize_with = "loose::number")]
    sellable: Option<i64>,
    /// With what is ordered and not shipped yet.
    #[serde(rename = "totalQuantity", default, deserialize_with = "loose::number")]
    total: Option<i64>,
}

/// The units that a campaign locks. They are in no particular warehouse.
#[derive(Clone, Deserialize)]
struct Locked {
    #[serde(rename = "channelName", default, deserialize_with = "loose::text")]
    channel: String,
    #[serde(rename = "sellableQuantity", default, deserialize_with = "loose::number")]
    sellable: Option<i64>,
    #[serde(rename = "startTime", default, deserialize_with = "loose::text")]
    start_time: String,
    #[serde(rename = "endTime", default, deserialize_with = "loose::text")]
    end_time: String,
}

impl Stock {
    fn is_in(&self, warehouse: &str) -> bool {
        // The documents write Dropshipping as well.
        self.warehouse.eq_ignore_ascii_case(warehouse) || (self.warehouse.is_empty() && warehouse == DEFAULT_WAREHOUSE)
    }

    fn is_sold(&self) -> bool {
        self.sellable.is_some_and(|units| units > 0)
    }
}

impl Sku {
    /// The quantity that customers can buy from the `chosen` warehouse, campaigns included. Without one it is that of the
    /// only warehouse. Fails if it is not for the seller to set, or not for this store.
    pub(super) fn quantity(&self, chosen: Option<&str>) -> Result<i64, Failure> {
        self.check(chosen)?;
        let unclear = || Failure::temporary("Lazada does not say how many units it sells.");
        if self.of_seller.is_empty() {
            // In a warehouse that was chosen there is none for sure only if there is none at all.
            let available = self.available.filter(|units| chosen.is_none() || *units == 0);
            return available.ok_or_else(unclear);
        }
        let warehouse = chosen.unwrap_or(DEFAULT_WAREHOUSE);
        let mut quantity = 0_i64;
        for stock in self.of_seller.iter().filter(|stock| stock.is_in(warehouse)) {
            quantity = quantity.saturating_add(stock.sellable.ok_or_else(unclear)?);
        }
        Ok(quantity)
    }

    /// What campaigns lock in the `chosen` warehouse now. A campaign that has not begun locks nothing yet.
    pub(super) fn campaigns(&self, chosen: Option<&str>, zones: Zones, now: Moment) -> Result<Vec<Campaign>, Failure> {
        self.check(chosen)?;
        let mut campaigns = Vec::new();
        for Locked { sellable, start_time, end_time, .. } in &self.of_campaigns {
            let has_begun = zones.begin(start_time).is_none_or(|start| start <= now);
            let ends_at = zones.end(end_time);
            if has_begun && ends_at.is_none_or(|end| end > now) {
                campaigns.push(Campaign { quantity: sellable.unwrap_or(0), ends_at });
            }
        }
        if let Some(chosen) = chosen {
            let elsewhere = self.of_seller.iter().filter(|stock| !stock.is_in(chosen));
            free(&mut campaigns, elsewhere.filter_map(|stock| stock.sellable).sum());
        }
        Ok(campaigns)
    }

    /// All its campaigns, for staff. A channel may have several, one after the other, and nothing else tells them apart.
    pub(super) fn listed_campaigns(&self, zones: Zones) -> Vec<campaign::Campaign> {
        let mut campaigns = Vec::new();
        for Locked { channel, sellable, start_time, end_time } in &self.of_campaigns {
            let short: String = channel.chars().take(8).collect();
            campaigns.push(campaign::Campaign {
                id: format!("{channel} {start_time} {end_time}"),
                name: format!("Campaign {short}").trim_end().to_owned(),
                units: sellable.unwrap_or(0),
                starts_at: zones.begin(start_time),
                ends_at: zones.end(end_time),
            });
        }
        campaigns
    }

    /// Fails if the stock is not the seller's to set, or is in several warehouses of which none is chosen.
    fn check(&self, chosen: Option<&str>) -> Result<(), Failure> {
        let holds_any = |stock: &Stock| stock.is_sold() || stock.total.is_some_and(|units| units > 0);
        if self.of_lazada.iter().any(holds_any) && !self.of_seller.iter().any(Stock::is_sold) {
            let message = "Lazada sells it from a warehouse of its own (Fulfilled by Lazada, or Choice): that stock \
                           cannot be set from here.";
            return Err(Failure::new(FailureClass::NotWritable, message));
        }
        let elsewhere: Vec<&Stock> =
            self.of_seller.iter().filter(|stock| stock.is_sold() && !stock.is_in(DEFAULT_WAREHOUSE)).collect();
        let is_in_default = self.of_seller.iter().any(|stock| stock.is_in(DEFAULT_WAREHOUSE));
        match (chosen, elsewhere.as_slice()) {
            (Some(_), _) | (None, []) => Ok(()),
            (None, [other]) if !is_in_default => {
                let warehouse = &other.warehouse;
                let message =
                    format!("Lazada sells it from the warehouse {warehouse}. Choose it under Edit connection.");
                Err(Failure::mapping(message))
            }
            (None, others) => {
                let warehouses = others.len() + usize::from(is_in_default);
                let message =
                    format!("Lazada sells it from {warehouses} warehouses. Choose one under Edit connection.");
                Err(Failure::mapping(message))
            }
        }
    }
}

/// Takes from what campaigns lock the units that other warehouses have: "the inventory locked by channelInventories is not
/// warehouse dependent" (121233). The campaign that ends last is relieved first, so that what is left ends as early as it
/// does.
fn free(campaigns: &mut [Campaign], elsewhere: i64) {
    campaigns.sort_by_key(|campaign| (campaign.ends_at.is_none(), campaign.ends_at));
    let mut left = elsewhere.max(0);
    for campaign in campaigns.iter_mut().rev() {
        let taken = left.min(campaign.quantity);
        campaign.quantity -= taken;
        left -= taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sku(of_seller: serde_json::Value, of_lazada: serde_json::Value, campaigns: serde_json::Value) -> Sku {
        let sku = json!({
            "SkuId": 14_353_516_624_i64, "Available": 119, "SellerSku": "12312312",
            "multiWarehouseInventories": of_seller, "fblWarehouseInventories": of_lazada, "channelInventories": campaigns,
        });
        serde_json::from_value(sku).expect("a SKU")
    }

    fn stock(code: &str, sellable: i64) -> serde_json::Value {
        json!({
            "occupyQuantity": 1, "quantity": sellable, "totalQuantity": sellable + 1, "withholdQuantity": 0,
            "warehouseCode": code, "sellableQuantity": sellable,
        })
    }

    #[test]
    fn only_the_warehouse_that_is_set_is_compared() {
        let here = || stock("dropshipping", 20);
        let there = |units| stock("MY10RV7-WH-10002", units);
        let none = || json!([]);
        for (of_seller, chosen, quantity) in [
            (json!([here()]), None, Ok(20)),
            (json!([here(), there(0)]), None, Ok(20)),
            (json!([here(), there(30)]), Some("dropshipping"), Ok(20)),
            (json!([here(), there(30)]), Some("MY10RV7-WH-10002"), Ok(30)),
            // Warehouses without any are left out.
            (json!([here()]), Some("MY10RV7-WH-10002"), Ok(0)),
            (none(), None, Ok(119)),
            (none(), Some("MY10RV7-WH-10002"), Err("Lazada does not say how many units it sells.")),
            (
                json!([here(), there(30)]),
                None,
                Err("Lazada sells it from 2 warehouses. Choose one under Edit connection."),
            ),
            (
                json!([there(30)]),
                None,
                Err("Lazada sells it from the warehouse MY10RV7-WH-10002. Choose it under Edit connection."),
            ),
        ] {
            let shown = sku(of_seller.clone(), none(), none()).quantity(chosen).map_err(|failure| failure.message);
            assert_eq!(shown, quantity.map_err(str::to_owned), "{of_seller} {chosen:?}");
        }
    }

    /// The sample of the document about Choice (121783), and stock in both kinds of warehouses.
    #[test]
    fn stock_in_lazada_s_own_warehouses_is_not_for_sellers_to_set() {
        let of_lazada = || json!([stock("AChoice-ID-V-JIT", 119)]);
        let choice = sku(json!([stock("dropshipping", 0)]), of_lazada(), json!([]));
        let zones = Zones::of("");
        let now = Moment::from(chrono::DateTime::UNIX_EPOCH);
        assert_eq!(choice.quantity(None).expect_err("not ours").class, FailureClass::NotWritable);
        assert_eq!(choice.campaigns(None, zones, now).expect_err("not ours").class, FailureClass::NotWritable);
        let both = sku(json!([stock("dropshipping", 5)]), of_lazada(), json!([]));
        assert_eq!(both.quantity(None), Ok(5), "what the seller has there is the seller's");
    }

    #[test]
    fn campaigns_lock_while_they_last_and_less_where_other_warehouses_have_some() {
        let campaign = |start: &str, end: &str, units: i64| {
            json!({
                "channelName": "37ce3f43", "startTime": start, "endTime": end, "sellableQuantity": units,
            })
        };
        let campaigns = json!([
            campaign("2022-09-02 12:00:00", "2022-09-03 11:59:59", 40),
            campaign("2022-09-01 00:00:00", "2022-09-30 23:59:59", 15),
            campaign("2022-09-09 00:00:00", "2022-09-09 23:59:59", 70),
            campaign("2022-08-01 00:00:00", "2022-08-02 00:00:00", 90),
        ]);
        let of_seller = json!([stock("dropshipping", 100), stock("B", 20)]);
        let sku = sku(of_seller, json!([]), campaigns);
        let zones = Zones::of("https://api.lazada.sg/rest");
        let locked = |chosen, now| -> Vec<(i64, String)> {
            let now = zones.begin(now).expect("a moment");
            let campaigns = sku.campaigns(chosen, zones, now).expect("campaigns");
            let text = |campaign: &Campaign| campaign.ends_at.map_or(String::new(), |end| end.to_string());
            campaigns.iter().map(|campaign| (campaign.quantity, text(campaign))).collect()
        };
        let early = "2022-09-03T04:00:00Z".to_owned();
        let late = "2022-09-30T16:00:00Z".to_owned();
        assert_eq!(
            locked(Some("dropshipping"), "2022-09-03 10:00:00"),
            [(35, early), (0, late.clone())],
            "20 of them can be in the other warehouse"
        );
        assert_eq!(locked(Some("B"), "2022-09-04 10:00:00"), [(0, late)]);
        assert!(locked(Some("B"), "2022-08-31 10:00:00").is_empty(), "none has begun");
        let listed = sku.listed_campaigns(zones);
        let of =
            |nth: usize| (listed[nth].name.as_str(), listed[nth].units, listed[nth].starts_at, listed[nth].ends_at);
        let begin = zones.begin("2022-09-02 12:00:00");
        assert_eq!(of(0), ("Campaign 37ce3f43", 40, begin, zones.begin("2022-09-03 12:00:00")));
        assert!(listed[0].id != listed[1].id, "one channel at two times is two campaigns");
    }
}
