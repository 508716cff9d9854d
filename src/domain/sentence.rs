//! Writes the explanation of a quantity as a sentence: "100 in hand − 60 allocated to Lazada SG by 11.11".

use super::{
    catalogue::explanation::{Source, Term},
    code::StoreCode,
    id::PromotionId,
    promotions::{hold::Hold, promotion::FlashSaleType},
};

/// One term of the sentence. A page links the flash sale at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The sign, the number and the reason.
    pub words: String,
    /// The name and the id of the flash sale that follows the words.
    pub sale: Option<(String, PromotionId)>,
}

/// The parts of the sentence. `store_name` returns the name of a store.
pub fn of<'a>(terms: &[Term<'a>], store_name: impl Fn(&'a StoreCode) -> &'a str) -> Vec<Part> {
    let mut parts = Vec::with_capacity(terms.len());
    for term in terms {
        let (why, hold) = match term.source {
            Source::InHand => ("in hand".to_owned(), None),
            Source::OpenOrders => ("in open orders".to_owned(), None),
            Source::HeldBy(hold) | Source::OwnHold(hold) => {
                let held = match hold.flash_sale_type {
                    FlashSaleType::StockAllocation => "allocated to",
                    FlashSaleType::StockReservation => "reserved for",
                };
                (format!("{held} {} by", store_name(&hold.store)), Some(hold))
            }
            Source::SoldFromHold => ("sold from it".to_owned(), None),
            Source::NotInHand => ("of it not in hand".to_owned(), None),
            Source::Buffer => ("kept back as buffer".to_owned(), None),
            Source::Oversold => ("oversold".to_owned(), None),
            Source::NotBelowZero => ("because a store never shows less than 0".to_owned(), None),
        };
        let sign = match (parts.is_empty(), term.amount < 0) {
            (true, false) => "",
            (true, true) => "−",
            (false, false) => "+ ",
            (false, true) => "− ",
        };
        let sale = hold.map(|hold: &Hold| (hold.promotion_name.clone(), hold.promotion));
        parts.push(Part { words: format!("{sign}{} {why}", term.amount.abs()), sale });
    }
    parts
}

/// The sentence as one text.
pub fn text_of<'a>(terms: &[Term<'a>], store_name: impl Fn(&'a StoreCode) -> &'a str) -> String {
    let mut words = Vec::with_capacity(terms.len());
    for part in of(terms, store_name) {
        words.push(match part.sale {
            Some((name, _)) => format!("{} {name}", part.words),
            None => part.words,
        });
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        catalogue::{explanation::explain, quantity::Position, stock::Stock},
        testing::{LAZADA, SHOPEE, hold, store},
    };

    fn sentence(position: &Position<'_>, code: &str) -> String {
        let name = |code: &StoreCode| if code.as_str() == LAZADA { "Lazada SG" } else { "?" };
        text_of(&explain(position, &store(code)), name)
    }

    #[test]
    fn the_sums_are_read_as_the_article_has_them() {
        let stock = Stock { on_hand: 100, ..Stock::default() };
        let allocated = [hold(LAZADA, FlashSaleType::StockAllocation, 60, 0)];
        let reserved = [hold(LAZADA, FlashSaleType::StockReservation, 60, 0)];
        for (holds, code, words) in [
            (&allocated, LAZADA, "60 allocated to Lazada SG by 11.11"),
            (&allocated, SHOPEE, "100 in hand − 60 allocated to Lazada SG by 11.11"),
            (
                &reserved,
                LAZADA,
                "60 reserved for Lazada SG by 11.11 + 100 in hand − 60 reserved for Lazada SG by 11.11",
            ),
            (&reserved, SHOPEE, "100 in hand − 60 reserved for Lazada SG by 11.11"),
        ] {
            assert_eq!(sentence(&Position { stock, holds }, code), words);
        }
    }

    #[test]
    fn everything_that_takes_from_a_quantity_is_named() {
        let stock = Stock { on_hand: 50, committed: 10, oversold: 3, buffer: 2 };
        let holds = [hold(LAZADA, FlashSaleType::StockAllocation, 60, 10)];
        let position = Position { stock, holds: &holds };
        assert_eq!(
            sentence(&position, LAZADA),
            "60 allocated to Lazada SG by 11.11 − 10 sold from it − 10 of it not in hand"
        );
        assert_eq!(
            sentence(&position, SHOPEE),
            "50 in hand − 10 in open orders − 50 allocated to Lazada SG by 11.11 − 2 kept back as buffer − 3 oversold \
             + 15 because a store never shows less than 0"
        );
    }
}
