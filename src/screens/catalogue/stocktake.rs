//! `/catalogue/{sku}/stocktake`

use super::{code_in, facts, path_of};
use crate::{
    actions::catalogue::count_stock::{self, Count, CountRefusal},
    db::{Failed, catalogue::detail::SkuFacts},
    domain::catalogue::stock,
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
pub struct StocktakeForm {
    counted: String,
    reason: String,
    /// The units on hand that the page showed; empty on the first page.
    shown: String,
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
    /// What a lower count would leave short.
    fn needed(&self) -> String {
        let committed = self.facts.sku.committed;
        let held = self.facts.position().held();
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

pub async fn show(visit: Visit, segment: Path<String>) -> PageResult {
    ok(&page(&visit, &segment, StocktakeForm::default(), FormErrors::default()).await?)
}

async fn page(
    visit: &Visit,
    segment: &str,
    form: StocktakeForm,
    errors: FormErrors,
) -> Result<StocktakePage, PageError> {
    let facts = facts(visit, segment).await?;
    let path = path_of(&facts.sku.code);
    let shown = if form.shown.is_empty() { facts.sku.on_hand.to_string() } else { form.shown.clone() };
    Ok(StocktakePage { page: visit.layout("catalogue"), path, facts, shown, form, errors })
}

pub async fn submit(visit: Visit, segment: Path<String>, form: Form<StocktakeForm>) -> PageResult {
    let code = code_in(&segment)?;
    let mut errors = FormErrors::default();
    let counted = errors.keep("counted", stock::parse_units(&form.counted, 0));
    let reason = errors.keep("reason", count_stock::parse_reason(&form.reason));
    let (Some(counted), Some(reason)) = (counted, reason) else {
        return refused(&page(&visit, &segment, form.fields, errors).await?);
    };
    let shown = form.shown.parse().map_err(|_| PageError::Unreadable("Load the page again."))?;
    let cause = visit.cause(reason);
    let count = Count { shown, counted };
    let path = path_of(&code);
    match visit.database().write(move |conn| count_stock::run(conn, &cause, &code, count)).await {
        Ok(()) => {
            let words = format!("Recorded: on hand is {counted} now, and was {shown} before.");
            Ok(done(&path, &words))
        }
        Err(Failed::Refused(refusal @ CountRefusal::Changed { on_hand })) => {
            let form = StocktakeForm { shown: on_hand.to_string(), ..form.fields };
            refused(&page(&visit, &segment, form, FormErrors::of("counted", refusal)).await?)
        }
        Err(Failed::Refused(CountRefusal::UnknownSku(_))) => Err(PageError::NotFound),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
