//! The steps of a history that concern orders.

use super::{SKUS, STORES, sku_name, step::late_minutes, store_name};
use crate::scene::{cause, order_number, sku_code, store_code};
use chrono::TimeDelta;
use flashsale::{
    actions::orders::take_orders,
    domain::{
        code::LineId,
        moment::Moment,
        orders::order::{Fulfiller, IfShort, NewLine, NewOrder, OrderState, OrderStatus, StateLine},
    },
};
use rand::{RngExt, rngs::StdRng};

/// A store and the number of an order there.
pub type Key = (usize, i64);

/// Orders that one program sends.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub asks_first: bool,
    pub orders: Vec<Order>,
    pub late_minutes: i64,
}

#[derive(Debug, Clone)]
pub struct Order {
    pub named: Named,
    /// How many minutes before sending it was placed; negative if the clock of the store is ahead.
    pub placed_ago: Option<i64>,
    pub lines: Vec<(usize, i64)>,
}

/// Which order is sent.
#[derive(Debug, Clone)]
pub enum Named {
    /// A new one.
    New { store: usize },
    /// An earlier order, counted back from the latest.
    Again { back: usize },
    /// The order before it in the same step.
    Same,
}

/// Which order is closed.
#[derive(Debug, Clone)]
pub enum Which {
    /// An open one.
    Open(usize),
    /// Any order, counted back from the latest.
    Known { back: usize },
    /// An order that has not arrived, or never does.
    Coming { store: usize, ahead: i64 },
}

/// A store, sometimes one that does not exist.
fn store(random: &mut StdRng) -> usize {
    if random.random_ratio(1, 40) { STORES } else { random.random_range(0..STORES) }
}

/// Few units: otherwise more orders would arrive than are closed, and everything would be sold.
fn few(random: &mut StdRng) -> usize {
    [1, 1, 1, 1, 2, 3][random.random_range(0..6)]
}

impl Delivery {
    /// The orders that arrive together: often a single one.
    pub fn some(random: &mut StdRng) -> Vec<Self> {
        (0..few(random)).map(|_| Self::random(random)).collect()
    }

    fn random(random: &mut StdRng) -> Self {
        Self {
            asks_first: random.random_ratio(1, 3),
            orders: (0..few(random)).map(|_| Order::random(random)).collect(),
            late_minutes: late_minutes(random),
        }
    }

    /// The delivery for the program, with orders of these keys.
    pub fn delivery(&self, keys: &[Key], asked_at: Moment) -> take_orders::Delivery {
        take_orders::Delivery {
            cause: cause(asked_at),
            if_short: if self.asks_first { IfShort::Reject } else { IfShort::Record },
            orders: self.orders.iter().zip(keys).map(|(order, key)| order.order(*key, asked_at)).collect(),
        }
    }
}

impl Order {
    fn random(random: &mut StdRng) -> Self {
        let named = match random.random_range(0..10) {
            0 => Named::Again { back: random.random_range(0..8) },
            1 => Named::Same,
            _ => Named::New { store: store(random) },
        };
        let placed_ago = match random.random_range(0..40) {
            0..24 => None,
            24..38 => Some(random.random_range(0..60)),
            38 => Some(-random.random_range(1..1_440)),
            _ => Some(-1_441),
        };
        // The last SKU does not exist.
        let sku = |random: &mut StdRng| match random.random_ratio(1, 60) {
            true => SKUS,
            false => random.random_range(0..SKUS),
        };
        Self { named, placed_ago, lines: (0..few(random)).map(|_| (sku(random), random.random_range(1..10))).collect() }
    }

    pub fn placed_at(&self, asked_at: Moment) -> Option<Moment> {
        self.placed_ago.map(|minutes| asked_at.plus(TimeDelta::minutes(-minutes)))
    }

    fn order(&self, (store, number): Key, asked_at: Moment) -> NewOrder {
        let line = |(sku, quantity): &(usize, i64)| NewLine {
            item: sku_code(&sku_name(*sku)).into(),
            quantity: *quantity,
            unit_price_minor: None,
        };
        NewOrder {
            store: store_code(&store_name(store)),
            number: order_number(&number.to_string()),
            placed_at: self.placed_at(asked_at),
            lines: self.lines.iter().map(line).collect(),
        }
    }
}

/// A state of an order, as its store says it.
#[derive(Debug, Clone)]
pub struct Said {
    pub which: Which,
    pub status: OrderStatus,
    pub placed_ago: Option<i64>,
    pub updated_ago: Option<i64>,
    pub is_ours: Option<bool>,
    pub lines: Vec<SaidLine>,
    pub late_minutes: i64,
}

#[derive(Debug, Clone)]
pub struct SaidLine {
    pub id: u8,
    pub sku: usize,
    pub units: i64,
    pub status: Option<OrderStatus>,
    pub returned: i64,
}

/// Staff decide about returned units: those of one of the latest orders that have some.
#[derive(Debug, Clone)]
pub struct Decide {
    pub nth: usize,
    pub units: i64,
    pub is_restocked: bool,
}

fn status(random: &mut StdRng) -> OrderStatus {
    match random.random_range(0..10) {
        0..5 => OrderStatus::Open,
        5..8 => OrderStatus::Shipped,
        _ => OrderStatus::Cancelled,
    }
}

impl Said {
    pub fn random(random: &mut StdRng) -> Self {
        let which = match random.random_range(0..10) {
            0..4 => Which::Known { back: random.random_range(0..6) },
            4..7 => Which::Open(random.random_range(0..1_000)),
            _ => Which::Coming { store: store(random), ahead: 0 },
        };
        let placed_ago = match random.random_range(0..20) {
            0..10 => None,
            10..19 => Some(random.random_range(0..60)),
            _ => Some(-1_441),
        };
        let count = random.random_range(0..3);
        Self {
            which,
            status: status(random),
            placed_ago,
            updated_ago: random.random_ratio(2, 3).then(|| random.random_range(-2..8)),
            is_ours: random.random_ratio(1, 12).then(|| random.random()),
            lines: (0..=count).map(|id| SaidLine::random(random, id)).collect(),
            late_minutes: late_minutes(random),
        }
    }

    pub fn placed_at(&self, asked_at: Moment) -> Option<Moment> {
        self.placed_ago.map(|minutes| asked_at.plus(TimeDelta::minutes(-minutes)))
    }

    pub fn updated_at(&self, asked_at: Moment) -> Option<Moment> {
        self.updated_ago.map(|minutes| asked_at.plus(TimeDelta::minutes(-minutes)))
    }

    pub fn state(&self, (store, number): Key, asked_at: Moment) -> OrderState {
        let fulfiller = |is_ours| if is_ours { Fulfiller::Seller } else { Fulfiller::Marketplace };
        let line = |line: &SaidLine| StateLine {
            id: Some(LineId::parse(&line.id.to_string()).expect("an id")),
            item: sku_code(&sku_name(line.sku)).into(),
            quantity: line.units,
            status: line.status,
            returned: line.returned,
            unit_price_minor: None,
        };
        OrderState {
            store: store_code(&store_name(store)),
            number: order_number(&number.to_string()),
            placed_at: self.placed_at(asked_at),
            updated_at: self.updated_at(asked_at),
            status: self.status,
            payment: None,
            fulfilled_by: self.is_ours.map(fulfiller),
            lines: self.lines.iter().map(line).collect(),
        }
    }
}

impl SaidLine {
    fn random(random: &mut StdRng, id: u8) -> Self {
        let sku = if random.random_ratio(1, 60) { SKUS } else { random.random_range(0..SKUS) };
        Self {
            id,
            sku,
            units: random.random_range(0..10),
            status: random.random_ratio(1, 4).then(|| status(random)),
            returned: if random.random_ratio(1, 6) { random.random_range(1..4) } else { 0 },
        }
    }
}

impl Decide {
    pub fn random(random: &mut StdRng) -> Self {
        let (nth, units, is_restocked) =
            (random.random_range(0..8), random.random_range(1..6), random.random_ratio(2, 3));
        Self { nth, units, is_restocked }
    }
}

impl Which {
    pub fn random(random: &mut StdRng) -> Self {
        match random.random_range(0..10) {
            0 => Self::Known { back: random.random_range(0..20) },
            1 => Self::Coming { store: store(random), ahead: random.random_range(0..3) },
            _ => Self::Open(random.random_range(0..1_000)),
        }
    }
}
