//! `/stores/{code}/disconnect`: asks before a connection is forgotten, since its credentials are.

use super::{code_in, path_of};
use crate::{
    actions::stores::disconnect_store,
    db::{
        self,
        stores::{self, connections},
    },
    web::{
        error::{PageError, PageResult},
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

/// Asks whether the store is to be disconnected; one that is not leads to its page.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn show(visit: Visit, code: Path<String>) -> PageResult {
    let code = code_in(&code)?;
    let path = path_of(&code);
    let read = move |conn: &mut db::Conn| {
        let store = stores::find(conn, &code)?;
        Ok::<_, db::Error>((store, connections::find(conn, &code)?))
    };
    let (store, connection) = visit.database().read(read).await?;
    let store = store.ok_or(PageError::NotFound)?;
    let Some(connection) = connection else { return Ok(see_other(&path)) };
    let (page, kind) = (visit.layout("stores"), connection.kind.label());
    ok(&DisconnectPage { page, path, store: store.name, kind })
}

/// Forgets the connection.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn submit(visit: Visit, code: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let code = code_in(&code)?;
    let path = path_of(&code);
    visit.database().write(move |conn| disconnect_store::run(conn, &code)).await?;
    Ok(see_other(&format!("{path}?notice=disconnected")))
}
