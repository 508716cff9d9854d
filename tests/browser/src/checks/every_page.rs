//! The audit of every page, at two widths and in two themes.

use super::{creation, importing, in_a_fresh_app, stores};
use crate::{
    app::Demo,
    audit::visit_and_audit,
    browser::Driver,
    failure::{Failure, Outcome},
    names::{button, field, path},
    page::Page,
    report::Report,
};

/// The pages that need no session.
const OPEN_PAGES: [&str; 1] = [path::SIGN_IN];

/// The pages that are always at the same address.
const FIXED_PAGES: [&str; 29] = [
    path::DASHBOARD,
    path::GETTING_STARTED,
    path::PROMOTIONS,
    path::NEW_PROMOTION,
    path::CATALOGUE,
    path::NEW_SKU,
    path::ARTICLE_SKU,
    path::EDIT_SKU,
    path::STOCKTAKE,
    path::STORES,
    path::PUSHES,
    path::DRIFTS,
    path::NEW_STORE,
    path::CONNECT_STORE,
    path::FOUND,
    path::START,
    path::CAMPAIGNS,
    path::IMPORTS,
    path::ACCOUNT,
    path::USERS,
    path::APPS,
    path::TOKENS,
    path::ORGANIZATION,
    path::VERIFICATIONS,
    path::ORDERS,
    path::RETURNS,
    path::UNMATCHED,
    path::NEW_ORDER,
    path::HELP,
];

/// The pages that say what to do while there is nothing to show.
const EMPTY_PAGES: [&str; 12] = [
    path::DASHBOARD,
    path::GETTING_STARTED,
    path::PROMOTIONS,
    path::NEW_PROMOTION,
    path::CATALOGUE,
    path::STORES,
    path::PUSHES,
    path::DRIFTS,
    path::IMPORTS,
    path::VERIFICATIONS,
    path::ORDERS,
    path::UNMATCHED,
];

/// A page whose address the audit has to find first.
struct Found {
    name: &'static str,
    path: String,
}

/// Audits every page, each as a check of its own.
pub async fn audit(driver: &Driver, report: &mut Report) {
    if !report.wants_group("audit") {
        return;
    }
    let walk = in_a_fresh_app(driver, async |page, demo| audit_in(page, demo, report).await).await;
    if walk.is_err() {
        report.record("audit of every page", &walk);
    }
}

async fn audit_in(page: &Page, demo: &Demo, report: &mut Report) -> Outcome {
    for path in OPEN_PAGES {
        report.check(&format!("audit {path}"), visit_and_audit(page, path, 200)).await;
    }
    page.sign_in(demo).await?;
    for path in FIXED_PAGES {
        report.check(&format!("audit {path}"), visit_and_audit(page, path, 200)).await;
    }
    report.check(&format!("audit {}", path::MISSING), visit_and_audit(page, path::MISSING, 404)).await;
    audit_found(page, report, "store", pages_of_a_store(page).await).await;
    report.check("audit the simulated marketplaces", stores::audit_the_marketplaces(page, demo)).await;
    report.check("audit a simulated shop", stores::audit_a_shop(page, demo)).await;
    report.check("buy in a simulated shop", stores::audit_buying(page, demo)).await;
    audit_found(page, report, "order", page_of_an_order(page).await).await;
    audit_found(page, report, "promotion with orders", pages_of_a_sold_promotion(page).await).await;
    audit_found(page, report, "import", page_of_an_import(page).await).await;
    audit_found(page, report, "draft", steps_of_a_draft(page).await).await;
    audit_found(page, report, "promotion", pages_of_a_promotion(page).await).await;
    Ok(())
}

/// Makes the first account on an empty database, and audits what a newcomer sees: every list while it is empty.
pub async fn audit_empty(page: &Page, demo: &Demo, set_up: &str) -> Outcome {
    visit_and_audit(page, set_up, 200).await?;
    page.visit(set_up).await?;
    page.fill(field::EMAIL, &demo.email).await?;
    page.fill(field::PASSWORD, &demo.password).await?;
    page.press(button::CREATE_ACCOUNT).await?;
    for path in EMPTY_PAGES {
        visit_and_audit(page, path, 200).await?;
    }
    visit_and_audit(page, set_up, 404).await
}

async fn audit_found(page: &Page, report: &mut Report, what: &str, found: Outcome<Vec<Found>>) {
    match found {
        Ok(found) => {
            for Found { name, path } in found {
                report.check(&format!("audit {name}"), visit_and_audit(page, &path, 200)).await;
            }
        }
        Err(failure) => {
            let failure = page.explain(failure).await.while_doing("looking for the page");
            report.record(&format!("audit {what}"), &Err(failure));
        }
    }
}

/// The pages of the first store in the list.
async fn pages_of_a_store(page: &Page) -> Outcome<Vec<Found>> {
    page.visit(path::STORES).await?;
    let inside = format!("{}/", path::STORES);
    let is_form = |path: &str| [path::NEW_STORE, path::CONNECT_STORE].contains(&path);
    let is_store = |path: &String| path.starts_with(&inside) && !is_form(path);
    let store = page.link_paths().await?.into_iter().find(is_store);
    let store = store.ok_or_else(|| Failure::new("the list links to no store"))?;
    let edit = format!("{store}{}", path::EDIT);
    let mut found: Vec<Found> = stores::pages_of(&store).map(|(name, path)| Found { name, path }).collect();
    found.extend([Found { name: "a store's page", path: store }, Found { name: "the form of a store", path: edit }]);
    Ok(found)
}

/// The first page of the list's kind that it links to.
async fn first_inside(page: &Page, list: &str, inside: &str) -> Outcome<String> {
    page.visit(list).await?;
    let is_one = |path: &String| path.starts_with(inside) && !path.ends_with("/new") && path.matches('/').count() > 1;
    let found = page.link_paths().await?.into_iter().find(is_one);
    found.ok_or_else(|| Failure::new(format!("{list} links to nothing in {inside}")))
}

async fn page_of_an_order(page: &Page) -> Outcome<Vec<Found>> {
    let order = first_inside(page, path::ORDERS, "/orders/").await?;
    Ok(vec![Found { name: "an order's page", path: order }])
}

/// The report of a flash sale that has orders, with its chart, and what belongs to it.
async fn pages_of_a_sold_promotion(page: &Page) -> Outcome<Vec<Found>> {
    let promotion = first_inside(page, path::SOLD_PROMOTION, "/promotions/").await?;
    let [cost, history] = [path::COST, path::HISTORY].map(|page| format!("{promotion}{page}"));
    let orders = format!("{}?promotion={}", path::ORDERS, promotion.trim_start_matches("/promotions/"));
    Ok(vec![
        Found { name: "what a promotion with orders cost", path: cost },
        Found { name: "the history of a promotion with orders", path: history },
        Found { name: "the orders of a promotion", path: orders },
        Found { name: "the report of a promotion with orders", path: promotion },
    ])
}

async fn page_of_an_import(page: &Page) -> Outcome<Vec<Found>> {
    importing::upload(page).await?;
    Ok(vec![Found { name: "an import's page", path: page.path().await? }])
}

/// Fills in a draft up to the review, and answers the addresses of the steps.
async fn steps_of_a_draft(page: &Page) -> Outcome<Vec<Found>> {
    creation::begin_draft(page).await?;
    let details = Found { name: "a draft's details", path: page.path().await? };
    creation::fill_details(page, field::ALLOCATION).await?;
    page.press(button::CONTINUE).await?;
    let products = Found { name: "a draft's products", path: page.path().await? };
    creation::add_product(page, creation::QUANTITY).await?;
    page.press(button::CONTINUE).await?;
    creation::expect_review(page).await?;
    let review = Found { name: "a draft's review", path: page.path().await? };
    Ok(vec![details, products, review])
}

/// Creates a promotion, and answers the addresses of its pages.
async fn pages_of_a_promotion(page: &Page) -> Outcome<Vec<Found>> {
    steps_of_a_draft(page).await?;
    page.press(button::CREATE_PROMOTION).await?;
    creation::expect_confirmation(page).await?;
    let confirmation = page.path().await?;
    let promotion = confirmation.trim_end_matches(path::CONFIRMATION).to_owned();
    let [end, edit, history] = [path::END, path::EDIT, path::HISTORY].map(|page| format!("{promotion}{page}"));
    Ok(vec![
        Found { name: "the form of a running sale", path: edit },
        Found { name: "a promotion's history", path: history },
        Found { name: "a promotion's confirmation", path: confirmation },
        Found { name: "a promotion's page", path: promotion },
        Found { name: "the page that asks before a promotion ends", path: end },
    ])
}
