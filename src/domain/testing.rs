//! Helpers for the unit tests of the rules.

use super::{
    code::StoreCode,
    id::PromotionId,
    moment::Moment,
    promotions::{hold::Hold, promotion::FlashSaleType},
};
use chrono::{DateTime, TimeDelta};

pub const LAZADA: &str = "lazada-sg";
pub const SHOPEE: &str = "shopee-sg";
pub const ZALORA: &str = "zalora-sg";

pub fn store(code: &str) -> StoreCode {
    StoreCode::parse(code).expect("a store code")
}

/// A moment at which every hold of these tests is live.
pub fn noon() -> Moment {
    Moment::from(DateTime::from_timestamp(1_762_862_400, 0).expect("11 November 2025, 12:00 UTC"))
}

pub fn hold(code: &str, flash_sale_type: FlashSaleType, quantity: i64, sold: i64) -> Hold {
    Hold {
        promotion: PromotionId::from(uuid::Uuid::nil()),
        promotion_name: "11.11".to_owned(),
        flash_sale_type,
        store: store(code),
        starts_at: noon().plus(-TimeDelta::hours(1)),
        quantity,
        sold,
    }
}
