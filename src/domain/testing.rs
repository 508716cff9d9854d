//! What the tests of the rules share.

use super::{code::StoreCode, hold::Hold, id::PromotionId, promotion::FlashSaleType};

pub const LAZADA: &str = "lazada-sg";
pub const SHOPEE: &str = "shopee-sg";
pub const ZALORA: &str = "zalora-sg";

pub fn store(code: &str) -> StoreCode {
    StoreCode::parse(code).expect("a store code")
}

pub fn hold(code: &str, flash_sale_type: FlashSaleType, quantity: i64, sold: i64) -> Hold {
    Hold {
        promotion: PromotionId::from(uuid::Uuid::nil()),
        promotion_name: "11.11".to_owned(),
        flash_sale_type,
        store: store(code),
        quantity,
        sold,
    }
}
