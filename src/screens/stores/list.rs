//! `/stores`

use crate::{
    db::{self, stores::Store},
    web::{
        error::PageResult,
        page::{Layout, ok},
        visit::Visit,
    },
};
use askama::Template;

#[derive(Template)]
#[template(path = "stores/list.html")]
struct StoresPage {
    page: Layout,
    stores: Vec<Store>,
}

/// Shows every store.
///
/// # Errors
/// When the database fails.
pub async fn show(visit: Visit) -> PageResult {
    let stores = visit.database().read(db::stores::all).await?;
    ok(&StoresPage { page: visit.layout("stores"), stores })
}
