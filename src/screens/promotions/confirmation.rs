//! `/promotions/{id}/confirmation`: the page after the promotion was created, with links on.

use super::{LocalTime, find_with_store, id_of};
use crate::{
    db::promotions::list,
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

pub async fn show(visit: Visit, path: Path<String>) -> PageResult {
    let id = id_of(&path)?;
    let read = visit.database().read(move |conn| {
        let (promotion, store) = find_with_store(conn, id)?;
        let totals = list::totals(conn, [id])?.remove(&id).unwrap_or_default();
        Ok::<_, PageError>((promotion, store, totals))
    });
    let (promotion, store, totals) = read.await?;
    if promotion.status(visit.now) != Status::Running {
        return Ok(see_other(&format!("/promotions/{id}")));
    }
    ok(&ConfirmationPage {
        page: visit.layout("promotions"),
        id,
        flash_sale_type: promotion.flash_sale_type.label(),
        end: LocalTime::new(promotion.ends_at, &store),
        store: store.name,
        skus: totals.skus,
        quantity: totals.quantity,
        name: promotion.name,
    })
}
