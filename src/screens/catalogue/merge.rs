//! `/catalogue/{sku}/merge`: asks for the SKU that this one is, says what merging them does, and does it.

use super::{facts, path_of};
use crate::{
    actions::catalogue::merge_skus::{self, MergePlan, MergeRefusal},
    db::{self, Failed},
    domain::{code::SkuCode, text::counted},
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
pub struct MergeForm {
    into: String,
    /// The SKU of which the page has said what will happen.
    asked: String,
}

#[derive(Template)]
#[template(path = "catalogue/merge.html")]
struct MergePage {
    page: Layout,
    path: String,
    sku: SkuCode,
    form: MergeForm,
    /// What merging does, in sentences; empty until a SKU is entered.
    effects: Vec<String>,
    errors: FormErrors,
}

pub async fn show(visit: Visit, segment: Path<String>) -> PageResult {
    let sku = facts(&visit, &segment).await?.sku.code;
    ok(&page(&visit, sku, MergeForm::default(), Vec::new(), FormErrors::default()))
}

fn page(visit: &Visit, sku: SkuCode, form: MergeForm, effects: Vec<String>, errors: FormErrors) -> MergePage {
    MergePage { page: visit.layout("catalogue"), path: path_of(&sku), sku, form, effects, errors }
}

fn effects(plan: &MergePlan) -> Vec<String> {
    let MergePlan { from, into, lines, kits: _ } = plan;
    vec![
        format!(
            "{} ({}) has {} on hand, and {} ({}) has {}.",
            from.code, from.name, from.on_hand, into.code, into.name, into.on_hand
        ),
        format!(
            "{} will have {} on hand, and the {} that is of open orders.",
            into.code,
            from.on_hand + into.on_hand,
            counted(lines.len(), "order line")
        ),
        format!(
            "Stores that list only {} go on selling the same listing as {}. Where both are listed, that of {} goes.",
            from.code, into.code, from.code
        ),
        format!(
            "{} is archived with its ledger. Orders that still name it are those of {}. This cannot be undone.",
            from.code, into.code
        ),
    ]
}

pub async fn submit(visit: Visit, segment: Path<String>, form: Form<MergeForm>) -> PageResult {
    let from = facts(&visit, &segment).await?.sku.code;
    let mut errors = FormErrors::default();
    let typed = SkuCode::in_address(form.into.trim()).ok_or("Enter the SKU that this one is.");
    let Some(into) = errors.keep("into", typed) else {
        return refused(&page(&visit, from, form.fields, Vec::new(), errors));
    };
    let is_sure = form.asked == into.as_str();
    let cause = visit.cause("");
    let path = path_of(&into);
    let sku = from.clone();
    let merge = move |conn: &mut db::Conn| {
        let plan = merge_skus::plan(conn, &cause, &from, &into)?;
        if is_sure {
            merge_skus::run(conn, &cause, &from, &into)?;
        }
        Ok::<_, Failed<MergeRefusal>>(plan)
    };
    match visit.database().write(merge).await {
        Ok(_) if is_sure => Ok(done(&path, &format!("{sku} is merged into this SKU."))),
        Ok(plan) => {
            let form = MergeForm { asked: plan.into.code.to_string(), ..form.fields };
            ok(&page(&visit, sku, form, effects(&plan), FormErrors::default()))
        }
        Err(Failed::Refused(MergeRefusal::Unknown(unknown))) if unknown == sku => Err(PageError::NotFound),
        Err(Failed::Refused(refusal)) => {
            refused(&page(&visit, sku, form.fields, Vec::new(), FormErrors::of("into", refusal)))
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
