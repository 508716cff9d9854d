//! The steps of a history that concern stock and sales. Those of orders are in [`super::order_step`].

use super::{
    KITS, SKUS, STORES,
    model::NAME,
    order_step::{Decide, Delivery, Said, Which},
    sku_name, store_name,
};
use crate::scene::{sku_code, store_code};
use chrono::TimeDelta;
use flashsale::{
    actions::{catalogue::save_skus::SkuInput, promotions::create_promotion::NewPromotion},
    clock::new_id,
    domain::{
        moment::Moment,
        promotions::promotion::FlashSaleType::{self, StockAllocation, StockReservation},
    },
};
use rand::{RngExt, rngs::StdRng};

/// One step of a history.
#[derive(Debug, Clone)]
pub enum Step {
    /// Time passes. Sales end on whole minutes, so that *now* is often exactly their end.
    Wait { minutes: i64 },
    /// The job that removes settled holds from the index of open ones.
    Settle,
    /// A SKU is added, counted, given another buffer or other stores.
    Save(Save),
    /// A kit is listed, or taken off if it is.
    Kit { kit: usize },
    /// A stocktake of a SKU, with a current or an outdated form.
    Count { sku: usize, counted: i64, is_stale: bool },
    /// A flash sale is created.
    Create(Create),
    /// Staff duplicate a sale, counted back from the latest one, and create a sale from the unchanged draft.
    Duplicate { sale: usize, late_minutes: i64 },
    /// Staff end a sale, counted back from the latest one.
    End { sale: usize, late_minutes: i64 },
    /// Staff change a sale, mostly a running one.
    Edit(Edit),
    /// Orders of several deliveries arrive together.
    Take(Vec<Delivery>),
    /// An order is shipped.
    Ship(Which),
    /// An order is cancelled.
    Cancel(Which),
    /// The store of an order says what it is now.
    Put(Said),
    /// The same state again.
    PutAgain,
    /// Staff decide about returned units.
    Decide(Decide),
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

#[derive(Debug, Clone)]
pub struct Edit {
    /// Which sale, counted among the running ones, or else back from the latest.
    pub sale: usize,
    pub changes: Vec<EditChange>,
    pub late_minutes: i64,
}

/// One wanted change.
#[derive(Debug, Clone)]
pub enum EditChange {
    Rename {
        to: u8,
    },
    /// It ends in so many minutes; negative if that is in the past.
    MoveEnd {
        minutes: i64,
    },
    /// The quantity of a product, which the sale has or which is added.
    Hold {
        sku: usize,
        units: i64,
    },
    Remove {
        sku: usize,
    },
}

/// A request that waited for a lock read the clock earlier.
pub fn late_minutes(random: &mut StdRng) -> i64 {
    if random.random_ratio(1, 10) { random.random_range(1..4) } else { 0 }
}

/// Often enough for all, and often not.
fn on_hand(random: &mut StdRng) -> i64 {
    if random.random_ratio(1, 3) { random.random_range(0..60) } else { random.random_range(60..300) }
}

impl Step {
    pub fn random(random: &mut StdRng) -> Self {
        match random.random_range(0..150) {
            0..14 => Self::Wait { minutes: random.random_range(0..6) },
            14..16 => Self::Settle,
            16..27 => Self::Save(Save::random(random)),
            27..31 => Self::Count {
                sku: random.random_range(0..=SKUS),
                counted: on_hand(random),
                is_stale: random.random_ratio(1, 4),
            },
            31..45 => Self::Create(Create::random(random)),
            45..48 => Self::End { sale: random.random_range(0..4), late_minutes: late_minutes(random) },
            48..68 => Self::Take(Delivery::some(random)),
            68..83 => Self::Ship(Which::random(random)),
            83..100 => Self::Cancel(Which::random(random)),
            120..140 => Self::Put(Said::random(random)),
            140..144 => Self::PutAgain,
            144..150 => Self::Decide(Decide::random(random)),
            100..112 => Self::Edit(Edit::random(random)),
            112..116 => Self::Kit { kit: random.random_range(0..KITS.len()) },
            _ => Self::Duplicate { sale: random.random_range(0..8), late_minutes: late_minutes(random) },
        }
    }
}

impl Save {
    fn random(random: &mut StdRng) -> Self {
        let on_hand = random.random_ratio(1, 2).then(|| on_hand(random));
        let buffer = random.random_ratio(1, 5).then(|| random.random_range(0..20));
        let stores = random.random_ratio(2, 3).then(|| {
            let mut stores: Vec<usize> = (0..STORES).filter(|_| random.random_ratio(9, 10)).collect();
            // One that does not exist.
            stores.extend(random.random_ratio(1, 40).then_some(STORES));
            stores
        });
        let late_minutes = late_minutes(random);
        Self { sku: random.random_range(0..SKUS), on_hand, buffer, stores, late_minutes }
    }

    pub fn input(&self) -> SkuInput {
        let listed = |stores: &Vec<usize>| stores.iter().map(|store| store_code(&store_name(*store))).collect();
        SkuInput {
            code: sku_code(&sku_name(self.sku)),
            name: Some("A product".to_owned()),
            on_hand: self.on_hand,
            buffer: self.buffer,
            listings: self.stores.as_ref().map(listed),
        }
    }
}

impl Edit {
    fn random(random: &mut StdRng) -> Self {
        let changes = [1, 1, 1, 2, 2, 3][random.random_range(0..6)];
        Self {
            sale: random.random_range(0..1_000),
            changes: (0..changes).map(|_| EditChange::random(random)).collect(),
            late_minutes: late_minutes(random),
        }
    }
}

impl EditChange {
    fn random(random: &mut StdRng) -> Self {
        // Sometimes a SKU that does not exist.
        let sku = if random.random_ratio(1, 60) { SKUS } else { random.random_range(0..SKUS) };
        match random.random_range(0..10) {
            0 => Self::Rename { to: random.random() },
            1 => Self::MoveEnd { minutes: random.random_range(3..90) },
            // Very recently, so that requests overtake each other.
            2 => Self::MoveEnd { minutes: random.random_range(-2..3) },
            3..=4 => Self::Remove { sku },
            _ => Self::Hold { sku, units: random.random_range(0..60) },
        }
    }
}

impl Create {
    fn random(random: &mut StdRng) -> Self {
        let products = [0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3][random.random_range(0..15)];
        Self {
            // The last store does not exist.
            store: if random.random_ratio(1, 30) { STORES } else { random.random_range(0..STORES) },
            kind: if random.random() { StockAllocation } else { StockReservation },
            products: (0..products).map(|_| (random.random_range(0..SKUS), random.random_range(1..60))).collect(),
            minutes: random.random_range(0..90),
            late_minutes: late_minutes(random),
        }
    }

    pub fn promotion(&self, asked_at: Moment) -> NewPromotion {
        NewPromotion {
            id: new_id(asked_at),
            name: NAME.to_owned(),
            flash_sale_type: self.kind,
            store: store_code(&store_name(self.store)),
            start: None,
            ends_at: asked_at.plus(TimeDelta::minutes(self.minutes)),
            products: self.products.iter().map(|(sku, units)| (sku_code(&sku_name(*sku)), *units)).collect(),
            listings: Vec::new(),
        }
    }
}
