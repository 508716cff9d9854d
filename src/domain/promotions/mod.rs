//! Flash sales: holds, schedules, drafts, changes of running sales, and the numbers of the report.

pub mod buckets;
pub mod cost;
pub mod draft;
pub mod edit;
pub mod history;
pub mod hold;
pub mod kits;
pub mod promotion;
pub mod quick_end;
pub mod sale_changes;
pub mod sales;
pub mod schedule;
pub mod timeline;
