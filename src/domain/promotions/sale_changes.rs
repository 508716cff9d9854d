//! Steering a flash sale while it runs: from what it is and what is wanted of it, the changes between the two, or every
//! reason why not. What is taken is checked like the holds of a new sale; what is given back is shared again at once.

use super::{history::Change, promotion::MAX_PRODUCTS, schedule::ScheduleRefusal};
use crate::domain::{
    catalogue::quantity::Position,
    code::{SkuCode, StoreCode},
    moment::Moment,
    refusal::HoldRefusal,
};
use std::collections::{BTreeMap, BTreeSet};

/// What of a flash sale can be steered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleValues {
    /// Its name.
    pub name: String,
    /// The first moment after it.
    pub ends_at: Moment,
    /// The units held of each of its products, 1 or more.
    pub products: BTreeMap<SkuCode, i64>,
}

/// One product of a running sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldProduct {
    /// Units that are held, sold ones among them.
    pub quantity: i64,
    /// Units that orders took out of the hold.
    pub sold: i64,
    /// Whether it was removed: then nothing is held but what was sold.
    pub is_removed: bool,
}

/// A flash sale as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningSale {
    /// Its name.
    pub name: String,
    /// The store that the stock is held for.
    pub store: StoreCode,
    /// The first moment after it.
    pub ends_at: Moment,
    /// Its products, those too that were removed.
    pub products: BTreeMap<SkuCode, HeldProduct>,
}

/// A SKU with what is decided about a hold on it.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// Its stock and the live holds.
    pub position: Position<'a>,
    /// The stores that sell it.
    pub listed_on: &'a [StoreCode],
}

/// Why a running sale was not changed as it was wanted. The words are what forms show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SteerRefusal {
    /// No product would remain.
    #[error("Keep at least one product, or end the flash sale instead.")]
    NoProducts,
    /// More products than a promotion may have.
    #[error("Keep at most {MAX_PRODUCTS} products: there are {0}.")]
    TooManyProducts(usize),
    /// The end cannot be.
    #[error(transparent)]
    Schedule(ScheduleRefusal),
    /// A product cannot be added.
    #[error(transparent)]
    Product(HoldRefusal),
    /// Fewer units than were sold, or none.
    #[error("{}", too_few(*sold))]
    TooFew {
        /// The product.
        sku: SkuCode,
        /// Units that were wanted.
        asked: i64,
        /// Units that were sold of it.
        sold: i64,
    },
    /// More units than are free.
    #[error("{}", too_many(*most, *available))]
    TooMany {
        /// The product.
        sku: SkuCode,
        /// Units that were wanted.
        asked: i64,
        /// The most there can be.
        most: i64,
        /// How many more are available now than are held.
        available: i64,
    },
}

fn too_few(sold: i64) -> String {
    match sold {
        0 => "Enter 1 or more.".to_owned(),
        1 => "Enter 1 or more: 1 is sold.".to_owned(),
        _ => format!("Enter {sold} or more: {sold} are sold."),
    }
}

fn too_many(most: i64, available: i64) -> String {
    match available {
        0 => format!("Enter {most} or less: no more are available now."),
        1 => format!("Enter {most} or less: 1 more is available now."),
        _ => format!("Enter {most} or less: {available} more are available now."),
    }
}

impl SteerRefusal {
    /// The SKU that was refused, if it was one.
    #[must_use]
    pub fn sku(&self) -> Option<&SkuCode> {
        match self {
            Self::NoProducts | Self::TooManyProducts(_) | Self::Schedule(_) => None,
            Self::Product(refusal) => Some(refusal.sku()),
            Self::TooFew { sku, .. } | Self::TooMany { sku, .. } => Some(sku),
        }
    }
}

impl RunningSale {
    /// What can be steered of it, as it is.
    #[must_use]
    pub fn values(&self) -> SaleValues {
        let products = self.kept().map(|(sku, product)| (sku.clone(), product.quantity)).collect();
        SaleValues { name: self.name.clone(), ends_at: self.ends_at, products }
    }

    /// Its products but for those that were removed.
    pub fn kept(&self) -> impl Iterator<Item = (&SkuCode, &HeldProduct)> {
        self.products.iter().filter(|(_, product)| !product.is_removed)
    }

    /// The SKUs whose holds `wanted` would change, in the order of their codes: they are to be locked.
    #[must_use]
    pub fn concerned(&self, wanted: &SaleValues) -> BTreeSet<SkuCode> {
        let is = self.values();
        let all = is.products.keys().chain(wanted.products.keys());
        let moves = is.ends_at != wanted.ends_at;
        all.filter(|sku| moves || is.products.get(*sku) != wanted.products.get(*sku)).cloned().collect()
    }

    /// What changes it into `wanted` at `now`. `offers` are the SKUs that exist among those [`Self::concerned`].
    ///
    /// # Errors
    /// Every [`SteerRefusal`] that applies.
    pub fn steer(
        &self,
        wanted: &SaleValues,
        offers: &BTreeMap<SkuCode, Offer<'_>>,
        now: Moment,
    ) -> Result<Vec<Change>, Vec<SteerRefusal>> {
        let SaleValues { name, ends_at, products } = wanted;
        let (mut changes, mut refusals) = (Vec::new(), Vec::new());
        if *name != self.name {
            changes.push(Change::Renamed { from: self.name.clone(), to: name.clone() });
        }
        if *ends_at != self.ends_at {
            changes.push(Change::EndMoved { from: self.ends_at, to: *ends_at });
            if *ends_at <= now {
                refusals.push(SteerRefusal::Schedule(ScheduleRefusal::EndNotAfterNow));
            }
        }
        match products.len() {
            0 => refusals.push(SteerRefusal::NoProducts),
            many if many > MAX_PRODUCTS => refusals.push(SteerRefusal::TooManyProducts(many)),
            _ => {}
        }
        let removed = self.kept().filter(|(sku, _)| !products.contains_key(*sku));
        changes.extend(removed.map(|(sku, product)| {
            let HeldProduct { quantity, sold, is_removed: _ } = *product;
            Change::ProductRemoved { sku: sku.clone(), quantity, sold }
        }));
        for (sku, quantity) in products {
            match self.hold(sku, *quantity, offers.get(sku)) {
                Ok(change) => changes.extend(change),
                Err(refusal) => refusals.push(refusal),
            }
        }
        if refusals.is_empty() { Ok(changes) } else { Err(refusals) }
    }

    /// What makes the hold on `sku` one of `quantity` units, if anything has to.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn hold(
        &self,
        sku: &SkuCode,
        quantity: i64,
        offer: Option<&Offer<'_>>,
    ) -> Result<Option<Change>, SteerRefusal> {
        let is = self.products.get(sku);
        let held = is.filter(|product| !product.is_removed).map(|product| product.quantity);
        if held == Some(quantity) {
            return Ok(None);
        }
        let sold = is.map_or(0, |product| product.sold);
        if quantity < sold.max(1) {
            return Err(SteerRefusal::TooFew { sku: sku.clone(), asked: quantity, sold });
        }
        let Some(Offer { position, listed_on }) = offer else {
            return Err(SteerRefusal::Product(HoldRefusal::UnknownSku { sku: sku.clone() }));
        };
        // What it has without taking more: of a product that is added again, the units that it sold.
        let has = held.unwrap_or(sold);
        let refused = || {
            let available = position.shared();
            SteerRefusal::TooMany { sku: sku.clone(), asked: quantity, most: has + available, available }
        };
        match held {
            Some(from) if quantity - from > position.shared() => Err(refused()),
            Some(from) => Ok(Some(Change::QuantityChanged { sku: sku.clone(), from, to: quantity })),
            None => match position.admit(sku, &self.store, listed_on, quantity - sold) {
                Ok(()) => Ok(Some(Change::ProductAdded { sku: sku.clone(), quantity })),
                Err(HoldRefusal::NotEnoughStock { .. }) if sold > 0 => Err(refused()),
                Err(refusal) => Err(SteerRefusal::Product(refusal)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        catalogue::stock::Stock,
        promotions::{
            hold::Hold,
            promotion::FlashSaleType::{StockAllocation as Allocation, StockReservation as Reservation},
        },
        testing::{LAZADA, SHOPEE, hold, noon, store},
    };
    use chrono::TimeDelta;

    fn sku(code: &str) -> SkuCode {
        SkuCode::trusted(code.to_owned())
    }

    fn hours(hours: i64) -> Moment {
        noon().plus(TimeDelta::hours(hours))
    }

    /// A product as (code, quantity, sold, whether it was removed).
    type Held<'a> = (&'a str, i64, i64, bool);

    /// A sale of Lazada until three o'clock.
    fn sale(products: &[Held<'_>]) -> RunningSale {
        let product = |(code, quantity, sold, is_removed): &Held<'_>| {
            (sku(code), HeldProduct { quantity: *quantity, sold: *sold, is_removed: *is_removed })
        };
        RunningSale {
            name: "11.11".to_owned(),
            store: store(LAZADA),
            ends_at: hours(3),
            products: products.iter().map(product).collect(),
        }
    }

    fn wanted(products: &[(&str, i64)]) -> SaleValues {
        let products = products.iter().map(|(code, units)| (sku(code), *units)).collect();
        SaleValues { name: "11.11".to_owned(), ends_at: hours(3), products }
    }

    /// Steers with 100 pieces on hand of each of A, B, C and D, which Lazada lists but for D, and Shopee holds 20 of.
    fn steered(sale: &RunningSale, wanted: &SaleValues) -> Result<Vec<Change>, Vec<String>> {
        let others = |code: &str| {
            let own = sale.products.get(&sku(code)).filter(|product| !product.is_removed);
            let own = own.map(|product| hold(LAZADA, Allocation, product.quantity, product.sold));
            own.into_iter().chain([hold(SHOPEE, Reservation, 20, 0)]).collect::<Vec<Hold>>()
        };
        let committed = |code: &str| sale.products.get(&sku(code)).map_or(0, |product| product.sold);
        let codes = ["A", "B", "C", "D"];
        let holds = codes.map(others);
        let (all, some) = ([store(LAZADA), store(SHOPEE)], [store(SHOPEE)]);
        let offers = codes.iter().zip(&holds).map(|(code, holds)| {
            let stock = Stock { on_hand: 100, committed: committed(code), ..Stock::default() };
            let listed_on = if *code == "D" { &some[..] } else { &all[..] };
            (sku(code), Offer { position: Position { stock, holds }, listed_on })
        });
        let words = |refusals: Vec<SteerRefusal>| refusals.iter().map(ToString::to_string).collect();
        sale.steer(wanted, &offers.collect(), noon()).map_err(words)
    }

    #[test]
    fn what_differs_is_changed_and_nothing_else() {
        let sale = sale(&[("A", 40, 10, false), ("B", 30, 30, false), ("C", 5, 5, true)]);
        let as_it_is = sale.values();
        assert_eq!(steered(&sale, &as_it_is), Ok(vec![]));
        assert_eq!(sale.concerned(&as_it_is), BTreeSet::new());
        let (a, b, c) = (sku("A"), sku("B"), sku("C"));
        for (products, changes) in [
            (vec![("A", 80), ("B", 30)], vec![Change::QuantityChanged { sku: a.clone(), from: 40, to: 80 }]),
            (vec![("A", 10), ("B", 30)], vec![Change::QuantityChanged { sku: a.clone(), from: 40, to: 10 }]),
            (vec![("B", 30)], vec![Change::ProductRemoved { sku: a.clone(), quantity: 40, sold: 10 }]),
            (vec![("A", 40), ("B", 30), ("C", 80)], vec![Change::ProductAdded { sku: c, quantity: 80 }]),
            (
                vec![("A", 41)],
                vec![
                    Change::ProductRemoved { sku: b, quantity: 30, sold: 30 },
                    Change::QuantityChanged { sku: a, from: 40, to: 41 },
                ],
            ),
        ] {
            assert_eq!(steered(&sale, &wanted(&products)), Ok(changes), "{products:?}");
        }
        let moved = SaleValues { name: "12.12".to_owned(), ends_at: hours(2), ..as_it_is };
        let renamed = Change::Renamed { from: "11.11".to_owned(), to: "12.12".to_owned() };
        assert_eq!(steered(&sale, &moved), Ok(vec![renamed, Change::EndMoved { from: hours(3), to: hours(2) }]));
        assert_eq!(sale.concerned(&moved), BTreeSet::from([sku("A"), sku("B")]));
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_numbers() {
        let sale = sale(&[("A", 40, 10, false), ("B", 79, 1, false), ("C", 5, 5, true)]);
        for (products, words) in [
            (vec![("A", 81), ("B", 79)], "Enter 80 or less: 40 more are available now."),
            (vec![("A", 9), ("B", 79)], "Enter 10 or more: 10 are sold."),
            (vec![("A", 40), ("B", 0)], "Enter 1 or more: 1 is sold."),
            (vec![("A", 40), ("B", 81)], "Enter 80 or less: 1 more is available now."),
            (vec![("A", 40), ("B", 79), ("C", 4)], "Enter 5 or more: 5 are sold."),
            (vec![("A", 40), ("B", 79), ("C", 86)], "Enter 80 or less: 75 more are available now."),
            (vec![("A", 40), ("B", 79), ("D", 1)], "Remove “D”, or list it on this store first."),
            (vec![("A", 40), ("B", 79), ("E", 1)], "Choose a SKU from the catalogue: there is no “E”."),
            (vec![("A", 40), ("B", 79), ("D", 0)], "Enter 1 or more."),
            (vec![], "Keep at least one product, or end the flash sale instead."),
        ] {
            assert_eq!(steered(&sale, &wanted(&products)), Err(vec![words.to_owned()]), "{products:?}");
        }
        let too_soon = SaleValues { ends_at: noon(), ..sale.values() };
        assert_eq!(steered(&sale, &too_soon), Err(vec!["Set the end to a time that is still to come.".to_owned()]));
    }
}
