//! Faults of the program: each goes into the log once, with an id by which it is found there.

/// Puts a fault into the log and returns its id.
pub fn log_fault(fault: &dyn std::fmt::Display) -> String {
    let id = format!("{:08x}", rand::random::<u32>());
    tracing::error!(id, error = %fault, "a request or a job failed");
    id
}
