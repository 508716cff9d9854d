//! `/promotions/new`: the first step, the type of promotion.

use super::draft::steps::{Step, steps};
use crate::{
    actions::promotions::update_draft,
    db,
    web::{
        error::PageResult,
        form::{EmptyForm, Form},
        page::{Layout, ok, see_other},
        visit::Visit,
    },
};
use askama::Template;

#[derive(Template)]
#[template(path = "promotions/new.html")]
struct NewPromotionPage {
    page: Layout,
    steps: Vec<Step>,
    has_stores: bool,
}

/// Shows the types of promotion.
///
/// # Errors
/// When the database fails.
pub async fn show(visit: Visit) -> PageResult {
    let stores = visit.database().read(db::stores::all).await?;
    ok(&NewPromotionPage {
        page: visit.layout("promotions"),
        steps: steps(None, "Type"),
        has_stores: !stores.is_empty(),
    })
}

/// Begins the draft of a flash sale.
///
/// # Errors
/// When the database fails.
pub async fn submit(visit: Visit, _: Form<EmptyForm>) -> PageResult {
    let (now, by) = (visit.now, visit.email.clone());
    let id = visit.database().write(move |conn| update_draft::begin(conn, now, &by)).await?;
    Ok(see_other(&format!("/promotions/drafts/{id}/details")))
}
