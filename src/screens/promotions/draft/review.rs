//! `/promotions/drafts/{id}/review`: the whole draft, with the quantities of each store before and after; and the
//! creation of the promotion.

use super::{
    Found, LEFT, NO_DRAFT, Step, details,
    kits::{self, AffectedRow},
    load,
    products::{self, About},
    steps, to_confirmation,
};
use crate::{
    actions::promotions::{
        create_from_draft::{self, DraftRefusal},
        create_promotion::CreateRefusal,
    },
    db::{Failed, promotions::draft_detail::DraftSheet, stores::Store},
    domain::{
        code::SkuCode,
        id::PromotionId,
        promotions::{
            draft::{DetailField, Details, field_of},
            schedule,
        },
    },
    screens::{
        catalogue::path_of,
        promotions::{LocalTime, by_hand::ByHand, id_of, picking::Typed},
    },
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
use chrono::TimeDelta;
use serde::Deserialize;

/// Few flash sales last longer.
const LONG: TimeDelta = TimeDelta::days(31);

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ReviewForm {
    /// The revision of the draft that the page showed.
    revision: String,
    /// The button that was pressed.
    press: String,
}

/// The quantity that one store shows.
struct Shown {
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
    /// The start that was typed, if it is not the current minute.
    start_typed: Option<LocalTime>,
    end: LocalTime,
    duration: String,
    /// Whether it lasts so long that the end may be a slip.
    is_long: bool,
    stores: Vec<String>,
    products: Vec<ReviewRow>,
    kits: Vec<AffectedRow>,
    /// About kits that are not named.
    more_kits: String,
    by_hand: ByHand,
    errors: FormErrors,
}

impl ReviewPage {
    fn new(
        visit: &Visit,
        sheet: &DraftSheet,
        store: &Store,
        details: Details,
        (by_hand, errors): (ByHand, FormErrors),
    ) -> Self {
        let demand = sheet.demand();
        let held = sheet.held(&demand);
        let mut columns: Vec<&Store> = vec![store];
        for other in sheet.stores.iter().filter(|other| other.code != store.code) {
            let is_listed = held.iter().any(|line| line.shown_on.contains(&other.code));
            if is_listed || sheet.affected.iter().any(|kit| kit.listing.store == other.code) {
                columns.push(other);
            }
        }
        let mut products = Vec::new();
        for line in held {
            let code = &line.sku.code;
            let after = sheet.after(code, &demand);
            let shown = columns.iter().map(|store| Shown {
                is_listed: line.shown_on.contains(&store.code),
                before: line.availability.quantity_for(&store.code).total(),
                after: after.quantity_for(&store.code).total(),
            });
            products.push(ReviewRow {
                sku: code.to_string(),
                href: path_of(code),
                name: line.sku.name.clone(),
                quantity: demand.of(code),
                shown: shown.collect(),
            });
        }
        let (kits, more_kits) = kits::affected(sheet, &columns);
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
            is_long: details.ends_at.since(visit.now) > LONG,
            duration: schedule::duration_in_words(details.ends_at.since(visit.now)),
            products,
            kits,
            more_kits,
            stores: columns.iter().map(|store| store.name.clone()).collect(),
            by_hand,
            errors,
        }
    }
}

pub async fn show(visit: Visit, path: Path<String>) -> PageResult {
    match load(&visit, id_of(&path)?).await? {
        Found::Promotion(id) => to_confirmation(id),
        Found::Sheet(sheet) => review(&visit, &sheet, FormErrors::default()).await,
    }
}

/// The review, or the first step that has errors. `errors` are those of the whole draft.
async fn review(visit: &Visit, sheet: &DraftSheet, errors: FormErrors) -> PageResult {
    let typed = sheet.draft.details();
    let store = sheet.store();
    match (typed.parse(store.map(Store::zone), visit.now), store) {
        (Ok(_), Some(store)) if sheet.is_empty() || !products::problems(sheet, store).is_empty() => {
            products::refuse(visit, sheet, store, Typed::default()).await
        }
        (Ok(details), Some(store)) => {
            let is_refused = !errors.is_empty();
            let by_hand = by_hand(visit, sheet, store).await?;
            let page = ReviewPage::new(visit, sheet, store, details, (by_hand, errors));
            if is_refused { refused(&page) } else { ok(&page) }
        }
        (Err(problems), _) => details::refuse(visit, sheet, typed, &problems),
        (Ok(_), None) => Err(PageError::Fault("details without a store were accepted".to_owned())),
    }
}

async fn by_hand(visit: &Visit, sheet: &DraftSheet, store: &Store) -> Result<ByHand, PageError> {
    let stores = sheet.stores.clone();
    let first = store.code.clone();
    let codes: Vec<SkuCode> = sheet.demand().iter().map(|(sku, _)| sku.clone()).collect();
    let csv = format!("/promotions/drafts/{}/quantities.csv", sheet.draft.id);
    Ok(visit.database().read(move |conn| ByHand::read(conn, &stores, &first, &codes, csv)).await?)
}

/// Creates the promotion, or shows the first step that has errors.
pub async fn submit(visit: Visit, path: Path<String>, form: Form<ReviewForm>) -> PageResult {
    let id = id_of(&path)?;
    if form.press == "leave" {
        return Ok(done("/promotions", LEFT));
    }
    let revision = form.revision.parse().map_err(|_| PageError::Unreadable("Load the review page again."))?;
    let cause = visit.cause("");
    let outcome = visit.database().write(move |conn| create_from_draft::run(conn, &cause, id, revision)).await;
    let refusal = match outcome {
        Ok(id) => return to_confirmation(id),
        Err(Failed::Refused(refusal)) => refusal,
        Err(Failed::Database(error)) => return Err(error.into()),
    };
    // The page shows the current draft and numbers; the errors are those that were decided under the lock.
    let sheet = match load(&visit, id).await? {
        Found::Sheet(sheet) => sheet,
        Found::Promotion(promotion) => return to_confirmation(promotion),
    };
    let mut of_details: Vec<(DetailField, String)> = Vec::new();
    let mut of_products: Vec<(About, String)> = Vec::new();
    match refusal {
        DraftRefusal::NotFound => return Err(PageError::Gone(NO_DRAFT)),
        DraftRefusal::Changed => {
            let mut errors = FormErrors::default();
            errors.push("", "This draft was changed in another tab. Check it once more, then create the promotion.");
            return review(&visit, &sheet, errors).await;
        }
        DraftRefusal::Details(problems) => of_details = problems,
        DraftRefusal::Quantities { products, kits } => {
            of_products.extend(products.into_iter().map(|(sku, words)| (About::Sku(sku), words)));
            of_products.extend(kits.into_iter().map(|(seller_sku, words)| (About::Kit(seller_sku), words)));
        }
        DraftRefusal::Promotion(refusals) => {
            for refusal in refusals {
                let words = refusal.to_string();
                match refusal {
                    CreateRefusal::UnknownStore(_) => of_details.push((DetailField::Store, words)),
                    CreateRefusal::Schedule(of_schedule) => of_details.push((field_of(&of_schedule), words)),
                    CreateRefusal::NoProducts | CreateRefusal::TooMany(_) => of_products.push((About::All, words)),
                    CreateRefusal::Twice(sku) => of_products.push((About::Sku(sku), words)),
                    CreateRefusal::UnknownListing { seller_sku, .. } | CreateRefusal::ListingTwice(seller_sku) => {
                        of_products.push((About::Kit(seller_sku), words));
                    }
                    CreateRefusal::Product(of_product) => {
                        of_products.push((About::Sku(of_product.sku().clone()), words));
                    }
                }
            }
        }
    }
    match sheet.store() {
        Some(store) if of_details.is_empty() => products::refuse_with(&visit, &sheet, store, of_products).await,
        Some(_) | None => details::refuse(&visit, &sheet, sheet.draft.details(), &of_details),
    }
}
