//! `/api/v1/skus`

pub mod list;
pub mod save;
