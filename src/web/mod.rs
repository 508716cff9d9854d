//! Shared by the screens and the API: guards, sessions, forms, pages and errors.

pub mod cookies;
pub mod csrf;
pub mod download;
pub mod error;
pub mod error_page;
pub mod form;
pub mod frame;
pub mod guard;
pub mod kept_files;
pub mod kept_forms;
pub mod limits;
pub mod lists;
pub mod notices;
pub mod page;
pub mod passwords;
pub mod pasted;
pub mod quantities_file;
pub mod query;
pub mod routes;
pub mod secrets;
pub mod security_log;
pub mod sessions;
pub mod state;
pub mod token_uses;
pub mod tokens;
pub mod visit;
