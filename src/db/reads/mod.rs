//! What the pages read: a file per screen.

pub mod catalogue;
pub mod verify;
