//! What starting to push would change at a store.

use crate::domain::words::words;

/// More matches than these change much of any store.
pub const MANY_MATCHES: usize = 100;

/// Fewer than these change much of none.
const FEW_MATCHES: usize = 10;

/// One listing in as many is much of a small store.
const MUCH_IS_ONE_IN: usize = 5;

/// Whether so many matches that change at once change so much of a store with `listed` listings that a person looks at it
/// before anything is pushed.
pub fn is_much(changed: usize, listed: usize) -> bool {
    changed > MANY_MATCHES || (changed >= FEW_MATCHES && changed > listed / MUCH_IS_ONE_IN)
}

/// How what a listing shows would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shift {
    /// It shows less than it should.
    Rises,
    /// It shows more than it should.
    Falls,
    /// It shows something and should show nothing: buyers would find it sold out.
    ToZero,
    /// It shows what it should.
    Same,
    /// What it shows was not read.
    Unknown,
}

words!(Shift {
    Rises => "rises", "Rises";
    Falls => "falls", "Falls";
    ToZero => "to_zero", "Goes to 0";
    Same => "same", "Stays";
    Unknown => "unknown", "Not known";
});

impl Shift {
    /// The shift of a listing that shows `shown` units, if that is known, and should show `should`.
    pub fn of(shown: Option<i64>, should: i64) -> Self {
        match shown {
            None => Self::Unknown,
            Some(shown) if shown == should => Self::Same,
            Some(shown) if shown < should => Self::Rises,
            Some(_) if should == 0 => Self::ToZero,
            Some(_) => Self::Falls,
        }
    }
}

/// How many listings of a store shift in each way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shifts {
    /// They show less than they should.
    pub rising: usize,
    /// They show more than they should, which is not 0.
    pub falling: usize,
    /// They show something and should show 0.
    pub to_zero: usize,
    /// They show what they should.
    pub same: usize,
    /// What they show was not read.
    pub unknown: usize,
}

impl Shifts {
    /// Counts one more listing.
    pub fn add(&mut self, shift: Shift) {
        *match shift {
            Shift::Rises => &mut self.rising,
            Shift::Falls => &mut self.falling,
            Shift::ToZero => &mut self.to_zero,
            Shift::Same => &mut self.same,
            Shift::Unknown => &mut self.unknown,
        } += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_matches_are_a_hundred_or_many_of_a_small_store() {
        for (changed, listed, much) in [
            (9, 0, false),
            (10, 0, true),
            (10, 49, true),
            (10, 50, false),
            (90, 100, true),
            (100, 2_000, false),
            (101, 100_000, true),
        ] {
            assert_eq!(is_much(changed, listed), much, "{changed} of {listed}");
        }
    }

    #[test]
    fn a_listing_shifts_from_what_it_shows_to_what_it_should_show() {
        let mut shifts = Shifts::default();
        for (shown, should, shift) in [
            (Some(5), 7, Shift::Rises),
            (Some(0), 7, Shift::Rises),
            (Some(7), 5, Shift::Falls),
            (Some(7), 0, Shift::ToZero),
            (Some(7), 7, Shift::Same),
            (Some(0), 0, Shift::Same),
            (None, 7, Shift::Unknown),
            (None, 0, Shift::Unknown),
        ] {
            assert_eq!(Shift::of(shown, should), shift, "{shown:?} {should}");
            shifts.add(shift);
        }
        assert_eq!(shifts, Shifts { rising: 2, falling: 1, to_zero: 1, same: 2, unknown: 2 });
    }
}
