//! What a marketplace lists for a store, as it says it: whether we list it too is decided in [`super::matching`].

use super::matching::FoundState;
use crate::domain::{
    money::{Amount, Currency, MAX_PRICE_MINOR},
    words::words,
};

/// A thing that the marketplace sells for the store: a product without variants, or one variant of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundListing {
    /// The marketplace's id of the product.
    pub item_id: String,
    /// The marketplace's id of the variant, if the product has variants.
    pub variant_id: Option<String>,
    /// The seller's own code; empty if the seller gave none.
    pub seller_sku: String,
    /// The name of the product, with that of the variant.
    pub title: String,
    /// Whether buyers see it.
    pub status: SaleStatus,
    /// The address of its picture; empty if there is none.
    pub picture: String,
    /// Its price, if it can be read.
    pub price: Option<FoundPrice>,
    /// Units that buyers can buy, if they are for the seller to set.
    pub shown: Option<i64>,
}

/// A price as a marketplace writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPrice {
    /// In decimals: `129.50`.
    pub amount: String,
    /// `None` where the answer does not say it: then it is that of the store.
    pub currency: Option<Currency>,
}

/// Whether buyers see a listing, in one word for all marketplaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaleStatus {
    /// Buyers see it.
    Live,
    /// The seller has hidden it.
    Inactive,
    /// The marketplace has not approved it yet.
    Pending,
    /// The marketplace has taken it down.
    Rejected,
    /// It was deleted at the marketplace.
    Deleted,
}

words!(SaleStatus {
    Live => "live", "Live";
    Inactive => "inactive", "Inactive";
    Pending => "pending", "Under review";
    Rejected => "rejected", "Taken down";
    Deleted => "deleted", "Deleted";
});

/// How far reading a store's list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchPhase {
    /// The marketplace is asked for one part after the other.
    Reading,
    /// What was read is matched with the catalogue, and what was not read is marked as gone.
    Matching,
    /// Nothing is left to do until the next fetch.
    Done,
}

words!(FetchPhase {
    Reading => "reading";
    Matching => "matching";
    Done => "done";
});

/// What can be done with all found listings in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundTask {
    /// Lists every matched one here.
    AcceptMatched,
    /// Lists every suggested one here.
    AcceptSuggested,
    /// Makes a SKU of every unmatched one, with the units that it shows on hand, and lists it.
    MakeWithStock,
    /// The same with no units on hand.
    MakeWithoutStock,
}

words!(FoundTask {
    AcceptMatched => "accept_matched", "Accepting all matched listings";
    AcceptSuggested => "accept_suggested", "Accepting all suggested listings";
    MakeWithStock => "make_with_stock", "Making SKUs of all unmatched listings";
    MakeWithoutStock => "make_without_stock", "Making SKUs of all unmatched listings";
});

impl FoundTask {
    /// The state of the listings that it is for.
    pub fn state(self) -> FoundState {
        match self {
            Self::AcceptMatched => FoundState::Matched,
            Self::AcceptSuggested => FoundState::Suggested,
            Self::MakeWithStock | Self::MakeWithoutStock => FoundState::Unmatched,
        }
    }
}

/// A part of what a marketplace lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundPage {
    /// The listings of the part, in no particular order.
    pub listings: Vec<FoundListing>,
    /// How many products or variants could not be read.
    pub unreadable: usize,
    /// Where the next part begins, in the marketplace's own words; `None` after the last one.
    pub next: Option<String>,
}

/// The most characters of a title. Longer ones are cut: it is only shown.
const TITLE_CHARACTERS: usize = 255;

/// The most characters of a seller SKU: no marketplace allows more.
const SELLER_SKU_CHARACTERS: usize = 200;

/// The title of a variant: the product's name, and the variant's if there is one.
pub fn title(product: &str, variant: &str) -> String {
    let title = match (product.trim(), variant.trim()) {
        ("", variant) => variant.to_owned(),
        (product, "") => product.to_owned(),
        (product, variant) => format!("{product} ({variant})"),
    };
    clean(&title, TITLE_CHARACTERS)
}

/// A text as databases take it: one line of up to so many characters.
pub fn clean(text: &str, most_characters: usize) -> String {
    let line: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    line.join(" ").chars().take(most_characters).collect()
}

/// A seller SKU as databases take it, and otherwise as the marketplace has it: it names the listing there.
pub fn seller_sku(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(SELLER_SKU_CHARACTERS).collect()
}

impl FoundPrice {
    /// The price in minor units with its currency, that `of_store` where the marketplace does not say one. `None` if it is no
    /// number, or the currency is not known.
    pub fn minor_units(&self, of_store: Option<Currency>) -> Option<(i64, Currency)> {
        let currency = self.currency.or(of_store)?;
        let minor = amount(&self.amount)?.minor_units_of(Some(currency));
        let minor = i64::try_from(minor).ok().filter(|minor| (0..=MAX_PRICE_MINOR).contains(minor))?;
        Some((minor, currency))
    }
}

fn amount(text: &str) -> Option<Amount> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 15 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    // More decimals than any currency has are what a computer makes of a fraction.
    let fraction: String = fraction.chars().take(6).collect();
    let decimals = u32::try_from(fraction.len()).ok()?;
    Some(Amount { minor: format!("{whole}{fraction}").parse().ok()?, decimals })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_minor_units_of_the_currency() {
        let currency = |code: &str| Currency::parse(code).expect("a currency");
        for (amount, said, of_store, minor) in [
            ("129.5", None, Some("SGD"), Some((12_950, "SGD"))),
            ("129", Some("SGD"), None, Some((12_900, "SGD"))),
            ("50000", Some("VND"), Some("SGD"), Some((50_000, "VND"))),
            ("79.900000000000006", None, Some("SGD"), Some((7_990, "SGD"))),
            ("0", None, Some("SGD"), Some((0, "SGD"))),
            ("129.5", None, None, None),
            ("-1", None, Some("SGD"), None),
            ("", None, Some("SGD"), None),
            ("1e9", None, Some("SGD"), None),
            ("9999999999999999", None, Some("SGD"), None),
        ] {
            let price = FoundPrice { amount: amount.to_owned(), currency: said.map(currency) };
            let found = price.minor_units(of_store.map(currency));
            assert_eq!(found.map(|(minor, currency)| (minor, currency.code())), minor, "{amount}");
        }
    }

    #[test]
    fn a_title_is_one_line_with_the_variant() {
        for (product, variant, expected) in [
            ("Mug", "", "Mug"),
            ("Mug", "Red", "Mug (Red)"),
            ("", "Red", "Red"),
            (" Mug\r\n\0for tea ", " Red ", "Mug for tea (Red)"),
        ] {
            assert_eq!(title(product, variant), expected);
        }
        assert_eq!(title(&"x".repeat(400), "").len(), 255);
    }
}
