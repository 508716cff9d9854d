//! The name, the type and the status of a flash sale.

use super::schedule::Schedule;
use crate::domain::{
    moment::Moment,
    text::{TextRefusal, single_line},
    words::words,
};

/// The two types of flash sale. They differ in what the store of the sale shows in addition to its hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlashSaleType {
    /// The store shows only its hold. The other stores show the shared stock.
    StockAllocation,
    /// The store shows its hold and the shared stock. The other stores show the shared stock.
    StockReservation,
}

words!(FlashSaleType {
    StockAllocation => "stock_allocation", "Stock Allocation";
    StockReservation => "stock_reservation", "Stock Reservation";
});

/// The status of a promotion. It is never stored, because it follows from the schedule and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not created yet; holds nothing.
    Draft,
    /// Its holds are live.
    Running,
    /// Ended by schedule or by staff. Final.
    Ended,
}

words!(Status {
    Draft => "draft", "Draft";
    Running => "running", "Running";
    Ended => "ended", "Ended";
});

impl Status {
    /// The status of a promotion with `schedule` at `now`.
    pub fn at(schedule: Schedule, now: Moment) -> Self {
        if schedule.is_live_at(now) { Self::Running } else { Self::Ended }
    }
}

/// The most products of a promotion: the limit of one API request.
pub const MAX_PRODUCTS: usize = 1_000;

/// Parses a promotion's name: one line of up to 120 characters.
pub fn parse_name(text: &str) -> Result<String, TextRefusal> {
    single_line("promotion name", text, NAME_LIMIT)
}

/// The largest length of a promotion's name, in characters.
const NAME_LIMIT: usize = 120;

/// The default name for a copy of the promotion `name`: `11.11 (copy)`, and for a copy of that `11.11 (copy 2)`.
pub fn name_of_copy(name: &str) -> String {
    let numbered = name.strip_suffix(')').and_then(|name| name.rsplit_once(" (copy"));
    let number = |rest: &str| if rest.is_empty() { Some(1) } else { rest.strip_prefix(' ')?.parse::<u32>().ok() };
    let (name, mark) = match numbered.and_then(|(name, rest)| Some((name, number(rest)?))) {
        Some((name, number)) => (name, format!(" (copy {})", u64::from(number) + 1)),
        None => (name, " (copy)".to_owned()),
    };
    let shortened: String = name.chars().take(NAME_LIMIT - mark.len()).collect();
    format!("{}{mark}", shortened.trim_end())
}

/// The default name of the flash sale that covers a campaign: `Campaign 2001 on Shopee SG`.
pub fn name_for_campaign(campaign: &str, store: &str) -> String {
    let name: String = format!("{campaign} on {store}").chars().take(NAME_LIMIT).collect();
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_another_name_that_is_not_too_long() {
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
