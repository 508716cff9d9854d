//! The cost of a hold for the other stores: how long each of them showed 0 of the SKU while the hold still had unsold
//! units, and which of their orders were oversold during that time.

use super::timeline::Timeline;
use crate::domain::{
    catalogue::ledger::{Entry, EntryKind},
    code::{OrderNumber, StoreCode},
    id::PromotionId,
    moment::Moment,
};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// The cost for one store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cost {
    /// How long the store showed 0.
    pub at_zero: TimeDelta,
    /// The orders that were oversold when they were recorded, including those that were cancelled later.
    pub short_orders: BTreeSet<OrderNumber>,
    /// The oversold units of these orders.
    pub short_units: i64,
}

impl Cost {
    /// Adds the cost of another SKU for the same store. An order that is short of both SKUs counts once.
    pub fn add(&mut self, other: Self) {
        let Self { at_zero, short_orders, short_units } = other;
        self.at_zero += at_zero;
        self.short_orders.extend(short_orders);
        self.short_units += short_units;
    }
}

/// The cost of a flash sale for one store, over all SKUs of the sale that the store lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TotalCost {
    /// The number of these SKUs.
    pub products: i64,
    /// The SKUs that the store showed as 0 for some time.
    pub products_at_zero: i64,
    /// The sum over the SKUs.
    pub sum: Cost,
}

impl TotalCost {
    /// Adds the cost of one more SKU.
    pub fn add(&mut self, cost: Cost) {
        self.products += 1;
        self.products_at_zero += i64::from(cost.at_zero > TimeDelta::zero());
        self.sum.add(cost);
    }
}

/// Computes the cost of one promotion's hold on one SKU for other stores, from the ledger entries of the SKU.
#[derive(Debug, Clone)]
pub struct Costs {
    promotion: PromotionId,
    timeline: Timeline,
    by_store: Vec<(StoreCode, Cost)>,
}

impl Costs {
    /// Starts with a cost of zero. `timeline` must begin no later than the hold was taken.
    pub fn new(promotion: PromotionId, timeline: Timeline, stores: impl IntoIterator<Item = StoreCode>) -> Self {
        let by_store = stores.into_iter().map(|store| (store, Cost::default())).collect();
        Self { promotion, timeline, by_store }
    }

    /// Applies the next entry, which was recorded at `at`.
    pub fn apply(&mut self, at: Moment, entry: &Entry) {
        self.advance(at);
        if entry.kind == EntryKind::OrderTaken
            && entry.change.oversold > 0
            && has_unsold(&self.timeline, self.promotion)
        {
            let of_store = self.by_store.iter_mut().find(|(store, _)| Some(store) == entry.store.as_ref());
            if let Some((_, cost)) = of_store {
                cost.short_units += entry.change.oversold;
                cost.short_orders.extend(entry.order.clone());
            }
        }
        self.timeline.apply(entry);
    }

    /// The cost for each store until `until`.
    #[must_use]
    pub fn finish(mut self, until: Moment) -> Vec<(StoreCode, Cost)> {
        self.advance(until);
        self.by_store
    }

    fn advance(&mut self, until: Moment) {
        let Self { promotion, timeline, by_store } = self;
        timeline.advance(until, |timeline, span| {
            if !has_unsold(timeline, *promotion) {
                return;
            }
            let position = timeline.position();
            for (store, cost) in by_store.iter_mut() {
                if position.quantity_for(store).total() == 0 {
                    cost.at_zero += span;
                }
            }
        });
    }
}

/// Whether the hold of `promotion` is live and has unsold units.
fn has_unsold(timeline: &Timeline, promotion: PromotionId) -> bool {
    timeline.hold(promotion).is_some_and(|hold| hold.remaining() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        catalogue::stock::Stock,
        code::SkuCode,
        orders::fulfilment::Taken,
        promotions::{
            hold::Hold,
            promotion::FlashSaleType::{self, StockAllocation as Allocation, StockReservation as Reservation},
            timeline::HoldLifetime,
        },
        testing::{LAZADA, SHOPEE, ZALORA, hold, noon, store},
    };

    fn minute(minutes: i64) -> Moment {
        noon().plus(TimeDelta::minutes(minutes))
    }

    fn id(number: u128) -> PromotionId {
        uuid::Uuid::from_u128(number).into()
    }

    /// The hold of the flash sale `number`, which ends at a minute and is taken by an entry.
    fn lifetime(number: u128, code: &str, kind: FlashSaleType, ends_at: i64) -> HoldLifetime {
        let hold = Hold { promotion: id(number), ..hold(code, kind, 0, 0) };
        HoldLifetime { hold, is_taken: false, ends_at: minute(ends_at) }
    }

    fn entry(kind: EntryKind) -> Entry {
        Entry::new(SkuCode::trusted("Product1".into()), kind)
    }

    fn takes(number: u128, code: &str, units: i64) -> Entry {
        Entry {
            promotion: Some(id(number)),
            store: Some(store(code)),
            held_change: units,
            ..entry(EntryKind::HoldTaken)
        }
    }

    /// An order, with the units that it takes out of its hold, of what is shared, and of nothing.
    fn sells(code: &str, order: &str, promotion: Option<u128>, [from_hold, from_shared, oversold]: [i64; 3]) -> Entry {
        let taken = Taken { promotion: promotion.map(id), from_hold, from_shared, oversold };
        Entry {
            store: Some(store(code)),
            promotion: taken.promotion,
            order: Some(OrderNumber::trusted(order.to_owned())),
            change: taken.commitment(),
            sold_change: from_hold,
            ..entry(EntryKind::OrderTaken)
        }
    }

    fn counts(change: i64) -> Entry {
        Entry { change: Stock { on_hand: change, ..Stock::default() }, ..entry(EntryKind::Stocktake) }
    }

    /// Minutes at zero, short orders and short units of each store, in the order of [`LAZADA`], [`SHOPEE`], [`ZALORA`].
    fn cost(lifetimes: Vec<HoldLifetime>, entries: &[(i64, Entry)], until: i64) -> [(i64, usize, i64); 3] {
        let timeline = Timeline::new(minute(0), Stock { on_hand: 100, ..Stock::default() }, lifetimes);
        let mut costs = Costs::new(id(1), timeline, [LAZADA, SHOPEE, ZALORA].map(store));
        entries.iter().for_each(|(at, entry)| costs.apply(minute(*at), entry));
        let costs = costs.finish(minute(until));
        [0, 1, 2].map(|nth| {
            let Cost { at_zero, short_orders, short_units } = &costs[nth].1;
            (at_zero.num_minutes(), short_orders.len(), *short_units)
        })
    }

    #[test]
    fn a_store_is_at_zero_from_its_last_unit_until_the_hold_is_sold() {
        let entries = [
            (0, takes(1, LAZADA, 60)),
            (10, sells(SHOPEE, "s1", None, [0, 40, 0])),
            (20, sells(LAZADA, "l1", Some(1), [30, 0, 0])),
            (30, sells(SHOPEE, "s2", None, [0, 0, 5])),
            (30, sells(SHOPEE, "s2", None, [0, 0, 1])),
            (40, sells(SHOPEE, "s3", None, [0, 0, 2])),
            (50, sells(LAZADA, "l2", Some(1), [30, 0, 0])),
            // The hold is sold out: it costs the other stores nothing any more.
            (55, sells(ZALORA, "z1", None, [0, 0, 1])),
        ];
        let article = || vec![lifetime(1, LAZADA, Allocation, 60)];
        assert_eq!(cost(article(), &entries, 120)[1..], [(40, 2, 8), (40, 0, 0)]);
        assert_eq!(cost(article(), &entries[..6], 45)[1..], [(35, 2, 8), (35, 0, 0)], "while it runs");
        assert_eq!(cost(article(), &entries[..6], 120)[1..], [(50, 2, 8), (50, 0, 0)], "the end frees what is left");
    }

    #[test]
    fn a_hold_that_ends_by_its_schedule_fills_the_other_stores_again() {
        let mut older = lifetime(9, SHOPEE, Reservation, 30);
        (older.is_taken, older.hold.quantity) = (true, 40);
        let lifetimes = vec![older, lifetime(1, LAZADA, Allocation, 60)];
        assert_eq!(cost(lifetimes, &[(0, takes(1, LAZADA, 60))], 50), [(0, 0, 0), (0, 0, 0), (30, 0, 0)]);
    }

    #[test]
    fn a_stocktake_changes_what_the_other_stores_show() {
        let entries = [(0, takes(1, LAZADA, 60)), (10, counts(-45)), (25, counts(25))];
        let lifetimes = vec![lifetime(1, LAZADA, Allocation, 60)];
        assert_eq!(cost(lifetimes, &entries, 90), [(0, 0, 0), (15, 0, 0), (15, 0, 0)]);
    }

    #[test]
    fn a_second_sale_keeps_its_store_selling_until_its_own_hold_is_sold() {
        let entries = [
            (0, takes(1, LAZADA, 60)),
            (10, takes(2, SHOPEE, 40)),
            (20, sells(SHOPEE, "s1", Some(2), [40, 0, 0])),
            (25, sells(ZALORA, "z1", None, [0, 0, 3])),
        ];
        let lifetimes = vec![lifetime(1, LAZADA, Reservation, 60), lifetime(2, SHOPEE, Allocation, 30)];
        assert_eq!(cost(lifetimes, &entries, 40), [(0, 0, 0), (20, 0, 0), (30, 1, 3)]);
    }

    #[test]
    fn a_hold_that_is_lowered_leaves_more_and_one_that_is_removed_leaves_all() {
        let changes = |kind, units| Entry { held_change: units, kind, ..takes(1, LAZADA, 0) };
        let entries = [
            (0, takes(1, LAZADA, 60)),
            (0, counts(-40)),
            (10, changes(EntryKind::HoldLowered, -20)),
            (20, changes(EntryKind::HoldRaised, 20)),
            (35, changes(EntryKind::HoldRemoved, -60)),
            (50, counts(-60)),
        ];
        let costs = |entries| cost(vec![lifetime(1, LAZADA, Allocation, 60)], entries, 90)[2].0;
        assert_eq!([costs(&entries[..3]), costs(&entries[..4]), costs(&entries)], [10, 50, 25]);
    }

    #[test]
    fn what_a_hold_costs_on_several_skus_is_added_up_and_an_order_counts_once() {
        let order = |number: &str| OrderNumber::trusted(number.to_owned());
        let of_one = |minutes, orders: &[&str], short_units| Cost {
            at_zero: TimeDelta::minutes(minutes),
            short_orders: orders.iter().map(|number| order(number)).collect(),
            short_units,
        };
        let mut total = TotalCost::default();
        [of_one(10, &["1", "2"], 5), of_one(0, &["2", "3"], 7)].into_iter().for_each(|cost| total.add(cost));
        let sum = of_one(10, &["1", "2", "3"], 12);
        assert_eq!(total, TotalCost { products: 2, products_at_zero: 1, sum });
    }
}
