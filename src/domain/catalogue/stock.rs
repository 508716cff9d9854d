//! The stock of one SKU: four totals, in units.

use crate::domain::{
    number::{is_digits, narrowed, ungrouped},
    text::hidden_in_number,
};

/// The largest number of units: far more than a warehouse has, and small enough that no sum overflows 64 bits.
pub const MAX_UNITS: i64 = 1_000_000_000;

/// The stored totals of one SKU, in units. Held units are not among them, because they depend on the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stock {
    /// Physical units in the warehouse.
    pub on_hand: i64,
    /// Units of open orders that stock covers.
    pub committed: i64,
    /// Units of open orders that stock did not cover; they are owed to the customers.
    pub oversold: i64,
    /// Units that are not offered on any store.
    pub buffer: i64,
}

impl Stock {
    /// Units on hand that no open order has taken. Negative if a stocktake found fewer units than were committed.
    pub fn uncommitted(self) -> i64 {
        self.on_hand - self.committed
    }
}

/// Parses a number of units in the range `least..=`[`MAX_UNITS`].
/// The error is a sentence that says what to enter.
pub fn parse_units(text: &str, least: i64) -> Result<i64, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("Enter a whole number, {least} or more."));
    }
    let plain = plain_number(text);
    let digits = plain.strip_prefix('-').unwrap_or(&plain);
    if !is_digits(digits) {
        let words = || format!("Enter a whole number in digits, {least} or more.");
        return Err(hidden_in_number(text).unwrap_or_else(words));
    }
    match plain.parse::<i64>() {
        Ok(units) if (least..=MAX_UNITS).contains(&units) => Ok(units),
        Ok(units) if units < least => Err(format!("Enter {least} or more.")),
        Err(_) if plain.starts_with('-') => Err(format!("Enter {least} or more.")),
        Ok(_) | Err(_) => Err(format!("Enter {MAX_UNITS} or less.")),
    }
}

/// A whole number without what people and spreadsheets write into it: full-width digits, and separators of
/// thousands where they can be nothing else. Any other text stays as it is: `6.000` is 6,000 in Berlin and 6 in London.
pub fn plain_number(text: &str) -> String {
    let narrowed = narrowed(text);
    let (sign, digits) = match narrowed.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", narrowed.as_str()),
    };
    let mark = digits.chars().find(|c| matches!(c, ',' | ' ' | '\'' | '’'));
    match mark.and_then(|mark| ungrouped(digits, mark)) {
        Some(digits) => format!("{sign}{digits}"),
        None => narrowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_whole_numbers_in_range() {
        for (typed, units) in [
            ("60", 60),
            (" 60 ", 60),
            ("0", 0),
            ("007", 7),
            ("1000000000", MAX_UNITS),
            ("6,000", 6_000),
            ("1,000,000", 1_000_000),
            ("12 000", 12_000),
            ("12\u{a0}000", 12_000),
            ("12\u{202f}000", 12_000),
            ("12'000", 12_000),
            ("６０", 60),
            ("１，０００", 1_000),
            ("0,000", 0),
        ] {
            assert_eq!(parse_units(typed, 0), Ok(units), "{typed}");
        }
        for (typed, words) in [
            ("", "Enter a whole number, 1 or more."),
            ("sixty", "Enter a whole number in digits, 1 or more."),
            ("6.5", "Enter a whole number in digits, 1 or more."),
            ("6,5", "Enter a whole number in digits, 1 or more."),
            (",500", "Enter a whole number in digits, 1 or more."),
            ("6.000", "Enter a whole number in digits, 1 or more."),
            ("0,500", "Enter a whole number in digits, 1 or more."),
            ("1,00,000", "Enter a whole number in digits, 1 or more."),
            ("1 000,000", "Enter a whole number in digits, 1 or more."),
            ("5.0", "Enter a whole number in digits, 1 or more."),
            ("5.000.0", "Enter a whole number in digits, 1 or more."),
            ("6,00 0", "Enter a whole number in digits, 1 or more."),
            ("2,000,000,000", "Enter 1000000000 or less."),
            ("0,000", "Enter 1 or more."),
            ("6\u{200b}0", "Remove the hidden character U+200B from the number."),
            ("٦٠", "Enter a whole number in digits, 1 or more."),
            ("+5", "Enter a whole number in digits, 1 or more."),
            ("-", "Enter a whole number in digits, 1 or more."),
            ("0", "Enter 1 or more."),
            ("-5", "Enter 1 or more."),
            ("-99999999999999999999", "Enter 1 or more."),
            ("1000000001", "Enter 1000000000 or less."),
            ("99999999999999999999", "Enter 1000000000 or less."),
        ] {
            assert_eq!(parse_units(typed, 1).expect_err(typed), words, "{typed}");
        }
    }
}
