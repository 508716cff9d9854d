//! The catalogue: the list with what each store should show, and the page of each SKU.

pub mod create;
pub mod edit;
pub mod export;
pub mod list;
pub mod show;
pub mod stocktake;

use crate::{
    db::stores::Store,
    domain::code::{SkuCode, StoreCode},
    web::{
        form::SelectOption,
        page::{name_in, segment},
    },
};

/// The address of a SKU's page.
#[must_use]
pub fn path_of(code: &SkuCode) -> String {
    format!("/catalogue/{}", segment(code.as_str()))
}

/// The code that a segment of a path names, if it can be one.
fn code_in(segment: &str) -> Option<SkuCode> {
    SkuCode::parse(name_in(segment)).ok()
}

/// The stores as boxes to tick.
fn store_choices(stores: &[Store], is_ticked: impl Fn(&str) -> bool) -> Vec<SelectOption> {
    let choice = |store: &Store| {
        let (value, label) = (store.code.to_string(), store.name.clone());
        SelectOption { selected: is_ticked(&value), value, label }
    };
    stores.iter().map(choice).collect()
}

/// The stores that were ticked.
fn parse_stores(ticked: &[String]) -> Result<Vec<StoreCode>, &'static str> {
    let codes = ticked.iter().map(|code| StoreCode::parse(code)).collect::<Result<_, _>>();
    codes.map_err(|_| "Choose stores of this list.")
}
