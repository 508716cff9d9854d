//! The stock of one SKU: four totals, in units.

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
    if let Some((mark, plain)) = ungrouped(text) {
        parse_units(&plain, least)?;
        return Err(format!("Enter {plain} without the {mark}."));
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("Enter a whole number in digits, {least} or more."));
    }
    match text.parse::<i64>() {
        Ok(units) if (least..=MAX_UNITS).contains(&units) => Ok(units),
        Ok(units) if units < least => Err(format!("Enter {least} or more.")),
        Err(_) if text.starts_with('-') => Err(format!("Enter {least} or more.")),
        Ok(_) | Err(_) => Err(format!("Enter {MAX_UNITS} or less.")),
    }
}

/// For a number with separated thousands: the name of the separator, and the number without it.
fn ungrouped(text: &str) -> Option<(&'static str, String)> {
    let (mark, word, words) = match text.chars().find(|c| !c.is_ascii_digit())? {
        ',' => (',', "comma", "commas"),
        space @ (' ' | '\u{A0}' | '\u{202F}') => (space, "space", "spaces"),
        _ => return None,
    };
    let groups: Vec<&str> = text.split(mark).collect();
    let are_thousands = matches!(groups[0].len(), 1..=3) && groups[1..].iter().all(|group| group.len() == 3);
    let is_number = are_thousands && groups.concat().bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| (if groups.len() == 2 { word } else { words }, groups.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_whole_numbers_in_range() {
        for (typed, units) in [("60", 60), (" 60 ", 60), ("0", 0), ("007", 7), ("1000000000", MAX_UNITS)] {
            assert_eq!(parse_units(typed, 0), Ok(units), "{typed}");
        }
        for (typed, words) in [
            ("", "Enter a whole number, 1 or more."),
            ("sixty", "Enter a whole number in digits, 1 or more."),
            ("6.5", "Enter a whole number in digits, 1 or more."),
            ("6,5", "Enter a whole number in digits, 1 or more."),
            (",500", "Enter a whole number in digits, 1 or more."),
            ("6.000", "Enter a whole number in digits, 1 or more."),
            ("6,00 0", "Enter a whole number in digits, 1 or more."),
            ("6,000", "Enter 6000 without the comma."),
            ("1,000,000", "Enter 1000000 without the commas."),
            ("12 000", "Enter 12000 without the space."),
            ("2,000,000,000", "Enter 1000000000 or less."),
            ("0,000", "Enter 1 or more."),
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
