//! Files: catalogue, orders, listings and stock changes.

pub mod asks;
pub mod files;
pub mod kept;
pub mod listings;
pub mod orders;
pub mod partial;
pub mod tables;
pub mod workbook;
