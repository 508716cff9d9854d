//! What a flash sale is called and which of the two types it is.

use super::schedule::Schedule;
use crate::domain::{
    moment::Moment,
    text::{TextRefusal, single_line},
    words::words,
};

/// The two types of flash sale. They differ in what the store of the sale may sell beside its hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlashSaleType {
    /// The store shows its hold and nothing else; the others share the rest.
    StockAllocation,
    /// The store shows its hold and the shared stock; the others share the rest.
    StockReservation,
}

words!(FlashSaleType {
    StockAllocation => "stock_allocation", "Stock Allocation";
    StockReservation => "stock_reservation", "Stock Reservation";
});

/// Where a promotion stands. Never stored: it follows from the schedule and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Being written; holds nothing.
    Draft,
    /// Holding its stock.
    Running,
    /// Over, by schedule or by staff. Final.
    Ended,
}

words!(Status {
    Draft => "draft", "Draft";
    Running => "running", "Running";
    Ended => "ended", "Ended";
});

impl Status {
    /// The status of a promotion with `schedule` at `now`.
    #[must_use]
    pub fn at(schedule: Schedule, now: Moment) -> Self {
        if schedule.is_live_at(now) { Self::Running } else { Self::Ended }
    }
}

/// The most products one promotion may have, as many as one API body may carry.
pub const MAX_PRODUCTS: usize = 1_000;

/// A promotion's name from what somebody typed or sent: one line of up to 120 characters.
///
/// # Errors
/// A [`TextRefusal`] that says what to do.
pub fn parse_name(text: &str) -> Result<String, TextRefusal> {
    single_line("promotion name", text, NAME_LIMIT)
}

/// The most characters of a promotion's name.
const NAME_LIMIT: usize = 120;

/// What a copy of the promotion `name` is called at first: `11.11 (copy)`, and a copy of that `11.11 (copy 2)`.
#[must_use]
pub fn name_of_copy(name: &str) -> String {
    let numbered = name.strip_suffix(')').and_then(|name| name.rsplit_once(" (copy"));
    let number = |rest: &str| if rest.is_empty() { Some(1) } else { rest.strip_prefix(' ')?.parse::<u32>().ok() };
    let (name, mark) = match numbered.and_then(|(name, rest)| Some((name, number(rest)?))) {
        Some((name, number)) => (name, format!(" (copy {})", u64::from(number) + 1)),
        None => (name, " (copy)".to_owned()),
    };
    let kept: String = name.chars().take(NAME_LIMIT - mark.len()).collect();
    format!("{}{mark}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_told_apart_by_its_name_and_is_no_longer_than_names_are() {
        let long = "双".repeat(NAME_LIMIT);
        for (name, copy) in [
            ("11.11", "11.11 (copy)"),
            ("11.11 (copy)", "11.11 (copy 2)"),
            ("11.11 (copy 9)", "11.11 (copy 10)"),
            ("11.11 (copy of mine)", "11.11 (copy of mine) (copy)"),
            ("11.11 (copy 99999999999)", "11.11 (copy 99999999999) (copy)"),
            ("(copy)", "(copy) (copy)"),
            (&long, &format!("{} (copy)", "双".repeat(NAME_LIMIT - 7))),
        ] {
            assert_eq!(name_of_copy(name), copy);
            assert_eq!(parse_name(copy).as_deref(), Ok(copy));
        }
    }
}
