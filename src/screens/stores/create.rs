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

#[derive(Template)]
#[template(path = "stores/new.html")]
struct NewStorePage {
    page: Layout,
    form: StoreForm,
    errors: FormErrors,
}

pub async fn show(visit: Visit) -> PageResult {
    ok(&NewStorePage { page: visit.layout("stores"), form: StoreForm::default(), errors: FormErrors::default() })
}

pub async fn submit(visit: Visit, form: Form<StoreForm>) -> PageResult {
    let page = visit.layout("stores");
    let mut errors = FormErrors::default();
    let code = errors.keep("code", StoreCode::parse(&form.code));
    let edit = form.parse_edit(&mut errors);
    let (Some(code), Some(StoreEdit { name, marketplace, time_zone, country, currency })) = (code, edit) else {
        return refused(&NewStorePage { page, form: form.fields, errors });
    };
    let store = NewStore { code, name, marketplace, time_zone, country, currency };
    let now = visit.now;
    match visit.database().write(move |conn| add_store::run(conn, store.clone(), now)).await {
        Ok(store) => Ok(see_other(&href("/stores", &[("added", store.code.as_str())]))),
        Err(Failed::Refused(refusal)) => {
            let field = match &refusal {
                AddStoreRefusal::CodeTaken(_) => "code",
                AddStoreRefusal::NameTaken(_) => "name",
            };
            refused(&NewStorePage { page, form: form.fields, errors: FormErrors::of(field, refusal) })
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
