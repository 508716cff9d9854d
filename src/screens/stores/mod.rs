//! Stores: the list, the page of each, and the forms that add and edit one.

pub mod connection;
pub mod create;
pub mod disconnect;
pub mod edit;
mod form;
pub mod list;
pub mod listing_state;
pub mod listings;
pub mod pause;
pub mod push_log;
pub mod pushing;
pub mod quantities;
pub mod show;

use crate::{
    db::stores::Store,
    domain::{code::StoreCode, moment::Moment},
    web::{
        error::PageError,
        page::{name_in, segment},
    },
};

/// The address of a store's page.
#[must_use]
pub fn path_of(code: &StoreCode) -> String {
    format!("/stores/{}", segment(code.as_str()))
}

/// A store with its zone and the time there, to be chosen where a time is typed in it.
#[must_use]
pub fn label_with_time(store: &Store, now: Moment) -> String {
    format!("{} ({}, now {})", store.name, store.time_zone, now.utc().with_timezone(&store.zone()).format("%H:%M"))
}

/// The code that a segment of a path names.
fn code_in(segment: &str) -> Result<StoreCode, PageError> {
    StoreCode::parse(name_in(segment)).map_err(|_| PageError::NotFound)
}
