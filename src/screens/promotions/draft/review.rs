//! `/promotions/drafts/{id}/review`: everything once more, before and after for each store, and the creation.

use super::{
    Found, NO_DRAFT, created, details, load,
    products::{self, Typed, planned_hold},
    steps::{Step, steps},
};
use crate::{
    actions::promotions::{
        create_from_draft::{self, DraftRefusal},
        create_promotion::CreateRefusal,
    },
    db::{
        Failed,
        promotions::draft_detail::{DraftSheet, ShelfLine},
        stores::Store,
    },
    domain::{
        catalogue::quantity::Position,
        id::PromotionId,
        promotions::{
            draft::{Details, field_of, parse_quantity},
            hold::Hold,
            schedule,
        },
    },
    screens::{
        catalogue::path_of,
        promotions::{LocalTime, id_of},
    },
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        page::{Layout, ok, refused},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

/// The form: which state of the draft its page showed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ReviewForm {
    revision: String,
}

/// What one store shows before and after.
struct Shown {
    /// Whether the store lists the SKU.
    is_listed: bool,
    before: i64,
    after: i64,
}

struct ReviewRow {
    sku: String,
    href: String,
    name: String,
    quantity: i64,
    shown: Vec<Shown>,
}

#[derive(Template)]
#[template(path = "promotions/draft/review.html")]
struct ReviewPage {
    page: Layout,
    steps: Vec<Step>,
    id: PromotionId,
    revision: i64,
    name: String,
    flash_sale_type: &'static str,
    store: String,
    start: LocalTime,
    /// The start that was typed, where it is another minute than the present one.
    start_typed: Option<LocalTime>,
    end: LocalTime,
    duration: String,
    stores: Vec<String>,
    products: Vec<ReviewRow>,
    errors: FormErrors,
}

impl ReviewPage {
    fn new(visit: &Visit, sheet: &DraftSheet, store: &Store, details: Details, errors: FormErrors) -> Self {
        let others = sheet.stores.iter().filter(|other| other.code != store.code);
        let is_shown = |other: &&Store| sheet.lines.iter().any(|line| line.listed_on.contains(&other.code));
        let columns: Vec<&Store> = [store].into_iter().chain(others.filter(is_shown)).collect();
        let rows = sheet.lines.iter().zip(&sheet.typed).map(|(line, typed)| {
            let quantity = parse_quantity(typed).unwrap_or(0);
            row(line, quantity, planned_hold(sheet, store, quantity), &columns)
        });
        let start = LocalTime::new(visit.now, store);
        let start_typed = details.start.map(|typed| LocalTime::new(typed, store)).filter(|typed| *typed != start);
        Self {
            page: visit.layout("promotions"),
            steps: steps(Some(sheet.draft.id), "Review"),
            id: sheet.draft.id,
            revision: sheet.draft.revision,
            name: details.name,
            flash_sale_type: details.flash_sale_type.label(),
            store: store.name.clone(),
            start,
            start_typed,
            end: LocalTime::new(details.ends_at, store),
            duration: schedule::duration_in_words(details.ends_at.since(visit.now)),
            products: rows.collect(),
            stores: columns.iter().map(|store| store.name.clone()).collect(),
            errors,
        }
    }
}

fn row(line: &ShelfLine, quantity: i64, planned: Hold, columns: &[&Store]) -> ReviewRow {
    let before = line.position();
    let holds: Vec<Hold> = line.holds.iter().cloned().chain([planned]).collect();
    let after = Position { stock: line.sku.stock(), holds: &holds };
    let shown = columns.iter().map(|store| Shown {
        is_listed: line.listed_on.contains(&store.code),
        before: before.quantity_for(&store.code).total(),
        after: after.quantity_for(&store.code).total(),
    });
    let sku = line.sku.code.to_string();
    ReviewRow { href: path_of(&line.sku.code), sku, name: line.sku.name.clone(), quantity, shown: shown.collect() }
}

/// Shows the draft once more, or the first step that is to be mended.
///
/// # Errors
/// When there is no such draft, or the database fails.
pub async fn show(visit: Visit, path: Path<String>) -> PageResult {
    let id = id_of(&path)?;
    match load(&visit, id).await? {
        Found::Promotion(id) => created(id),
        Found::Sheet(sheet) => review(&visit, &sheet, FormErrors::default()).await,
    }
}

/// The review of `sheet`, with what is wrong with the whole of it; or the step that is to be mended first.
async fn review(visit: &Visit, sheet: &DraftSheet, errors: FormErrors) -> PageResult {
    let typed = sheet.draft.details();
    let store = sheet.store();
    match (typed.parse(store.map(Store::zone), visit.now), store) {
        (Ok(_), Some(store)) if sheet.lines.is_empty() || !products::problems(sheet, store).is_empty() => {
            products::refuse(visit, sheet, store, Typed::default()).await
        }
        (Ok(details), Some(store)) => {
            let is_refused = !errors.is_empty();
            let page = ReviewPage::new(visit, sheet, store, details, errors);
            if is_refused { refused(&page) } else { ok(&page) }
        }
        (Err(problems), _) => details::refuse(visit, sheet, typed, &problems),
        (Ok(_), None) => Err(PageError::Fault("details without a store were accepted".to_owned())),
    }
}

/// Creates the promotion. If somebody took the stock meanwhile, the products come back with the new numbers.
///
/// # Errors
/// When there is no such draft, or the database fails.
pub async fn submit(visit: Visit, path: Path<String>, form: Form<ReviewForm>) -> PageResult {
    let id = id_of(&path)?;
    let revision = form.revision.parse().map_err(|_| PageError::Unreadable("Load the review page again."))?;
    let cause = visit.cause("");
    let outcome = visit.database().write(move |conn| create_from_draft::run(conn, &cause, id, revision)).await;
    let refusal = match outcome {
        Ok(id) => return created(id),
        Err(Failed::Refused(refusal)) => refusal,
        Err(Failed::Database(error)) => return Err(error.into()),
    };
    // What stood against it is told by the draft as it stands now: the numbers may have moved on since.
    let sheet = match load(&visit, id).await? {
        Found::Sheet(sheet) => sheet,
        Found::Promotion(promotion) => return created(promotion),
    };
    match refusal {
        DraftRefusal::NotFound => Err(PageError::Gone(NO_DRAFT)),
        DraftRefusal::Details(problems) => details::refuse(&visit, &sheet, sheet.draft.details(), &problems),
        DraftRefusal::Changed => {
            review(
                &visit,
                &sheet,
                about_all("This draft was changed in another tab. Check it once more, then create the promotion."),
            )
            .await
        }
        DraftRefusal::Quantities(_) => {
            review(&visit, &sheet, about_all("Check the quantities once more, then create the promotion.")).await
        }
        DraftRefusal::Promotion(refusals) => refuse(&visit, &sheet, &refusals).await,
    }
}

/// Shows the step at which the first of `refusals` is mended.
async fn refuse(visit: &Visit, sheet: &DraftSheet, refusals: &[CreateRefusal]) -> PageResult {
    let mut of_schedule = Vec::new();
    for refusal in refusals {
        match refusal {
            CreateRefusal::Schedule(refusal) => of_schedule.push((field_of(refusal), refusal.to_string())),
            CreateRefusal::UnknownStore(_)
            | CreateRefusal::NoProducts
            | CreateRefusal::Twice(_)
            | CreateRefusal::Product(_) => {}
        }
    }
    if of_schedule.is_empty() {
        review(
            visit,
            sheet,
            about_all("The stock has changed meanwhile. Check the numbers once more, then create the promotion."),
        )
        .await
    } else {
        details::refuse(visit, sheet, sheet.draft.details(), &of_schedule)
    }
}

fn about_all(words: &str) -> FormErrors {
    let mut errors = FormErrors::default();
    errors.push("", words);
    errors
}
