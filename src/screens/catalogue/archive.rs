//! `/catalogue/{sku}/archive`: asks before a SKU is archived. `/catalogue/{sku}/restore` brings it back.

use super::{code_in, facts, path_of};
use crate::{
    actions::catalogue::archive_sku::{self, ArchiveRefusal},
    db::{Failed, catalogue::detail::SkuFacts},
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form, FormErrors},
        notices::done,
        page::{Layout, ok, refused, see_other},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;

#[derive(Template)]
#[template(path = "catalogue/archive.html")]
struct ArchivePage {
    page: Layout,
    path: String,
    facts: SkuFacts,
    stores: String,
    errors: FormErrors,
}

pub async fn show(visit: Visit, segment: Path<String>) -> PageResult {
    ok(&page(&visit, &segment, FormErrors::default()).await?)
}

async fn page(visit: &Visit, segment: &str, errors: FormErrors) -> Result<ArchivePage, PageError> {
    let facts = facts(visit, segment).await?;
    let stores: Vec<&str> = facts.listed.iter().map(|store| facts.stores.name(store)).collect();
    let stores = stores.join(", ");
    Ok(ArchivePage { page: visit.layout("catalogue"), path: path_of(&facts.sku.code), stores, facts, errors })
}

pub async fn submit(visit: Visit, segment: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let code = code_in(&segment)?;
    let path = path_of(&code);
    let cause = visit.cause("");
    match visit.database().write(move |conn| archive_sku::archive(conn, &cause, &code)).await {
        Ok(()) => Ok(done(&path, "The SKU is archived.")),
        Err(Failed::Refused(ArchiveRefusal::Unknown(_))) => Err(PageError::NotFound),
        Err(Failed::Refused(refusal)) => refused(&page(&visit, &segment, FormErrors::of("", refusal)).await?),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

/// A SKU that was merged into another leads to that one.
pub async fn restore(visit: Visit, segment: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let code = code_in(&segment)?;
    let path = path_of(&code);
    let cause = visit.cause("");
    match visit.database().write(move |conn| archive_sku::restore(conn, &cause, &code)).await {
        Ok(()) => Ok(done(&path, "The SKU is back in the catalogue.")),
        Err(Failed::Refused(ArchiveRefusal::Merged(into))) => Ok(see_other(&path_of(&into))),
        Err(Failed::Refused(_)) => Err(PageError::NotFound),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
