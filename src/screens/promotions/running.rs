//! Rows of running flash sales, as the dashboard and the page of a store show them.

use super::{LocalTime, store_of};
use crate::{
    db::{
        promotions::{Promotion, list::Totals},
        stores::Stores,
    },
    domain::{
        moment::Moment,
        promotions::{promotion::Status, schedule::duration_in_words},
    },
    web::error::PageError,
};

pub struct RunningRow {
    pub name: String,
    pub href: String,
    pub store: String,
    /// The flash sale type.
    pub kind: &'static str,
    pub end: LocalTime,
    /// Until it ends: `3 days 4 hours`.
    pub left: String,
    pub totals: Totals,
    pub remaining: i64,
}

pub fn rows(sales: Vec<(Promotion, Totals)>, stores: &Stores, now: Moment) -> Result<Vec<RunningRow>, PageError> {
    let mut rows = Vec::new();
    for (promotion, totals) in sales {
        let store = store_of(stores, &promotion.store)?;
        rows.push(RunningRow {
            href: format!("/promotions/{}", promotion.id),
            store: store.name.clone(),
            kind: promotion.flash_sale_type.label(),
            end: LocalTime::new(promotion.ends_at, store),
            left: duration_in_words(promotion.ends_at.since(now)),
            remaining: totals.remaining(Status::Running),
            totals,
            name: promotion.name,
        });
    }
    Ok(rows)
}
