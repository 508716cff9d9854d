//! `/promotions/new`: the first step, the type of promotion; and `/promotions/{id}/duplicate`. Both create a draft.

use super::{
    draft::{Step, steps},
    id_of,
};
use crate::{
    actions::promotions::{duplicate_promotion, update_draft},
    db,
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form},
        notices::done,
        page::{Layout, ok, see_other},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;

#[derive(Template)]
#[template(path = "promotions/new.html")]
struct NewPromotionPage {
    page: Layout,
    steps: Vec<Step>,
    has_stores: bool,
}

pub async fn show(visit: Visit) -> PageResult {
    let stores = visit.database().read(db::stores::all).await?;
    ok(&NewPromotionPage {
        page: visit.layout("promotions"),
        steps: steps(None, "Type"),
        has_stores: !stores.is_empty(),
    })
}

pub async fn submit(visit: Visit, _: Form<EmptyForm>) -> PageResult {
    let now = visit.now;
    let by = visit.who.email.clone();
    let id = visit.database().write(move |conn| update_draft::begin(conn, now, &by)).await?;
    Ok(see_other(&format!("/promotions/drafts/{id}/details")))
}

pub async fn duplicate(visit: Visit, path: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let id = id_of(&path)?;
    let now = visit.now;
    let by = visit.who.email.clone();
    let draft = visit.database().write(move |conn| duplicate_promotion::run(conn, now, &by, id)).await?;
    let draft = draft.ok_or(PageError::NotFound)?;
    let words = "This is a copy. It holds nothing until you create the promotion.";
    Ok(done(&format!("/promotions/drafts/{draft}/details"), words))
}
