//! `/promotions/{id}/edit`: the fields of a running sale that can be changed, on one page and saved together. Until
//! then the form is stored for the member of staff who typed it.

mod conflict;
mod form;
mod rows;

pub use form::EditForm;

use super::{
    draft::details::kind_of,
    end::EndedPage,
    id_of,
    part::{Part, PartFields},
    picking::{self, Picked, Picking, Typed, quantity_id},
};
use crate::{
    actions::promotions::{
        apply_changes::EditRefusal,
        autosave_edit::{self, AutosavedEdit, EditKey, SentEdit},
        submit_edit::{self, SaveRefusal},
    },
    db::{
        Failed,
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
            promotion::Status,
            quick_end::QuickEnd,
            sale_changes::{ChangeRefusal, SaleValues},
        },
    },
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form, FormErrors},
        notices::done,
        page::{Layout, ok, refused, see_other},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use rows::EditRow;
use serde::Deserialize;

const CHANGED_IN_TAB: &str = "These changes were edited in another tab. Check them once more, then save.";

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct EditQuery {
    q: String,
    #[serde(flatten)]
    part: PartFields,
}

#[derive(Template)]
#[template(path = "promotions/edit.html")]
struct EditPage {
    page: Layout,
    id: PromotionId,
    /// The current name of the sale.
    called: String,
    /// Whether there are changes that are not saved.
    is_begun: bool,
    revision: i64,
    name_typed: String,
    shown_name: String,
    end_typed: String,
    shown_end: String,
    end_kind: &'static str,
    end_zone: &'static str,
    part: Part,
    products: Vec<EditRow>,
    picking: Picking,
    /// Whether the part that adds products is open.
    is_picking: bool,
    errors: FormErrors,
}

impl EditPage {
    async fn new(visit: &Visit, sheet: &EditSheet, mut typed: Typed) -> Result<Self, PageError> {
        let has_ticks = !typed.ticked.is_empty();
        let is_picking =
            !typed.query.is_empty() || has_ticks || !typed.rows.is_empty() || !typed.errors.at("rows").is_empty();
        let products = &sheet.typed.products;
        let is_added = |sku: &_| products.iter().any(|product| product.sku == *sku);
        let picking = Picking::load(visit, sheet.store(), &typed, is_added).await?;
        let named = products.iter().map(|product| {
            let name = &sheet.lines[&product.sku].sku.name;
            (product.sku.as_str(), name.as_str())
        });
        let part = Part::of(named, &typed.part, &mut typed.errors);
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
            end_kind: kind_of(&sheet.typed.end),
            end_zone: sheet.store().zone().name(),
            products: part.shown.iter().map(|nth| EditRow::new(*nth, &products[*nth], sheet)).collect(),
            part,
            picking,
            is_picking,
            errors: typed.errors,
        })
    }
}

fn key(visit: &Visit, promotion: PromotionId) -> EditKey {
    EditKey { promotion, by: visit.who.email.clone() }
}

async fn load(visit: &Visit, id: PromotionId) -> Result<EditSheet, PageError> {
    let by = visit.who.email.clone();
    let now = visit.now;
    visit.database().read(move |conn| sheet(conn, id, &by, now)).await?.ok_or(PageError::NotFound)
}

pub async fn show(visit: Visit, path: Path<String>, query: Query<EditQuery>) -> PageResult {
    let sheet = load(&visit, id_of(&path)?).await?;
    if sheet.promotion.status(visit.now) == Status::Ended {
        return ok(&EndedPage::new(&visit, sheet.promotion.clone(), sheet.store()));
    }
    let EditQuery { q, part } = query.0;
    let typed = Typed::of_page(q, part, visit.kept.as_ref());
    ok(&EditPage::new(&visit, &sheet, typed).await?)
}

/// Stores the form, even with errors, and then does what the button says.
pub async fn submit(visit: Visit, path: Path<String>, form: Form<EditForm>) -> PageResult {
    let id = id_of(&path)?;
    let sheet = load(&visit, id).await?;
    if sheet.promotion.status(visit.now) == Status::Ended {
        return Ok(see_other(&format!("/promotions/{id}/edit")));
    }
    let Form { fields: form, file } = form;
    let mut errors = FormErrors::default();
    let picked = Picked::read(&form.press, &form.add, (&form.rows, file), &mut errors);
    let (mut typed, shown_at) = form.typed()?;
    let quick_end = QuickEnd::of_button(&form.press);
    if let Some(end) = quick_end {
        typed.end = end.field_value(visit.now, sheet.store().zone());
    }
    let adds = !picked.is_empty() && matches!(form.press.as_str(), "add" | "rows");
    let part = if adds { form.part.after("").last() } else { form.part.after(&form.press) };
    let leaves = form.press == "leave";
    if leaves && shown_at == 0 && picked.is_empty() && errors.is_empty() && !typed.is_begun(sheet.store().zone()) {
        return Ok(see_other(&format!("/promotions/{id}")));
    }
    let edit = form.edit(picked);
    let key = key(&visit, id);
    let now = visit.now;
    let sent = SentEdit { typed, revision: shown_at, is_part: form.is_part() };
    let saved = visit.database().write(move |conn| autosave_edit::run(conn, now, &key, &sent, &edit));
    let AutosavedEdit { revision, was_changed, not_added } = saved.await?;
    picking::note(&not_added, &mut errors);
    if form.press == "save" && was_changed {
        errors.push("", CHANGED_IN_TAB);
    }
    if !errors.is_empty() {
        let typed = Typed { query: form.q, rows: form.rows, errors, part, ..Typed::default() };
        return refused(&EditPage::new(&visit, &load(&visit, id).await?, typed).await?);
    }
    if form.press == "save" {
        return save(&visit, id, revision, part).await;
    }
    if leaves {
        return Ok(see_other(&format!("/promotions/{id}?notice=unsaved")));
    }
    let at = match form.press.as_str() {
        "search" | "add" | "rows" => "#add",
        _ if quick_end.is_some() => "#end",
        _ => "#products",
    };
    let path = part.address(&format!("/promotions/{id}/edit"), &form.q);
    Ok(see_other(&format!("{path}{at}")))
}

/// Applies the stored edit to the sale, or shows the form again with the errors.
async fn save(visit: &Visit, id: PromotionId, revision: i64, part: PartFields) -> PageResult {
    let key = key(visit, id);
    let cause = visit.cause("the flash sale was edited");
    let outcome = visit.database().write(move |conn| submit_edit::run(conn, &cause, &key, revision)).await;
    let refusal = match outcome {
        Ok(changes) => {
            let notice = if changes.is_empty() { "unchanged" } else { "changed" };
            return Ok(see_other(&format!("/promotions/{id}?notice={notice}")));
        }
        Err(Failed::Refused(refusal)) => refusal,
        Err(Failed::Database(error)) => return Err(error.into()),
    };
    // The errors are shown with the current numbers, which may have changed since the refusal.
    let mut sheet = load(visit, id).await?;
    let mut errors = FormErrors::default();
    match refusal {
        SaveRefusal::NotFound | SaveRefusal::Edit(EditRefusal::NotFound) => return Err(PageError::NotFound),
        SaveRefusal::Edit(EditRefusal::AlreadyEnded) => return Ok(see_other(&format!("/promotions/{id}/edit"))),
        SaveRefusal::ChangedInTab => errors.push("", CHANGED_IN_TAB),
        SaveRefusal::Fields(problems) => {
            for (field, words) in problems {
                match field {
                    EditField::Name => errors.push("name", words),
                    EditField::End => errors.push("end", words),
                    EditField::Quantity(sku) => push_at_quantity(&mut errors, &sheet, &sku, &words),
                }
            }
        }
        SaveRefusal::Edit(EditRefusal::Refused(refusals)) => {
            for refusal in &refusals {
                push_refusal(&mut errors, &sheet, refusal);
            }
        }
        SaveRefusal::Edit(EditRefusal::Changed(values)) => {
            errors = rebase(visit, &sheet, &values).await?;
            sheet = load(visit, id).await?;
        }
    }
    refused(&EditPage::new(visit, &sheet, Typed { errors, part, ..Typed::default() }).await?)
}

fn push_at_quantity(errors: &mut FormErrors, sheet: &EditSheet, sku: &SkuCode, words: &str) {
    let at = sheet.typed.products.iter().position(|product| product.sku == *sku);
    errors.push(at.map_or_else(String::new, quantity_id), format!("{sku}: {words}"));
}

fn push_refusal(errors: &mut FormErrors, sheet: &EditSheet, refusal: &ChangeRefusal) {
    let words = refusal.to_string();
    match refusal {
        ChangeRefusal::Schedule(refusal) => {
            let words = refusal.with_local_time(sheet.now, sheet.store().zone());
            errors.push("end", format!("{words} To end it at once, press End now on its page."));
        }
        ChangeRefusal::NoProducts | ChangeRefusal::TooManyProducts(_) => errors.push("", words),
        ChangeRefusal::Product(of_product) => push_at_quantity(errors, sheet, of_product.sku(), &words),
        ChangeRefusal::TooFew { sku, .. } | ChangeRefusal::TooMany { sku, .. } => {
            push_at_quantity(errors, sheet, sku, &words);
        }
    }
}

/// Puts the values that others saved meanwhile into the stored edit, except where something else was typed, and returns
/// an error for each of them: a person who saves again has seen what is overwritten.
async fn rebase(visit: &Visit, sheet: &EditSheet, values: &SaleValues) -> Result<FormErrors, PageError> {
    let id = sheet.promotion.id;
    let lines = visit.database().read(move |conn| changes::latest(conn, id)).await?;
    let next = sheet.typed.clone().rebased(values, sheet.store().zone());
    let errors = conflict::errors(&sheet.typed, values, &lines, sheet.store(), &next);
    let key = key(visit, id);
    let now = visit.now;
    visit.database().write(move |conn| autosave_edit::replace(conn, now, &key, &next)).await?;
    Ok(errors)
}

pub async fn discard(visit: Visit, path: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let id = id_of(&path)?;
    let key = key(&visit, id);
    visit.database().write(move |conn| autosave_edit::discard(conn, &key)).await?;
    Ok(done(&format!("/promotions/{id}"), "Your changes are discarded. The flash sale is as it was."))
}
