//! `/promotions/drafts/{id}/details`: name, flash sale type, store, schedule.

use super::{Found, LEFT, Step, load, steps, storable, to_confirmation};
use crate::{
    actions::promotions::update_draft,
    db::{promotions::draft_detail::DraftSheet, stores::Store},
    domain::{
        id::PromotionId,
        promotions::{
            draft::{DetailField, TypedDetails},
            promotion::FlashSaleType,
            quick_end::QuickEnd,
            schedule,
        },
    },
    screens::{promotions::id_of, stores},
    web::{
        error::PageResult,
        form::{Form, FormErrors, RadioOption, SelectOption},
        notices::done,
        page::{Layout, ok, refused, see_other},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct DetailsForm {
    name: String,
    r#type: String,
    store: String,
    start: String,
    /// The start that the page offered: the minute it was loaded in. If it was not changed, it means now.
    start_offered: String,
    end: String,
    /// The button that was pressed.
    press: String,
}

impl DetailsForm {
    fn typed(&self) -> TypedDetails {
        let is_now = self.start.trim() == self.start_offered;
        TypedDetails {
            name: storable(&self.name),
            flash_sale_type: storable(&self.r#type),
            store: storable(&self.store),
            start: if is_now { String::new() } else { storable(&self.start) },
            end: storable(&self.end),
        }
    }
}

/// A type of flash sale to choose, with the article's example.
fn type_option(kind: FlashSaleType, typed: &str) -> RadioOption {
    let (hint, example, shown): (_, _, &[_]) = match kind {
        FlashSaleType::StockAllocation => (
            "The store sells the allocated units and no others. The other stores share the rest.",
            "Product1 has 100 pcs, and 60 are allocated to Lazada:",
            &[("Lazada shows", 60), ("Shopee", 40), ("Zalora", 40)],
        ),
        FlashSaleType::StockReservation => (
            "The store sells the reserved units, and whatever else is available. The other stores share the rest.",
            "Product1 has 100 pcs, and 60 are reserved for Lazada:",
            &[("Lazada shows", 100), ("Shopee", 40), ("Zalora", 40)],
        ),
    };
    let selected = kind.as_str() == typed;
    RadioOption { example, shown, ..RadioOption::new(kind.as_str(), kind.label(), hint, selected) }
}

#[derive(Template)]
#[template(path = "promotions/draft/details.html")]
struct DetailsPage {
    page: Layout,
    steps: Vec<Step>,
    id: PromotionId,
    typed: TypedDetails,
    types: [RadioOption; 2],
    stores: Vec<SelectOption>,
    start: String,
    start_kind: &'static str,
    end_kind: &'static str,
    start_offered: String,
    start_hint: String,
    /// The zone of the start and the end; while it depends on the store, and none is chosen, a text that says so.
    zone: &'static str,
    errors: FormErrors,
}

impl DetailsPage {
    fn new(visit: &Visit, sheet: &DraftSheet, typed: TypedDetails, errors: FormErrors) -> Self {
        let known_zone = known_zone(sheet, &typed);
        let is_known = known_zone.is_some();
        let zone = known_zone.or(sheet.stores.first().map(Store::zone)).unwrap_or(Tz::UTC);
        let start_offered = schedule::field_value(visit.now, zone);
        let mut choices = vec![(String::new(), "Choose a store".to_owned())];
        for store in sheet.stores.iter() {
            choices.push((store.code.to_string(), stores::label_with_time(store, visit.now)));
        }
        Self {
            page: visit.layout("promotions"),
            steps: steps(Some(sheet.draft.id), "Details"),
            id: sheet.draft.id,
            types: FlashSaleType::ALL.map(|kind| type_option(kind, &typed.flash_sale_type)),
            stores: SelectOption::list(choices, &typed.store),
            start_kind: kind_of(&typed.start),
            end_kind: kind_of(&typed.end),
            start: if typed.start.is_empty() { start_offered.clone() } else { typed.start.clone() },
            start_offered,
            start_hint: start_hint(zone, is_known),
            zone: if is_known { zone.name() } else { "the store's time zone" },
            typed,
            errors,
        }
    }
}

/// The zone of the start and the end: that of the chosen store, or the one that all stores have.
fn known_zone(sheet: &DraftSheet, typed: &TypedDetails) -> Option<Tz> {
    if let Some(chosen) = sheet.stores.get(&typed.store) {
        return Some(chosen.zone());
    }
    let zone = sheet.stores.first()?.zone();
    sheet.stores.iter().all(|store| store.zone() == zone).then_some(zone)
}

/// The type of an input that shows what was typed: a browser empties a field for times whose value is none.
pub(in crate::screens::promotions) fn kind_of(typed: &str) -> &'static str {
    let is_time = typed.is_empty() || schedule::parse_local("time", typed, Tz::UTC).is_ok();
    if is_time { "datetime-local" } else { "text" }
}

/// The start is offered in `zone`, which is not the zone of the store for certain until one is chosen.
fn start_hint(zone: Tz, is_known: bool) -> String {
    let now = "The sale starts now, and takes its stock from what is in hand at this moment. Leave the time as it is";
    match is_known {
        true => format!("{now}."),
        false => format!("{now}, whichever store you choose: it is this moment in {}.", zone.name()),
    }
}

fn input_of(field: DetailField) -> &'static str {
    match field {
        DetailField::Name => "name",
        DetailField::FlashSaleType => "type",
        DetailField::Store => "store",
        DetailField::Start => "start",
        DetailField::End => "end",
    }
}

pub async fn show(visit: Visit, path: Path<String>) -> PageResult {
    match load(&visit, id_of(&path)?).await? {
        Found::Promotion(id) => to_confirmation(id),
        Found::Sheet(sheet) => {
            let typed = sheet.draft.details();
            ok(&DetailsPage::new(&visit, &sheet, typed, FormErrors::default()))
        }
    }
}

/// Stores the details, even those with errors, and does what the button says: **Continue** goes on to the products if
/// there are no errors.
pub async fn submit(visit: Visit, path: Path<String>, form: Form<DetailsForm>) -> PageResult {
    let id = id_of(&path)?;
    let sheet = match load(&visit, id).await? {
        Found::Sheet(sheet) => sheet,
        Found::Promotion(promotion) => return to_confirmation(promotion),
    };
    let mut typed = form.typed();
    let quick_end = QuickEnd::of_button(&form.press);
    let zone = known_zone(&sheet, &typed);
    if let Some((end, zone)) = quick_end.zip(zone) {
        typed.end = end.field_value(visit.now, zone);
    }
    let details = typed.clone();
    visit.database().write(move |conn| update_draft::save_details(conn, id, &details)).await?;
    if form.press == "leave" {
        return Ok(done("/promotions", LEFT));
    }
    if quick_end.is_some() && zone.is_none() {
        let problem = (DetailField::Store, "Choose the store first: the end is in its time zone.".to_owned());
        return refuse(&visit, &sheet, typed, &[problem]);
    }
    if quick_end.is_some() {
        return Ok(see_other(&format!("/promotions/drafts/{id}/details#end")));
    }
    let store = sheet.stores.get(&typed.store);
    match typed.parse(store.map(Store::zone), visit.now) {
        Ok(_) => Ok(see_other(&format!("/promotions/drafts/{id}/products"))),
        Err(problems) => refuse(&visit, &sheet, typed, &problems),
    }
}

pub(super) fn refuse(
    visit: &Visit,
    sheet: &DraftSheet,
    typed: TypedDetails,
    problems: &[(DetailField, String)],
) -> PageResult {
    let mut errors = FormErrors::default();
    for (field, words) in problems {
        errors.push(input_of(*field), words);
    }
    refused(&DetailsPage::new(visit, sheet, typed, errors))
}
