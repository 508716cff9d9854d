//! What happens at the shops by itself: buyers order, pay or do not, cancel and send back; the seller ships; and somebody types
//! a number there that flashsale does not know. How often is said by [`Rates`].
//!
//! Everything is driven by the clock and by generators of random numbers with one seed, so that it happens in the same way again. Tests
//! call [`Marketplace::step`]; otherwise the server of the simulation does while buyers are buying.

use super::{
    orders::{self, UnitState, messages::Manner},
    shop::{ChangedBy, Product, ProductId, World},
    simulation::Marketplace,
};
use crate::domain::moment::Moment;
use chrono::TimeDelta;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How often the server looks whether something is to happen.
const PAUSE: Duration = Duration::from_millis(100);

const MILLISECONDS_OF_AN_HOUR: i64 = 3_600_000;

/// By how many units the numbers are off that somebody types.
const TYPED_OFF: i64 = 5;

/// How often something happens. Parts are of a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// Whether the server lets it happen. Tests that call [`Marketplace::step`] leave it off.
    pub are_buying: bool,
    /// In all shops together.
    pub orders_an_hour: u32,
    /// Numbers that somebody of the seller types at a marketplace.
    pub typed_an_hour: u32,
    /// The most units of a line.
    pub most_units: u32,
    /// Of the orders, those that are not paid at first.
    pub unpaid: u32,
    /// Of the unpaid ones, those that are never paid, and cancelled at last.
    pub abandoned: u32,
    /// Of the paid ones, those of which the buyer cancels a unit or all before they are shipped.
    pub cancelled: u32,
    /// Of the shipped ones, those of which a unit comes back.
    pub returned: u32,
    /// How long an order waits at most until something happens to it.
    pub step_seconds: u32,
    /// Of the messages that are sent [`Manner::Unreliably`].
    pub late_messages: u32,
    pub double_messages: u32,
    pub lost_messages: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            are_buying: false,
            orders_an_hour: 120,
            typed_an_hour: 4,
            most_units: 3,
            unpaid: 30,
            abandoned: 40,
            cancelled: 10,
            returned: 10,
            step_seconds: 240,
            late_messages: 10,
            double_messages: 10,
            lost_messages: 10,
        }
    }
}

/// What happens to an order one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Pay,
    CancelUnit,
    Cancel,
    Ship,
    Return,
}

pub(super) struct Buyers {
    pub(super) rates: Rates,
    random: StdRng,
    /// Of the messages, so that buyers do the same whether there are messages or not.
    random_of_messages: StdRng,
    /// The shops that buyers buy in, by their codes.
    shops: BTreeSet<String>,
    /// The seller SKUs of what they do not buy, and of which nobody types a number.
    spared: BTreeSet<String>,
    /// The time of the last step.
    last_at: Option<Moment>,
    /// What is left over from the last step of orders and of typed numbers: rates times milliseconds.
    owed: (i64, i64),
    /// What will happen to orders: when, and as the how manieth that was planned.
    planned: BTreeMap<(Moment, u64), Planned>,
    plans: u64,
}

struct Planned {
    shop: String,
    number: String,
    turn: Turn,
}

impl Default for Buyers {
    fn default() -> Self {
        Self {
            rates: Rates::default(),
            random: StdRng::seed_from_u64(1),
            random_of_messages: StdRng::seed_from_u64(1),
            shops: BTreeSet::new(),
            spared: BTreeSet::new(),
            last_at: None,
            owed: (0, 0),
            planned: BTreeMap::new(),
            plans: 0,
        }
    }
}

impl Buyers {
    /// How the next of the messages is sent that are sent unreliably.
    pub(super) fn manner(&mut self) -> Manner {
        let Rates { late_messages, double_messages, lost_messages, .. } = self.rates;
        let drawn = self.random_of_messages.random_range(0..100);
        if drawn < late_messages {
            Manner::Late
        } else if drawn < late_messages + double_messages {
            Manner::Twice
        } else if drawn < late_messages + double_messages + lost_messages {
            Manner::Never
        } else {
            Manner::AtOnce
        }
    }

    fn happens(&mut self, of_a_hundred: u32) -> bool {
        self.random.random_range(0..100) < of_a_hundred
    }

    /// How many orders and typed numbers there are now.
    fn due(&mut self, now: Moment) -> (i64, i64) {
        let since = self.last_at.replace(now).map_or(TimeDelta::zero(), |last| now.since(last));
        let passed = since.num_milliseconds().max(0);
        let orders = self.owed.0 + passed * i64::from(self.rates.orders_an_hour);
        let typed = self.owed.1 + passed * i64::from(self.rates.typed_an_hour);
        self.owed = (orders % MILLISECONDS_OF_AN_HOUR, typed % MILLISECONDS_OF_AN_HOUR);
        (orders / MILLISECONDS_OF_AN_HOUR, typed / MILLISECONDS_OF_AN_HOUR)
    }

    /// Plans what happens to a new order.
    fn plan(&mut self, shop: &str, number: &str, is_paid: bool, now: Moment) {
        let mut at = now;
        let mut plan = |buyers: &mut Self, turn: Turn| {
            let most = i64::from(buyers.rates.step_seconds.max(1)) * 1_000;
            at = at.plus(TimeDelta::milliseconds(buyers.random.random_range(1..=most)));
            buyers.plans += 1;
            let planned = Planned { shop: shop.to_owned(), number: number.to_owned(), turn };
            buyers.planned.insert((at, buyers.plans), planned);
        };
        if !is_paid {
            let is_abandoned = self.happens(self.rates.abandoned);
            plan(self, if is_abandoned { Turn::Cancel } else { Turn::Pay });
            if is_abandoned {
                return;
            }
        }
        if self.happens(self.rates.cancelled) {
            let is_part = self.random.random();
            plan(self, if is_part { Turn::CancelUnit } else { Turn::Cancel });
        }
        plan(self, Turn::Ship);
        if self.happens(self.rates.returned) {
            plan(self, Turn::Return);
        }
    }

    fn next_planned(&mut self, now: Moment) -> Option<Planned> {
        let first = self.planned.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}

impl Marketplace {
    /// Where buyers buy and what they leave, and with which random numbers everything happens.
    pub fn set_buyers(&self, shops: &[&str], spared: &[&str], seed: u64) {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let mut world = self.world();
        let rates = world.buyers.rates;
        world.buyers = Buyers {
            rates,
            random: StdRng::seed_from_u64(seed),
            random_of_messages: StdRng::seed_from_u64(seed),
            shops: owned(shops),
            spared: owned(spared),
            last_at: Some(self.now()),
            ..Buyers::default()
        };
    }

    pub fn set_rates(&self, rates: Rates) {
        let buyers = &mut self.world().buyers;
        buyers.rates = rates;
        buyers.last_at = Some(self.now());
    }

    pub fn rates(&self) -> Rates {
        self.world().buyers.rates
    }

    /// Lets everything happen that is due by now.
    pub fn step(&self) {
        let now = self.now();
        let mut world = self.world();
        while let Some(planned) = world.buyers.next_planned(now) {
            take_turn(&mut world, &planned, now);
        }
        let (orders, typed) = world.buyers.due(now);
        for _ in 0..orders {
            order(&mut world, now);
        }
        for _ in 0..typed {
            type_number(&mut world, now);
        }
    }

    /// Whether nothing will happen to any order by itself.
    pub fn is_quiet(&self) -> bool {
        self.world().buyers.planned.is_empty()
    }

    /// Lets it happen for as long as the server runs.
    pub(super) async fn keep_buying(self) {
        loop {
            tokio::time::sleep(PAUSE).await;
            if self.rates().are_buying {
                self.step();
            }
        }
    }
}

/// A buyer orders one or two products of a shop.
fn order(world: &mut World, now: Moment) {
    let Some((shop, first)) = choose(world) else { return };
    let mut lines = Vec::new();
    let second = world.buyers.random.random_ratio(1, 4).then(|| choose_in(world, &shop)).flatten();
    for id in [Some(first), second].into_iter().flatten() {
        let shown = world.shops[&shop].products[&id].quantity.unwrap_or(0);
        let most = i64::from(world.buyers.rates.most_units).min(shown);
        if most > 0 && lines.iter().all(|(of_other, _)| *of_other != id) {
            lines.push((id, world.buyers.random.random_range(1..=most)));
        }
    }
    if lines.is_empty() {
        return;
    }
    let is_paid = !world.buyers.happens(world.buyers.rates.unpaid);
    if let Some(number) = orders::place(world, &shop, &lines, is_paid, now) {
        world.buyers.plan(&shop, &number, is_paid, now);
    }
}

/// Somebody types another number at a marketplace.
fn type_number(world: &mut World, now: Moment) {
    let Some((shop, id)) = choose(world) else { return };
    let shown = world.shops[&shop].products[&id].quantity.unwrap_or(0);
    let off = world.buyers.random.random_range(-TYPED_OFF..=TYPED_OFF);
    world.set(&shop, &id, "", (shown + off).max(0), ChangedBy::Hand, now);
}

fn take_turn(world: &mut World, planned: &Planned, now: Moment) {
    use UnitState::{Cancelled, Delivered, Packed, Paid, Returned, Shipped, Unpaid};
    let Planned { shop, number, turn } = planned;
    let change = |order: &mut orders::Order| match turn {
        Turn::Pay => order.move_units(&[Unpaid], Paid),
        Turn::Cancel => order.move_units(&[Unpaid, Paid, Packed], Cancelled),
        Turn::CancelUnit => {
            if let Some(unit) = order.units.iter_mut().rfind(|unit| unit.state.is_waiting()) {
                unit.state = Cancelled;
            }
        }
        Turn::Ship => order.move_units(&[Paid, Packed], Shipped),
        Turn::Return => {
            if let Some(unit) = order.units.iter_mut().rfind(|unit| matches!(unit.state, Shipped | Delivered)) {
                unit.state = Returned;
            }
        }
    };
    orders::change(world, shop, number, change, now);
}

/// A product of some shop.
fn choose(world: &mut World) -> Option<(String, ProductId)> {
    let open: Vec<&String> = world.buyers.shops.iter().filter(|code| world.shops.contains_key(*code)).collect();
    if open.is_empty() {
        return None;
    }
    let shop = open[world.buyers.random.random_range(0..open.len())].clone();
    let id = choose_in(world, &shop)?;
    Some((shop, id))
}

fn choose_in(world: &mut World, shop: &str) -> Option<ProductId> {
    let buyers = &mut world.buyers;
    let is_bought = |product: &Product| !buyers.spared.contains(&product.seller_sku);
    let products: Vec<&ProductId> =
        world.shops[shop].products.iter().filter(|(_, product)| is_bought(product)).map(|(id, _)| id).collect();
    if products.is_empty() {
        return None;
    }
    Some(products[buyers.random.random_range(0..products.len())].clone())
}
