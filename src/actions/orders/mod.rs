//! Orders: taken, shipped and cancelled.

pub mod close_order;
pub mod take_orders;
