//! `/promotions/{id}/confirmation`: it is done, what was done, and where to go on.

use super::{LocalTime, id_of, store_of};
use crate::{
    db::{self, promotions, stores},
    domain::{id::PromotionId, promotions::promotion::Status},
    web::{
        error::{PageError, PageResult},
        page::{Layout, ok, see_other},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;

#[derive(Template)]
#[template(path = "promotions/confirmation.html")]
struct ConfirmationPage {
    page: Layout,
    id: PromotionId,
    name: String,
    flash_sale_type: &'static str,
    store: String,
    end: LocalTime,
    skus: i64,
    quantity: i64,
}

/// Shows the confirmation of a promotion that was created.
///
/// # Errors
/// When there is no such promotion, or the database fails.
pub async fn show(visit: Visit, path: Path<String>) -> PageResult {
    let id = id_of(&path)?;
    let found = visit
        .database()
        .read(move |conn| {
            let promotion = promotions::find(conn, id)?;
            let totals = db::promotions::list::totals(conn, [id])?.remove(&id).unwrap_or_default();
            Ok::<_, db::Error>(promotion.map(|promotion| (promotion, totals)).zip(Some(stores::all(conn)?)))
        })
        .await?;
    let ((promotion, totals), stores) = found.ok_or(PageError::NotFound)?;
    if promotion.status(visit.now) != Status::Running {
        return Ok(see_other(&format!("/promotions/{id}")));
    }
    let store = store_of(&stores, &promotion.store)?;
    ok(&ConfirmationPage {
        page: visit.layout("promotions"),
        id,
        flash_sale_type: promotion.flash_sale_type.label(),
        store: store.name.clone(),
        end: LocalTime::new(promotion.ends_at, store),
        skus: totals.skus,
        quantity: totals.quantity,
        name: promotion.name,
    })
}
