//! `GET /api/v2/product/get_item_promotion`: the promotions of items, with the stock that they reserve.

use super::{
    answers::{Refused, accepted, of_product},
    products::items_of,
};
use crate::{
    demo::marketplace::{
        call::{Call, number},
        shop::{Campaign, Product, ProductId, Shop},
    },
    domain::moment::Moment,
};
use serde_json::{Value, json};

/// "promotion_id type change to uint64" (2026-07-31): such an id is in no signed number of 64 bits.
const FIRST_PROMOTION: u64 = 9_300_000_000_000_000_000;

/// "Whenever there is a promotion ongoing or upcoming, the total stock must be larger than or equal to real-time
/// reserved_stock": one that has not begun reserves its units as well.
pub(super) fn reserved(product: &Product, now: Moment) -> i64 {
    product.campaigns.iter().filter(|campaign| campaign.ends_at > now).map(|campaign| campaign.quantity).sum()
}

/// The promotion that runs now, 0 without one.
pub(super) fn current_promotion(product: &Product, now: Moment) -> u64 {
    let running = product.campaigns.iter().position(|campaign| campaign.is_running(now));
    running.map_or(0, promotion_id)
}

fn promotion_id(position: usize) -> u64 {
    FIRST_PROMOTION + position as u64
}

pub(super) fn list(shop: &Shop, call: &Call, now: Moment) -> Result<Value, Refused> {
    let items = items_of(call)?;
    let mut success = Vec::new();
    let mut failure = Vec::new();
    for (position, item) in items.iter().enumerate() {
        if items[..position].contains(item) {
            return Err(of_product("error_param", "Repeat item_id."));
        }
        let models: Vec<(&ProductId, &Product)> = shop.of_item(item).collect();
        if models.is_empty() {
            failure.push(json!({"item_id": number(item), "failed_reason": "Product not found"}));
            continue;
        }
        let mut promotions = Vec::new();
        for (id, product) in models {
            for (position, campaign) in product.campaigns.iter().enumerate() {
                if campaign.ends_at > now {
                    promotions.push(promotion(&id.variant, position, campaign, now));
                }
            }
        }
        success.push(json!({"item_id": number(item), "promotion": promotions}));
    }
    Ok(accepted(json!({"success_list": success, "failure_list": failure})))
}

fn promotion(model: &str, position: usize, campaign: &Campaign, now: Moment) -> Value {
    json!({
        "promotion_type": "Campaign",
        "promotion_id": promotion_id(position),
        "model_id": number(model),
        "start_time": campaign.begins_at(now).utc().timestamp(),
        "end_time": campaign.ends_at.utc().timestamp(),
        "promotion_price_info": [{"promotion_price": 79.9}],
        "promotion_staging": if campaign.is_running(now) { "ongoing" } else { "upcoming" },
        "promotion_stock_info_v2": {"summary_info": {"total_reserved_stock": campaign.quantity}},
    })
}
