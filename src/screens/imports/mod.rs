//! Imports: sending a file, its progress, and the rows that failed.

pub mod answer;
pub mod list;
pub mod show;

use crate::db::imports::Import;

/// The tone of the badge, and its words.
fn state(import: &Import, is_asked: bool) -> (&'static str, &'static str) {
    match (import.finished_at, import.rows_failed) {
        (None, _) if is_asked => ("warning", "Waits for an answer"),
        (None, _) => ("neutral", "Running"),
        (Some(_), 0) => ("success", "Finished"),
        (Some(_), _) => ("warning", "Finished, some rows failed"),
    }
}
