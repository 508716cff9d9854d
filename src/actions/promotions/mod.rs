//! Flash sales: drafts, creation, changes while one runs, and its end.

pub mod apply_changes;
pub mod autosave_edit;
pub mod create_from_draft;
pub mod create_promotion;
pub mod draft_of_campaign;
pub mod duplicate_promotion;
pub mod end_promotion;
pub mod submit_edit;
pub mod update_draft;
