//! How long the permission of a seller lasts.

use crate::domain::moment::Moment;
use chrono::TimeDelta;

/// How long before its end staff see that a permission ends.
pub const SHOWN_BEFORE_END: TimeDelta = TimeDelta::days(30);

/// How long a person has at the marketplace. Its codes last at least as long.
pub const TIME_AT_THE_MARKETPLACE: TimeDelta = TimeDelta::minutes(10);

/// How long a person has to save the stores that the seller permitted.
pub const TIME_TO_SAVE: TimeDelta = TimeDelta::hours(1);

/// Whether a permission that ends at `end` is shown at `now`.
pub fn ends_soon(end: Moment, now: Moment) -> bool {
    end <= now.plus(SHOWN_BEFORE_END)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_shown_in_the_month_before_its_end_and_after_it() {
        let now = Moment::from(chrono::DateTime::UNIX_EPOCH);
        for (days, is_shown) in [(-400, true), (0, true), (30, true), (31, false), (365, false)] {
            assert_eq!(ends_soon(now.plus(TimeDelta::days(days)), now), is_shown, "{days} days");
        }
    }
}
