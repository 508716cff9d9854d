//! Records, ships and cancels orders.

pub mod close_order;
pub mod record_by_hand;
pub mod take_calls;
pub mod take_orders;
