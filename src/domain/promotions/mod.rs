//! Flash sales: their holds and schedule, the draft and the edit of one, and what its report says.

pub mod buckets;
pub mod cost;
pub mod draft;
pub mod edit;
pub mod history;
pub mod hold;
pub mod promotion;
pub mod sale_changes;
pub mod sales;
pub mod schedule;
pub mod timeline;
