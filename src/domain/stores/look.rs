//! Decides what is written to a listing after its store was asked what it shows. A push never gives back what a buyer took,
//! so a listing that shows fewer units than we can explain is treated as if buyers had taken them, until the orders of its
//! store were read and do not have them. What they do not explain is a **drift**: a person may have typed a number there.

use chrono::TimeDelta;

/// How long a drift is shown.
pub const DRIFTS_KNOWN: TimeDelta = TimeDelta::days(30);

/// How long a drift is on the dashboard.
pub const DRIFTS_RECENT: TimeDelta = TimeDelta::days(1);

/// What is known of a listing when its store says what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Units that it should show now.
    pub should: i64,
    /// Units that the store acknowledged last; `None` if it is unknown what it shows.
    pub acknowledged: Option<i64>,
    /// Units that it showed fewer then than known orders explained.
    pub missing: i64,
    /// Units of an earlier request whose result is not known: it may still arrive.
    pub sending: Option<i64>,
    /// Units that orders of the store took since then, as far as they are recorded.
    pub taken: i64,
    /// Units that its cancelled orders gave back since then.
    pub returned: i64,
    /// Whether it is to be raised: then the orders of the store were read first.
    pub is_raise: bool,
}

/// What follows from what a store shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The quantity that is written, if any is.
    pub write: Option<i64>,
    /// Units that are missing and that orders which are not read yet may explain: it is looked at again.
    pub missing: i64,
    /// What was expected, if something else is shown that nothing explains, and it is corrected now.
    pub drift_from: Option<i64>,
}

impl Known {
    /// What to do about a listing that shows so many units.
    pub fn decide(&self, shown: i64) -> Verdict {
        let (least, most) = self.explained(shown);
        let unexplained = (least - shown).max(0);
        // What was missing at the last look as well, and is not in the orders that were read since.
        let confirmed = if self.is_raise { (self.missing - self.taken).max(0) } else { 0 };
        let doubtful = (unexplained - confirmed).max(0);
        let may_arrive = self.sending.is_some_and(|sending| sending > self.should);
        let write = if shown > self.should {
            Some((self.should - doubtful).max(0))
        } else if self.is_raise && shown < self.should {
            (doubtful == 0).then_some(self.should)
        } else {
            // It shows no more than it should: nothing is written, unless an earlier request may still change that.
            may_arrive.then_some(shown)
        };
        let drift_from = match shown > most {
            true => Some(most),
            false => (unexplained > 0 && doubtful == 0).then_some(least),
        };
        let missing = if doubtful > 0 { unexplained } else { 0 };
        Verdict { write, missing, drift_from: drift_from.filter(|_| write.is_some()) }
    }

    /// The fewest and the most units that known orders and requests explain.
    fn explained(&self, shown: i64) -> (i64, i64) {
        let Some(acknowledged) = self.acknowledged else { return (shown, shown) };
        let before = acknowledged + self.missing;
        let lowest = self.sending.map_or(before, |sending| sending.min(before));
        let highest = self.sending.map_or(before, |sending| sending.max(before));
        (lowest - self.taken, highest + self.returned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A listing that showed 100 when it was acknowledged.
    fn known(should: i64, taken: i64, is_raise: bool) -> Known {
        Known { should, acknowledged: Some(100), missing: 0, sending: None, taken, returned: 0, is_raise }
    }

    fn writes(quantity: i64) -> Verdict {
        Verdict { write: Some(quantity), missing: 0, drift_from: None }
    }

    const NOTHING: Verdict = Verdict { write: None, missing: 0, drift_from: None };

    #[test]
    fn a_listing_that_is_to_be_lowered_is_written_to_only_if_it_shows_too_much() {
        for (case, known, shown, verdict) in [
            ("as it was", known(60, 0, false), 100, writes(60)),
            ("its own orders have lowered it", known(60, 40, false), 60, NOTHING),
            ("its own orders have lowered it to less", known(60, 50, false), 50, NOTHING),
            ("some of the difference is its own orders", known(60, 10, false), 90, writes(60)),
            (
                "buyers took 10 that are not known yet: as many less may be shown",
                known(60, 0, false),
                90,
                Verdict { write: Some(50), missing: 10, drift_from: None },
            ),
            (
                "they took all that is too much and more",
                known(60, 0, false),
                55,
                Verdict { write: None, missing: 45, drift_from: None },
            ),
            (
                "more is missing than there should be",
                Known { should: 5, ..known(5, 0, false) },
                10,
                Verdict { write: Some(0), missing: 90, drift_from: None },
            ),
            (
                "a person typed a larger number",
                known(60, 0, false),
                130,
                Verdict { write: Some(60), missing: 0, drift_from: Some(100) },
            ),
            ("a cancelled order gave units back", Known { returned: 3, ..known(60, 0, false) }, 103, writes(60)),
            ("what it showed is not known", Known { acknowledged: None, ..known(60, 0, false) }, 70, writes(60)),
            ("the first look", Known { acknowledged: None, ..known(60, 0, false) }, 40, NOTHING),
            ("the first look, as it should be", Known { acknowledged: None, ..known(60, 0, false) }, 60, NOTHING),
            (
                "an earlier request may still arrive",
                Known { sending: Some(120), ..known(60, 0, false) },
                50,
                Verdict { write: Some(50), missing: 50, drift_from: None },
            ),
        ] {
            assert_eq!(known.decide(shown), verdict, "{case}");
        }
    }

    #[test]
    fn a_listing_is_raised_once_what_it_shows_is_explained_or_was_missing_twice() {
        let again = |missing| Known { acknowledged: Some(30), missing, ..known(120, 0, true) };
        for (case, known, shown, verdict) in [
            ("as it was", known(120, 0, true), 100, writes(120)),
            ("less by what was bought", known(110, 10, true), 90, writes(110)),
            (
                "less than that: look again",
                known(120, 0, true),
                30,
                Verdict { write: None, missing: 70, drift_from: None },
            ),
            ("the orders explain it now", Known { taken: 70, should: 50, ..again(70) }, 30, writes(50)),
            (
                "they do not: it was typed there",
                again(70),
                30,
                Verdict { write: Some(120), missing: 0, drift_from: Some(100) },
            ),
            (
                "two more were bought since: look again",
                again(70),
                28,
                Verdict { write: None, missing: 72, drift_from: None },
            ),
            (
                "the orders have what was missing, and others bought since",
                Known { taken: 70, should: 50, ..again(70) },
                25,
                Verdict { write: None, missing: 5, drift_from: None },
            ),
            ("it shows what it should", known(120, 0, true), 120, NOTHING),
            (
                "a person typed more than it should show",
                known(120, 0, true),
                150,
                Verdict { write: Some(120), missing: 0, drift_from: Some(100) },
            ),
            (
                "a person typed more than we know of",
                known(120, 0, true),
                110,
                Verdict { write: Some(120), missing: 0, drift_from: Some(100) },
            ),
            ("an earlier raise arrived", Known { sending: Some(110), ..known(120, 0, true) }, 110, writes(120)),
        ] {
            assert_eq!(known.decide(shown), verdict, "{case}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn units_that_a_buyer_took_and_we_do_not_know_of_are_never_given_back(
            acknowledged in 0..100_i64, recorded in 0..50_i64, unknown in 0..50_i64,
            should in 0..150_i64, is_raise in any::<bool>(),
        ) {
            // Buyers cannot take more than is shown.
            let recorded = recorded.min(acknowledged);
            let unknown = unknown.min(acknowledged - recorded);
            let shown = acknowledged - recorded - unknown;
            let known = Known { acknowledged: Some(acknowledged), ..known(should, recorded, is_raise) };
            let verdict = known.decide(shown);
            if let Some(written) = verdict.write {
                prop_assert!(written <= (should - unknown).max(0), "{known:?} {shown} {verdict:?}");
            }
            prop_assert_eq!(verdict.missing, unknown);
            // Then the orders are read.
            let after = Known {
                should: should - unknown,
                acknowledged: Some(verdict.write.unwrap_or(shown)),
                missing: verdict.missing,
                taken: unknown,
                is_raise: true,
                ..known
            };
            prop_assert_eq!(after.decide(verdict.write.unwrap_or(shown)).drift_from, None);
        }
    }
}
