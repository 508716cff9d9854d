//! The JSON rooms, under `/api/v1`. They know the actions and nothing of the pages.

pub mod problem;
