//! Why a store shows the quantity it shows, as data: terms that add up to it exactly. The pages make their
//! sentence from the terms: "100 in hand − 60 allocated to Lazada SG by *11.11*".

use super::quantity::Position;
use crate::domain::{
    code::StoreCode,
    promotions::{hold::Hold, promotion::FlashSaleType},
};

/// Where a term of an explanation comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source<'a> {
    /// Units in the warehouse.
    InHand,
    /// Units of open orders.
    OpenOrders,
    /// Units that the hold of another store, or of this one, keeps out of the shared stock.
    HeldBy(&'a Hold),
    /// Units of the store's own hold that it may sell.
    OwnHold(&'a Hold),
    /// Units of the store's own hold that orders have taken.
    SoldFromHold,
    /// Units that are held but not in hand: a stocktake found fewer, or older holds come first.
    NotInHand,
    /// Units kept back from every store.
    Buffer,
    /// Units owed to orders that nothing was left for.
    Oversold,
    /// What is missing: a store never shows less than 0.
    NotBelowZero,
}

/// One term: how many units, with their sign, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term<'a> {
    /// Units, negative where they are taken away.
    pub amount: i64,
    /// Why.
    pub source: Source<'a>,
}

/// The terms behind the quantity of `store`; their sum is [`Position::quantity_for`]'s total. Terms of 0 are left
/// out, but for the one each sum begins with.
#[must_use]
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
