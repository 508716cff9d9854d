//! The expected result of orders, decided unit by unit.

use super::{
    STORES,
    model::{Line, Model, Order},
    order_step::{self, Delivery, Key, Named, Which},
    sku_name, store_name,
};
use chrono::TimeDelta;
use flashsale::domain::{id::PromotionId, moment::Moment};

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
        let lines = self.open.iter().flat_map(|place| &self.orders[*place].lines).filter(|line| line.sku == sku);
        lines.fold((0, 0), |(committed, oversold), line| {
            (committed + line.taken[0] + line.taken[1], oversold + line.taken[2])
        })
    }

    /// Takes the orders of a delivery that was sent at `sent_at`, with the sales that are live at `moment`.
    pub fn take(&mut self, delivery: &Delivery, keys: &[Key], sent_at: Moment, moment: Moment) -> Vec<Became> {
        let of_one = |(order, key): (&order_step::Order, &Key)| {
            let awaited = match self.places.get(key) {
                Some(place) if !self.orders[*place].lines.is_empty() => {
                    return Became::Duplicate(self.orders[*place].lines.clone());
                }
                place => place.copied(),
            };
            let placed_at = order.placed_at(sent_at).unwrap_or(sent_at);
            if let Some(reason) = self.reason_to_reject(delivery, order, *key, (sent_at, placed_at, moment)) {
                return Became::Rejected(reason);
            }
            Became::Accepted(match awaited {
                Some(place) => {
                    let nothing = |(sku, _): &(usize, i64)| Line { sku: *sku, sale: None, taken: [0; 3] };
                    self.orders[place].lines = order.lines.iter().map(nothing).collect();
                    self.orders[place].lines.clone()
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
        self.orders.push(Order { key, is_open: true, is_shipped: false, lines: Vec::new() });
        self.places.insert(key, place);
        self.open.push(place);
        for (sku, units) in &order.lines {
            let (sale, taken) = self.sources(*sku, key.0, *units, placed_at, moment);
            if let Some(sale) = sale {
                self.sell(sale, *sku, taken[0]);
            }
            self.orders[place].lines.push(Line { sku: *sku, sale, taken });
        }
        self.orders[place].lines.clone()
    }

    /// Where each unit comes from: the store's own hold if that is backed, else the stock that neither a hold nor an
    /// oversold order has a claim on, else nowhere.
    fn sources(
        &self,
        sku: usize,
        store: usize,
        units: i64,
        placed_at: Moment,
        moment: Moment,
    ) -> (Option<PromotionId>, [i64; 3]) {
        let live = self.live(sku, moment);
        let own = live.iter().position(|(sale, _)| {
            sale.store == store && sale.starts_at.utc().timestamp() <= placed_at.utc().timestamp()
        });
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
        (own.map(|place| live[place].0.id), taken)
    }

    /// The reason why the order should not ship.
    pub fn ship(&mut self, key: Key) -> Vec<String> {
        let Some(place) = self.places.get(&key).copied() else { return vec!["unknown".to_owned()] };
        if !self.orders[place].is_open {
            return if self.orders[place].is_shipped { vec![] } else { vec!["cancelled".to_owned()] };
        }
        let lines = self.orders[place].lines.clone();
        let wanted = |sku| lines.iter().filter(|line| line.sku == sku).map(|line| line.taken.iter().sum::<i64>()).sum();
        let mut skus: Vec<usize> = lines.iter().map(|line| line.sku).collect();
        skus.sort_unstable();
        for sku in skus {
            let (units, on_hand): (i64, i64) = (wanted(sku), self.on_hand(sku));
            if units > on_hand {
                return vec![format!("{units} of {on_hand} {}", sku_name(sku))];
            }
        }
        lines.iter().for_each(|line| self.remove(line.sku, line.taken.iter().sum()));
        self.close(place, true);
        vec![]
    }

    /// The reason why the order should not be cancelled.
    pub fn cancel(&mut self, key: Key) -> Vec<String> {
        let Some(place) = self.places.get(&key).copied() else {
            if key.0 == STORES {
                return vec![format!("no store {}", store_name(STORES))];
            }
            self.places.insert(key, self.orders.len());
            self.orders.push(Order { key, is_open: false, is_shipped: false, lines: Vec::new() });
            return vec![];
        };
        if !self.orders[place].is_open {
            return if self.orders[place].is_shipped { vec!["shipped".to_owned()] } else { vec![] };
        }
        for line in self.orders[place].lines.clone() {
            if let Some(sale) = line.sale {
                self.sell(sale, line.sku, -line.taken[0]);
            }
        }
        self.close(place, false);
        vec![]
    }

    fn close(&mut self, place: usize, is_shipped: bool) {
        self.open.retain(|open| *open != place);
        (self.orders[place].is_open, self.orders[place].is_shipped) = (false, is_shipped);
    }
}
