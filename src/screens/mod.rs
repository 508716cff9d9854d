//! The pages: handlers, the structs that templates show, and the forms. A handler holds no rule about stock: it parses,
//! calls one action or one read, and shows the result.

pub mod catalogue;
pub mod dashboard;
pub mod health;
pub mod help;
pub mod hooks;
pub mod imports;
pub mod orders;
pub mod promotions;
pub mod staff;
pub mod stores;
pub mod verifications;

use serde::Deserialize;

/// The query of a page that says what the form before it did.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NoticeQuery {
    notice: String,
}
