//! `/catalogue/{sku}/edit`

use super::{code_in, parse_stores, path_of};
use crate::{
    actions::{
        edit_sku::{self, EditSkuRefusal, SkuEdit},
        save_skus,
    },
    db::{
        self, Failed,
        reads::sku::{self, SkuFacts},
    },
    domain::{code::SkuCode, stock},
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors, SelectOption},
        page::{Layout, ok, refused, see_other},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

/// The form, as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct EditSkuForm {
    name: String,
    buffer: String,
    stores: Vec<String>,
}

impl EditSkuForm {
    fn of(facts: &SkuFacts) -> Self {
        let stores = facts.listed.iter().map(ToString::to_string).collect();
        Self { name: facts.sku.name.clone(), buffer: facts.sku.buffer.to_string(), stores }
    }

    fn parse(&self) -> Result<SkuEdit, FormErrors> {
        let mut errors = FormErrors::default();
        let name = errors.keep("name", save_skus::parse_name(&self.name));
        let buffer = errors.keep("buffer", stock::parse_units(&self.buffer, 0));
        let listings = errors.keep("stores", parse_stores(&self.stores));
        match (name, buffer, listings) {
            (Some(name), Some(buffer), Some(listings)) => Ok(SkuEdit { name, buffer, listings }),
            _ => Err(errors),
        }
    }
}

#[derive(Template)]
#[template(path = "catalogue/edit.html")]
struct EditSkuPage {
    page: Layout,
    code: SkuCode,
    path: String,
    form: EditSkuForm,
    store_options: Vec<SelectOption>,
    errors: FormErrors,
}

/// Shows the form with what is stored.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn show(visit: Visit, segment: Path<String>) -> PageResult {
    let facts = facts(&visit, &segment).await?;
    ok(&page(&visit, &facts, EditSkuForm::of(&facts), FormErrors::default()))
}

async fn facts(visit: &Visit, segment: &str) -> Result<SkuFacts, PageError> {
    let (code, now) = (code_in(segment).ok_or(PageError::NotFound)?, visit.now);
    let facts = visit.database().read(move |conn| Ok::<_, db::Error>(sku::facts(conn, &code, now)?)).await?;
    facts.ok_or(PageError::NotFound)
}

fn page(visit: &Visit, facts: &SkuFacts, form: EditSkuForm, errors: FormErrors) -> EditSkuPage {
    let (page, code) = (visit.layout("catalogue"), facts.sku.code.clone());
    let store_options = super::store_choices(&facts.stores, |code| form.stores.iter().any(|chosen| chosen == code));
    EditSkuPage { page, path: path_of(&code), code, form, store_options, errors }
}

/// Brings the SKU up to date.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn submit(visit: Visit, segment: Path<String>, form: Form<EditSkuForm>) -> PageResult {
    let code = code_in(&segment).ok_or(PageError::NotFound)?;
    let edit = match form.parse() {
        Ok(edit) => edit,
        Err(errors) => return refused(&page(&visit, &facts(&visit, &segment).await?, form.fields, errors)),
    };
    let (path, cause) = (path_of(&code), visit.cause(""));
    match visit.database().write(move |conn| edit_sku::run(conn, &cause, code.clone(), edit.clone())).await {
        Ok(()) => Ok(see_other(&path)),
        Err(Failed::Refused(EditSkuRefusal::UnknownSku(_))) => Err(PageError::NotFound),
        Err(Failed::Refused(EditSkuRefusal::Save(refusal))) => {
            let mut errors = FormErrors::default();
            errors.push("stores", refusal);
            refused(&page(&visit, &facts(&visit, &segment).await?, form.fields, errors))
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
