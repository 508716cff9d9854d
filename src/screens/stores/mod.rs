//! Stores: the list, the page of each, and the forms that add and edit one.

pub mod apps;
pub mod campaigns;
pub mod connect;
pub mod connection;
pub mod create;
pub mod disconnect;
pub mod drifts;
pub mod edit;
pub(super) mod form;
pub mod found;
pub mod kits;
pub mod leave;
pub mod list;
pub mod listing;
pub mod listing_state;
pub mod listings;
pub mod pause;
pub mod pulling;
pub mod push_log;
pub mod pushing;
pub mod quantities;
pub mod rename;
pub mod show;
pub mod start;

use crate::{
    db::stores::{self, Store},
    domain::{code::StoreCode, moment::Moment},
    web::{
        error::PageError,
        page::{name_in, segment},
        visit::Visit,
    },
};

pub fn path_of(code: &StoreCode) -> String {
    format!("/stores/{}", segment(code.as_str()))
}

/// An option of a store, for forms whose times are in the zone of the chosen store.
pub fn label_with_time(store: &Store, now: Moment) -> String {
    format!("{} ({}, now {})", store.name, store.time_zone, now.utc().with_timezone(&store.zone()).format("%H:%M"))
}

async fn find(visit: &Visit, segment: &str) -> Result<Store, PageError> {
    let code = code_in(segment)?;
    let store = visit.database().read(move |conn| stores::find(conn, &code)).await?;
    store.ok_or(PageError::NotFound)
}

fn code_in(segment: &str) -> Result<StoreCode, PageError> {
    StoreCode::parse(name_in(segment)).map_err(|_| PageError::NotFound)
}
