//! `/stores/{code}/rename`: says what another code changes, and gives it.

use super::{connection::StoredStore, path_of};
use crate::{
    actions::stores::rename_store::{self, RenameStoreRefusal, Resealed},
    db::{Failed, stores::Store},
    domain::code::StoreCode,
    marketplaces::seal::SealError,
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        notices::done,
        page::{Layout, ok, refused},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RenameForm {
    code: String,
}

#[derive(Template)]
#[template(path = "stores/rename.html")]
struct RenamePage {
    page: Layout,
    path: String,
    store: Store,
    form: RenameForm,
    errors: FormErrors,
}

pub async fn show(visit: Visit, code: Path<String>) -> PageResult {
    let StoredStore { store, .. } = StoredStore::load(&visit, &code).await?;
    let form = RenameForm { code: store.code.to_string() };
    ok(&page(&visit, store, form, FormErrors::default()))
}

fn page(visit: &Visit, store: Store, form: RenameForm, errors: FormErrors) -> RenamePage {
    RenamePage { page: visit.layout("stores"), path: path_of(&store.code), store, form, errors }
}

pub async fn submit(visit: Visit, code: Path<String>, form: Form<RenameForm>) -> PageResult {
    let stored = StoredStore::load(&visit, &code).await?;
    let mut errors = FormErrors::default();
    let to = errors.keep("code", StoreCode::parse(&form.code));
    let resealed = to.as_ref().map(|to| reseal(&visit, &stored, to));
    let resealed = resealed.and_then(|resealed| errors.keep("code", resealed));
    let (Some(to), Some(resealed)) = (to, resealed) else {
        return refused(&page(&visit, stored.store, form.fields, errors));
    };
    let at = visit.cause("").at;
    let path = path_of(&to);
    let from = stored.store.code.clone();
    let rename = move |conn: &mut _| rename_store::run(conn, at, &from, &to, resealed.as_ref());
    match visit.database().write(rename).await {
        Ok(()) => Ok(done(&path, &format!("Renamed: it was {} before.", stored.store.code))),
        Err(Failed::Refused(RenameStoreRefusal::Unknown(_))) => Err(PageError::NotFound),
        Err(Failed::Refused(refusal)) => {
            refused(&page(&visit, stored.store, form.fields, FormErrors::of("code", refusal)))
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

/// The credentials of the store, sealed for its new code; `None` if it has none.
fn reseal(visit: &Visit, stored: &StoredStore, to: &StoreCode) -> Result<Option<Resealed>, SealError> {
    let Some(connection) = &stored.connection else { return Ok(None) };
    if connection.credentials.is_empty() {
        return Ok(None);
    }
    let key = visit.state.settings.credentials_key.as_ref().ok_or(SealError::NoKey)?;
    let credentials = key.open(&stored.store.code, &connection.credentials)?;
    Ok(Some(Resealed { before: connection.credentials.clone(), after: key.seal(to, &credentials) }))
}
