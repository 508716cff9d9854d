//! Quantities reach the stores: what is pushed, when, and what survives.

pub mod crashes;
pub mod giving_back;
pub mod kits;
mod lost_messages;
mod missed_orders;
mod odd_orders;
mod product_messages;
pub mod pulling;
pub mod pushes;
pub mod pushing;
pub mod simulation;
pub mod store_pushes;
mod whole_loop;
