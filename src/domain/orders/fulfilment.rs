//! Decides where the units of an order come from (design: "Orders"): first from the hold of its store, then from the
//! stock that neither a hold nor an earlier oversold order has a claim on. The rest is oversold.

use super::order::OrderRefusal;
use crate::domain::{
    catalogue::{availability::Availability, stock::Stock},
    code::{SkuCode, StoreCode},
    id::PromotionId,
    moment::Moment,
    promotions::hold::Hold,
};

/// The units of one order line, by where they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// The flash sale of the line: the store had a live hold on the SKU when the order was placed.
    pub promotion: Option<PromotionId>,
    /// Units from the hold of that flash sale.
    pub from_hold: i64,
    /// Units from stock that backs no hold.
    pub from_shared: i64,
    /// Units that stock does not cover.
    pub oversold: i64,
}

impl Taken {
    /// All units.
    pub fn total(self) -> i64 {
        self.from_hold + self.from_shared + self.oversold
    }

    /// The same after `units` of them were given back: those that nothing was left for first, then those of the stock that
    /// backs no hold, and those of the hold last.
    #[must_use]
    pub fn without(self, units: i64) -> Self {
        let oversold = self.oversold.min(units);
        let from_shared = self.from_shared.min(units - oversold);
        Self {
            promotion: self.promotion,
            from_hold: self.from_hold - (units - oversold - from_shared),
            from_shared: self.from_shared - from_shared,
            oversold: self.oversold - oversold,
        }
    }

    /// The change of the stock when the line is recorded.
    pub fn commitment(self) -> Stock {
        Stock { committed: self.from_hold + self.from_shared, oversold: self.oversold, ..Stock::default() }
    }

    /// The change of the stock when the line is shipped.
    pub fn shipment(self) -> Stock {
        let Self { from_hold, from_shared, oversold, .. } = self;
        Stock { on_hand: -(from_hold + from_shared + oversold), ..-self.commitment() }
    }
}

impl std::ops::Add for Taken {
    type Output = Self;

    /// The flash sale is that of the first.
    fn add(self, other: Self) -> Self {
        Self {
            promotion: self.promotion,
            from_hold: self.from_hold + other.from_hold,
            from_shared: self.from_shared + other.from_shared,
            oversold: self.oversold + other.oversold,
        }
    }
}

impl std::ops::Sub for Stock {
    type Output = Self;

    fn sub(mut self, other: Self) -> Self {
        self += -other;
        self
    }
}

impl std::ops::Neg for Stock {
    type Output = Self;

    fn neg(self) -> Self {
        let Self { on_hand, committed, oversold, buffer } = self;
        Self { on_hand: -on_hand, committed: -committed, oversold: -oversold, buffer: -buffer }
    }
}

/// Flash sales that are over, so that an order which comes in late still counts for the one in which it was placed. It takes
/// nothing from their holds, which nothing holds any more.
#[derive(Debug, Clone, Default)]
pub struct EndedSales(Vec<EndedSale>);

/// The hold of a flash sale that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSale {
    /// The SKU that it held.
    pub sku: SkuCode,
    /// The store that it held it for.
    pub store: StoreCode,
    /// The sale.
    pub promotion: PromotionId,
    /// The start of the sale.
    pub starts_at: Moment,
    /// The end of the sale, or when the product was removed from it.
    pub ends_at: Moment,
}

impl EndedSales {
    /// In any order.
    pub fn new(sales: Vec<EndedSale>) -> Self {
        Self(sales)
    }

    /// The sale of `sku` that ran on `store` at `placed_at`; the latest, if several did within its second.
    pub fn of(&self, sku: &SkuCode, store: &StoreCode, placed_at: Moment) -> Option<PromotionId> {
        let placed = placed_at.utc().timestamp();
        let of_store = self.0.iter().filter(|sale| sale.sku == *sku && sale.store == *store);
        let running = of_store.filter(|sale| sale.starts_at.utc().timestamp() <= placed && placed_at < sale.ends_at);
        running.max_by_key(|sale| (sale.starts_at, sale.promotion)).map(|sale| sale.promotion)
    }
}

/// Updated with each order while the orders of a batch are decided: what one takes is gone for the next.
impl Availability {
    /// Checks whether `store` can cover `asked` units of `sku`, for an order that is rejected if it falls short.
    ///
    /// # Errors
    /// [`OrderRefusal::NotEnoughStock`] if the store should show fewer units, or if some would be oversold.
    pub fn admit(&self, sku: &SkuCode, store: &StoreCode, asked: i64, placed_at: Moment) -> Result<(), OrderRefusal> {
        let taken = self.taken(store, asked, placed_at);
        let available = self.quantity_for(store).total().min(asked - taken.oversold);
        if asked <= available {
            return Ok(());
        }
        Err(OrderRefusal::NotEnoughStock { sku: sku.clone(), asked, available })
    }

    /// Takes `units` for an order of `store` that was placed at `placed_at`.
    pub fn take(&mut self, store: &StoreCode, units: i64, placed_at: Moment) -> Taken {
        let taken = self.taken(store, units, placed_at);
        self.change(taken.commitment(), taken.promotion, taken.from_hold);
        taken
    }

    /// Takes `units` more for a line that has taken some before, and belongs to the flash sale `promotion` or to none.
    pub fn take_more(&mut self, promotion: Option<PromotionId>, units: i64) -> Taken {
        let more = self.taken_from(|hold| Some(hold.promotion) == promotion, units);
        self.change(more.commitment(), promotion, more.from_hold);
        Taken { promotion, ..more }
    }

    /// Changes the stock, and what was sold from the hold of `promotion` if that is live.
    pub fn change(&mut self, stock: Stock, promotion: Option<PromotionId>, sold: i64) {
        self.stock += stock;
        if let Some(hold) = self.holds.iter_mut().find(|hold| Some(hold.promotion) == promotion) {
            hold.sold += sold;
        }
    }

    /// The result of [`Self::take`], without changing anything.
    fn taken(&self, store: &StoreCode, units: i64, placed_at: Moment) -> Taken {
        self.taken_from(|hold| hold.is_for(store, placed_at), units)
    }

    /// Where `units` come from, if the line may take from the hold that is its own.
    fn taken_from(&self, is_own: impl Fn(&Hold) -> bool, units: i64) -> Taken {
        let position = self.position();
        let backed: i64 = position.backed().map(|(_, backed)| backed).sum();
        let unclaimed = (self.stock.uncommitted() - backed - self.stock.oversold).max(0);
        let own = position.backed().find(|(hold, _)| is_own(hold));
        let from_hold = own.map_or(0, |(_, backed)| backed.min(units));
        let from_shared = unclaimed.min(units - from_hold);
        Taken {
            promotion: own.map(|(hold, _)| hold.promotion),
            from_hold,
            from_shared,
            oversold: units - from_hold - from_shared,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        promotions::promotion::FlashSaleType::{self, StockAllocation as Allocation, StockReservation as Reservation},
        testing::{LAZADA, SHOPEE, ZALORA, hold, noon, store},
    };
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn available(on_hand: i64, holds: &[(&str, FlashSaleType, i64)]) -> Availability {
        let holds =
            holds.iter().zip(1..).map(|((code, kind, quantity), id)| numbered(id, hold(code, *kind, *quantity, 0)));
        Availability { stock: Stock { on_hand, ..Stock::default() }, holds: holds.collect() }
    }

    /// The same hold, of a flash sale of its own.
    fn numbered(id: u128, hold: Hold) -> Hold {
        Hold { promotion: uuid::Uuid::from_u128(id).into(), ..hold }
    }

    fn sources(taken: Taken) -> [i64; 3] {
        [taken.from_hold, taken.from_shared, taken.oversold]
    }

    /// One row: the case, the availability, the orders before, the order, what it takes, and what the stores show then.
    type Row = (&'static str, Availability, &'static [(&'static str, i64)], (&'static str, i64), [i64; 3], [i64; 3]);

    #[test]
    fn orders_take_from_the_hold_then_from_what_is_shared_and_the_rest_is_oversold() {
        let rows: [Row; 9] = [
            ("design 5", available(100, &[(LAZADA, Allocation, 60)]), &[], (LAZADA, 10), [10, 0, 0], [50, 40, 40]),
            ("design 6", available(100, &[(LAZADA, Reservation, 60)]), &[], (LAZADA, 70), [60, 10, 0], [30, 30, 30]),
            ("design 7", available(100, &[(LAZADA, Allocation, 60)]), &[], (SHOPEE, 5), [0, 5, 0], [60, 35, 35]),
            ("design 8", available(100, &[(LAZADA, Allocation, 60)]), &[], (LAZADA, 60), [60, 0, 0], [0, 40, 40]),
            ("design 10", available(100, &[(LAZADA, Allocation, 60)]), &[], (SHOPEE, 45), [0, 40, 5], [60, 0, 0]),
            (
                "an allocation sells on from what is shared when it is used up: the order is a fact",
                available(100, &[(LAZADA, Allocation, 60)]),
                &[(LAZADA, 60)],
                (LAZADA, 50),
                [0, 40, 10],
                [0, 0, 0],
            ),
            (
                "an earlier debt comes before a later order",
                available(100, &[(LAZADA, Allocation, 60)]),
                &[(SHOPEE, 45)],
                (ZALORA, 1),
                [0, 0, 1],
                [60, 0, 0],
            ),
            (
                "a hold that is not in hand gives what is backed",
                available(50, &[(LAZADA, Allocation, 40), (SHOPEE, Reservation, 20)]),
                &[],
                (SHOPEE, 15),
                [10, 0, 5],
                [40, 0, 0],
            ),
            ("no hold at all", available(10, &[]), &[(LAZADA, 4)], (SHOPEE, 4), [0, 4, 0], [2, 2, 2]),
        ];
        for (case, mut availability, before, (code, units), expected, shown) in rows {
            for (code, units) in before {
                availability.take(&store(code), *units, noon());
            }
            assert_eq!(sources(availability.take(&store(code), units, noon())), expected, "{case}");
            let stores =
                [LAZADA, SHOPEE, ZALORA].map(|code| availability.position().quantity_for(&store(code)).total());
            assert_eq!(stores, shown, "{case}");
        }
    }

    #[test]
    fn the_buffer_is_for_orders_that_nothing_else_is_left_for() {
        let mut availability = available(10, &[]);
        availability.stock.buffer = 4;
        assert_eq!(sources(availability.take(&store(LAZADA), 9, noon())), [0, 9, 0]);
        assert_eq!(availability.position().shared(), 0);
    }

    #[test]
    fn an_order_from_before_the_sale_does_not_touch_the_hold() {
        let mut availability = available(100, &[(LAZADA, Allocation, 60)]);
        let placed_at = noon().plus(-TimeDelta::hours(2));
        assert_eq!(sources(availability.take(&store(LAZADA), 50, placed_at)), [0, 40, 10]);
    }

    #[test]
    fn who_asks_first_is_refused_what_the_store_is_not_shown() {
        let sku = SkuCode::trusted("Product1".into());
        let availability = available(100, &[(LAZADA, Allocation, 60)]);
        let asks = |code: &str, units| availability.admit(&sku, &store(code), units, noon());
        assert_eq!(asks(LAZADA, 60), Ok(()));
        assert_eq!(asks(SHOPEE, 40), Ok(()));
        let refused = |asked, available| Err(OrderRefusal::NotEnoughStock { sku: sku.clone(), asked, available });
        assert_eq!(asks(LAZADA, 61), refused(61, 60));
        assert_eq!(asks(SHOPEE, 41), refused(41, 40));
        let early = availability.admit(&sku, &store(LAZADA), 50, noon().plus(-TimeDelta::hours(2)));
        assert_eq!(early, refused(50, 40), "what the hold has is not for an order from before the sale");
    }

    #[test]
    fn what_nothing_was_left_for_is_given_back_first_and_what_the_hold_gave_last() {
        let taken = Taken { promotion: None, from_hold: 3, from_shared: 4, oversold: 5 };
        for (units, left) in [
            (0, [3, 4, 5]),
            (2, [3, 4, 3]),
            (5, [3, 4, 0]),
            (6, [3, 3, 0]),
            (9, [3, 0, 0]),
            (11, [1, 0, 0]),
            (12, [0, 0, 0]),
        ] {
            assert_eq!(sources(taken.without(units)), left, "{units}");
        }
    }

    #[test]
    fn a_late_order_counts_for_the_sale_in_which_it_was_placed() {
        let sku = SkuCode::trusted("Product1".into());
        let at = |minutes| noon().plus(TimeDelta::minutes(minutes));
        let sale = |id: u128, code: &str, from, until| EndedSale {
            sku: sku.clone(),
            store: store(code),
            promotion: uuid::Uuid::from_u128(id).into(),
            starts_at: at(from),
            ends_at: at(until),
        };
        let ended = EndedSales::new(vec![sale(1, LAZADA, 0, 10), sale(2, LAZADA, 10, 20), sale(3, SHOPEE, 0, 20)]);
        for (code, minutes, expected) in [
            (LAZADA, -1, None),
            (LAZADA, 0, Some(1)),
            (LAZADA, 9, Some(1)),
            (LAZADA, 10, Some(2)),
            (LAZADA, 20, None),
            (SHOPEE, 15, Some(3)),
            (ZALORA, 15, None),
        ] {
            let found = ended.of(&sku, &store(code), at(minutes));
            assert_eq!(found, expected.map(|id| uuid::Uuid::from_u128(id).into()), "{code} at {minutes}");
        }
        assert_eq!(ended.of(&SkuCode::trusted("Another".into()), &store(LAZADA), at(0)), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_order_takes_a_unit_that_is_promised_to_another(
            on_hand in 0..200_i64,
            buffer in 0..20_i64,
            sizes in prop::collection::vec((any::<bool>(), 1..80_i64), 0..4),
            orders in prop::collection::vec((0..5_usize, 1..60_i64), 1..20),
        ) {
            let codes = ["s-0", "s-1", "s-2", "s-3", "s-4"];
            let kind = |allocates| if allocates { Allocation } else { Reservation };
            let holds = sizes.iter().zip(codes).zip(1..).map(|(((allocates, units), code), id)| {
                numbered(id, hold(code, kind(*allocates), *units, 0))
            });
            let mut availability = Availability { stock: Stock { on_hand, buffer, ..Stock::default() }, holds: holds.collect() };
            for (nth, units) in orders {
                let before = availability.clone();
                let backed = |availability: &Availability| -> Vec<i64> { availability.position().backed().map(|(_, units)| units).collect() };
                let taken = availability.take(&store(codes[nth]), units, noon());
                prop_assert_eq!(taken.from_hold + taken.from_shared + taken.oversold, units);
                prop_assert!(taken.from_hold >= 0 && taken.from_shared >= 0 && taken.oversold >= 0);
                // What backs the holds of others stays; what is committed is in hand.
                for (index, (old, new)) in backed(&before).into_iter().zip(backed(&availability)).enumerate() {
                    let own = if availability.holds[index].store == store(codes[nth]) { taken.from_hold } else { 0 };
                    prop_assert_eq!(new, old - own);
                }
                prop_assert!(availability.stock.committed <= availability.stock.on_hand);
                // Nothing is owed while something is free.
                let free = availability.stock.uncommitted() - backed(&availability).iter().sum::<i64>();
                prop_assert!(availability.stock.oversold == before.stock.oversold || free <= availability.stock.oversold);
            }
        }
    }
}
