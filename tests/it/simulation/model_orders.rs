//! The expected result of orders, decided unit by unit.

use super::{
    STORES,
    model::{Held, Line, Model, Order, Sale},
    order_step::{self, Delivery, Key, Named, Which},
    sku_name, store_name,
};
use chrono::TimeDelta;
use flashsale::domain::{id::PromotionId, moment::Moment, orders::order::OrderStatus};

/// The result of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    Accepted(Vec<Line>),
    Duplicate(Vec<Line>),
    Rejected(String),
}

impl Model {
    /// The keys of the orders that are sent.
    pub fn keys(&mut self, deliveries: &[Delivery]) -> Vec<Vec<Key>> {
        let mut previous = None;
        let mut key = |named: &Named| {
            let again = match named {
                Named::New { .. } => None,
                Named::Again { back } => self.nth_order(*back),
                Named::Same => previous,
            };
            let store = if let Named::New { store } = named { *store } else { 0 };
            let key = again.unwrap_or_else(|| {
                self.next_number += 1;
                (store, self.next_number)
            });
            previous = Some(key);
            key
        };
        deliveries.iter().map(|delivery| delivery.orders.iter().map(|order| key(&order.named)).collect()).collect()
    }

    fn nth_order(&self, back: usize) -> Option<Key> {
        self.orders.iter().rev().nth(back).map(|order| order.key)
    }

    /// The order that `which` names.
    pub fn key(&self, which: &Which) -> Option<Key> {
        match which {
            Which::Open(nth) => {
                let place = (!self.open.is_empty()).then(|| self.open[nth % self.open.len()]);
                place.map(|place| self.orders[place].key)
            }
            Which::Known { back } => self.nth_order(*back),
            Which::Coming { store, ahead } => Some((*store, self.next_number + 1 + ahead)),
        }
    }

    /// The committed and the oversold units of `sku` in open orders.
    pub fn ordered(&self, sku: usize) -> (i64, i64) {
        let open = self.open.iter().flat_map(|place| &self.orders[*place].parts);
        let open = open.filter(|part| part.line.sku == sku && part.status == OrderStatus::Open);
        open.fold((0, 0), |(committed, oversold), part| {
            let [from_hold, from_shared, short] = part.line.taken;
            (committed + from_hold + from_shared, oversold + short)
        })
    }

    /// Takes the orders of a delivery that was sent at `sent_at`, with the sales that are live at `moment`.
    pub fn take(&mut self, delivery: &Delivery, keys: &[Key], sent_at: Moment, moment: Moment) -> Vec<Became> {
        let of_one = |(order, key): (&order_step::Order, &Key)| {
            let awaited = match self.places.get(key) {
                Some(place) if !self.orders[*place].parts.is_empty() => {
                    return Became::Duplicate(self.orders[*place].lines());
                }
                place => place.copied(),
            };
            let placed_at = order.placed_at(sent_at).unwrap_or(sent_at);
            if let Some(reason) = self.reason_to_reject(delivery, order, *key, (sent_at, placed_at, moment)) {
                return Became::Rejected(reason);
            }
            Became::Accepted(match awaited {
                Some(place) => {
                    let nothing = |(sku, units): &(usize, i64)| Held {
                        status: OrderStatus::Cancelled,
                        ..Held::new(Line { sku: *sku, sale: None, taken: [0; 3] }, *units)
                    };
                    self.orders[place].parts = order.lines.iter().map(nothing).collect();
                    self.orders[place].placed_at = placed_at;
                    self.orders[place].lines()
                }
                None => self.accept(order, *key, placed_at, moment),
            })
        };
        delivery.orders.iter().zip(keys).map(of_one).collect()
    }

    fn reason_to_reject(
        &self,
        delivery: &Delivery,
        order: &order_step::Order,
        (store, _): Key,
        (sent_at, placed_at, moment): (Moment, Moment, Moment),
    ) -> Option<String> {
        if store == STORES {
            return Some(format!("no store {}", store_name(store)));
        }
        if placed_at.since(sent_at) > TimeDelta::days(1) {
            return Some("placed in the future".to_owned());
        }
        if let Some((sku, _)) = order.lines.iter().find(|(sku, _)| !self.is_known(*sku)) {
            return Some(format!("no {}", sku_name(*sku)));
        }
        let mut skus: Vec<usize> = order.lines.iter().map(|(sku, _)| *sku).collect();
        skus.sort_unstable();
        skus.into_iter().filter(|_| delivery.asks_first).find_map(|sku| {
            if !self.is_listed(sku, store) {
                return Some(format!("{} not listed", sku_name(sku)));
            }
            let asked: i64 = order.lines.iter().filter(|line| line.0 == sku).map(|line| line.1).sum();
            let (_, [from_hold, from_shared, _]) = self.sources(sku, store, asked, placed_at, moment);
            let available = self.shown_by(sku, store, moment).min(from_hold + from_shared);
            (asked > available).then(|| format!("{asked} of {available} {}", sku_name(sku)))
        })
    }

    fn accept(&mut self, order: &order_step::Order, key: Key, placed_at: Moment, moment: Moment) -> Vec<Line> {
        let place = self.orders.len();
        self.add(key, placed_at);
        self.open.push(place);
        for (sku, units) in &order.lines {
            let (of_live, taken) = self.sources(*sku, key.0, *units, placed_at, moment);
            let is_said = order.placed_ago.is_some();
            let sale = of_live.or_else(|| is_said.then(|| self.over(*sku, key.0, placed_at, moment)).flatten());
            if let Some(sale) = sale {
                self.sell(sale, *sku, taken[0]);
            }
            self.orders[place].parts.push(Held::new(Line { sku: *sku, sale, taken }, *units));
        }
        self.orders[place].lines()
    }

    /// A new order without lines.
    pub(super) fn add(&mut self, key: Key, placed_at: Moment) -> usize {
        let place = self.orders.len();
        let order = Order { key, placed_at, updated_at: None, cancelled_at: None, is_ours: true, parts: Vec::new() };
        self.orders.push(order);
        self.places.insert(key, place);
        place
    }

    /// Where each unit comes from: the store's own hold if that is backed, else the stock that neither a hold nor an
    /// oversold order has a claim on, else nowhere.
    pub(super) fn sources(
        &self,
        sku: usize,
        store: usize,
        units: i64,
        placed_at: Moment,
        moment: Moment,
    ) -> (Option<PromotionId>, [i64; 3]) {
        let live = self.live(sku, moment);
        let own = live
            .iter()
            .find(|(sale, _)| sale.store == store && sale.starts_at.utc().timestamp() <= placed_at.utc().timestamp());
        let own = own.map(|(sale, _)| sale.id);
        (own, self.sources_of(sku, own, units, moment))
    }

    /// The sale that is over and ran when the order was placed.
    pub(super) fn over(&self, sku: usize, store: usize, placed_at: Moment, moment: Moment) -> Option<PromotionId> {
        let ends_at = |sale: &Sale| {
            let product = sale.products.iter().find(|product| product.sku == sku)?;
            Some(product.removed_at.unwrap_or(sale.ends_at))
        };
        let ran = |sale: &&Sale| {
            sale.store == store
                && sale.starts_at.utc().timestamp() <= placed_at.utc().timestamp()
                && ends_at(sale).is_some_and(|ends_at| ends_at <= moment && ends_at > placed_at)
        };
        self.sales.iter().filter(ran).max_by_key(|sale| (sale.starts_at, sale.id)).map(|sale| sale.id)
    }

    /// The same for a line that may take from the hold of one sale.
    pub(super) fn sources_of(&self, sku: usize, own: Option<PromotionId>, units: i64, moment: Moment) -> [i64; 3] {
        let live = self.live(sku, moment);
        let own = live.iter().position(|(sale, _)| Some(sale.id) == own);
        let mut kept: Vec<i64> = live.iter().map(|(_, units)| *units).collect();
        let (committed, mut owed) = self.ordered(sku);
        let mut in_hand = self.on_hand(sku) - committed;
        let mut taken = [0; 3];
        for _ in 0..units {
            let mut left = in_hand.max(0);
            let mut of_own = 0;
            for (place, units) in kept.iter().enumerate() {
                let backed = left.min(*units);
                left -= backed;
                if Some(place) == own {
                    of_own = backed;
                }
            }
            if of_own > 0 {
                taken[0] += 1;
                in_hand -= 1;
                kept[own.expect("it has some")] -= 1;
            } else if left > owed {
                taken[1] += 1;
                in_hand -= 1;
            } else {
                taken[2] += 1;
                owed += 1;
            }
        }
        taken
    }

    /// The reason why the order should not ship.
    pub fn ship(&mut self, key: Key) -> Vec<String> {
        let Some(place) = self.places.get(&key).copied() else { return vec!["unknown".to_owned()] };
        match self.orders[place].status() {
            OrderStatus::Open => {}
            OrderStatus::Shipped => return vec![],
            OrderStatus::Cancelled => return vec!["cancelled".to_owned()],
        }
        let open = self.orders[place].parts.iter().filter(|part| part.status == OrderStatus::Open);
        let lines: Vec<Line> = open.map(|part| part.line.clone()).collect();
        let wanted = |sku| lines.iter().filter(|line| line.sku == sku).map(Line::units).sum();
        let mut skus: Vec<usize> = lines.iter().map(|line| line.sku).collect();
        skus.sort_unstable();
        for sku in skus {
            let (units, on_hand): (i64, i64) = (wanted(sku), self.on_hand(sku));
            if units > on_hand {
                return vec![format!("{units} of {on_hand} {}", sku_name(sku))];
            }
        }
        lines.iter().for_each(|line| self.remove(line.sku, line.units()));
        self.close(place, OrderStatus::Shipped);
        vec![]
    }

    /// The reason why the order should not be cancelled.
    pub fn cancel(&mut self, key: Key) -> Vec<String> {
        let Some(place) = self.places.get(&key).copied() else {
            if key.0 == STORES {
                return vec![format!("no store {}", store_name(STORES))];
            }
            let place = self.add(key, self.now);
            self.orders[place].cancelled_at = Some(self.now);
            return vec![];
        };
        match self.orders[place].status() {
            OrderStatus::Open => {}
            OrderStatus::Shipped => return vec!["shipped".to_owned()],
            OrderStatus::Cancelled => return vec![],
        }
        for part in self.orders[place].parts.clone() {
            if let (OrderStatus::Open, Some(sale)) = (part.status, part.line.sale) {
                self.sell(sale, part.line.sku, -part.line.taken[0]);
            }
        }
        self.close(place, OrderStatus::Cancelled);
        vec![]
    }

    fn close(&mut self, place: usize, status: OrderStatus) {
        for part in &mut self.orders[place].parts {
            if part.status == OrderStatus::Open {
                part.status = status;
            }
        }
        self.open.retain(|open| *open != place);
    }
}

impl Order {
    /// Open while a line is, then shipped if a line is.
    pub fn status(&self) -> OrderStatus {
        let has = |status| self.parts.iter().any(|part| part.status == status);
        if has(OrderStatus::Open) {
            OrderStatus::Open
        } else if has(OrderStatus::Shipped) {
            OrderStatus::Shipped
        } else {
            OrderStatus::Cancelled
        }
    }

    fn lines(&self) -> Vec<Line> {
        self.parts.iter().map(|part| part.line.clone()).collect()
    }
}

impl Line {
    pub fn units(&self) -> i64 {
        self.taken.iter().sum()
    }
}

impl Held {
    pub fn new(line: Line, quantity: i64) -> Self {
        Self { id: None, line, quantity, status: OrderStatus::Open, returned: 0, decided: 0 }
    }
}
