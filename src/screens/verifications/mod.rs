//! `/verifications`: what came of recomputing everything from the ledger.

pub mod list;
pub mod show;
pub mod start;

use crate::{
    db::verifications::Verification,
    domain::{promotions::schedule, text::counted},
};
use chrono_tz::Tz;

/// One verification as it is shown.
pub struct Line {
    /// The address of its page.
    pub href: String,
    /// When it was begun, in UTC.
    pub began_at: String,
    /// Who began it.
    pub began_by: String,
    /// How long it took: `1.25 s`; empty until it is finished.
    pub took: String,
    /// What the badge's colour is to say.
    pub tone: &'static str,
    /// What came of it.
    pub state: String,
    /// What there was: a label, and how much.
    pub counts: [(&'static str, i64); 4],
}

impl Line {
    /// The line about `verification`.
    #[must_use]
    pub fn new(verification: &Verification) -> Self {
        let (tone, state) = state(verification);
        let Verification { id, began_at, began_by, finished_at, skus, entries, holds, orders, .. } = verification;
        let took = finished_at.map(|finished_at| finished_at.since(*began_at).num_milliseconds());
        Self {
            href: format!("/verifications/{id}"),
            began_at: schedule::display(*began_at, Tz::UTC),
            began_by: began_by.clone(),
            took: took.map_or_else(String::new, |ms| format!("{}.{:02} s", ms / 1_000, ms % 1_000 / 10)),
            tone,
            state,
            counts: [("SKUs", *skus), ("Ledger entries", *entries), ("Holds", *holds), ("Orders", *orders)],
        }
    }
}

/// What came of a verification in words, and what the colour is to say.
#[must_use]
pub fn state(verification: &Verification) -> (&'static str, String) {
    match (verification.finished_at, verification.differences) {
        (None, _) => ("neutral", "Running".to_owned()),
        (Some(_), None) => ("warning", "Did not finish".to_owned()),
        (Some(_), Some(0)) => ("success", "No differences".to_owned()),
        (Some(_), Some(found)) => ("danger", counted(found, "difference")),
    }
}
