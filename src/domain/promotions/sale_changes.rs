//! Changes of a running flash sale: compares the current values with the wanted ones and returns the changes, or every
//! reason why they are refused. Added units are checked like the holds of a new sale; removed units are shared again at
//! once.

use super::{history::Change, promotion::MAX_PRODUCTS, schedule::ScheduleRefusal};
use crate::domain::{
    catalogue::quantity::Position,
    code::{SkuCode, StoreCode},
    moment::Moment,
    refusal::{HoldRefusal, UnknownSku},
};
use std::collections::{BTreeMap, BTreeSet};

/// The editable fields of a running sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleValues {
    /// The promotion's name.
    pub name: String,
    /// The end: the first moment after the sale.
    pub ends_at: Moment,
    /// The quantity of each product's hold, 1 or more units.
    pub products: BTreeMap<SkuCode, i64>,
}

/// One product of a running sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldProduct {
    /// Units of the hold, including sold ones.
    pub quantity: i64,
    /// Units that orders took from the hold.
    pub sold: i64,
    /// Whether the product was removed: then `quantity` equals `sold`.
    pub is_removed: bool,
}

/// The current state of a running flash sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningSale {
    /// The promotion's name.
    pub name: String,
    /// The store that the stock is held for.
    pub store: StoreCode,
    /// The end: the first moment after the sale.
    pub ends_at: Moment,
    /// The products, including removed ones.
    pub products: BTreeMap<SkuCode, HeldProduct>,
}

/// The facts about a SKU that decide whether a hold may be taken.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// The stock and the live holds.
    pub position: Position<'a>,
    /// The stores that list the SKU.
    pub listed_on: &'a [StoreCode],
}

/// Why a running sale was not changed. Forms show these messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants mean")]
pub enum ChangeRefusal {
    #[error("Keep at least one product, or end the flash sale instead.")]
    NoProducts,
    #[error("Keep at most {MAX_PRODUCTS} products: there are {0}.")]
    TooManyProducts(usize),
    #[error(transparent)]
    Schedule(ScheduleRefusal),
    #[error(transparent)]
    Product(HoldRefusal),
    /// The wanted quantity is 0, or less than was sold.
    #[error("{}", too_few(*sold))]
    TooFew {
        sku: SkuCode,
        /// The wanted quantity, in units.
        asked: i64,
        /// Units that were sold from the hold.
        sold: i64,
    },
    #[error("{}", too_many(*most, *available))]
    TooMany {
        sku: SkuCode,
        /// The wanted quantity, in units.
        asked: i64,
        /// The largest possible quantity, in units.
        most: i64,
        /// Units that are available in addition to the held ones.
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

impl ChangeRefusal {
    /// The SKU that the refusal is about, if it is about one.
    pub fn sku(&self) -> Option<&SkuCode> {
        match self {
            Self::NoProducts | Self::TooManyProducts(_) | Self::Schedule(_) => None,
            Self::Product(refusal) => Some(refusal.sku()),
            Self::TooFew { sku, .. } | Self::TooMany { sku, .. } => Some(sku),
        }
    }
}

impl RunningSale {
    /// The current values of the editable fields.
    pub fn values(&self) -> SaleValues {
        let products = self.current_products().map(|(sku, product)| (sku.clone(), product.quantity)).collect();
        SaleValues { name: self.name.clone(), ends_at: self.ends_at, products }
    }

    /// The products that were not removed.
    pub fn current_products(&self) -> impl Iterator<Item = (&SkuCode, &HeldProduct)> {
        self.products.iter().filter(|(_, product)| !product.is_removed)
    }

    /// The SKUs whose holds would change: those that the caller must lock. A new end changes all holds.
    pub fn affected_skus(&self, wanted: &SaleValues) -> BTreeSet<SkuCode> {
        let current = self.values();
        let moves_end = current.ends_at != wanted.ends_at;
        let mut affected = BTreeSet::new();
        for sku in current.products.keys().chain(wanted.products.keys()) {
            if moves_end || current.products.get(sku) != wanted.products.get(sku) {
                affected.insert(sku.clone());
            }
        }
        affected
    }

    /// The changes from the current values to `wanted`. `offers` are those of [`Self::affected_skus`] that exist.
    /// Fails with every [`ChangeRefusal`] that applies.
    pub fn diff(
        &self,
        wanted: &SaleValues,
        offers: &BTreeMap<SkuCode, Offer<'_>>,
        now: Moment,
    ) -> Result<Vec<Change>, Vec<ChangeRefusal>> {
        let SaleValues { name, ends_at, products } = wanted;
        let mut changes = Vec::new();
        let mut refusals = Vec::new();
        if *name != self.name {
            changes.push(Change::Renamed { from: self.name.clone(), to: name.clone() });
        }
        if *ends_at != self.ends_at {
            changes.push(Change::EndMoved { from: self.ends_at, to: *ends_at });
            if *ends_at <= now {
                refusals.push(ChangeRefusal::Schedule(ScheduleRefusal::EndNotAfterNow));
            }
        }
        match products.len() {
            0 => refusals.push(ChangeRefusal::NoProducts),
            many if many > MAX_PRODUCTS => refusals.push(ChangeRefusal::TooManyProducts(many)),
            _ => {}
        }
        for (sku, product) in self.current_products() {
            if !products.contains_key(sku) {
                let HeldProduct { quantity, sold, is_removed: _ } = *product;
                changes.push(Change::ProductRemoved { sku: sku.clone(), quantity, sold });
            }
        }
        for (sku, quantity) in products {
            match self.hold(sku, *quantity, offers.get(sku)) {
                Ok(change) => changes.extend(change),
                Err(refusal) => refusals.push(refusal),
            }
        }
        if refusals.is_empty() { Ok(changes) } else { Err(refusals) }
    }

    /// The change that gives the hold on `sku` the wanted `quantity`; `None` if it has that quantity.
    ///
    /// # Errors
    /// A [`ChangeRefusal`] if too few or too many units are wanted, or if the store cannot hold the SKU.
    pub fn hold(
        &self,
        sku: &SkuCode,
        quantity: i64,
        offer: Option<&Offer<'_>>,
    ) -> Result<Option<Change>, ChangeRefusal> {
        let product = self.products.get(sku);
        let held = product.filter(|product| !product.is_removed).map(|product| product.quantity);
        if held == Some(quantity) {
            return Ok(None);
        }
        let sold = product.map_or(0, |product| product.sold);
        if quantity < sold.max(1) {
            return Err(ChangeRefusal::TooFew { sku: sku.clone(), asked: quantity, sold });
        }
        let Some(Offer { position, listed_on }) = offer else {
            return Err(ChangeRefusal::Product(HoldRefusal::UnknownSku(UnknownSku { sku: sku.clone(), meant: None })));
        };
        let available = position.shared();
        // The sold units of a product that is added again count towards its quantity without taking stock.
        let most = held.unwrap_or(sold) + available;
        let too_many = ChangeRefusal::TooMany { sku: sku.clone(), asked: quantity, most, available };
        match held {
            Some(from) if quantity - from > available => Err(too_many),
            Some(from) => Ok(Some(Change::QuantityChanged { sku: sku.clone(), from, to: quantity })),
            None => match position.admit(sku, &self.store, listed_on, quantity - sold) {
                Ok(()) => Ok(Some(Change::ProductAdded { sku: sku.clone(), quantity })),
                Err(HoldRefusal::NotEnoughStock { .. }) if sold > 0 => Err(too_many),
                Err(refusal) => Err(ChangeRefusal::Product(refusal)),
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

    /// Diffs with 100 units on hand of each of A, B, C and D. Lazada lists all but D, and Shopee holds 20 of each.
    fn diff(sale: &RunningSale, wanted: &SaleValues) -> Result<Vec<Change>, Vec<String>> {
        let others = |code: &str| {
            let own = sale.products.get(&sku(code)).filter(|product| !product.is_removed);
            let own = own.map(|product| hold(LAZADA, Allocation, product.quantity, product.sold));
            own.into_iter().chain([hold(SHOPEE, Reservation, 20, 0)]).collect::<Vec<Hold>>()
        };
        let committed = |code: &str| sale.products.get(&sku(code)).map_or(0, |product| product.sold);
        let codes = ["A", "B", "C", "D"];
        let holds = codes.map(others);
        let all = [store(LAZADA), store(SHOPEE)];
        let some = [store(SHOPEE)];
        let offers = codes.iter().zip(&holds).map(|(code, holds)| {
            let stock = Stock { on_hand: 100, committed: committed(code), ..Stock::default() };
            let listed_on = if *code == "D" { &some[..] } else { &all[..] };
            (sku(code), Offer { position: Position { stock, holds }, listed_on })
        });
        let words = |refusals: Vec<ChangeRefusal>| refusals.iter().map(ToString::to_string).collect();
        sale.diff(wanted, &offers.collect(), noon()).map_err(words)
    }

    #[test]
    fn what_differs_is_changed_and_nothing_else() {
        let sale = sale(&[("A", 40, 10, false), ("B", 30, 30, false), ("C", 5, 5, true)]);
        let as_it_is = sale.values();
        assert_eq!(diff(&sale, &as_it_is), Ok(vec![]));
        assert_eq!(sale.affected_skus(&as_it_is), BTreeSet::new());
        let [a, b, c] = ["A", "B", "C"].map(sku);
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
            assert_eq!(diff(&sale, &wanted(&products)), Ok(changes), "{products:?}");
        }
        let moved = SaleValues { name: "12.12".to_owned(), ends_at: hours(2), ..as_it_is };
        let renamed = Change::Renamed { from: "11.11".to_owned(), to: "12.12".to_owned() };
        assert_eq!(diff(&sale, &moved), Ok(vec![renamed, Change::EndMoved { from: hours(3), to: hours(2) }]));
        assert_eq!(sale.affected_skus(&moved), BTreeSet::from([sku("A"), sku("B")]));
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
            assert_eq!(diff(&sale, &wanted(&products)), Err(vec![words.to_owned()]), "{products:?}");
        }
        let too_soon = SaleValues { ends_at: noon(), ..sale.values() };
        assert_eq!(diff(&sale, &too_soon), Err(vec!["Set the end to a time that is still to come.".to_owned()]));
    }
}
