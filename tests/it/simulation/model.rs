//! What should be, kept in plain lists and computed the long way.

use super::{
    SKUS, STORES, at, sku_name,
    step::{Create, Save, Step},
    store_name,
};
use chrono::TimeDelta;
use flashsale::domain::{id::PromotionId, moment::Moment, promotion::FlashSaleType, stock::Stock};

/// One SKU.
#[derive(Debug, Clone, Default)]
struct Shelf {
    on_hand: i64,
    buffer: i64,
    stores: Vec<usize>,
}

/// One flash sale that was created.
#[derive(Debug, Clone)]
pub struct Sale {
    id: PromotionId,
    store: usize,
    kind: FlashSaleType,
    starts_at: Moment,
    ends_at: Moment,
    ended_early: bool,
    products: Vec<(usize, i64)>,
}

impl Sale {
    pub fn new(id: PromotionId, create: &Create, starts_at: Moment) -> Self {
        let Create { store, kind, products, minutes, late_minutes: _ } = create.clone();
        let ends_at = starts_at.plus(TimeDelta::minutes(minutes));
        Self { id, store, kind, starts_at, ends_at, ended_early: false, products }
    }
}

/// The stock of a SKU, what each live hold on it keeps, oldest sale first, what is shared, and what each store shows.
pub type Shown = (Stock, Vec<(String, i64)>, i64, Vec<i64>);

/// Everything.
pub struct Model {
    pub now: Moment,
    shelves: [Option<Shelf>; SKUS],
    sales: Vec<Sale>,
}

impl Model {
    pub fn new() -> Self {
        Self { now: at(0), shelves: Default::default(), sales: Vec::new() }
    }

    /// When the request of `step` read the clock.
    pub fn asked_at(&self, step: &Step) -> Moment {
        self.now.plus(TimeDelta::minutes(-step.late_minutes()))
    }

    /// The sale that was created as number `back` from the latest.
    pub fn nth_sale(&self, back: usize) -> Option<PromotionId> {
        self.sales.iter().rev().nth(back).map(|sale| sale.id)
    }

    pub fn save(&mut self, save: &Save, asked_at: Moment) -> Vec<String> {
        let Save { sku, on_hand, buffer, stores, late_minutes: _ } = save;
        if let Some(stores) = stores {
            if stores.contains(&STORES) {
                return vec![format!("no store {}", store_name(STORES))];
            }
            if self.live(*sku, asked_at).iter().any(|(sale, _)| !stores.contains(&sale.store)) {
                return vec!["held there".to_owned()];
            }
        }
        let shelf = self.shelves[*sku].get_or_insert_default();
        shelf.on_hand = on_hand.unwrap_or(shelf.on_hand);
        shelf.buffer = buffer.unwrap_or(shelf.buffer);
        shelf.stores = stores.clone().unwrap_or_else(|| shelf.stores.clone());
        vec![]
    }

    /// The reasons why the sale should be refused; without any, `created` is kept.
    pub fn create(&mut self, create: &Create, asked_at: Moment, created: Option<Sale>) -> Vec<String> {
        let Create { store, products, minutes, .. } = create;
        let mut reasons = Vec::new();
        if *store == STORES {
            reasons.push(format!("no store {}", store_name(STORES)));
        }
        if *minutes == 0 {
            reasons.push("schedule".to_owned());
        }
        if products.is_empty() {
            reasons.push("no products".to_owned());
        }
        for (place, (sku, _)) in products.iter().enumerate() {
            if products[..place].iter().any(|(earlier, _)| earlier == sku) {
                reasons.push(format!("{} twice", sku_name(*sku)));
            }
        }
        for (sku, units) in products {
            reasons.extend(self.reason_against(*sku, *store, *units, asked_at));
        }
        self.sales.extend(created);
        reasons
    }

    fn reason_against(&self, sku: usize, store: usize, units: i64, asked_at: Moment) -> Option<String> {
        let name = sku_name(sku);
        let Some(shelf) = &self.shelves[sku] else { return Some(format!("no {name}")) };
        if !shelf.stores.contains(&store) {
            return Some(format!("{name} not listed"));
        }
        if self.live(sku, asked_at).iter().any(|(sale, _)| sale.store == store) {
            return Some(format!("{name} held"));
        }
        let shared = self.shared_at(sku, asked_at);
        (units > shared).then(|| format!("{units} of {shared} {name}"))
    }

    pub fn end(&mut self, id: PromotionId, asked_at: Moment) -> Vec<String> {
        let sale = self.sales.iter_mut().find(|sale| sale.id == id).expect("a sale that was created");
        if sale.ended_early || sale.ends_at <= asked_at {
            return vec!["ended".to_owned()];
        }
        (sale.ends_at, sale.ended_early) = (asked_at.max(sale.starts_at), true);
        vec![]
    }

    /// What the SKU should be now, if there should be one.
    pub fn shown(&self, sku: usize) -> Option<Shown> {
        let Shelf { on_hand, buffer, .. } = *self.shelves[sku].as_ref()?;
        let stock = Stock { on_hand, buffer, ..Stock::default() };
        let live = self.live(sku, self.now);
        let held = live.iter().map(|(sale, units)| (store_name(sale.store), *units)).collect();
        let by_store = (0..STORES).map(|store| self.shown_by(sku, store)).collect();
        Some((stock, held, self.shared_at(sku, self.now), by_store))
    }

    fn shown_by(&self, sku: usize, store: usize) -> i64 {
        let (live, shared) = (self.live(sku, self.now), self.shared_at(sku, self.now));
        let Some(place) = live.iter().position(|(sale, _)| sale.store == store) else { return shared };
        let older: i64 = live[..place].iter().map(|(_, units)| units).sum();
        let (sale, units) = live[place];
        let backed = (self.on_hand(sku) - older).clamp(0, units);
        match sale.kind {
            FlashSaleType::StockAllocation => backed,
            FlashSaleType::StockReservation => backed + shared,
        }
    }

    fn on_hand(&self, sku: usize) -> i64 {
        self.shelves[sku].as_ref().map_or(0, |shelf| shelf.on_hand)
    }

    fn shared_at(&self, sku: usize, moment: Moment) -> i64 {
        let held: i64 = self.live(sku, moment).iter().map(|(_, units)| units).sum();
        let buffer = self.shelves[sku].as_ref().map_or(0, |shelf| shelf.buffer);
        (self.on_hand(sku) - held - buffer).max(0)
    }

    /// The sales that hold some of `sku` for whoever asks at `moment`, oldest first, and how much.
    fn live(&self, sku: usize, moment: Moment) -> Vec<(&Sale, i64)> {
        let of_sku = |sale: &&Sale| sale.products.iter().find(|(held, _)| *held == sku).map(|(_, units)| *units);
        let mut live: Vec<(&Sale, i64)> = self
            .sales
            .iter()
            .filter(|sale| sale.ends_at > moment)
            .filter_map(|sale| of_sku(&sale).map(|units| (sale, units)))
            .collect();
        live.sort_by_key(|(sale, _)| (sale.starts_at, sale.id));
        live
    }
}
