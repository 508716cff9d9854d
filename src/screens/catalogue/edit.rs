//! `/catalogue/{sku}/edit`

use super::{
    code_in, facts, parse_stores, path_of,
    picture::{PictureFields, Shown},
    store_choices,
};
use crate::{
    actions::catalogue::{
        change_picture,
        edit_sku::{self, EditSkuRefusal, SkuEdit, SkuValues},
        save_skus,
    },
    db::{Conn, Failed, catalogue::detail::SkuFacts, stores::Stores},
    domain::{catalogue::stock, code::SkuCode, compared::Compared},
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors, SelectOption},
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
pub struct EditSkuForm {
    name: String,
    buffer: String,
    stores: Vec<String>,
    shown_name: String,
    shown_buffer: String,
    shown_stores: Vec<String>,
    #[serde(flatten)]
    picture: PictureFields,
}

impl EditSkuForm {
    fn of(filled: &SkuValues, shown: &SkuValues) -> Self {
        Self {
            name: filled.name.clone(),
            buffer: filled.buffer.to_string(),
            stores: filled.listings.iter().map(ToString::to_string).collect(),
            shown_name: shown.name.clone(),
            shown_buffer: shown.buffer.to_string(),
            shown_stores: shown.listings.iter().map(ToString::to_string).collect(),
            picture: PictureFields::default(),
        }
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
        let (Ok(buffer), Ok(listings)) = (self.shown_buffer.parse(), parse_stores(&self.shown_stores)) else {
            return Err(PageError::Unreadable("Load the page again."));
        };
        Ok(SkuValues { name: self.shown_name.clone(), buffer, listings: listings.into_iter().collect() })
    }
}

/// The values with which the form is shown again (the stored ones where the form left a value as it was), and what
/// others changed since the page was loaded, in a sentence.
fn merged(SkuEdit { shown, wanted }: &SkuEdit, now: &SkuValues, stores: &Stores) -> (SkuValues, String) {
    let name = Compared { shown: &shown.name, typed: &wanted.name, now: &now.name };
    let buffer = Compared { shown: &shown.buffer, typed: &wanted.buffer, now: &now.buffer };
    let listings = Compared { shown: &shown.listings, typed: &wanted.listings, now: &now.listings };
    let mut changes = Vec::new();
    if name.was_changed() {
        changes.push(format!("the name is now “{}”", now.name));
    }
    if buffer.was_changed() {
        changes.push(format!("the buffer is now {}", now.buffer));
    }
    if listings.was_changed() {
        let names: Vec<&str> = now.listings.iter().map(|code| stores.name(code)).collect();
        changes.push(match names.as_slice() {
            [] => "no store lists it now".to_owned(),
            names => format!("it is now listed on {}", names.join(", ")),
        });
    }
    let message =
        format!("Someone changed this SKU meanwhile: {}. Check what you typed and save again.", changes.join("; "));
    let values =
        SkuValues { name: name.merged().clone(), buffer: *buffer.merged(), listings: listings.merged().clone() };
    (values, message)
}

#[derive(Template)]
#[template(path = "catalogue/edit.html")]
struct EditSkuPage {
    page: Layout,
    code: SkuCode,
    path: String,
    form: EditSkuForm,
    store_options: Vec<SelectOption>,
    picture: Shown,
    errors: FormErrors,
}

pub async fn show(visit: Visit, segment: Path<String>) -> PageResult {
    let facts = facts(&visit, &segment).await?;
    let stored = SkuValues {
        name: facts.sku.name.clone(),
        buffer: facts.sku.buffer,
        listings: facts.listed.iter().cloned().collect(),
    };
    ok(&page(&visit, &facts, EditSkuForm::of(&stored, &stored), FormErrors::default()).await?)
}

async fn page(
    visit: &Visit,
    facts: &SkuFacts,
    form: EditSkuForm,
    errors: FormErrors,
) -> Result<EditSkuPage, PageError> {
    let code = facts.sku.code.clone();
    let store_options = store_choices(&facts.stores, &form.stores);
    let of = code.clone();
    let picture = visit.database().read(move |conn| Shown::read(conn, &of)).await?;
    let page = visit.layout("catalogue");
    Ok(EditSkuPage { page, path: path_of(&code), code, form, store_options, picture, errors })
}

pub async fn submit(visit: Visit, segment: Path<String>, form: Form<EditSkuForm>) -> PageResult {
    let code = code_in(&segment)?;
    let Form { fields: form, file } = form;
    let parsed = form.parse();
    let mut errors = parsed.as_ref().err().cloned().unwrap_or_default();
    let picture = form.picture.change(&visit, file, &mut errors).await?;
    let wanted = match parsed {
        Ok(wanted) if errors.is_empty() => wanted,
        _ => return refused(&page(&visit, &facts(&visit, &segment).await?, form, errors).await?),
    };
    let edit = SkuEdit { shown: form.shown()?, wanted };
    let path = path_of(&code);
    let cause = visit.cause("");
    let sent = edit.clone();
    let save = move |conn: &mut Conn| {
        edit_sku::run(conn, &cause, code.clone(), sent.clone())?;
        if let Some(change) = &picture {
            change_picture::run(conn, &code, change, cause.at)?;
        }
        Ok::<_, Failed<EditSkuRefusal>>(())
    };
    match visit.database().write(save).await {
        Ok(()) => Ok(done(&path, "The SKU is saved.")),
        Err(Failed::Refused(EditSkuRefusal::UnknownSku(_))) => Err(PageError::NotFound),
        Err(Failed::Refused(EditSkuRefusal::Changed(now))) => {
            let facts = facts(&visit, &segment).await?;
            let (values, message) = merged(&edit, &now, &facts.stores);
            let form = EditSkuForm { picture: form.picture, ..EditSkuForm::of(&values, &now) };
            refused(&page(&visit, &facts, form, FormErrors::of("", message)).await?)
        }
        Err(Failed::Refused(EditSkuRefusal::Save(refusal))) => {
            let facts = facts(&visit, &segment).await?;
            refused(&page(&visit, &facts, form, FormErrors::of("stores", refusal)).await?)
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
