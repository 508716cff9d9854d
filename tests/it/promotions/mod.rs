//! Flash sales: creation, schedule, changes, and the report.

pub mod changes;
pub mod create;
pub mod edits;
pub mod inputs;
pub mod report;
pub mod schedules;
