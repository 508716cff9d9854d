//! The states of orders that this server has recorded lately. The windows overlap, so that a busy store's orders come again and
//! again: what has not changed is not worth the locks on its SKUs.
//!
//! Not here: whether the order is still stored like that. Somebody may have changed it by hand, and the marketplace decides.

use crate::domain::{
    code::{OrderNumber, StoreCode},
    moment::Moment,
    orders::pulled::PulledOrder,
    stores::pull::OVERLAP,
};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, PoisonError},
};

/// With more orders of a store, those are forgotten that no window reaches any more.
const MANY: usize = 5_000;

/// For each order what it looked like when it was recorded, and when that was.
type Noted = HashMap<OrderNumber, (u64, Moment)>;

#[derive(Default)]
pub struct Seen(Mutex<HashMap<StoreCode, Noted>>);

impl Seen {
    /// For each order, whether it was recorded in this state.
    pub fn are_same(&self, store: &StoreCode, orders: &[PulledOrder]) -> Vec<bool> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_store = seen.get(store);
        let is_same = |order: &PulledOrder| {
            let known = of_store.and_then(|of_store| of_store.get(&order.number));
            known.is_some_and(|(fingerprint, _)| *fingerprint == fingerprint_of(order))
        };
        orders.iter().map(is_same).collect()
    }

    pub fn note(&self, store: &StoreCode, orders: &[PulledOrder], now: Moment) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_store = seen.entry(store.clone()).or_default();
        for order in orders {
            of_store.insert(order.number.clone(), (fingerprint_of(order), now));
        }
        if of_store.len() > MANY {
            of_store.retain(|_, (_, noted_at)| now.since(*noted_at) < OVERLAP * 2);
        }
    }
}

fn fingerprint_of(order: &PulledOrder) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{order:?}").hash(&mut hasher);
    hasher.finish()
}
