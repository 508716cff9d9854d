//! `/catalogue/new`

use super::{parse_stores, path_of, store_choices};
use crate::{
    actions::catalogue::{
        add_sku::{self, AddSkuRefusal},
        save_skus::{self, SkuInput, SkuRefusal},
    },
    db::{self, Failed},
    domain::{catalogue::stock, code::SkuCode},
    web::{
        error::PageResult,
        form::{Form, FormErrors, SelectOption},
        notices::done,
        page::{Layout, ok, refused},
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct NewSkuForm {
    code: String,
    name: String,
    on_hand: String,
    buffer: String,
    stores: Vec<String>,
}

impl Default for NewSkuForm {
    fn default() -> Self {
        let buffer = "0".to_owned();
        Self { code: String::new(), name: String::new(), on_hand: String::new(), buffer, stores: Vec::new() }
    }
}

impl NewSkuForm {
    fn parse(&self) -> Result<SkuInput, FormErrors> {
        let mut errors = FormErrors::default();
        let code = errors.keep("code", SkuCode::parse(&self.code));
        let name = errors.keep("name", save_skus::parse_name(&self.name));
        let on_hand = errors.keep("on_hand", stock::parse_units(&self.on_hand, 0));
        let buffer = errors.keep("buffer", stock::parse_units(&self.buffer, 0));
        let listings = errors.keep("stores", parse_stores(&self.stores));
        match (code, name, listings) {
            (Some(code), Some(name), Some(listings)) if errors.is_empty() => {
                Ok(SkuInput { code, name: Some(name), on_hand, buffer, listings: Some(listings) })
            }
            _ => Err(errors),
        }
    }
}

#[derive(Template)]
#[template(path = "catalogue/new.html")]
struct NewSkuPage {
    page: Layout,
    form: NewSkuForm,
    store_options: Vec<SelectOption>,
    errors: FormErrors,
}

pub async fn show(visit: Visit) -> PageResult {
    ok(&page(&visit, NewSkuForm::default(), FormErrors::default()).await?)
}

async fn page(visit: &Visit, form: NewSkuForm, errors: FormErrors) -> Result<NewSkuPage, db::Error> {
    let stores = visit.database().read(db::stores::all).await?;
    let store_options = store_choices(&stores, &form.stores);
    Ok(NewSkuPage { page: visit.layout("catalogue"), form, store_options, errors })
}

pub async fn submit(visit: Visit, form: Form<NewSkuForm>) -> PageResult {
    let input = match form.parse() {
        Ok(input) => input,
        Err(errors) => return refused(&page(&visit, form.fields, errors).await?),
    };
    let path = path_of(&input.code);
    let cause = visit.cause("");
    match visit.database().write(move |conn| add_sku::run(conn, &cause, input.clone())).await {
        Ok(()) => Ok(done(&path, "The SKU is added.")),
        Err(Failed::Refused(refusal)) => {
            let field = match &refusal {
                AddSkuRefusal::CodeTaken(_) | AddSkuRefusal::SpelledAlike(_) => "code",
                AddSkuRefusal::Save(SkuRefusal::Archived(_) | SkuRefusal::FormerCode { .. }) => "code",
                AddSkuRefusal::Save(_) => "stores",
            };
            refused(&page(&visit, form.fields, FormErrors::of(field, refusal)).await?)
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
