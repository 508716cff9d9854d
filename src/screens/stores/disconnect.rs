//! `/stores/{code}/disconnect`: asks before a connection is deleted, since its credentials are deleted with it.

use super::{code_in, connection::StoredStore, path_of};
use crate::{
    actions::stores::disconnect_store,
    web::{
        error::PageResult,
        form::{EmptyForm, Form},
        page::{Layout, ok, see_other},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;

#[derive(Template)]
#[template(path = "stores/disconnect.html")]
struct DisconnectPage {
    page: Layout,
    path: String,
    store: String,
    kind: &'static str,
}

/// A store that is not connected leads to its page.
pub async fn show(visit: Visit, code: Path<String>) -> PageResult {
    let StoredStore { store, connection, .. } = StoredStore::load(&visit, &code).await?;
    let path = path_of(&store.code);
    let Some(connection) = connection else { return Ok(see_other(&path)) };
    let kind = connection.kind.label();
    ok(&DisconnectPage { page: visit.layout("stores"), path, store: store.name, kind })
}

pub async fn submit(visit: Visit, code: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let code = code_in(&code)?;
    let path = path_of(&code);
    visit.database().write(move |conn| disconnect_store::run(conn, &code)).await?;
    Ok(see_other(&format!("{path}?notice=disconnected")))
}
