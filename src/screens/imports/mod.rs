//! Imports: sending a file, its progress, and the rows that failed.

pub mod answer;
pub mod list;
pub mod show;

use crate::db::imports::Import;

/// The tone of the badge, and its words.
fn state(import: &Import, is_asked: bool) -> (&'static str, &'static str) {
    match (import.finished_at, import.is_check, import.rows_failed) {
        (None, ..) if is_asked => ("warning", "Waits for an answer"),
        (None, false, _) => ("neutral", "Running"),
        (None, true, _) => ("neutral", "Checking"),
        (Some(_), false, 0) => ("success", "Finished"),
        (Some(_), false, _) => ("warning", "Finished, some rows failed"),
        (Some(_), true, 0) => ("success", "Checked, nothing was changed"),
        (Some(_), true, _) => ("warning", "Checked, some rows would fail"),
    }
}
