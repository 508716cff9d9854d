//! `/catalogue/{sku}/edit`

use super::{code_in, parse_stores, path_of};
use crate::{
    actions::catalogue::{
        edit_sku::{self, EditSkuRefusal, SkuEdit, SkuValues},
        save_skus,
    },
    db::{
        Failed,
        catalogue::detail::{self, SkuFacts},
    },
    domain::{catalogue::stock, code::SkuCode},
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

/// The form, as it was typed, and what its page had shown.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct EditSkuForm {
    name: String,
    buffer: String,
    stores: Vec<String>,
    shown_name: String,
    shown_buffer: String,
    shown_stores: Vec<String>,
}

impl EditSkuForm {
    fn of(filled: &SkuValues, shown: &SkuValues) -> Self {
        let words = |values: &SkuValues| {
            let SkuValues { name, buffer, listings } = values;
            (name.clone(), buffer.to_string(), listings.iter().map(ToString::to_string).collect())
        };
        let ((name, buffer, stores), (shown_name, shown_buffer, shown_stores)) = (words(filled), words(shown));
        Self { name, buffer, stores, shown_name, shown_buffer, shown_stores }
    }

    fn parse(&self) -> Result<SkuValues, FormErrors> {
        let mut errors = FormErrors::default();
        let name = errors.keep("name", save_skus::parse_name(&self.name));
        let buffer = errors.keep("buffer", stock::parse_units(&self.buffer, 0));
        let listings = errors.keep("stores", parse_stores(&self.stores));
        match (name, buffer, listings) {
            (Some(name), Some(buffer), Some(listings)) => {
                Ok(SkuValues { name, buffer, listings: listings.into_iter().collect() })
            }
            _ => Err(errors),
        }
    }

    fn shown(&self) -> Result<SkuValues, PageError> {
        let unreadable = PageError::Unreadable("Load the page again.");
        let (Ok(buffer), Ok(listings)) = (self.shown_buffer.parse(), parse_stores(&self.shown_stores)) else {
            return Err(unreadable);
        };
        Ok(SkuValues { name: self.shown_name.clone(), buffer, listings: listings.into_iter().collect() })
    }
}

/// The values of a SKU that the form edits.
fn values(facts: &SkuFacts) -> SkuValues {
    let (name, listings) = (facts.sku.name.clone(), facts.listed.iter().cloned().collect());
    SkuValues { name, buffer: facts.sku.buffer, listings }
}

/// What somebody else changed between `shown` and `now`, in a sentence.
fn changes(shown: &SkuValues, now: &SkuValues, facts: &SkuFacts) -> String {
    let mut changes = Vec::new();
    if now.name != shown.name {
        changes.push(format!("the name is now “{}”", now.name));
    }
    if now.buffer != shown.buffer {
        changes.push(format!("the buffer is now {}", now.buffer));
    }
    if now.listings != shown.listings {
        let names: Vec<&str> = now.listings.iter().map(|code| facts.stores.name(code)).collect();
        changes.push(match names.as_slice() {
            [] => "no store lists it now".to_owned(),
            names => format!("it is now listed on {}", names.join(", ")),
        });
    }
    format!("Somebody changed this SKU meanwhile: {}. Check what you typed and save again.", changes.join("; "))
}

/// What to save next, when a form that showed `shown` came back as `wanted`: what was typed, and beside it what the
/// others made of the rest.
fn filled_again(SkuEdit { shown, wanted }: SkuEdit, now: &SkuValues) -> SkuValues {
    SkuValues {
        name: if wanted.name == shown.name { now.name.clone() } else { wanted.name },
        buffer: if wanted.buffer == shown.buffer { now.buffer } else { wanted.buffer },
        listings: if wanted.listings == shown.listings { now.listings.clone() } else { wanted.listings },
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
    let stored = values(&facts);
    ok(&page(&visit, &facts, EditSkuForm::of(&stored, &stored), FormErrors::default()))
}

async fn facts(visit: &Visit, segment: &str) -> Result<SkuFacts, PageError> {
    let (code, now) = (code_in(segment).ok_or(PageError::NotFound)?, visit.now);
    let facts = visit.database().read(move |conn| detail::facts(conn, &code, now)).await?;
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
    let wanted = match form.parse() {
        Ok(wanted) => wanted,
        Err(errors) => return refused(&page(&visit, &facts(&visit, &segment).await?, form.fields, errors)),
    };
    let edit = SkuEdit { shown: form.shown()?, wanted };
    let (path, cause, sent) = (path_of(&code), visit.cause(""), edit.clone());
    match visit.database().write(move |conn| edit_sku::run(conn, &cause, code.clone(), sent.clone())).await {
        Ok(()) => Ok(see_other(&path)),
        Err(Failed::Refused(EditSkuRefusal::UnknownSku(_))) => Err(PageError::NotFound),
        Err(Failed::Refused(EditSkuRefusal::Changed(now))) => {
            let (facts, mut errors) = (facts(&visit, &segment).await?, FormErrors::default());
            errors.push("", changes(&edit.shown, &now, &facts));
            let form = EditSkuForm::of(&filled_again(edit, &now), &now);
            refused(&page(&visit, &facts, form, errors))
        }
        Err(Failed::Refused(EditSkuRefusal::Save(refusal))) => {
            let mut errors = FormErrors::default();
            errors.push("stores", refusal);
            refused(&page(&visit, &facts(&visit, &segment).await?, form.fields, errors))
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
