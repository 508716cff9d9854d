//! `/promotions/{id}/edit`: everything of a running sale that can be changed, on one page and saved at once. What is
//! typed is kept until then, for whoever typed it.

mod conflict;
mod form;
mod rows;

pub use super::edit::form::EditForm;

use super::{
    edit::rows::{EditRow, field_id},
    end::EndedPage,
    id_of,
    picking::{self, Picking},
};
use crate::{
    actions::promotions::{
        apply_changes::EditRefusal,
        autosave_edit::{self, AutosavedEdit, EditKey},
        submit_edit::{self, SaveRefusal},
    },
    db::{
        self, Failed,
        promotions::{
            changes,
            edit_detail::{EditSheet, sheet},
        },
    },
    domain::{
        code::SkuCode,
        id::PromotionId,
        promotions::{
            edit::EditField,
            history::Change,
            promotion::Status,
            sale_changes::{ChangeRefusal, SaleValues},
        },
    },
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        page::{Layout, ok, refused, see_other},
        query::{Query, href},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

/// The search.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct EditQuery {
    q: String,
}

#[derive(Template)]
#[template(path = "promotions/edit.html")]
struct EditPage {
    page: Layout,
    id: PromotionId,
    /// What the sale is called now.
    called: String,
    /// Whether something was typed and is not saved.
    is_begun: bool,
    revision: i64,
    name_typed: String,
    shown_name: String,
    end_typed: String,
    shown_end: String,
    end_zone: &'static str,
    products: Vec<EditRow>,
    picking: Picking,
    /// Whether the part that adds products is open.
    is_picking: bool,
    errors: FormErrors,
}

/// What was typed beside what is kept, and what is wrong.
#[derive(Default)]
struct Typed {
    query: String,
    rows: String,
    errors: FormErrors,
}

impl EditPage {
    async fn new(visit: &Visit, sheet: &EditSheet, typed: Typed) -> Result<Self, PageError> {
        let Typed { query, rows, errors } = typed;
        let is_picking = [&query, &rows].iter().any(|text| !text.is_empty()) || !errors.at("rows").is_empty();
        let products = &sheet.typed.products;
        let is_added = |sku: &_| products.iter().any(|product| product.sku == *sku);
        let picking = Picking::load(visit, sheet.store(), query, rows, is_added).await?;
        let of_form = products.iter().enumerate();
        Ok(Self {
            page: visit.layout("promotions"),
            id: sheet.promotion.id,
            called: sheet.promotion.name.clone(),
            is_begun: sheet.revision > 0,
            revision: sheet.revision,
            name_typed: sheet.typed.name.clone(),
            shown_name: sheet.typed.shown_name.clone(),
            end_typed: sheet.typed.end.clone(),
            shown_end: sheet.typed.shown_ends_at.to_string(),
            end_zone: sheet.store().zone().name(),
            products: of_form.map(|(nth, product)| EditRow::new(nth, product, sheet)).collect(),
            picking,
            is_picking,
            errors,
        })
    }
}

fn key(visit: &Visit, promotion: PromotionId) -> EditKey {
    EditKey { promotion, by: visit.email.clone() }
}

async fn load(visit: &Visit, id: PromotionId) -> Result<EditSheet, PageError> {
    let (by, now) = (visit.email.clone(), visit.now);
    visit.database().read(move |conn| sheet(conn, id, &by, now)).await?.ok_or(PageError::NotFound)
}

/// Shows what can be changed, or that the sale is over.
///
/// # Errors
/// When there is no such promotion, or the database fails.
pub async fn show(visit: Visit, path: Path<String>, query: Query<EditQuery>) -> PageResult {
    let sheet = load(&visit, id_of(&path)?).await?;
    if sheet.promotion.status(visit.now) == Status::Ended {
        return ok(&EndedPage::new(&visit, sheet.promotion.clone(), sheet.store()));
    }
    let typed = Typed { query: query.0.q, ..Typed::default() };
    ok(&EditPage::new(&visit, &sheet, typed).await?)
}

/// Keeps what was typed, and does what the button says.
///
/// # Errors
/// When there is no such promotion, or the database fails.
pub async fn submit(visit: Visit, path: Path<String>, form: Form<EditForm>) -> PageResult {
    let id = id_of(&path)?;
    if load(&visit, id).await?.promotion.status(visit.now) == Status::Ended {
        return Ok(see_other(&format!("/promotions/{id}/edit")));
    }
    let Form { fields: form, file } = form;
    let mut errors = FormErrors::default();
    let add = picking::picked(&form.press, &form.add, (&form.rows, file), &mut errors);
    let AutosavedEdit { revision, was_changed, not_added } = keep(&visit, id, &form, add).await?;
    picking::note(&not_added, &form.press, &mut errors);
    if form.press == "save" && was_changed {
        errors.push("", "These changes were edited in another tab. Check them once more, then save.");
    }
    if !errors.is_empty() {
        let typed = Typed { query: form.q, rows: form.rows, errors };
        return refused(&EditPage::new(&visit, &load(&visit, id).await?, typed).await?);
    }
    match form.press.as_str() {
        "save" => save(&visit, id, revision).await,
        press => {
            let at = if matches!(press, "search" | "add" | "rows") { "#add" } else { "#products" };
            let path = href(&format!("/promotions/{id}/edit"), &[("q", &picking::term(&form.q))]);
            Ok(see_other(&format!("{path}{at}")))
        }
    }
}

async fn keep(
    visit: &Visit,
    id: PromotionId,
    form: &EditForm,
    add: Vec<(SkuCode, Option<String>)>,
) -> Result<AutosavedEdit, PageError> {
    let ((typed, shown_at), edit) = (form.typed()?, form.edit(add));
    let (key, now) = (key(visit, id), visit.now);
    let kept =
        visit.database().write(move |conn| autosave_edit::run(conn, now, &key, (&typed, shown_at), &edit)).await?;
    Ok(kept)
}

/// Saves what is kept, or shows what is to be mended first.
async fn save(visit: &Visit, id: PromotionId, revision: i64) -> PageResult {
    let (key, cause) = (key(visit, id), visit.cause("the flash sale was edited"));
    let outcome = visit.database().write(move |conn| submit_edit::run(conn, &cause, &key, revision)).await;
    let refusal = match outcome {
        Ok(changes) => return Ok(see_other(&format!("/promotions/{id}?notice={}", notice(&changes)))),
        Err(Failed::Refused(refusal)) => refusal,
        Err(Failed::Database(error)) => return Err(error.into()),
    };
    // What stands against it is told by the sale as it stands now: the numbers may have moved on since.
    let sheet = load(visit, id).await?;
    match refusal {
        SaveRefusal::NotFound | SaveRefusal::Edit(EditRefusal::NotFound) => Err(PageError::NotFound),
        SaveRefusal::Edit(EditRefusal::AlreadyEnded) => Ok(see_other(&format!("/promotions/{id}/edit"))),
        SaveRefusal::ChangedInTab => {
            let words = "These changes were edited in another tab. Check them once more, then save.";
            refuse(visit, &sheet, [(String::new(), words.to_owned())]).await
        }
        SaveRefusal::Fields(problems) => {
            let at_input = |(field, words): (EditField, String)| match field {
                EditField::Name => ("name".to_owned(), words),
                EditField::End => ("end".to_owned(), words),
                EditField::Quantity(sku) => at_quantity(&sheet, &sku, &words),
            };
            refuse(visit, &sheet, problems.into_iter().map(at_input)).await
        }
        SaveRefusal::Edit(EditRefusal::Refused(refusals)) => {
            refuse(visit, &sheet, refusals.iter().map(|refusal| at_input(&sheet, refusal))).await
        }
        SaveRefusal::Edit(EditRefusal::Changed(is)) => tell_changes(visit, sheet, &is).await,
    }
}

fn notice(changes: &[Change]) -> &'static str {
    if changes.is_empty() { "unchanged" } else { "changed" }
}

/// Shows the page again with what is to be mended: the ids of inputs, and the words there.
async fn refuse(visit: &Visit, sheet: &EditSheet, problems: impl IntoIterator<Item = (String, String)>) -> PageResult {
    let mut errors = FormErrors::default();
    problems.into_iter().for_each(|(field, words)| errors.push(field, words));
    refused(&EditPage::new(visit, sheet, Typed { errors, ..Typed::default() }).await?)
}

/// The input of a product's quantity, and what to do there.
fn at_quantity(sheet: &EditSheet, sku: &SkuCode, words: &str) -> (String, String) {
    let at = sheet.typed.products.iter().position(|product| product.sku == *sku);
    (at.map_or_else(String::new, field_id), format!("{sku}: {words}"))
}

/// The input at which a refusal is mended, and what to do there.
fn at_input(sheet: &EditSheet, refusal: &ChangeRefusal) -> (String, String) {
    match refusal {
        ChangeRefusal::Schedule(refusal) => {
            let there = refusal.with_local_time(sheet.now, sheet.store().zone());
            ("end".to_owned(), format!("{there} To end it at once, press End now on its page."))
        }
        ChangeRefusal::NoProducts | ChangeRefusal::TooManyProducts(_) => (String::new(), refusal.to_string()),
        ChangeRefusal::Product(of_product) => at_quantity(sheet, of_product.sku(), &refusal.to_string()),
        ChangeRefusal::TooFew { sku, .. } | ChangeRefusal::TooMany { sku, .. } => {
            at_quantity(sheet, sku, &refusal.to_string())
        }
    }
}

/// Says what others changed meanwhile. What was typed stays, and what was not touched is as they made it: whoever saves
/// again has seen what is overwritten.
async fn tell_changes(visit: &Visit, mut sheet: EditSheet, is: &SaleValues) -> PageResult {
    let (id, now, key) = (sheet.promotion.id, visit.now, key(visit, sheet.promotion.id));
    let lines = visit.database().read(move |conn| changes::latest(conn, id)).await?;
    let typed = sheet.typed.clone();
    let next = typed.clone().rebased(is, sheet.store().zone());
    let errors = conflict::told(&typed, is, &lines, sheet.store(), &next);
    visit
        .database()
        .write(move |conn| {
            autosave_edit::replace(conn, now, &key, &next)?;
            Ok::<_, db::Error>(())
        })
        .await?;
    sheet = load(visit, id).await?;
    refused(&EditPage::new(visit, &sheet, Typed { errors, ..Typed::default() }).await?)
}

/// The form: a button.
#[derive(Debug, Default, serde::Deserialize)]
pub struct DiscardForm {}

/// Throws away what was typed and not saved.
///
/// # Errors
/// When the database fails.
pub async fn discard(visit: Visit, path: Path<String>, _: Form<DiscardForm>) -> PageResult {
    let id = id_of(&path)?;
    let key = key(&visit, id);
    visit.database().write(move |conn| autosave_edit::discard(conn, &key)).await?;
    Ok(see_other(&format!("/promotions/{id}")))
}
