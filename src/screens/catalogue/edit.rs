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
        stores::Stores,
    },
    domain::{
        catalogue::stock,
        code::{SkuCode, StoreCode},
        compared::Compared,
    },
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
use std::collections::BTreeSet;

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
    SkuValues {
        name: facts.sku.name.clone(),
        buffer: facts.sku.buffer,
        listings: facts.listed.iter().cloned().collect(),
    }
}

/// Each value of the form: as it was shown, as it came back, and as it is stored now.
struct Differences<'a> {
    name: Compared<'a, str>,
    buffer: Compared<'a, i64>,
    listings: Compared<'a, BTreeSet<StoreCode>>,
}

impl<'a> Differences<'a> {
    fn new(SkuEdit { shown, wanted }: &'a SkuEdit, now: &'a SkuValues) -> Self {
        Self {
            name: Compared { shown: &shown.name, typed: &wanted.name, now: &now.name },
            buffer: Compared { shown: &shown.buffer, typed: &wanted.buffer, now: &now.buffer },
            listings: Compared { shown: &shown.listings, typed: &wanted.listings, now: &now.listings },
        }
    }

    /// What others changed since the page was loaded, in a sentence.
    fn in_words(&self, stores: &Stores) -> String {
        let mut changes = Vec::new();
        if self.name.was_changed() {
            changes.push(format!("the name is now “{}”", self.name.now));
        }
        if self.buffer.was_changed() {
            changes.push(format!("the buffer is now {}", self.buffer.now));
        }
        if self.listings.was_changed() {
            let names: Vec<&str> = self.listings.now.iter().map(|code| stores.name(code)).collect();
            changes.push(match names.as_slice() {
                [] => "no store lists it now".to_owned(),
                names => format!("it is now listed on {}", names.join(", ")),
            });
        }
        format!("Someone changed this SKU meanwhile: {}. Check what you typed and save again.", changes.join("; "))
    }

    /// What the form shows next: what was typed, and what others made of the rest.
    fn merged(&self) -> SkuValues {
        SkuValues {
            name: self.name.merged().to_owned(),
            buffer: *self.buffer.merged(),
            listings: self.listings.merged().clone(),
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
    let stored = values(&facts);
    ok(&page(&visit, &facts, EditSkuForm::of(&stored, &stored), FormErrors::default()))
}

async fn facts(visit: &Visit, segment: &str) -> Result<SkuFacts, PageError> {
    let code = code_in(segment).ok_or(PageError::NotFound)?;
    let now = visit.now;
    let facts = visit.database().read(move |conn| detail::facts(conn, &code, now)).await?;
    facts.ok_or(PageError::NotFound)
}

fn page(visit: &Visit, facts: &SkuFacts, form: EditSkuForm, errors: FormErrors) -> EditSkuPage {
    let code = facts.sku.code.clone();
    let store_options = super::store_choices(&facts.stores, |code| form.stores.iter().any(|chosen| chosen == code));
    EditSkuPage { page: visit.layout("catalogue"), path: path_of(&code), code, form, store_options, errors }
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
    let path = path_of(&code);
    let cause = visit.cause("");
    let sent = edit.clone();
    match visit.database().write(move |conn| edit_sku::run(conn, &cause, code.clone(), sent.clone())).await {
        Ok(()) => Ok(see_other(&path)),
        Err(Failed::Refused(EditSkuRefusal::UnknownSku(_))) => Err(PageError::NotFound),
        Err(Failed::Refused(EditSkuRefusal::Changed(now))) => {
            let facts = facts(&visit, &segment).await?;
            let differences = Differences::new(&edit, &now);
            let mut errors = FormErrors::default();
            errors.push("", differences.in_words(&facts.stores));
            let form = EditSkuForm::of(&differences.merged(), &now);
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
