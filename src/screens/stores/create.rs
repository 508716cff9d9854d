//! `/stores/new`

use crate::{
    actions::add_store::{self, NewStore},
    db::Failed,
    domain::{code::StoreCode, text},
    web::{
        error::PageResult,
        form::{Form, FormErrors},
        page::{Layout, ok, refused, see_other},
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

/// The form, as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct StoreForm {
    code: String,
    name: String,
    marketplace: String,
    time_zone: String,
}

impl StoreForm {
    fn parse(&self) -> Result<NewStore, FormErrors> {
        let mut errors = FormErrors::default();
        let name = errors.keep("name", text::single_line("store name", &self.name, 80));
        let code = errors.keep("code", StoreCode::parse(&self.code));
        let marketplace = errors.keep("marketplace", text::single_line("marketplace", &self.marketplace, 40));
        let time_zone = errors.keep("time_zone", add_store::parse_zone(&self.time_zone));
        match (code, name, marketplace, time_zone) {
            (Some(code), Some(name), Some(marketplace), Some(time_zone)) => {
                Ok(NewStore { code, name, marketplace, time_zone })
            }
            _ => Err(errors),
        }
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
    let store = match form.parse() {
        Ok(store) => store,
        Err(errors) => return refused(&NewStorePage { page, form: form.fields, errors }),
    };
    let now = visit.now;
    match visit.database().write(move |conn| add_store::run(conn, store.clone(), now)).await {
        Ok(_) => Ok(see_other("/stores")),
        Err(Failed::Refused(refusal)) => {
            let mut errors = FormErrors::default();
            errors.push("code", refusal);
            refused(&NewStorePage { page, form: form.fields, errors })
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
