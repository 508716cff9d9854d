//! `/catalogue/{sku}/rename`: says what another code changes, and gives it.

use super::{facts, path_of};
use crate::{
    actions::catalogue::rename_sku,
    db::Failed,
    domain::code::SkuCode,
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
#[template(path = "catalogue/rename.html")]
struct RenamePage {
    page: Layout,
    path: String,
    sku: SkuCode,
    form: RenameForm,
    errors: FormErrors,
}

pub async fn show(visit: Visit, segment: Path<String>) -> PageResult {
    let sku = facts(&visit, &segment).await?.sku.code;
    let form = RenameForm { code: sku.to_string() };
    ok(&page(&visit, sku, form, FormErrors::default()))
}

fn page(visit: &Visit, sku: SkuCode, form: RenameForm, errors: FormErrors) -> RenamePage {
    RenamePage { page: visit.layout("catalogue"), path: path_of(&sku), sku, form, errors }
}

pub async fn submit(visit: Visit, segment: Path<String>, form: Form<RenameForm>) -> PageResult {
    let from = facts(&visit, &segment).await?.sku.code;
    let mut errors = FormErrors::default();
    let Some(to) = errors.keep("code", SkuCode::parse(&form.code)) else {
        return refused(&page(&visit, from, form.fields, errors));
    };
    let cause = visit.cause("");
    let path = path_of(&to);
    let sku = from.clone();
    match visit.database().write(move |conn| rename_sku::run(conn, &cause, &from, &to)).await {
        Ok(()) => Ok(done(&path, &format!("Renamed: it was {sku} before."))),
        Err(Failed::Refused(rename_sku::RenameSkuRefusal::Unknown(_))) => Err(PageError::NotFound),
        Err(Failed::Refused(refusal)) => refused(&page(&visit, sku, form.fields, FormErrors::of("code", refusal))),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
