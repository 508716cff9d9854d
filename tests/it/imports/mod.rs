//! Files: catalogue, orders and listings.

pub mod asks;
pub mod files;
pub mod listings;
pub mod orders;
