//! What holds for every request: headers, limits, hostile input.

pub mod connections;
pub mod forms;
pub mod guard;
pub mod hostile;
pub mod notices;
pub mod routes;
pub mod watching;
