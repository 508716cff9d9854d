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
    db::{Failed, availability::ListedSku, promotions::draft_detail::DraftSheet, stores::Store},
    domain::{
        code::SkuCode,
        id::PromotionId,
        promotions::{
            draft::{DetailField, Details, field_of, parse_quantity},
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

fn row(line: &ListedSku, quantity: i64, planned: Hold, columns: &[&Store]) -> ReviewRow {
    let before = &line.availability;
    let after = line.availability.with_hold(planned);
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

/// Creates the promotion, or shows the first step at which something has to be corrected, with the reasons.
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
    // The page shows the draft and the numbers of this moment; the reasons are those that were decided under the lock.
    let sheet = match load(&visit, id).await? {
        Found::Sheet(sheet) => sheet,
        Found::Promotion(promotion) => return created(promotion),
    };
    match refusal {
        DraftRefusal::NotFound => Err(PageError::Gone(NO_DRAFT)),
        DraftRefusal::Changed => review(&visit, &sheet, changed_in_tab()).await,
        DraftRefusal::Details(problems) => {
            refuse(&visit, &sheet, Problems { details: problems, products: Vec::new() }).await
        }
        DraftRefusal::Quantities(problems) => {
            let products = problems.into_iter().map(|(sku, words)| (Some(sku), words)).collect();
            refuse(&visit, &sheet, Problems { details: Vec::new(), products }).await
        }
        DraftRefusal::Promotion(refusals) => refuse(&visit, &sheet, Problems::of(refusals)).await,
    }
}

fn changed_in_tab() -> FormErrors {
    let mut errors = FormErrors::default();
    errors.push("", "This draft was changed in another tab. Check it once more, then create the promotion.");
    errors
}

/// What is wrong with a draft, by the step at which it is corrected.
#[derive(Default)]
struct Problems {
    details: Vec<(DetailField, String)>,
    /// Those of one product, and those of all of them.
    products: Vec<(Option<SkuCode>, String)>,
}

impl Problems {
    fn of(refusals: Vec<CreateRefusal>) -> Self {
        let mut problems = Self::default();
        for refusal in refusals {
            let words = refusal.to_string();
            match refusal {
                CreateRefusal::UnknownStore(_) => problems.details.push((DetailField::Store, words)),
                CreateRefusal::Schedule(of_schedule) => problems.details.push((field_of(&of_schedule), words)),
                CreateRefusal::NoProducts => problems.products.push((None, words)),
                CreateRefusal::Twice(sku) => problems.products.push((Some(sku), words)),
                CreateRefusal::Product(of_product) => {
                    problems.products.push((Some(of_product.sku().clone()), words));
                }
            }
        }
        problems
    }
}

/// Shows the first step that has problems.
async fn refuse(visit: &Visit, sheet: &DraftSheet, problems: Problems) -> PageResult {
    match sheet.store() {
        Some(store) if problems.details.is_empty() => {
            products::refuse_with(visit, sheet, store, problems.products).await
        }
        Some(_) | None => details::refuse(visit, sheet, sheet.draft.details(), &problems.details),
    }
}
