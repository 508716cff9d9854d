//! `/stores/{code}/edit`

use super::{find, form::StoreForm, path_of};
use crate::{
    actions::stores::edit_store::{self, EditStoreRefusal},
    db::{
        self, Failed,
        stores::{Store, connections},
    },
    domain::money::Currency,
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

#[derive(Template)]
#[template(path = "stores/edit.html")]
struct EditStorePage {
    page: Layout,
    store: Store,
    form: StoreForm,
    errors: FormErrors,
}

pub async fn show(visit: Visit, code: Path<String>) -> PageResult {
    let store = find(&visit, &code).await?;
    let mut form = StoreForm::of(&store);
    if store.currency.is_none()
        && let Some(currency) = suggested(&visit, &store).await?
    {
        currency.code().clone_into(&mut form.currency);
    }
    ok(&EditStorePage { page: visit.layout("stores"), store, form, errors: FormErrors::default() })
}

/// The currency of the country whose address of the marketplace the store is connected to.
async fn suggested(visit: &Visit, store: &Store) -> Result<Option<Currency>, db::Error> {
    let code = store.code.clone();
    let connection = visit.database().read(move |conn| connections::find(conn, &code)).await?;
    let Some(connection) = connection else { return Ok(None) };
    Ok(connection.kind.country_of(&connection.api_url).and_then(Currency::of))
}

pub async fn submit(visit: Visit, code: Path<String>, form: Form<StoreForm>) -> PageResult {
    let store = find(&visit, &code).await?;
    let mut errors = FormErrors::default();
    let Some(edit) = form.parse_edit(&mut errors) else {
        return refused(&EditStorePage { page: visit.layout("stores"), store, form: form.fields, errors });
    };
    let code = store.code.clone();
    match visit.database().write(move |conn| edit_store::run(conn, code.clone(), edit.clone())).await {
        Ok(store) => Ok(done(&path_of(&store.code), "The store is saved.")),
        Err(Failed::Refused(EditStoreRefusal::UnknownStore(_))) => Err(PageError::NotFound),
        Err(Failed::Refused(EditStoreRefusal::NameTaken(refusal))) => {
            let errors = FormErrors::of("name", refusal);
            refused(&EditStorePage { page: visit.layout("stores"), store, form: form.fields, errors })
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
