//! What the pages read: a file per screen, each in one snapshot.

pub mod attention;
pub mod catalogue;
pub mod costs;
pub mod draft;
pub mod edit;
pub mod imports;
pub mod listings;
pub mod order;
pub mod orders;
pub mod positions;
pub mod promotions;
pub mod promotions_api;
pub mod push_log;
pub mod pushes;
pub mod pushes_api;
pub mod quantities;
pub mod report;
pub mod running;
pub mod sku;
pub mod verifications;
pub mod verify;
pub mod verify_orders;
