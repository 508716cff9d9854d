//! What can happen.

use super::{SKUS, STORES, sku_name, store_name};
use crate::scene::{sku_code, store_code};
use chrono::TimeDelta;
use flashsale::{
    actions::{create_promotion::NewPromotion, save_skus::SkuInput},
    clock::new_id,
    domain::{
        moment::Moment,
        promotion::FlashSaleType::{self, StockAllocation, StockReservation},
    },
};
use rand::{RngExt, rngs::StdRng};

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Step {
    /// Time passes. Sales end on whole minutes, so that *now* is often exactly their end.
    Wait { minutes: i64 },
    /// The job that keeps the index of open holds small.
    Settle,
    /// A SKU is added, counted, given another buffer or other stores.
    Save(Save),
    /// A flash sale is created.
    Create(Create),
    /// Somebody ends the sale that was created as number `sale`, from the latest one back.
    End { sale: usize, late_minutes: i64 },
}

#[derive(Debug, Clone)]
pub struct Save {
    pub sku: usize,
    pub on_hand: Option<i64>,
    pub buffer: Option<i64>,
    pub stores: Option<Vec<usize>>,
    pub late_minutes: i64,
}

#[derive(Debug, Clone)]
pub struct Create {
    pub store: usize,
    pub kind: FlashSaleType,
    pub products: Vec<(usize, i64)>,
    pub minutes: i64,
    pub late_minutes: i64,
}

impl Step {
    pub fn random(random: &mut StdRng) -> Self {
        // A request that waited for the lock read the clock a while ago.
        let late_minutes = if random.random_ratio(1, 10) { random.random_range(1..4) } else { 0 };
        match random.random_range(0..20) {
            0..=4 => Self::Wait { minutes: random.random_range(0..6) },
            5 => Self::Settle,
            6..=10 => Self::Save(Save::random(random, late_minutes)),
            11..=18 => Self::Create(Create::random(random, late_minutes)),
            _ => Self::End { sale: random.random_range(0..4), late_minutes },
        }
    }

    /// How long ago the request read the clock.
    pub fn late_minutes(&self) -> i64 {
        match self {
            Self::Wait { .. } | Self::Settle => 0,
            Self::Save(Save { late_minutes, .. })
            | Self::Create(Create { late_minutes, .. })
            | Self::End { late_minutes, .. } => *late_minutes,
        }
    }
}

impl Save {
    fn random(random: &mut StdRng, late_minutes: i64) -> Self {
        let on_hand = random.random_ratio(1, 2).then(|| random.random_range(0..160));
        let buffer = random.random_ratio(1, 5).then(|| random.random_range(0..20));
        let stores = random.random_ratio(2, 3).then(|| {
            let mut stores: Vec<usize> = (0..STORES).filter(|_| random.random_ratio(9, 10)).collect();
            // One that does not exist.
            stores.extend(random.random_ratio(1, 40).then_some(STORES));
            stores
        });
        Self { sku: random.random_range(0..SKUS), on_hand, buffer, stores, late_minutes }
    }

    pub fn input(&self) -> SkuInput {
        let listed = |stores: &Vec<usize>| stores.iter().map(|store| store_code(&store_name(*store))).collect();
        SkuInput {
            code: sku_code(&sku_name(self.sku)),
            name: "A product".to_owned(),
            on_hand: self.on_hand,
            buffer: self.buffer,
            listings: self.stores.as_ref().map(listed),
        }
    }
}

impl Create {
    fn random(random: &mut StdRng, late_minutes: i64) -> Self {
        let products = [0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3][random.random_range(0..15)];
        Self {
            // The last store does not exist.
            store: if random.random_ratio(1, 30) { STORES } else { random.random_range(0..STORES) },
            kind: if random.random() { StockAllocation } else { StockReservation },
            products: (0..products).map(|_| (random.random_range(0..SKUS), random.random_range(1..40))).collect(),
            minutes: random.random_range(0..40),
            late_minutes,
        }
    }

    pub fn promotion(&self, asked_at: Moment) -> NewPromotion {
        NewPromotion {
            id: new_id(asked_at),
            name: "A sale".to_owned(),
            flash_sale_type: self.kind,
            store: store_code(&store_name(self.store)),
            start: None,
            ends_at: asked_at.plus(TimeDelta::minutes(self.minutes)),
            products: self.products.iter().map(|(sku, units)| (sku_code(&sku_name(*sku)), *units)).collect(),
        }
    }
}
