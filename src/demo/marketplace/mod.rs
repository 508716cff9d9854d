//! Simulated marketplaces: a server that implements the APIs of Lazada, Shopee, Zalora and a webhook as strictly as
//! their documents, and shows the quantities that were pushed, also on a page of each shop, as buyers see it, and where they buy. Buyers
//! buy by themselves as well, if that is wanted (see `buyers.rs`). The demo's stores push to it; the tests also inject faults.
//!
//! Each marketplace is a file and an entry in the folder `registry`. They are controlled by [`Marketplace`] in the same
//! process, and under `/control` by other processes (see `control.rs`).

mod authorization;
mod buyers;
mod buyers_page;
mod call;
mod control;
mod fault;
mod orders;
mod page;
mod registry;
mod server;
mod shop;
mod shopping;
mod signing;
mod simulated;
mod simulation;
mod storefront;

pub use buyers::Rates;
pub use fault::{CallKind, Fault, PlannedFault};
pub use orders::{
    Order, Unit, UnitState,
    messages::{Manner, Message},
};
pub use server::server;
pub use shop::{Campaign, Change, ChangedBy, NewShop, Product, ProductId, Refusal, Warehouse};
pub use simulation::Marketplace;
pub use storefront::picture_path;
