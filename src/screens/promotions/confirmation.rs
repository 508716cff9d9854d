//! `/promotions/{id}/confirmation`: the page after the promotion was created, with links on.

use super::{LocalTime, by_hand::ByHand, find_with_store, id_of};
use crate::{
    db::{promotions::list, stores},
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
    by_hand: ByHand,
}

pub async fn show(visit: Visit, path: Path<String>) -> PageResult {
    let id = id_of(&path)?;
    let read = visit.database().read(move |conn| {
        let (promotion, store) = find_with_store(conn, id)?;
        let totals = list::totals(conn, [id])?.remove(&id).unwrap_or_default();
        let stores = stores::all(conn)?;
        let codes = list::product_codes(conn, id)?;
        let csv = format!("/promotions/{id}/quantities.csv");
        let by_hand = ByHand::read(conn, &stores, &store.code, &codes, csv)?;
        Ok::<_, PageError>((promotion, store, totals, by_hand))
    });
    let (promotion, store, totals, by_hand) = read.await?;
    if promotion.status(visit.now) != Status::Running {
        return Ok(see_other(&format!("/promotions/{id}")));
    }
    ok(&ConfirmationPage {
        page: visit.layout("promotions"),
        id,
        by_hand,
        flash_sale_type: promotion.flash_sale_type.label(),
        end: LocalTime::new(promotion.ends_at, &store),
        store: store.name,
        skus: totals.skus,
        quantity: totals.quantity,
        name: promotion.name,
    })
}
