//! The arithmetic of flash sales (design: "The arithmetic"): the shared stock, the units that back a hold, and the
//! quantity that each store should show. These are computed whenever they are needed and never stored, so that a sale
//! gives its stock back at its scheduled end without a job that does it.
//!
//! Architecture invariant: every quantity of a store comes from [`Position::quantity_for`].

use super::stock::Stock;
use crate::domain::{
    code::{SkuCode, StoreCode},
    promotions::{hold::Hold, promotion::FlashSaleType},
    refusal::HoldRefusal,
};

/// A SKU's stock and its live holds at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Position<'a> {
    /// The stored totals.
    pub stock: Stock,
    /// The live holds, oldest promotion first.
    pub holds: &'a [Hold],
}

/// The quantity to push: the units that a store should show for a listing, by where they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quantity {
    /// Backed units of the store's own hold.
    pub from_hold: i64,
    /// Units of the shared stock.
    pub from_shared: i64,
}

impl Quantity {
    /// The number that the store should show.
    pub fn total(self) -> i64 {
        self.from_hold + self.from_shared
    }
}

impl<'a> Position<'a> {
    /// The unsold units of all live holds.
    pub fn held(&self) -> i64 {
        self.holds.iter().map(Hold::remaining).sum()
    }

    /// The units that are left for all stores, at least 0. The buffer and oversold units are subtracted here and never
    /// from a hold. Pages call it "Available now".
    pub fn shared(&self) -> i64 {
        self.shared_unfloored().max(0)
    }

    /// [`Self::shared`] without the lower limit of 0.
    pub(crate) fn shared_unfloored(&self) -> i64 {
        self.stock.uncommitted() - self.held() - self.stock.buffer - self.stock.oversold
    }

    /// The live hold of `store`, if it has one, with its backed units.
    pub fn hold_of(&self, store: &StoreCode) -> Option<(&'a Hold, i64)> {
        self.backed().find(|(hold, _)| hold.store == *store)
    }

    /// Each hold with its backed units: uncommitted stock is assigned to the hold of the oldest promotion first.
    pub fn backed(&self) -> impl Iterator<Item = (&'a Hold, i64)> {
        let mut left = self.stock.uncommitted().max(0);
        self.holds.iter().map(move |hold| {
            let backed = hold.remaining().min(left);
            left -= backed;
            (hold, backed)
        })
    }

    /// The quantity that `store` should show if it lists the SKU.
    pub fn quantity_for(&self, store: &StoreCode) -> Quantity {
        match self.hold_of(store) {
            Some((hold, backed)) => Quantity {
                from_hold: backed,
                from_shared: match hold.flash_sale_type {
                    FlashSaleType::StockAllocation => 0,
                    FlashSaleType::StockReservation => self.shared(),
                },
            },
            None => Quantity { from_hold: 0, from_shared: self.shared() },
        }
    }

    /// Checks whether `store` may take a new hold of `quantity` units of `sku`. `listed_on` are the stores that list it.
    ///
    /// # Errors
    /// [`HoldRefusal::NotListed`] if the store does not list the SKU, [`HoldRefusal::AlreadyHeld`] if it has a live hold
    /// on it, [`HoldRefusal::NotEnoughStock`] if fewer units are shared.
    pub fn admit(
        &self,
        sku: &SkuCode,
        store: &StoreCode,
        listed_on: &[StoreCode],
        quantity: i64,
    ) -> Result<(), HoldRefusal> {
        if !listed_on.contains(store) {
            return Err(HoldRefusal::NotListed { sku: sku.clone(), store: store.clone() });
        }
        if let Some((hold, _)) = self.hold_of(store) {
            return Err(HoldRefusal::AlreadyHeld {
                sku: sku.clone(),
                promotion: hold.promotion,
                promotion_name: hold.promotion_name.clone(),
            });
        }
        let available = self.shared();
        if quantity > available {
            return Err(HoldRefusal::NotEnoughStock { sku: sku.clone(), asked: quantity, available });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::{LAZADA, SHOPEE, ZALORA, hold, store};
    use FlashSaleType::{StockAllocation as Allocation, StockReservation as Reservation};

    /// One row of the design's table: the case, the stock, the live holds as (store, type, quantity, sold), oldest
    /// first, and what Lazada, Shopee and Zalora show.
    type Row = (&'static str, Stock, &'static [(&'static str, FlashSaleType, i64, i64)], [i64; 3]);

    const fn stock(on_hand: i64, committed: i64, oversold: i64) -> Stock {
        Stock { on_hand, committed, oversold, buffer: 0 }
    }

    #[rustfmt::skip]
    const TABLE: [Row; 14] = [
        ("1 allocation 60 to Lazada",                  stock(100,  0, 0), &[(LAZADA, Allocation, 60, 0)],                                [ 60,  40,  40]),
        ("2 reservation 60 to Lazada",                 stock(100,  0, 0), &[(LAZADA, Reservation, 60, 0)],                               [100,  40,  40]),
        ("3 reservations Lazada 30, Shopee 20",        stock(100,  0, 0), &[(LAZADA, Reservation, 30, 0), (SHOPEE, Reservation, 20, 0)], [ 80,  70,  50]),
        ("4 allocation Lazada, reservation Shopee",    stock(100,  0, 0), &[(LAZADA, Allocation, 60, 0), (SHOPEE, Reservation, 20, 0)],  [ 60,  40,  20]),
        ("5 allocation, Lazada has sold 10",           stock(100, 10, 0), &[(LAZADA, Allocation, 60, 10)],                               [ 50,  40,  40]),
        ("6 reservation, Lazada has sold 70",          stock(100, 70, 0), &[(LAZADA, Reservation, 60, 60)],                              [ 30,  30,  30]),
        ("7 allocation, Shopee has sold 5",            stock(100,  5, 0), &[(LAZADA, Allocation, 60, 0)],                                [ 60,  35,  35]),
        ("8 allocation, Lazada has sold 60",           stock(100, 60, 0), &[(LAZADA, Allocation, 60, 60)],                               [  0,  40,  40]),
        ("9 older 40, younger 20, a stocktake of 50",  stock( 50,  0, 0), &[(LAZADA, Allocation, 40, 0), (SHOPEE, Reservation, 20, 0)],  [ 40,  10,   0]),
        ("10 allocation, Shopee has sold 45",          stock(100, 40, 5), &[(LAZADA, Allocation, 60, 0)],                                [ 60,   0,   0]),
        ("11 the same, a stocktake counts 110",        stock(110, 40, 5), &[(LAZADA, Allocation, 60, 0)],                                [ 60,   5,   5]),
        ("12 the flash sale has ended",                stock(100,  0, 0), &[],                                                           [100, 100, 100]),
        ("fewer counted than committed",               stock( 30, 40, 0), &[(LAZADA, Reservation, 60, 0)],                               [  0,   0,   0]),
        ("the buffer is paid by what is shared",       Stock { on_hand: 100, committed: 0, oversold: 0, buffer: 15 }, &[(LAZADA, Reservation, 60, 0)], [85, 25, 25]),
    ];

    #[test]
    fn every_row_of_the_table_shows_what_the_design_says() {
        for (case, stock, rows, shown) in TABLE {
            let holds: Vec<Hold> =
                rows.iter().map(|(at, kind, quantity, sold)| hold(at, *kind, *quantity, *sold)).collect();
            let position = Position { stock, holds: &holds };
            let pushed = [LAZADA, SHOPEE, ZALORA].map(|code| position.quantity_for(&store(code)).total());
            assert_eq!(pushed, shown, "{case}");
        }
    }

    #[test]
    fn a_hold_that_does_not_fit_is_refused_with_what_is_available() {
        let holds = [hold(LAZADA, Allocation, 60, 0)];
        let position = Position { stock: stock(100, 0, 0), holds: &holds };
        let sku = SkuCode::trusted("Product1".into());
        let listed_on = [store(LAZADA), store(SHOPEE)];
        assert_eq!(position.admit(&sku, &store(SHOPEE), &listed_on, 40), Ok(()));
        assert_eq!(
            position.admit(&sku, &store(SHOPEE), &listed_on, 41),
            Err(HoldRefusal::NotEnoughStock { sku: sku.clone(), asked: 41, available: 40 })
        );
        assert!(matches!(position.admit(&sku, &store(LAZADA), &listed_on, 1), Err(HoldRefusal::AlreadyHeld { .. })));
        let zalora = store(ZALORA);
        let not_listed = HoldRefusal::NotListed { sku: sku.clone(), store: zalora.clone() };
        assert_eq!(position.admit(&sku, &zalora, &listed_on, 1), Err(not_listed));
    }
}
