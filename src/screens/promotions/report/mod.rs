//! The report on a promotion's page, while it runs and after: what was sold and from where.

mod chart;
pub mod cost;
pub mod export;
mod numbers;
mod sold;

pub(super) use super::report::cost::CostRow;
pub(super) use super::report::numbers::{Sold, Tiles};
pub(super) use super::report::sold::{OverTime, SoldBySku, SoldOverTime};
