//! Imports: sending a file, how far it is, and the rows that failed.

pub mod failed_rows;
pub mod list;
pub mod show;
pub mod start;

use crate::db::imports::Import;

/// How an import is, in a word: the tone of its badge and the word.
fn state(import: &Import) -> (&'static str, &'static str) {
    match (import.finished_at, import.rows_failed) {
        (None, _) => ("neutral", "Running"),
        (Some(_), 0) => ("success", "Finished"),
        (Some(_), _) => ("warning", "Finished, some rows failed"),
    }
}
