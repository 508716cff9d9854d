//! Records, ships and cancels orders.

pub mod close_order;
pub mod take_orders;
