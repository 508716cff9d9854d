//! Changes of the units on hand that are known as a difference: a delivery came in, goods came back or broke, a number
//! was wrong. A difference undoes nobody else's change, as a count of yesterday would.

use super::{
    ledger::{Entry, EntryKind},
    stock::{MAX_UNITS, Stock, parse_units, plain_number},
};
use crate::domain::{
    code::SkuCode,
    number::is_digits,
    text::{TextRefusal, hidden_in_number, single_line},
    words::words,
};

/// Why the units on hand change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeReason {
    /// Units came in from a supplier.
    Received,
    /// Units came back from a customer, or went back to a supplier.
    Returned,
    /// Units broke or were lost.
    Damaged,
    /// The number was wrong.
    Correction,
}

words!(ChangeReason {
    Received => "received", "Received";
    Returned => "returned", "Returned";
    Damaged => "damaged", "Damaged";
    Correction => "correction", "Correction";
});

impl ChangeReason {
    /// The kind of the entry in the ledger.
    pub fn entry_kind(self) -> EntryKind {
        match self {
            Self::Received => EntryKind::Received,
            Self::Returned => EntryKind::Returned,
            Self::Damaged => EntryKind::Damaged,
            Self::Correction => EntryKind::Corrected,
        }
    }

    /// Checks the sign of a change: “damaged 3” would put three broken units up for sale.
    ///
    /// # Errors
    /// A sentence that says what to enter.
    pub fn check_sign(self, units: i64) -> Result<(), String> {
        match self {
            Self::Damaged if units > 0 => Err(format!(
                "Enter −{units}: damaged units leave the stock. If the number was wrong, choose Correction."
            )),
            Self::Received if units < 0 => {
                Err("Enter the units that came in, without a minus. If the number was wrong, choose Correction."
                    .to_owned())
            }
            Self::Received | Self::Returned | Self::Damaged | Self::Correction => Ok(()),
        }
    }
}

/// A change of the units on hand of one SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockChange {
    /// The SKU.
    pub sku: SkuCode,
    /// The units that come in, or go out if it is negative; never 0.
    pub units: i64,
    /// Why.
    pub reason: ChangeReason,
    /// Free text for the ledger; may be empty.
    pub note: String,
}

/// Why a change was refused. Nothing of it was applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants mean")]
pub enum ChangeRefusal {
    #[error("Choose a SKU from the catalogue: there is no “{0}”.")]
    UnknownSku(SkuCode),
    #[error("Take off {on_hand} or fewer: “{sku}” has {on_hand} on hand, and −{taken} would leave less than none.")]
    NotOnHand { sku: SkuCode, on_hand: i64, taken: i64 },
    #[error("Add less: “{sku}” has {on_hand} on hand, and {MAX_UNITS} is the most.")]
    TooMany { sku: SkuCode, on_hand: i64 },
}

impl StockChange {
    /// The units on hand after the change of a SKU that has `on_hand`.
    ///
    /// # Errors
    /// [`ChangeRefusal::NotOnHand`] or [`ChangeRefusal::TooMany`].
    pub fn applied_to(&self, on_hand: i64) -> Result<i64, ChangeRefusal> {
        let after = on_hand + self.units;
        if after < 0 {
            return Err(ChangeRefusal::NotOnHand { sku: self.sku.clone(), on_hand, taken: -self.units });
        }
        if after > MAX_UNITS {
            return Err(ChangeRefusal::TooMany { sku: self.sku.clone(), on_hand });
        }
        Ok(after)
    }

    /// Its entry in the ledger.
    pub fn entry(&self) -> Entry {
        let change = Stock { on_hand: self.units, ..Stock::default() };
        Entry { change, ..Entry::new(self.sku.clone(), self.reason.entry_kind()) }
    }
}

/// Parses a difference: a number of units with or without a sign, but not 0.
/// The error is a sentence that says what to enter.
pub fn parse_difference(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let (is_negative, units) = match text.strip_prefix(['-', '−', '–', '－']) {
        Some(units) => (true, units),
        None => (false, text.strip_prefix(['+', '＋']).unwrap_or(text)),
    };
    let units = units.trim_start();
    if units.is_empty() {
        return Err("Enter the difference, such as 200 or −3.".to_owned());
    }
    if units.starts_with(['-', '+', '−', '–', '－', '＋']) {
        return Err("Enter the difference with one sign, such as 200 or −3.".to_owned());
    }
    if units.bytes().all(|digit| digit == b'0') {
        return Err("Enter the difference, such as 200 or −3: 0 changes nothing.".to_owned());
    }
    if !is_digits(&plain_number(units)) {
        let words = || "Enter the difference as a whole number in digits, such as 200 or −3.".to_owned();
        return Err(hidden_in_number(units).unwrap_or_else(words));
    }
    let units = parse_units(units, 1)?;
    Ok(if is_negative { -units } else { units })
}

/// Parses the note of a change: one line of up to 200 characters, or nothing.
pub fn parse_note(text: &str) -> Result<String, TextRefusal> {
    match single_line("note", text, 200) {
        Err(TextRefusal::Missing { .. }) => Ok(String::new()),
        parsed => parsed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_a_sign_or_none_and_is_never_nothing() {
        for (typed, units) in [
            ("200", 200),
            (" +200 ", 200),
            ("-3", -3),
            ("−3", -3),
            ("– 3", -3),
            ("－３", -3),
            ("＋３", 3),
            ("1000000000", MAX_UNITS),
            ("-1000000000", -MAX_UNITS),
        ] {
            assert_eq!(parse_difference(typed), Ok(units), "{typed}");
        }
        for (typed, words) in [
            ("", "Enter the difference, such as 200 or −3."),
            ("-", "Enter the difference, such as 200 or −3."),
            ("0", "Enter the difference, such as 200 or −3: 0 changes nothing."),
            ("-0", "Enter the difference, such as 200 or −3: 0 changes nothing."),
            ("--3", "Enter the difference with one sign, such as 200 or −3."),
            ("+-3", "Enter the difference with one sign, such as 200 or −3."),
            ("three", "Enter the difference as a whole number in digits, such as 200 or −3."),
            ("1.5", "Enter the difference as a whole number in digits, such as 200 or −3."),
            ("(5)", "Enter the difference as a whole number in digits, such as 200 or −3."),
            ("5\u{200b}", "Remove the hidden character U+200B from the number."),
            ("-1000000001", "Enter 1000000000 or less."),
            ("99999999999999999999", "Enter 1000000000 or less."),
        ] {
            assert_eq!(parse_difference(typed).expect_err(typed), words, "{typed}");
        }
    }

    #[test]
    fn stock_never_goes_below_nothing_or_above_what_a_sku_can_have() {
        let change = |units| StockChange {
            sku: SkuCode::trusted("TEE".into()),
            units,
            reason: ChangeReason::Correction,
            note: String::new(),
        };
        for (on_hand, units, after) in [(5, 3, 8), (5, -5, 0), (0, MAX_UNITS, MAX_UNITS), (MAX_UNITS, -1, 999_999_999)]
        {
            assert_eq!(change(units).applied_to(on_hand), Ok(after), "{on_hand} {units}");
        }
        for (on_hand, units, words) in [
            (5, -6, "Take off 5 or fewer: “TEE” has 5 on hand, and −6 would leave less than none."),
            (MAX_UNITS, 1, "Add less: “TEE” has 1000000000 on hand, and 1000000000 is the most."),
        ] {
            assert_eq!(change(units).applied_to(on_hand).expect_err("refused").to_string(), words);
        }
    }

    #[test]
    fn the_sign_has_to_go_with_the_reason() {
        for (reason, units, is_taken) in [
            (ChangeReason::Received, 5, true),
            (ChangeReason::Received, -5, false),
            (ChangeReason::Returned, 5, true),
            (ChangeReason::Returned, -5, true),
            (ChangeReason::Damaged, 5, false),
            (ChangeReason::Damaged, -5, true),
            (ChangeReason::Correction, 5, true),
            (ChangeReason::Correction, -5, true),
        ] {
            assert_eq!(reason.check_sign(units).is_ok(), is_taken, "{reason:?} {units}");
        }
        let words = "Enter −3: damaged units leave the stock. If the number was wrong, choose Correction.";
        assert_eq!(ChangeReason::Damaged.check_sign(3), Err(words.to_owned()));
    }
}
