//! The report on a promotion's page, while it runs and after: what was sold and from where.

pub mod cost;
mod numbers;

pub(super) use cost::CostRow;
pub(super) use numbers::{Sold, Tiles};
