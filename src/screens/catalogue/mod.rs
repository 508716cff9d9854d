//! The catalogue: the list with what each store should show, and the page of each SKU.

pub mod adjust;
pub mod archive;
pub mod create;
pub mod edit;
pub mod export;
pub mod list;
pub mod merge;
pub mod picture;
pub mod rename;
pub mod show;
pub mod stocktake;

use crate::{
    db::{
        catalogue::detail::{self, SkuFacts},
        stores::Store,
    },
    domain::code::{SkuCode, StoreCode},
    web::{
        error::PageError,
        form::SelectOption,
        page::{name_in, segment},
        visit::Visit,
    },
};

pub fn path_of(code: &SkuCode) -> String {
    format!("/catalogue/{}", segment(code.as_str()))
}

fn code_in(segment: &str) -> Result<SkuCode, PageError> {
    SkuCode::in_address(name_in(segment)).ok_or(PageError::NotFound)
}

async fn facts(visit: &Visit, segment: &str) -> Result<SkuFacts, PageError> {
    let code = code_in(segment)?;
    let now = visit.now;
    let facts = visit.database().read(move |conn| detail::facts(conn, &code, now)).await?;
    facts.ok_or(PageError::NotFound)
}

fn store_choices(stores: &[Store], ticked: &[String]) -> Vec<SelectOption> {
    let mut choices = Vec::new();
    for store in stores {
        let value = store.code.to_string();
        choices.push(SelectOption { selected: ticked.contains(&value), value, label: store.name.clone() });
    }
    choices
}

fn parse_stores(ticked: &[String]) -> Result<Vec<StoreCode>, &'static str> {
    let codes = ticked.iter().map(|code| StoreCode::parse(code)).collect::<Result<_, _>>();
    codes.map_err(|_| "Choose stores of this list.")
}
