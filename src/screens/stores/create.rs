//! `/stores/new`

use super::form::StoreForm;
use crate::{
    actions::stores::{
        add_store::{self, AddStoreRefusal, NewStore},
        edit_store::StoreEdit,
    },
    db::Failed,
    domain::code::StoreCode,
    web::{
        error::PageResult,
        form::{Form, FormErrors},
        page::{Layout, ok, refused, see_other},
        query::href,
        visit::Visit,
    },
};
use askama::Template;

/// The store that the form describes, or everything that is wrong with it.
fn parse(form: &StoreForm) -> Result<NewStore, FormErrors> {
    let mut errors = FormErrors::default();
    let code = errors.keep("code", StoreCode::parse(&form.code));
    match (code, form.parse_edit(&mut errors)) {
        (Some(code), Some(StoreEdit { name, marketplace, time_zone })) => {
            Ok(NewStore { code, name, marketplace, time_zone })
        }
        _ => Err(errors),
    }
}

#[derive(Template)]
#[template(path = "stores/new.html")]
struct NewStorePage {
    page: Layout,
    form: StoreForm,
    errors: FormErrors,
}

/// Shows the empty form.
///
/// # Errors
/// When the template fails.
pub async fn show(visit: Visit) -> PageResult {
    ok(&NewStorePage { page: visit.layout("stores"), form: StoreForm::default(), errors: FormErrors::default() })
}

/// Adds a store.
///
/// # Errors
/// When the database fails.
pub async fn submit(visit: Visit, form: Form<StoreForm>) -> PageResult {
    let page = visit.layout("stores");
    let store = match parse(&form) {
        Ok(store) => store,
        Err(errors) => return refused(&NewStorePage { page, form: form.fields, errors }),
    };
    let now = visit.now;
    match visit.database().write(move |conn| add_store::run(conn, store.clone(), now)).await {
        Ok(store) => Ok(see_other(&href("/stores", &[("added", store.code.as_str())]))),
        Err(Failed::Refused(refusal)) => {
            let mut errors = FormErrors::default();
            let field = match &refusal {
                AddStoreRefusal::CodeTaken(_) => "code",
                AddStoreRefusal::NameTaken(_) => "name",
            };
            errors.push(field, refusal);
            refused(&NewStorePage { page, form: form.fields, errors })
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
