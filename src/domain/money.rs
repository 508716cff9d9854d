//! Money: the currencies of ISO 4217, amounts in their minor units, and how amounts are typed and shown.
//!
//! Amounts of different currencies are never added: an [`Amount`] knows its decimals, and whoever adds amounts takes care
//! that they are of one store, which has one currency.

use crate::domain::{
    number::{grouped, is_digits, narrowed, ungrouped},
    place::Country,
    text::hidden_in_number,
};
use std::fmt;

/// The highest unit price, in minor units: that of a store's whole order.
pub const MAX_PRICE_MINOR: i64 = MAX_VALUE_MINOR;

/// The highest value of an order, in minor units. It is low enough that the sum of thousands of orders fits in 64 bits.
pub const MAX_VALUE_MINOR: i64 = 1_000_000_000_000_000;

/// The decimals of amounts whose currency is not known: minor units are hundredths then.
const UNKNOWN_DECIMALS: u32 = 2;

/// A currency of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Parses the three letters of a currency, in upper or lower case. The error is a sentence that says what to enter.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let found = iso_currency::Currency::from_code(&text.to_ascii_uppercase());
        // Gold and the testing code have no decimals, not even none.
        let found = found.filter(|currency| currency.exponent().is_some());
        found.map(Self).ok_or_else(|| {
            format!("Choose a currency by its three letters (ISO 4217), like SGD: there is no “{text}”.")
        })
    }

    /// The currency that a country pays with. Antarctica has none.
    pub fn of(country: Country) -> Option<Self> {
        let country: iso_currency::Country = country.code().parse().ok()?;
        let mut currencies = iso_currency::Currency::from_country(country).into_iter();
        currencies.find(|currency| currency.flags().is_empty()).map(Self)
    }

    /// The currencies of all countries, by code.
    pub fn all() -> Vec<Self> {
        let mut currencies: Vec<Self> = Country::all().into_iter().filter_map(Self::of).collect();
        currencies.sort_by_key(|currency| currency.code());
        currencies.dedup();
        currencies
    }

    /// Its three letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Its name in English.
    pub fn name(self) -> String {
        self.0.name().to_owned()
    }

    /// How many decimals its amounts have: 2 for SGD and IDR, none for VND and JPY, 3 for KWD.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(UNKNOWN_DECIMALS, u32::from)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The decimals of amounts in a currency, or of those whose currency is not known.
pub fn decimals_of(currency: Option<Currency>) -> u32 {
    currency.map_or(UNKNOWN_DECIMALS, Currency::decimals)
}

/// An amount: 1,250 minor units with 2 decimals are 12.50.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// Minor units, 0 or more.
    pub minor: i128,
    /// How many of their digits are decimals.
    pub decimals: u32,
}

impl Amount {
    /// The same amount with as many decimals as the currency has; as it is, if some of the others are not 0.
    fn adjusted(self, currency: Option<Currency>) -> Self {
        let wanted = decimals_of(currency);
        if self.decimals <= wanted {
            return self.scaled(wanted);
        }
        let factor = 10_i128.pow(self.decimals - wanted);
        if self.minor % factor == 0 { Self { minor: self.minor / factor, decimals: wanted } } else { self }
    }

    /// The same amount with more decimals.
    fn scaled(self, decimals: u32) -> Self {
        Self { minor: self.minor * 10_i128.pow(decimals - self.decimals), decimals }
    }

    /// In minor units of the currency. Decimals that the currency does not have are rounded.
    pub fn minor_units_of(self, currency: Option<Currency>) -> i128 {
        let amount = self.adjusted(currency);
        let factor = 10_i128.pow(amount.decimals - decimals_of(currency));
        (amount.minor + factor / 2) / factor
    }

    /// For people: `SGD 1,234.50`, or `1,234.50` if the currency is not known.
    pub fn in_words(self, currency: Option<Currency>) -> String {
        let (whole, fraction) = self.adjusted(currency).digits();
        let number = format!("{}{fraction}", grouped(&whole));
        currency.map_or_else(|| number.clone(), |currency| format!("{currency} {number}"))
    }

    /// For files: `1234.50`. The currency is in a column of its own.
    pub fn in_file(self, currency: Option<Currency>) -> String {
        let (whole, fraction) = self.adjusted(currency).digits();
        format!("{whole}{fraction}")
    }

    /// The digits before the point, and the point with those after it.
    fn digits(self) -> (String, String) {
        let factor = 10_i128.pow(self.decimals);
        let fraction = match self.decimals {
            0 => String::new(),
            decimals => format!(".{:0width$}", self.minor % factor, width = decimals as usize),
        };
        ((self.minor / factor).to_string(), fraction)
    }
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        let decimals = self.decimals.max(other.decimals);
        *self = Self { minor: self.scaled(decimals).minor + other.scaled(decimals).minor, decimals };
    }
}

/// Parses a number of minor units, as programs send it. The error is a sentence that says what to send.
pub fn parse_minor(text: &str) -> Result<i64, String> {
    if !is_digits(text.strip_prefix('-').unwrap_or(text)) {
        return Err("Enter a whole number in digits, 0 or more.".to_owned());
    }
    match text.parse::<i64>() {
        Ok(minor) if (0..=MAX_PRICE_MINOR).contains(&minor) => Ok(minor),
        _ if text.starts_with('-') => Err("Enter 0 or more.".to_owned()),
        Ok(_) | Err(_) => Err(format!("Enter {MAX_PRICE_MINOR} or less.")),
    }
}

/// Parses a price as people and files write it into minor units of the currency: for SGD, `12`, `12.50`, `1,234.50`,
/// `1 234,50` and `SGD 12.50`. An empty text is no price. The error is a sentence that says what to enter.
pub fn parse_price(text: &str, currency: Option<Currency>) -> Result<Option<i64>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number = without_currency(text, currency)?;
    let decimals = decimals_of(currency);
    let example = example_price(currency);
    let (whole, fraction) = match parts(&narrowed(&number), decimals) {
        Some(Parts::Number { whole, fraction }) => (whole, fraction),
        Some(Parts::Ambiguous { whole, fraction }) => {
            return Err(format!(
                "Enter {whole}{fraction} if it is in thousands, or a price like {example}: “{text}” can be read as either."
            ));
        }
        None => {
            let words = || format!("Enter a price like {example}. “{text}” is not a price.");
            return Err(hidden_in_number(text).unwrap_or_else(words));
        }
    };
    let fraction = fraction.trim_end_matches('0');
    let width = decimals as usize;
    if fraction.len() > width {
        let of = currency.map_or("The store’s currency", Currency::code);
        let has = match decimals {
            0 => "no decimals".to_owned(),
            _ => format!("{decimals} decimals"),
        };
        return Err(format!("Enter a price like {example}: {of} has {has}, and “{text}” has more."));
    }
    match format!("{whole}{fraction:0<width$}").parse::<i64>() {
        Ok(minor) if minor <= MAX_PRICE_MINOR => Ok(Some(minor)),
        Ok(_) | Err(_) => {
            let most = Amount { minor: MAX_PRICE_MINOR.into(), decimals };
            Err(format!("Enter a price of {} or less.", most.in_words(currency)))
        }
    }
}

/// A price as it may be typed in the currency: `12.50`; `1250` where there are no decimals.
pub fn example_price(currency: Option<Currency>) -> String {
    let decimals = decimals_of(currency);
    Amount { minor: 1_250 * 10_i128.pow(decimals.saturating_sub(2)), decimals }.in_file(currency)
}

/// The number without the store's currency before or after it. Another currency is refused.
fn without_currency(text: &str, currency: Option<Currency>) -> Result<String, String> {
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    let named = if letters.len() == 3 { Currency::parse(&letters).ok() } else { None };
    let Some(named) = named else { return Ok(text.to_owned()) };
    if currency != Some(named) {
        let own =
            currency.map_or_else(|| "the store’s currency, without its letters".to_owned(), |own| own.to_string());
        return Err(format!("Enter the price in {own}. “{text}” is in another currency."));
    }
    let number = text.strip_prefix(&letters).or_else(|| text.strip_suffix(&letters)).unwrap_or(text);
    Ok(number.trim().to_owned())
}

/// What the digits of a typed number are.
enum Parts {
    Number {
        whole: String,
        fraction: String,
    },
    /// One mark with three digits after it: thousands in one country, decimals in another.
    Ambiguous {
        whole: String,
        fraction: String,
    },
}

/// `None` if it is not a number. A comma separates thousands and a point decimals, unless it can only be the other way
/// round: `1.234,50`, `12,5`, `1.500.000`.
fn parts(text: &str, decimals: u32) -> Option<Parts> {
    // The Swiss separate thousands by apostrophes.
    let text = text.replace(['\'', '’'], " ");
    let marks: Vec<char> = text.chars().filter(|c| matches!(c, ',' | '.')).collect();
    let Some(last) = marks.last().copied() else { return Some(number(ungrouped(&text, ' ')?, "")) };
    let (before, after) = text.rsplit_once(last)?;
    let other = if last == ',' { '.' } else { ',' };
    let is_mixed = marks.contains(&other);
    let occurs = marks.iter().filter(|mark| **mark == last).count();
    if is_mixed {
        let is_decimal = occurs == 1 && is_digits(after);
        return if is_decimal { Some(number(ungrouped(before, other)?, after)) } else { None };
    }
    if occurs > 1 {
        return Some(number(ungrouped(&text, last)?, ""));
    }
    if !is_digits(after) {
        return None;
    }
    let may_be_thousands = after.len() == 3 && is_digits(before) && before.len() <= 3 && !before.starts_with('0');
    let whole = ungrouped(before, ' ')?;
    if !may_be_thousands {
        // A comma with many digits after it is neither.
        let is_decimal = last == '.' || after.len() <= 2.max(decimals as usize);
        return is_decimal.then(|| number(whole, after));
    }
    match (last, decimals) {
        ('.', 3) => Some(number(whole, after)),
        (',', 3) | ('.', _) => Some(Parts::Ambiguous { whole, fraction: after.to_owned() }),
        _ => Some(number(format!("{whole}{after}"), "")),
    }
}

fn number(whole: String, fraction: &str) -> Parts {
    Parts::Number { whole, fraction: fraction.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Option<Currency> {
        (!code.is_empty()).then(|| Currency::parse(code).expect("a currency"))
    }

    #[test]
    fn currencies_have_the_decimals_of_iso_4217() {
        for (code, decimals) in
            [("SGD", 2), ("IDR", 2), ("PHP", 2), ("MYR", 2), ("THB", 2), ("TWD", 2), ("VND", 0), ("JPY", 0), ("KRW", 0)]
        {
            assert_eq!(currency(code).map(Currency::decimals), Some(decimals), "{code}");
        }
        assert_eq!(Currency::parse(" vnd ").map(Currency::code), Ok("VND"));
        assert_eq!(Currency::parse("KWD").map(Currency::decimals), Ok(3));
        for text in ["", "RP", "XXX", "XAU", "dong"] {
            let words = format!("Choose a currency by its three letters (ISO 4217), like SGD: there is no “{text}”.");
            assert_eq!(Currency::parse(text).expect_err(text), words);
        }
    }

    #[test]
    fn a_country_suggests_its_currency() {
        for (country, code) in [
            ("SG", "SGD"),
            ("MY", "MYR"),
            ("ID", "IDR"),
            ("TH", "THB"),
            ("VN", "VND"),
            ("PH", "PHP"),
            ("TW", "TWD"),
            ("HK", "HKD"),
            ("BR", "BRL"),
            ("MX", "MXN"),
            ("CL", "CLP"),
            ("CO", "COP"),
            ("DE", "EUR"),
            ("BG", "EUR"),
            ("CH", "CHF"),
            ("US", "USD"),
        ] {
            let country = Country::parse(country).expect("a country");
            assert_eq!(Currency::of(country).map(Currency::code), Some(code));
        }
        assert_eq!(Currency::of(Country::parse("AQ").expect("Antarctica")), None);
        let all = Currency::all();
        assert!(all.len() > 140 && all.windows(2).all(|pair| pair[0].code() < pair[1].code()));
    }

    #[test]
    fn a_price_is_read_into_minor_units() {
        for (code, text, minor) in [
            ("SGD", "", None),
            ("SGD", " ", None),
            ("SGD", "0", Some(0)),
            ("SGD", "12", Some(1_200)),
            ("SGD", "12.5", Some(1_250)),
            ("SGD", " 2.10 ", Some(210)),
            ("SGD", "12.500000", Some(1_250)),
            ("SGD", "0.500", Some(50)),
            ("SGD", "1,234", Some(123_400)),
            ("SGD", "1,234.50", Some(123_450)),
            ("SGD", "1 234.50", Some(123_450)),
            ("SGD", "1'234.50", Some(123_450)),
            ("SGD", "1.234,50", Some(123_450)),
            ("SGD", "1\u{202F}234,5", Some(123_450)),
            ("SGD", "12,50", Some(1_250)),
            ("SGD", "１，２３４．５０", Some(123_450)),
            ("SGD", "SGD 1,234.50", Some(123_450)),
            ("SGD", "12.50 SGD", Some(1_250)),
            ("", "12.50", Some(1_250)),
            ("VND", "250000", Some(250_000)),
            ("VND", "250,000", Some(250_000)),
            ("VND", "1.500.000", Some(1_500_000)),
            ("VND", "250000.00", Some(250_000)),
            ("VND", "250000,00", Some(250_000)),
            ("VND", "30,000,000", Some(30_000_000)),
            ("IDR", "15499000", Some(1_549_900_000)),
            ("IDR", "15.499.000,00", Some(1_549_900_000)),
            ("IDR", "10,000,000.01", Some(1_000_000_001)),
            ("KWD", "1.234", Some(1_234)),
            ("KWD", "1234.5", Some(1_234_500)),
            ("VND", "1000000000000000", Some(MAX_PRICE_MINOR)),
        ] {
            assert_eq!(parse_price(text, currency(code)), Ok(minor), "{code} {text}");
        }
    }

    #[test]
    fn what_is_no_price_of_the_currency_says_what_to_enter() {
        for text in ["-1", ".5", "1.", "free", "1e3", "1,2,3", "1.2.3", "1,23,4.5", "1.234.5", "12,5000", "1 2", "%"] {
            let words = format!("Enter a price like 12.50. “{text}” is not a price.");
            assert_eq!(parse_price(text, currency("SGD")).expect_err(text), words);
        }
        for (code, text, words) in [
            ("SGD", "1.2345", "Enter a price like 12.50: SGD has 2 decimals, and “1.2345” has more."),
            ("VND", "2500.50", "Enter a price like 1250: VND has no decimals, and “2500.50” has more."),
            ("", "1.2345", "Enter a price like 12.50: The store’s currency has 2 decimals, and “1.2345” has more."),
            ("SGD", "1.234", "Enter 1234 if it is in thousands, or a price like 12.50: “1.234” can be read as either."),
            (
                "VND",
                "250.000",
                "Enter 250000 if it is in thousands, or a price like 1250: “250.000” can be read as either.",
            ),
            (
                "KWD",
                "1,234",
                "Enter 1234 if it is in thousands, or a price like 12.500: “1,234” can be read as either.",
            ),
            ("SGD", "12.50\u{200b}", "Remove the hidden character U+200B from the number."),
            ("SGD", "USD 5", "Enter the price in SGD. “USD 5” is in another currency."),
            ("SGD", "99999999999999.99", "Enter a price of SGD 10,000,000,000,000.00 or less."),
            ("", "99999999999999999999", "Enter a price of 10,000,000,000,000.00 or less."),
            ("VND", "1000000000000001", "Enter a price of VND 1,000,000,000,000,000 or less."),
        ] {
            assert_eq!(parse_price(text, currency(code)).expect_err(text), words, "{code} {text}");
        }
    }

    #[test]
    fn an_amount_is_shown_with_its_currency_and_thousands_and_written_to_files_without() {
        for (code, minor, decimals, words, in_file) in [
            ("SGD", 123_450, 2, "SGD 1,234.50", "1234.50"),
            ("SGD", 5, 2, "SGD 0.05", "0.05"),
            ("VND", 250_000, 0, "VND 250,000", "250000"),
            ("IDR", 1_549_900_000, 2, "IDR 15,499,000.00", "15499000.00"),
            ("KWD", 1_234, 3, "KWD 1.234", "1.234"),
            ("", 407_198, 2, "4,071.98", "4071.98"),
            // Recorded as hundredths before the currency was known.
            ("VND", 25_000_000, 2, "VND 250,000", "250000"),
            ("VND", 250_050, 2, "VND 2,500.50", "2500.50"),
            ("KWD", 1_250, 2, "KWD 12.500", "12.500"),
            ("", 250_000, 0, "250,000.00", "250000.00"),
        ] {
            let amount = Amount { minor, decimals };
            assert_eq!(amount.in_words(currency(code)), words);
            assert_eq!(amount.in_file(currency(code)), in_file);
        }
    }

    #[test]
    fn amounts_with_other_decimals_add_up_and_convert() {
        let mut sum = Amount::default();
        for (minor, decimals) in [(250_000, 0), (25_000_000, 2), (i128::from(i64::MAX), 2)] {
            sum += Amount { minor, decimals };
        }
        assert_eq!(sum, Amount { minor: 50_000_000 + i128::from(i64::MAX), decimals: 2 });
        for (minor, decimals, code, converted) in [
            (25_000_000, 2, "VND", 250_000),
            (250_050, 2, "VND", 2_501),
            (250_049, 2, "VND", 2_500),
            (250_000, 0, "SGD", 25_000_000),
            (1_250, 2, "", 1_250),
        ] {
            let amount = Amount { minor, decimals };
            assert_eq!(amount.minor_units_of(currency(code)), converted, "{minor} {code}");
        }
    }

    #[test]
    fn minor_units_of_programs_are_whole_numbers_with_a_limit_that_no_price_reaches() {
        assert_eq!(parse_minor("0"), Ok(0));
        assert_eq!(parse_minor("1500000000"), Ok(1_500_000_000));
        assert_eq!(parse_minor("1000000000000000"), Ok(MAX_PRICE_MINOR));
        for (text, words) in [
            ("1.5", "Enter a whole number in digits, 0 or more."),
            ("1e3", "Enter a whole number in digits, 0 or more."),
            ("-1", "Enter 0 or more."),
            ("-99999999999999999999", "Enter 0 or more."),
            ("1000000000000001", "Enter 1000000000000000 or less."),
            ("99999999999999999999", "Enter 1000000000000000 or less."),
        ] {
            assert_eq!(parse_minor(text).expect_err(text), words);
        }
    }
}
