//! Orders at the simulated marketplaces: buyers place them as far as the shop shows units, they change, and the marketplace
//! gives units back as its documents say. The messages about them are in [`messages`].

pub(super) mod messages;

use super::{
    registry,
    shop::{ChangedBy, ProductId, World},
    simulation::Marketplace,
    storefront,
};
use crate::domain::moment::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The price of everything that the demo has no price for, in hundredths.
const PRICE_CENTS: u32 = 7_990;

/// The states that the marketplaces have words of their own for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitState {
    Unpaid,
    Paid,
    /// The seller has packed it.
    Packed,
    Shipped,
    Delivered,
    Cancelled,
    /// The buyer has sent it back, and it has arrived.
    Returned,
}

impl UnitState {
    /// Whether the units are promised and still in the warehouse.
    pub(super) fn is_waiting(self) -> bool {
        matches!(self, Self::Unpaid | Self::Paid | Self::Packed)
    }
}

/// One unit of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unit {
    pub id: u64,
    #[serde(flatten)]
    pub product: ProductId,
    pub seller_sku: String,
    /// In hundredths of the currency of the order.
    pub price_cents: u32,
    pub state: UnitState,
    /// The marketplace's own word instead of that of the state, if a test wants one.
    pub word: Option<&'static str>,
    pub updated_at: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    pub id: u64,
    pub number: String,
    pub placed_at: Moment,
    pub updated_at: Moment,
    /// Whether it is sent from the marketplace's own warehouse.
    pub is_of_marketplace: bool,
    /// Three letters (ISO 4217).
    pub currency: &'static str,
    pub units: Vec<Unit>,
}

/// The orders of a shop, in the order in which they were placed.
#[derive(Default)]
pub(super) struct Orders {
    pub(super) placed: Vec<Order>,
    /// Their positions by their numbers.
    positions: BTreeMap<String, usize>,
}

impl Orders {
    fn add(&mut self, order: Order) {
        self.positions.insert(order.number.clone(), self.placed.len());
        self.placed.push(order);
    }

    pub(super) fn find(&self, number: &str) -> Option<&Order> {
        self.positions.get(number).map(|position| &self.placed[*position])
    }

    pub(super) fn find_id(&self, id: u64) -> Option<&Order> {
        let position = self.placed.binary_search_by_key(&id, |order| order.id).ok()?;
        self.placed.get(position)
    }
}

impl Order {
    /// Brings all units in one of some states into another.
    pub(super) fn move_units(&mut self, from: &[UnitState], to: UnitState) {
        for unit in self.units.iter_mut().filter(|unit| from.contains(&unit.state)) {
            unit.state = to;
        }
    }

    pub(super) fn is_any(&self, state: UnitState) -> bool {
        self.units.iter().any(|unit| unit.state == state)
    }
}

impl Marketplace {
    /// A buyer orders so many units of each product. `None` if the shop does not show as many. Returns the number of the
    /// order.
    pub fn place_order(&self, shop: &str, lines: &[(ProductId, i64)], is_paid: bool) -> Option<String> {
        let now = self.now();
        place(&mut self.world(), shop, lines, is_paid, now)
    }

    /// Adds so many orders of one unit that were placed before, without taking their units and without messages.
    pub fn add_orders(&self, shop: &str, count: usize, product: &ProductId) {
        let now = self.now();
        let mut world = self.world();
        for _ in 0..count {
            add(&mut world, shop, &[(product.clone(), 1)], true, now);
        }
    }

    /// Changes an order as its buyer, its seller or the marketplace does. The units that are cancelled before they are
    /// shipped can be bought again.
    pub fn change_order(&self, shop: &str, number: &str, change: impl FnOnce(&mut Order)) {
        let now = self.now();
        self::change(&mut self.world(), shop, number, change, now);
    }

    /// Brings all units of an order that are not cancelled into one state.
    pub fn move_order(&self, shop: &str, number: &str, state: UnitState) {
        self.change_order(shop, number, |order| {
            for unit in order.units.iter_mut().filter(|unit| unit.state != UnitState::Cancelled) {
                unit.state = state;
            }
        });
    }

    pub fn orders(&self, shop: &str) -> Vec<Order> {
        self.world().shops.get(shop).map(|shop| shop.orders.placed.clone()).unwrap_or_default()
    }
}

/// A buyer orders, see [`Marketplace::place_order`].
pub(super) fn place(
    world: &mut World,
    shop: &str,
    lines: &[(ProductId, i64)],
    is_paid: bool,
    now: Moment,
) -> Option<String> {
    for (id, units) in lines {
        let shown = world.shops.get(shop)?.products.get(id)?.quantity.unwrap_or(0);
        if shown < *units {
            return None;
        }
    }
    for (id, units) in lines {
        take(world, shop, id, *units, now);
    }
    let number = add(world, shop, lines, is_paid, now);
    messages::queue(world, shop, &number, true, now);
    Some(number)
}

/// Changes an order, see [`Marketplace::change_order`].
pub(super) fn change(world: &mut World, shop: &str, number: &str, change: impl FnOnce(&mut Order), now: Moment) {
    let Some(found) = world.shops.get_mut(shop) else { return };
    let Some(position) = found.orders.positions.get(number).copied() else { return };
    let order = &mut found.orders.placed[position];
    let before = order.clone();
    change(order);
    if *order == before {
        return;
    }
    order.updated_at = now;
    let mut changed = Vec::new();
    for (unit, old) in order.units.iter_mut().zip(&before.units) {
        if unit != old {
            unit.updated_at = now;
            changed.push((unit.product.clone(), old.state, unit.state));
        }
    }
    for (product, from, to) in changed {
        settle(world, shop, &product, from, to, now);
    }
    messages::queue(world, shop, number, false, now);
}

/// Takes units out of what the shop shows.
fn take(world: &mut World, shop: &str, id: &ProductId, units: i64, now: Moment) {
    let shown = world.shops.get(shop).and_then(|shop| shop.products.get(id)).and_then(|product| product.quantity);
    world.set(shop, id, "", shown.unwrap_or(0) - units, ChangedBy::Sale, now);
    reserve(world, shop, id, units);
}

/// Counts units of open orders, where the marketplace has them in the quantity of its API.
fn reserve(world: &mut World, shop: &str, id: &ProductId, units: i64) {
    if let Some(found) = world.shops.get_mut(shop)
        && registry::of_kind(found.kind).keeps_open_orders_in_quantity()
        && let Some(product) = found.products.get_mut(id)
    {
        product.reserved += units;
    }
}

/// What the change of a unit means for what the shop shows.
fn settle(world: &mut World, shop: &str, id: &ProductId, from: UnitState, to: UnitState, now: Moment) {
    if !from.is_waiting() || to.is_waiting() {
        return;
    }
    reserve(world, shop, id, -1);
    if to == UnitState::Cancelled {
        let shown = world.shops.get(shop).and_then(|shop| shop.products.get(id)).and_then(|product| product.quantity);
        world.set(shop, id, "", shown.unwrap_or(0) + 1, ChangedBy::Sale, now);
    }
}

fn add(world: &mut World, shop: &str, lines: &[(ProductId, i64)], is_paid: bool, now: Moment) -> String {
    world.last_order += 1;
    let id = 2_600_000 + world.last_order;
    let Some(found) = world.shops.get_mut(shop) else { return String::new() };
    let number = registry::of_kind(found.kind).order_number(id);
    let currency = found.currency();
    let mut units = Vec::new();
    let state = if is_paid { UnitState::Paid } else { UnitState::Unpaid };
    for (product, count) in lines {
        let seller_sku = found.products.get(product).map_or("", |product| product.seller_sku.as_str());
        for _ in 0..*count {
            units.push(Unit {
                id: id * 1_000 + units.len() as u64,
                product: product.clone(),
                seller_sku: seller_sku.to_owned(),
                price_cents: storefront::price_cents(seller_sku, currency).unwrap_or(PRICE_CENTS),
                state,
                word: None,
                updated_at: now,
            });
        }
    }
    let order = Order {
        id,
        number: number.clone(),
        placed_at: now,
        updated_at: now,
        is_of_marketplace: false,
        currency: found.currency_code(),
        units,
    };
    found.orders.add(order);
    number
}
