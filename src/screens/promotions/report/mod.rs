//! The report on a promotion's page, while it runs and after: what was sold and from where.

mod numbers;

pub(super) use numbers::{Sold, Tiles};
