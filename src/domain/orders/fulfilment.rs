//! Decides where the units of an order come from (design: "Orders"): first from the hold of its store, then from the
//! stock that neither a hold nor an earlier oversold order has a claim on. The rest is oversold.

use super::order::OrderRefusal;
use crate::domain::{
    catalogue::{availability::Availability, stock::Stock},
    code::{SkuCode, StoreCode},
    id::PromotionId,
    moment::Moment,
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

impl std::ops::Neg for Stock {
    type Output = Self;

    fn neg(self) -> Self {
        let Self { on_hand, committed, oversold, buffer } = self;
        Self { on_hand: -on_hand, committed: -committed, oversold: -oversold, buffer: -buffer }
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
        self.stock += taken.commitment();
        if let Some(hold) = self.holds.iter_mut().find(|hold| Some(hold.promotion) == taken.promotion) {
            hold.sold += taken.from_hold;
        }
        taken
    }

    /// The result of [`Self::take`], without changing anything.
    fn taken(&self, store: &StoreCode, units: i64, placed_at: Moment) -> Taken {
        let position = self.position();
        let backed: i64 = position.backed().map(|(_, backed)| backed).sum();
        let unclaimed = (self.stock.uncommitted() - backed - self.stock.oversold).max(0);
        let own = position.backed().find(|(hold, _)| hold.is_for(store, placed_at));
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
        promotions::hold::Hold,
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
