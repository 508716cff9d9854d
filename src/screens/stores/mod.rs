//! Stores: the list, the page of each, and the forms that add and edit one.

pub mod create;
pub mod edit;
mod form;
pub mod list;
pub mod show;

use crate::{
    domain::code::StoreCode,
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

/// The code that a segment of a path names.
fn code_in(segment: &str) -> Result<StoreCode, PageError> {
    StoreCode::parse(name_in(segment)).map_err(|_| PageError::NotFound)
}
