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

/// A running flash sale.
pub struct RunningRow {
    /// Its name.
    pub name: String,
    /// The address of its page.
    pub href: String,
    /// What people call its store.
    pub store: String,
    /// Which of the two types.
    pub kind: &'static str,
    /// When it ends, in the store's time.
    pub end: LocalTime,
    /// How long it still runs: `3 days 4 hours`.
    pub left: String,
    /// Its holds, added up.
    pub totals: Totals,
    /// Units that they still keep.
    pub remaining: i64,
}

/// The rows of `sales`, which run at `now`.
///
/// # Errors
/// A fault when a store is missing.
pub fn rows(sales: Vec<(Promotion, Totals)>, stores: &Stores, now: Moment) -> Result<Vec<RunningRow>, PageError> {
    let row = |(promotion, totals): (Promotion, Totals)| {
        let store = store_of(stores, &promotion.store)?;
        Ok(RunningRow {
            href: format!("/promotions/{}", promotion.id),
            store: store.name.clone(),
            kind: promotion.flash_sale_type.label(),
            end: LocalTime::new(promotion.ends_at, store),
            left: duration_in_words(promotion.ends_at.since(now)),
            remaining: totals.remaining(Status::Running),
            totals,
            name: promotion.name,
        })
    };
    sales.into_iter().map(row).collect()
}
