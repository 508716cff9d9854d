//! `/promotions/{id}/end`: a page that asks before a sale is ended early, because ending is final.

use super::{LocalTime, find_with_store, id_of};
use crate::{
    actions::promotions::end_promotion::{self, EndRefusal},
    db::{
        Failed,
        promotions::{Promotion, list},
        stores::Store,
    },
    domain::{id::PromotionId, promotions::promotion::Status},
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form},
        page::{Layout, ok, see_other},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;

#[derive(Template)]
#[template(path = "promotions/end.html")]
struct EndPage {
    page: Layout,
    id: PromotionId,
    name: String,
    store: String,
    end: LocalTime,
    skus: i64,
    remaining: i64,
}

/// Shown for a sale that has ended, which can be neither ended nor changed.
#[derive(Template)]
#[template(path = "promotions/ended.html")]
pub(super) struct EndedPage {
    page: Layout,
    id: PromotionId,
    name: String,
    end: LocalTime,
    ended_by: Option<String>,
}

impl EndedPage {
    pub fn new(visit: &Visit, promotion: Promotion, store: &Store) -> Self {
        let Promotion { id, name, ended_by, ends_at, .. } = promotion;
        Self { page: visit.layout("promotions"), id, name, end: LocalTime::new(ends_at, store), ended_by }
    }
}

pub async fn show(visit: Visit, path: Path<String>) -> PageResult {
    let id = id_of(&path)?;
    let read = visit.database().read(move |conn| {
        let (promotion, store) = find_with_store(conn, id)?;
        let totals = list::totals(conn, [id])?.remove(&id).unwrap_or_default();
        Ok::<_, PageError>((promotion, store, totals))
    });
    let (promotion, store, totals) = read.await?;
    let status = promotion.status(visit.now);
    if status == Status::Ended {
        return ok(&EndedPage::new(&visit, promotion, &store));
    }
    ok(&EndPage {
        page: visit.layout("promotions"),
        id,
        end: LocalTime::new(promotion.ends_at, &store),
        store: store.name,
        skus: totals.skus,
        remaining: totals.remaining(status),
        name: promotion.name,
    })
}

/// A second submission finds the sale ended, and leads to the page that says so.
pub async fn submit(visit: Visit, path: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let id = id_of(&path)?;
    let cause = visit.cause("ended early by staff");
    match visit.database().write(move |conn| end_promotion::run(conn, &cause, id)).await {
        Ok(_) => Ok(see_other(&format!("/promotions/{id}?notice=ended"))),
        Err(Failed::Refused(EndRefusal::AlreadyEnded)) => Ok(see_other(&format!("/promotions/{id}/end"))),
        Err(Failed::Refused(EndRefusal::NotFound)) => Err(PageError::NotFound),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
