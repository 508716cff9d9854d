//! When a file that takes listings off its stores asks first: an empty column does that for a whole catalogue.

/// So many are taken off without a question, however few the store has.
const FEW: usize = 10;

/// Whether taking `retired` of the `listed` listings of a store off is asked about first: more than a tenth, and more than
/// a few.
pub fn is_asked(retired: usize, listed: usize) -> bool {
    retired > FEW && retired.saturating_mul(10) > listed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_tenth_of_a_store_is_asked_about_unless_it_is_a_few() {
        for (retired, listed, asks) in [
            (0, 0, false),
            (10, 10, false),
            (11, 11, true),
            (11, 110, false),
            (12, 110, true),
            (100, 1_000, false),
            (101, 1_000, true),
        ] {
            assert_eq!(is_asked(retired, listed), asks, "{retired} of {listed}");
        }
    }
}
