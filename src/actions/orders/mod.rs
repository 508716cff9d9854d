//! Records, ships and cancels orders.

mod changed_order;
pub mod close_order;
pub mod decide_return;
pub mod match_lines;
pub mod put_state;
pub mod recipes;
pub mod record_by_hand;
pub mod take_calls;
pub mod take_orders;
