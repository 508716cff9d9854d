//! Faults of the program, as they are put into the log.

use rand::{RngExt, distr::Alphanumeric};

/// Puts a fault into the log, once, and answers the id under which it can be found there.
pub fn log_fault(fault: &dyn std::fmt::Display) -> String {
    let id: String = rand::rng().sample_iter(Alphanumeric).take(8).map(char::from).collect();
    tracing::error!(id, error = %fault, "a request failed");
    id
}
