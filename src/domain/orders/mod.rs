//! Orders: what they are, and what each line takes from where.

pub mod fulfilment;
pub mod order;
