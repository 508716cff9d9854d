//! `/stores/{code}/disconnect`: asks before a connection is deleted, since its credentials are deleted with it.

use super::{code_in, connection::StoredStore, path_of};
use crate::{
    actions::stores::disconnect_store,
    db::stores::retiring,
    web::{
        error::PageResult,
        form::{EmptyForm, Form},
        page::{Layout, ok, see_other},
        security_log::Event,
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
    /// Listings that are not set to 0 yet.
    retiring: i64,
}

/// A store that is not connected leads to its page.
pub async fn show(visit: Visit, code: Path<String>) -> PageResult {
    let StoredStore { store, connection, .. } = StoredStore::load(&visit, &code).await?;
    let path = path_of(&store.code);
    let Some(connection) = connection else { return Ok(see_other(&path)) };
    let kind = connection.kind.label();
    let code = store.code;
    let retiring = visit.database().read(move |conn| retiring::count_of(conn, &code)).await?;
    ok(&DisconnectPage { page: visit.layout("stores"), path, store: store.name, kind, retiring })
}

pub async fn submit(visit: Visit, code: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let code = code_in(&code)?;
    let path = path_of(&code);
    let cause = visit.cause("Disconnected");
    let about = code.to_string();
    visit.database().write(move |conn| disconnect_store::run(conn, &cause, &code)).await?;
    visit.note(Event::ConnectionRemoved, about);
    Ok(see_other(&format!("{path}?notice=disconnected")))
}
