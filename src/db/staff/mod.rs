//! Members of staff, their sessions, and API tokens.

pub mod kept_forms;
pub mod known_devices;
pub mod organization;
pub mod sessions;
pub mod tokens;
pub mod users;
