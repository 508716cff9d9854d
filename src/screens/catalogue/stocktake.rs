//! `/catalogue/{sku}/stocktake`

use super::{code_in, path_of};
use crate::{
    actions::catalogue::count_stock::{self, Count, CountRefusal},
    db::{
        Failed,
        catalogue::detail::{self, SkuFacts},
    },
    domain::{catalogue::stock, code::SkuCode},
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
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
pub struct StocktakeForm {
    counted: String,
    reason: String,
    /// The units on hand that the page showed; empty for those that it is about to show.
    shown: String,
}

impl StocktakeForm {
    fn parse(&self) -> Result<(i64, String), FormErrors> {
        let mut errors = FormErrors::default();
        let counted = errors.keep("counted", stock::parse_units(&self.counted, 0));
        let reason = errors.keep("reason", count_stock::parse_reason(&self.reason));
        match (counted, reason) {
            (Some(counted), Some(reason)) => Ok((counted, reason)),
            _ => Err(errors),
        }
    }
}

#[derive(Template)]
#[template(path = "catalogue/stocktake.html")]
struct StocktakePage {
    page: Layout,
    path: String,
    facts: SkuFacts,
    shown: String,
    form: StocktakeForm,
    errors: FormErrors,
}

impl StocktakePage {
    /// What the units on hand are needed for, where a lower count would be felt.
    fn needed(&self) -> String {
        let (committed, held) = (self.facts.sku.committed, self.facts.position().held());
        match (committed, held) {
            (0, 0) => String::new(),
            (_, 0) => format!("Open orders have {committed} of them."),
            (0, _) => format!("Flash sales hold {held} of them: a count under {held} leaves them short."),
            _ => {
                let both = committed + held;
                format!(
                    "Open orders have {committed} of them and flash sales hold {held}: a count under {both} leaves the \
                     flash sales short."
                )
            }
        }
    }
}

/// Shows the empty form.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn show(visit: Visit, segment: Path<String>) -> PageResult {
    let code = code_in(&segment).ok_or(PageError::NotFound)?;
    ok(&page(&visit, &code, StocktakeForm::default(), FormErrors::default()).await?)
}

async fn page(
    visit: &Visit,
    code: &SkuCode,
    form: StocktakeForm,
    errors: FormErrors,
) -> Result<StocktakePage, PageError> {
    let (page, path, code, now) = (visit.layout("catalogue"), path_of(code), code.clone(), visit.now);
    let facts = visit.database().read(move |conn| detail::facts(conn, &code, now)).await?;
    let facts = facts.ok_or(PageError::NotFound)?;
    let shown = if form.shown.is_empty() { facts.sku.on_hand.to_string() } else { form.shown.clone() };
    Ok(StocktakePage { page, path, facts, shown, form, errors })
}

/// Records what was counted.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn submit(visit: Visit, segment: Path<String>, form: Form<StocktakeForm>) -> PageResult {
    let code = code_in(&segment).ok_or(PageError::NotFound)?;
    let (counted, reason) = match form.parse() {
        Ok(parsed) => parsed,
        Err(errors) => return refused(&page(&visit, &code, form.fields, errors).await?),
    };
    let shown = form.shown.parse().map_err(|_| PageError::Unreadable("Load the page again."))?;
    let (path, cause, count) = (path_of(&code), visit.cause(reason), Count { shown, counted });
    let counted_code = code.clone();
    match visit.database().write(move |conn| count_stock::run(conn, &cause, &counted_code, count)).await {
        Ok(()) => Ok(see_other(&path)),
        Err(Failed::Refused(refusal @ CountRefusal::Changed { on_hand })) => {
            let mut errors = FormErrors::default();
            errors.push("counted", refusal);
            let form = StocktakeForm { shown: on_hand.to_string(), ..form.fields };
            refused(&page(&visit, &code, form, errors).await?)
        }
        Err(Failed::Refused(CountRefusal::UnknownSku(_))) => Err(PageError::NotFound),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
