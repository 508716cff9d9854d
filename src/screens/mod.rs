//! The pages: a room per screen, with its handlers, the structs its templates show and the forms it parses. A handler
//! holds no rule about stock: it parses, calls one action or one read, and shows the answer.

pub mod catalogue;
pub mod dashboard;
pub mod help;
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
