//! Explains the quantity of a store as a sum of terms. Pages and exports turn the terms into a sentence (see
//! `domain::sentence`): "100 in hand − 60 allocated to Lazada SG by *11.11*".

use super::quantity::Position;
use crate::domain::{
    code::StoreCode,
    promotions::{hold::Hold, promotion::FlashSaleType},
};

/// The reason of a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source<'a> {
    /// All units in the warehouse.
    InHand,
    /// Units committed to open orders.
    OpenOrders,
    /// Units of a live hold, which are not part of the shared stock. It may be the store's own hold.
    HeldBy(&'a Hold),
    /// The quantity of the store's own hold.
    OwnHold(&'a Hold),
    /// Units of the store's own hold that orders have taken.
    SoldFromHold,
    /// Held units that are not in the warehouse: a stocktake found fewer, and older holds are backed first.
    NotInHand,
    /// Units that are not offered on any store.
    Buffer,
    /// Units that open orders have sold but stock does not cover.
    Oversold,
    /// Raises a negative sum to 0, because a store never shows less.
    NotBelowZero,
}

/// One term of the sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term<'a> {
    /// Units; negative if they are subtracted.
    pub amount: i64,
    /// The reason.
    pub source: Source<'a>,
}

/// The terms of the quantity of `store`. Their sum is the total of [`Position::quantity_for`]. A term of 0 is left out
/// unless it is the first of its sum.
pub fn explain<'a>(position: &Position<'a>, store: &StoreCode) -> Vec<Term<'a>> {
    let mut terms = Vec::new();
    match position.hold_of(store) {
        Some((hold, backed)) => {
            terms.push(Term { amount: hold.quantity, source: Source::OwnHold(hold) });
            subtract(&mut terms, hold.sold, Source::SoldFromHold);
            subtract(&mut terms, hold.remaining() - backed, Source::NotInHand);
            match hold.flash_sale_type {
                FlashSaleType::StockAllocation => {}
                FlashSaleType::StockReservation => explain_shared(position, &mut terms),
            }
        }
        None => explain_shared(position, &mut terms),
    }
    terms
}

fn explain_shared<'a>(position: &Position<'a>, terms: &mut Vec<Term<'a>>) {
    terms.push(Term { amount: position.stock.on_hand, source: Source::InHand });
    subtract(terms, position.stock.committed, Source::OpenOrders);
    for hold in position.holds {
        subtract(terms, hold.remaining(), Source::HeldBy(hold));
    }
    subtract(terms, position.stock.buffer, Source::Buffer);
    subtract(terms, position.stock.oversold, Source::Oversold);
    subtract(terms, position.shared_unfloored().min(0), Source::NotBelowZero);
}

fn subtract<'a>(terms: &mut Vec<Term<'a>>, units: i64, source: Source<'a>) {
    if units != 0 {
        terms.push(Term { amount: -units, source });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::stock::Stock;
    use crate::domain::testing::{LAZADA, SHOPEE, hold, store};

    fn amounts(position: &Position<'_>, code: &str) -> Vec<(i64, &'static str)> {
        explain(position, &store(code)).iter().map(|term| (term.amount, word(&term.source))).collect()
    }

    fn word(source: &Source<'_>) -> &'static str {
        match source {
            Source::InHand => "in hand",
            Source::OpenOrders => "open orders",
            Source::HeldBy(_) => "held",
            Source::OwnHold(_) => "own",
            Source::SoldFromHold => "sold",
            Source::NotInHand => "not in hand",
            Source::Buffer => "buffer",
            Source::Oversold => "oversold",
            Source::NotBelowZero => "not below 0",
        }
    }

    #[test]
    fn the_article_s_examples_are_explained() {
        let stock = Stock { on_hand: 100, ..Stock::default() };
        let allocated = [hold(LAZADA, FlashSaleType::StockAllocation, 60, 0)];
        let position = Position { stock, holds: &allocated };
        assert_eq!(amounts(&position, LAZADA), [(60, "own")]);
        assert_eq!(amounts(&position, SHOPEE), [(100, "in hand"), (-60, "held")]);
        let reserved = [hold(LAZADA, FlashSaleType::StockReservation, 60, 0)];
        let position = Position { stock, holds: &reserved };
        assert_eq!(amounts(&position, LAZADA), [(60, "own"), (100, "in hand"), (-60, "held")]);
    }

    #[test]
    fn whatever_is_missing_has_a_term_of_its_own() {
        let stock = Stock { on_hand: 50, committed: 10, oversold: 3, buffer: 2 };
        let holds = [hold(LAZADA, FlashSaleType::StockAllocation, 60, 10)];
        let position = Position { stock, holds: &holds };
        assert_eq!(amounts(&position, LAZADA), [(60, "own"), (-10, "sold"), (-10, "not in hand")]);
        assert_eq!(
            amounts(&position, SHOPEE),
            [
                (50, "in hand"),
                (-10, "open orders"),
                (-50, "held"),
                (-2, "buffer"),
                (-3, "oversold"),
                (15, "not below 0")
            ]
        );
    }
}
