//! Faults of the program: each is logged once, with an id by which it is found in the log.

pub fn log_fault(fault: &dyn std::fmt::Display) -> String {
    let id = format!("{:08x}", rand::random::<u32>());
    tracing::error!(id, error = %fault, "a request or a job failed");
    id
}
