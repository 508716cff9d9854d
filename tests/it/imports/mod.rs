//! Files: catalogue, orders and listings.

pub mod files;
pub mod listings;
pub mod orders;
