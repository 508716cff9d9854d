//! Promotions: the list, the steps that create one, and the pages of each promotion.

pub mod by_hand;
pub mod confirmation;
pub mod draft;
pub mod edit;
pub mod end;
pub mod history;
pub mod list;
pub mod new;
mod part;
mod picking;
pub mod report;
pub mod running;
mod sale_rows;
pub mod show;

use crate::{
    db::{
        Conn,
        promotions::{self, Promotion},
        stores::{self, Store, Stores},
    },
    domain::{code::StoreCode, id::PromotionId, moment::Moment, promotions::schedule},
    web::error::PageError,
};

/// The id in an address; [`PageError::NotFound`] if it is none.
fn id_of(text: &str) -> Result<PromotionId, PageError> {
    text.parse().map_err(|_| PageError::NotFound)
}

/// Promotions and orders refer to stores that exist: a missing one is a fault.
pub fn store_of<'a>(stores: &'a Stores, code: &StoreCode) -> Result<&'a Store, PageError> {
    stores.get(code).ok_or_else(|| PageError::Fault(format!("something is of the store {code}, which is not there")))
}

fn find_with_store(conn: &mut Conn, id: PromotionId) -> Result<(Promotion, Store), PageError> {
    let promotion = promotions::find(conn, id)?.ok_or(PageError::NotFound)?;
    let store = store_of(&stores::all(conn)?, &promotion.store)?.clone();
    Ok((promotion, store))
}

/// A time in a store's zone, and the zone.
#[derive(PartialEq, Eq)]
pub struct LocalTime {
    /// `11 Nov 2026, 23:59`.
    pub text: String,
    /// `Asia/Singapore`.
    pub zone: String,
}

impl LocalTime {
    pub fn new(at: Moment, store: &Store) -> Self {
        Self { text: schedule::display(at, store.zone()), zone: store.time_zone.clone() }
    }
}
