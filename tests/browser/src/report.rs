//! The lines that are printed: one for each check, and the sum at the end.

use std::{future::Future, time::Duration};

use crate::failure::{Failure, Outcome};

/// A check that takes longer hangs.
const LONGEST_CHECK: Duration = Duration::from_secs(180);

/// Counts and prints the results.
pub struct Report {
    wanted: Vec<String>,
    passed: usize,
    failed: usize,
}

impl Report {
    /// An empty report of the checks whose names contain one of the `wanted` words, or of all if there are none.
    pub fn new(wanted: Vec<String>) -> Self {
        Self { wanted, passed: 0, failed: 0 }
    }

    /// Whether a check of this name was asked for.
    pub fn wants(&self, name: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|word| name.contains(word.as_str()))
    }

    /// Whether any check whose name begins with `group` may have been asked for.
    pub fn wants_group(&self, group: &str) -> bool {
        self.wants(group) || self.wanted.iter().any(|word| word.starts_with(group))
    }

    /// Runs a check, if it was asked for, and prints how it went.
    pub async fn check(&mut self, name: &str, check: impl Future<Output = Outcome>) {
        if !self.wants(name) {
            return;
        }
        let outcome = match tokio::time::timeout(LONGEST_CHECK, check).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::new(format!("not done after {} seconds", LONGEST_CHECK.as_secs()))),
        };
        self.record(name, &outcome);
    }

    /// Counts a result and prints it.
    pub fn record(&mut self, name: &str, outcome: &Outcome) {
        match outcome {
            Ok(()) => {
                self.passed += 1;
                println!("ok {name}");
            }
            Err(failure) => {
                self.failed += 1;
                println!("FAILED {name}: {failure}");
            }
        }
    }

    /// Prints the sum. The answer is whether there were checks and all of them passed.
    pub fn close(self) -> bool {
        println!("{} passed, {} failed", self.passed, self.failed);
        self.failed == 0 && self.passed > 0
    }
}
