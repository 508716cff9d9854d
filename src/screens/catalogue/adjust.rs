//! `/catalogue/{sku}/adjust`: what was received, returned, damaged or corrected, as a difference.

use super::{code_in, facts, path_of};
use crate::{
    actions::catalogue::change_stock::{self, Recorded},
    db::{Failed, catalogue::detail::SkuFacts},
    domain::{
        catalogue::stock_change::{ChangeReason, ChangeRefusal, StockChange, parse_difference, parse_note},
        code::SkuCode,
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

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AdjustForm {
    change: String,
    reason: String,
    note: String,
    /// The number of the SKU's last ledger entry when the form was first shown.
    shown_at: String,
    /// The button: `preview`, or nothing to record the change.
    press: String,
}

impl AdjustForm {
    fn parse(&self, sku: &SkuCode) -> Result<StockChange, FormErrors> {
        let mut errors = FormErrors::default();
        let units = errors.keep("change", parse_difference(&self.change));
        let reason = ChangeReason::parse(&self.reason).ok_or("Choose why the stock changes.");
        let reason = errors.keep("reason", reason);
        if let (Some(units), Some(reason)) = (units, reason) {
            errors.keep("change", reason.check_sign(units));
        }
        let note = errors.keep("note", parse_note(&self.note));
        match (units, reason, note) {
            (Some(units), Some(reason), Some(note)) if errors.is_empty() => {
                Ok(StockChange { sku: sku.clone(), units, reason, note })
            }
            _ => Err(errors),
        }
    }
}

#[derive(Template)]
#[template(path = "catalogue/adjust.html")]
struct AdjustPage {
    page: Layout,
    path: String,
    facts: SkuFacts,
    shown_at: String,
    reasons: Vec<SelectOption>,
    /// What the change would make of the stock.
    preview: Vec<String>,
    form: AdjustForm,
    errors: FormErrors,
}

impl AdjustPage {
    fn new(visit: &Visit, facts: SkuFacts, form: AdjustForm, errors: FormErrors) -> Self {
        let first = ("", "Choose a reason");
        let reasons = ChangeReason::ALL.map(|reason| (reason.as_str(), reason.label()));
        Self {
            page: visit.layout("catalogue"),
            path: path_of(&facts.sku.code),
            shown_at: if form.shown_at.is_empty() { facts.sku.revision.to_string() } else { form.shown_at.clone() },
            reasons: SelectOption::list([first].into_iter().chain(reasons), &form.reason),
            preview: Vec::new(),
            facts,
            form,
            errors,
        }
    }
}

pub async fn show(visit: Visit, segment: Path<String>) -> PageResult {
    let facts = facts(&visit, &segment).await?;
    ok(&AdjustPage::new(&visit, facts, AdjustForm::default(), FormErrors::default()))
}

pub async fn submit(visit: Visit, segment: Path<String>, form: Form<AdjustForm>) -> PageResult {
    let code = code_in(&segment)?;
    let change = match form.parse(&code) {
        Ok(change) => change,
        Err(errors) => return refused(&AdjustPage::new(&visit, facts(&visit, &segment).await?, form.fields, errors)),
    };
    if form.press == "preview" {
        return preview(&visit, facts(&visit, &segment).await?, form.fields, &change);
    }
    let shown_at = form.shown_at.parse().map_err(|_| PageError::Unreadable("Load the page again."))?;
    let cause = visit.cause("");
    let path = path_of(&code);
    match visit.database().write(move |conn| change_stock::run_once(conn, &cause, &change, shown_at)).await {
        Ok(Recorded { number, is_repeated: false }) => Ok(see_other(&format!("{path}?recorded={number}"))),
        Ok(Recorded { number, is_repeated: true }) => Ok(see_other(&format!("{path}?recorded={number}&again=yes"))),
        Err(Failed::Refused(ChangeRefusal::UnknownSku(_))) => Err(PageError::NotFound),
        Err(Failed::Refused(refusal @ (ChangeRefusal::NotOnHand { .. } | ChangeRefusal::TooMany { .. }))) => {
            let errors = FormErrors::of("change", refusal);
            refused(&AdjustPage::new(&visit, facts(&visit, &segment).await?, form.fields, errors))
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

fn preview(visit: &Visit, facts: SkuFacts, form: AdjustForm, change: &StockChange) -> PageResult {
    match change.applied_to(facts.sku.on_hand) {
        Ok(after) => {
            let preview = effects(&facts, change.units, after);
            ok(&AdjustPage { preview, ..AdjustPage::new(visit, facts, form, FormErrors::default()) })
        }
        Err(refusal) => refused(&AdjustPage::new(visit, facts, form, FormErrors::of("change", refusal))),
    }
}

fn effects(facts: &SkuFacts, units: i64, on_hand: i64) -> Vec<String> {
    let mut changed = facts.availability.clone();
    changed.stock.on_hand = on_hand;
    let sign = if units < 0 { '−' } else { '+' };
    let mut effects = vec![
        format!("On hand becomes {on_hand}: {} {sign} {}.", facts.sku.on_hand, units.abs()),
        format!("Available now becomes {}: it is {}.", changed.position().shared(), facts.position().shared()),
    ];
    let short: i64 = changed.position().backed().map(|(hold, backed)| hold.remaining() - backed).sum();
    if short > 0 {
        effects.push(format!("Flash sales hold {short} more than would be in hand."));
    }
    effects
}
