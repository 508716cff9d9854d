//! The shop and its warehouses.

use super::answers::{Refused, accepted, accepted_at_top, literally};
use crate::{
    demo::marketplace::{call::Call, shop::Shop},
    domain::moment::Moment,
};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// Location ids of Shopee's pages begin with the region of the shop: `SGZ` is in Singapore.
pub(super) const REGION: &str = "SG";

/// The location of the stock of a shop that is not in the whitelist for several warehouses. It is read, and not sent.
pub(super) const ONLY_LOCATION: &str = "SGZ";

/// Where Shopee stores the units of its own warehouse.
pub(super) const SHOPEE_LOCATION: &str = "SGG";

const RETURN_WAREHOUSE: &str = "2";

/// `GET /api/v2/shop/get_shop_info`
pub(super) fn info(name: &str, shop: &Shop, now: Moment) -> Value {
    let fulfilled = shop.products.values().filter(|product| product.fulfilled_by_marketplace.is_some()).count();
    let fulfillment = match fulfilled {
        0 => "Others",
        all if all == shop.products.len() => "Pure - FBS Shop",
        _ => "PFF - FBS Shop",
    };
    accepted_at_top(json!({
        "shop_name": shop.name(name),
        "region": shop.country,
        "status": "NORMAL",
        "auth_time": now.plus(-TimeDelta::days(30)).utc().timestamp(),
        "expire_time": now.plus(TimeDelta::days(335)).utc().timestamp(),
        "shop_fulfillment_flag": fulfillment,
        "is_cb": false,
        "is_upgraded_cbsc": false,
        "merchant_id": null,
        "is_sip": false,
        "sip_affi_shops": [],
        "is_main_shop": false,
        "is_direct_shop": false,
        "linked_direct_shop_list": [],
        "linked_main_shop_id": 0,
        "is_one_awb": true,
        "is_mart_shop": false,
        "is_outlet_shop": false,
    }))
}

/// `GET /api/v2/shop/get_warehouse_detail`: its `response` is the list itself.
pub(super) fn warehouses(shop: &Shop, call: &Call) -> Result<Value, Refused> {
    if shop.warehouses.is_empty() {
        let message = "Your shop is not in multi-warehouse whitelist.";
        return Err(literally("warehouse.error_not_in_whitelist", message).with_response(Value::Null));
    }
    if call.parameter("warehouse_type") == RETURN_WAREHOUSE {
        return Ok(accepted(json!([])));
    }
    let mut list = Vec::with_capacity(shop.warehouses.len());
    for (number, warehouse) in (1_u64..).zip(&shop.warehouses) {
        list.push(json!({
            "warehouse_id": number,
            "warehouse_name": warehouse.name,
            "warehouse_type": 1,
            "location_id": warehouse.code,
            "address_id": 118_454_204 + number,
            "region": REGION,
            "state": "Singapore",
            "city": "Singapore",
            "district": "Jurong",
            "town": "",
            "address": "1 Jurong West Central 2",
            "zipcode": "648886",
            "state_code": "SG",
            "holiday_mode_state": u8::from(shop.is_on_holiday),
        }));
    }
    Ok(accepted(list.into()))
}
