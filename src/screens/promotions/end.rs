//! `/promotions/{id}/end`: asks before a sale is ended before its time, since ending is final.

use super::{LocalTime, id_of, store_of};
use crate::{
    actions::promotions::end_promotion::{self, EndRefusal},
    db::{
        self, Failed,
        promotions::{self, Promotion, list::totals},
        stores::{self, Store},
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

/// The page of a sale that is over, and can be neither ended nor changed.
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
    /// The page of `promotion`, which is over.
    pub fn new(visit: &Visit, promotion: Promotion, store: &Store) -> Self {
        let Promotion { id, name, ended_by, ends_at, .. } = promotion;
        Self { page: visit.layout("promotions"), id, name, end: LocalTime::new(ends_at, store), ended_by }
    }
}

/// Asks whether the sale is to end now, or says when and by whom it was ended.
///
/// # Errors
/// When there is no such promotion, or the database fails.
pub async fn show(visit: Visit, path: Path<String>) -> PageResult {
    let id = id_of(&path)?;
    let read = visit
        .database()
        .read(move |conn| {
            let totals = totals(conn, [id])?.remove(&id).unwrap_or_default();
            Ok::<_, db::Error>((promotions::find(conn, id)?, totals, stores::all(conn)?))
        })
        .await?;
    let (Some(promotion), totals, stores) = read else { return Err(PageError::NotFound) };
    let status = promotion.status(visit.now);
    let store = store_of(&stores, &promotion.store)?;
    if status == Status::Ended {
        return ok(&EndedPage::new(&visit, promotion, store));
    }
    ok(&EndPage {
        page: visit.layout("promotions"),
        id,
        store: store.name.clone(),
        end: LocalTime::new(promotion.ends_at, store),
        skus: totals.skus,
        remaining: totals.remaining(status),
        name: promotion.name,
    })
}

/// Ends the sale. Doing it twice does it once, and says so.
///
/// # Errors
/// When there is no such promotion, or the database fails.
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
