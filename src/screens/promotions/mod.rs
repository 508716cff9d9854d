//! Promotions: the list, the steps that create one, and each promotion's own page.

pub mod confirmation;
pub mod draft;
pub mod duplicate;
pub mod edit;
pub mod end;
pub mod history;
pub mod list;
pub mod new;
mod picking;
pub mod report;
mod rows;
pub mod running;
pub mod show;

use crate::{
    db::stores::{Store, Stores},
    domain::{code::StoreCode, id::PromotionId, moment::Moment, promotions::schedule},
    web::error::PageError,
};

/// The promotion that an address names.
///
/// # Errors
/// [`PageError::NotFound`] when it is no id at all.
pub fn id_of(text: &str) -> Result<PromotionId, PageError> {
    text.parse().map_err(|_| PageError::NotFound)
}

/// The store of `code` among `stores`.
///
/// # Errors
/// A fault when there is none: promotions and orders refer to stores that exist.
pub fn store_of<'a>(stores: &'a Stores, code: &StoreCode) -> Result<&'a Store, PageError> {
    stores.get(code).ok_or_else(|| PageError::Fault(format!("something is of the store {code}, which is not there")))
}

/// A time in a store's zone, and the zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTime {
    /// `11 Nov 2026, 23:59`.
    pub text: String,
    /// `Asia/Singapore`.
    pub zone: String,
}

impl LocalTime {
    /// `at` as the staff of `store` read it.
    #[must_use]
    pub fn new(at: Moment, store: &Store) -> Self {
        Self { text: schedule::display(at, store.zone()), zone: store.time_zone.clone() }
    }
}
