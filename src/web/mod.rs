//! Shared by the screens and the API: guards, sessions, forms, pages and errors.

pub mod cookies;
pub mod csrf;
pub mod deadline;
pub mod download;
pub mod error;
pub mod error_page;
pub mod form;
pub mod guard;
pub mod kept_forms;
pub mod limits;
pub mod lists;
pub mod page;
pub mod passwords;
pub mod pasted;
pub mod quantities_file;
pub mod query;
pub mod routes;
pub mod secrets;
pub mod sessions;
pub mod state;
pub mod tokens;
pub mod visit;
