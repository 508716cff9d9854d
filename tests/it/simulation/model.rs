//! The model: the expected state in plain lists, computed the slow way. Orders are in [`super::model_orders`], edits in
//! [`super::model_edits`].

use super::{
    KITS, SKUS, STORES, at,
    order_step::Key,
    sku_name,
    step::{Create, Save},
    store_name,
};
use chrono::TimeDelta;
use flashsale::domain::{
    catalogue::stock::Stock, id::PromotionId, moment::Moment, orders::order::OrderStatus,
    promotions::promotion::FlashSaleType,
};
use std::collections::BTreeMap;

/// One SKU.
#[derive(Debug, Clone, Default)]
struct Shelf {
    on_hand: i64,
    buffer: i64,
    stores: Vec<usize>,
}

/// A created flash sale.
#[derive(Debug, Clone)]
pub struct Sale {
    pub id: PromotionId,
    pub name: String,
    pub store: usize,
    pub kind: FlashSaleType,
    pub starts_at: Moment,
    pub ends_at: Moment,
    /// The end of its schedule, also once staff have ended it sooner.
    pub scheduled_ends_at: Moment,
    pub ended_early: bool,
    pub products: Vec<Product>,
}

/// The hold of a flash sale on one SKU.
#[derive(Debug, Clone)]
pub struct Product {
    pub sku: usize,
    pub quantity: i64,
    pub sold: i64,
    /// The product was removed: its quantity equals the sold units.
    pub is_removed: bool,
    /// Since when.
    pub removed_at: Option<Moment>,
}

/// The name that sales are created with.
pub const NAME: &str = "A sale";

impl Sale {
    /// What was removed ended before the sale.
    pub fn end_removed(&mut self) {
        for product in &mut self.products {
            product.removed_at = product.removed_at.map(|at| at.min(self.ends_at));
        }
    }

    pub fn new(id: PromotionId, name: &str, create: &Create, starts_at: Moment) -> Self {
        let Create { store, kind, products, minutes, late_minutes: _ } = create.clone();
        let ends_at = starts_at.plus(TimeDelta::minutes(minutes));
        let product = |(sku, quantity)| Product { sku, quantity, sold: 0, is_removed: false, removed_at: None };
        let products = products.into_iter().map(product).collect();
        let (name, scheduled_ends_at, ended_early) = (name.to_owned(), ends_at, false);
        Self { id, name, store, kind, starts_at, ends_at, scheduled_ends_at, ended_early, products }
    }
}

/// An order, or the cancellation of one that has not arrived: that has no lines.
#[derive(Debug, Clone)]
pub struct Order {
    pub key: Key,
    pub placed_at: Moment,
    /// When its store changed it last, as far as that was said.
    pub updated_at: Option<Moment>,
    /// When it was cancelled before it arrived.
    pub cancelled_at: Option<Moment>,
    pub is_ours: bool,
    pub parts: Vec<Held>,
}

/// A line of an order as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub id: Option<u8>,
    pub line: Line,
    pub quantity: i64,
    pub status: OrderStatus,
    pub returned: i64,
    pub decided: i64,
}

/// A line of an order, with its units from the hold, from the shared stock, and oversold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub sku: usize,
    pub sale: Option<PromotionId>,
    pub taken: [i64; 3],
}

/// The stock of a SKU, the unsold units of each live hold, oldest sale first, the shared units, and what each store
/// shows.
pub type Shown = (Stock, Vec<(String, i64)>, i64, Vec<i64>);

/// The whole state.
pub struct Model {
    pub now: Moment,
    shelves: [Option<Shelf>; SKUS],
    /// Which of [`KITS`] are listed.
    kits: [bool; KITS.len()],
    pub sales: Vec<Sale>,
    /// How many of the first sales ended so long ago that no request asks about the time when they were live.
    pub long_over: usize,
    pub orders: Vec<Order>,
    /// The position of each order in [`Self::orders`], and those that are open.
    pub places: BTreeMap<Key, usize>,
    pub open: Vec<usize>,
    pub next_number: i64,
}

impl Model {
    pub fn new() -> Self {
        Self {
            now: at(0),
            shelves: Default::default(),
            kits: Default::default(),
            sales: Vec::new(),
            long_over: 0,
            orders: Vec::new(),
            places: BTreeMap::new(),
            open: Vec::new(),
            next_number: 1,
        }
    }

    /// Time passes.
    pub fn wait(&mut self, minutes: i64) {
        self.now = self.now.plus(TimeDelta::minutes(minutes));
        let recently = self.ago(10);
        let over = self.sales[self.long_over..].iter().take_while(|sale| sale.ends_at < recently).count();
        self.long_over += over;
    }

    /// The time at which a late request read the clock.
    pub fn ago(&self, minutes: i64) -> Moment {
        self.now.plus(TimeDelta::minutes(-minutes))
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
            let is_left = |store: &usize| stores.contains(store) || self.is_in_kit(*sku, *store);
            if self.live(*sku, asked_at).iter().any(|(sale, _)| !is_left(&sale.store)) {
                return vec!["held there".to_owned()];
            }
        }
        if self.shelves[*sku].is_none() && on_hand.is_none() {
            return vec!["incomplete".to_owned()];
        }
        let shelf = self.shelves[*sku].get_or_insert_default();
        shelf.on_hand = on_hand.unwrap_or(shelf.on_hand);
        shelf.buffer = buffer.unwrap_or(shelf.buffer);
        shelf.stores = stores.clone().unwrap_or_else(|| shelf.stores.clone());
        vec![]
    }

    /// The units that the form of a stocktake shows; one that is stale shows another number.
    pub fn shown_on_hand(&self, sku: usize, is_stale: bool) -> i64 {
        self.on_hand(sku) + i64::from(is_stale)
    }

    pub fn count(&mut self, sku: usize, counted: i64, is_stale: bool) -> Vec<String> {
        let Some(Some(shelf)) = self.shelves.get_mut(sku) else { return vec![format!("no {}", sku_name(sku))] };
        if is_stale && counted != shelf.on_hand {
            return vec![format!("{} on hand", shelf.on_hand)];
        }
        shelf.on_hand = counted;
        vec![]
    }

    /// The reasons why the sale should be refused. If there are none, `created` is added.
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

    pub fn reason_against(&self, sku: usize, store: usize, units: i64, asked_at: Moment) -> Option<String> {
        let name = sku_name(sku);
        if !self.is_known(sku) {
            return Some(format!("no {name}"));
        }
        if !self.is_listed(sku, store) {
            return Some(format!("{name} not listed"));
        }
        if self.live(sku, asked_at).iter().any(|(sale, _)| sale.store == store) {
            return Some(format!("{name} held"));
        }
        let shared = self.shared_at(sku, asked_at);
        (units > shared).then(|| format!("{units} of {shared} {name}"))
    }

    pub fn end(&mut self, id: PromotionId, asked_at: Moment) -> Vec<String> {
        let sale = self.sales.iter_mut().rev().find(|sale| sale.id == id).expect("a sale that was created");
        if sale.ended_early || sale.ends_at <= asked_at {
            return vec!["ended".to_owned()];
        }
        (sale.ends_at, sale.ended_early) = (asked_at.max(sale.starts_at), true);
        sale.end_removed();
        vec![]
    }

    /// The expected state of the SKU, if it exists.
    pub fn shown(&self, sku: usize) -> Option<Shown> {
        let Shelf { on_hand, buffer, .. } = *self.shelves[sku].as_ref()?;
        let (committed, oversold) = self.ordered(sku);
        let stock = Stock { on_hand, committed, oversold, buffer };
        let live = self.live(sku, self.now);
        let held = live.iter().map(|(sale, units)| (store_name(sale.store), *units)).collect();
        let by_store = (0..STORES).map(|store| self.shown_by(sku, store, self.now)).collect();
        Some((stock, held, self.shared_at(sku, self.now), by_store))
    }

    pub fn shown_by(&self, sku: usize, store: usize, moment: Moment) -> i64 {
        let (live, shared) = (self.live(sku, moment), self.shared_at(sku, moment));
        let Some(place) = live.iter().position(|(sale, _)| sale.store == store) else { return shared };
        let older: i64 = live[..place].iter().map(|(_, units)| units).sum();
        let (sale, units) = live[place];
        let backed = (self.on_hand(sku) - self.ordered(sku).0 - older).clamp(0, units);
        match sale.kind {
            FlashSaleType::StockAllocation => backed,
            FlashSaleType::StockReservation => backed + shared,
        }
    }

    pub fn is_known(&self, sku: usize) -> bool {
        self.shelves.get(sku).is_some_and(Option::is_some)
    }

    /// Whether the store lists the SKU, plainly or in a kit.
    pub fn is_listed(&self, sku: usize, store: usize) -> bool {
        let is_plain = self.shelves[sku].as_ref().is_some_and(|shelf| shelf.stores.contains(&store));
        is_plain || self.is_in_kit(sku, store)
    }

    fn is_in_kit(&self, sku: usize, store: usize) -> bool {
        let is_made_of = |(of_store, made_of): &(usize, &[(usize, i64)])| {
            *of_store == store && made_of.iter().any(|(of_sku, _)| *of_sku == sku)
        };
        KITS.iter().zip(&self.kits).any(|(kit, is_listed)| *is_listed && is_made_of(kit))
    }

    pub fn has_kit(&self, kit: usize) -> bool {
        self.kits[kit]
    }

    /// Whether a kit can be listed: all its SKUs are there.
    pub fn can_list_kit(&self, kit: usize) -> bool {
        KITS[kit].1.iter().all(|(sku, _)| self.is_known(*sku))
    }

    pub fn list_kit(&mut self, kit: usize) {
        self.kits[kit] = true;
    }

    /// Takes a kit off, unless a sale of its store holds one of its SKUs that the store would not list any more.
    pub fn unlist_kit(&mut self, kit: usize) -> Vec<String> {
        let (store, made_of) = KITS[kit];
        self.kits[kit] = false;
        for (sku, _) in made_of {
            let is_held = self.live(*sku, self.now).iter().any(|(sale, _)| sale.store == store);
            if is_held && !self.is_listed(*sku, store) {
                self.kits[kit] = true;
                return vec![format!("{} held there", sku_name(*sku))];
            }
        }
        Vec::new()
    }

    /// What a store shows of a kit: as many as can be made of what it shows of each SKU.
    pub fn shown_of_kit(&self, kit: usize) -> Option<i64> {
        let (store, made_of) = KITS[kit];
        let allows = |(sku, units): &(usize, i64)| self.shown_by(*sku, store, self.now) / units;
        self.kits[kit].then(|| made_of.iter().map(allows).min().expect("a kit has components"))
    }

    pub fn on_hand(&self, sku: usize) -> i64 {
        self.shelves.get(sku).and_then(Option::as_ref).map_or(0, |shelf| shelf.on_hand)
    }

    /// Units leave the warehouse.
    pub fn remove(&mut self, sku: usize, units: i64) {
        self.shelves[sku].as_mut().expect("a SKU that was ordered").on_hand -= units;
    }

    /// Changes what was sold from a sale.
    pub fn sell(&mut self, id: PromotionId, sku: usize, units: i64) {
        let sale = self.sales.iter_mut().rev().find(|sale| sale.id == id).expect("a sale that was created");
        for product in sale.products.iter_mut().filter(|product| product.sku == sku) {
            product.sold += units;
            if product.is_removed {
                product.quantity = product.sold;
            }
        }
    }

    pub fn shared_at(&self, sku: usize, moment: Moment) -> i64 {
        let held: i64 = self.live(sku, moment).iter().map(|(_, units)| units).sum();
        let buffer = self.shelves[sku].as_ref().map_or(0, |shelf| shelf.buffer);
        let (committed, oversold) = self.ordered(sku);
        (self.on_hand(sku) - committed - held - buffer - oversold).max(0)
    }

    /// The sales with a live hold on `sku` at `moment`, oldest first, with their unsold units.
    pub fn live(&self, sku: usize, moment: Moment) -> Vec<(&Sale, i64)> {
        let kept = |sale: &Sale| {
            let product = sale.products.iter().find(|product| product.sku == sku && !product.is_removed);
            product.map(|product| product.quantity - product.sold)
        };
        let mut live: Vec<(&Sale, i64)> = self.sales[self.long_over..]
            .iter()
            .filter(|sale| sale.ends_at > moment)
            .filter_map(|sale| kept(sale).map(|units| (sale, units)))
            .collect();
        live.sort_by_key(|(sale, _)| (sale.starts_at, sale.id));
        live
    }
}
