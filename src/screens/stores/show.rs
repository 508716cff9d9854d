//! `/stores/{code}`

use crate::{
    db::{
        self,
        reads::running::soonest_ending,
        stores::{self, Store},
    },
    screens::running::{self, RunningRow},
    web::{
        error::{PageError, PageResult},
        page::{Layout, ok},
        query::href,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;

/// The running flash sales that the page lists.
const RUNNING_ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "stores/show.html")]
struct StorePage {
    page: Layout,
    catalogue_href: String,
    promotions_href: String,
    running: Vec<RunningRow>,
    store: Store,
}

/// Shows a store.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn show(visit: Visit, code: Path<String>) -> PageResult {
    let code = super::code_in(&code)?;
    let now = visit.now;
    let read = move |conn: &mut db::Conn| {
        let Some(store) = stores::find(conn, &code)? else { return Ok(None) };
        let running = soonest_ending(conn, Some(&code), now, RUNNING_ROWS)?;
        Ok::<_, db::Error>(Some((store, running)))
    };
    let (store, running) = visit.database().read(read).await?.ok_or(PageError::NotFound)?;
    ok(&StorePage {
        page: visit.layout("stores"),
        catalogue_href: href("/catalogue", &[("store", store.code.as_str())]),
        promotions_href: href("/promotions", &[("store", store.code.as_str())]),
        running: running::rows(running, std::slice::from_ref(&store), now)?,
        store,
    })
}
