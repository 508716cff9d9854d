//! Creates a flash sale: checks that every product has enough stock, and takes its holds, in one transaction.

use crate::{
    actions::catalogue::alike_codes,
    db::{
        Conn, Failed,
        availability::{self, ListedSku},
        catalogue::{ledger, skus},
        promotions::{
            self, Promotion, changes,
            holds::{self, HoldRow},
        },
        stores,
    },
    domain::{
        catalogue::ledger::{Cause, Entry, EntryKind},
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{
            history::Change,
            promotion::FlashSaleType,
            schedule::{Schedule, ScheduleRefusal},
        },
        refusal::HoldRefusal,
    },
};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPromotion {
    pub id: PromotionId,
    pub name: String,
    pub flash_sale_type: FlashSaleType,
    /// The store that the stock is held for.
    pub store: StoreCode,
    /// The start that was typed, if any. It must be close to the present.
    pub start: Option<Moment>,
    /// The first moment after the sale.
    pub ends_at: Moment,
    /// Each SKU once, with the units to hold, 1 or more.
    pub products: Vec<(SkuCode, i64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateRefusal {
    #[error("Choose a store: there is no “{0}”.")]
    UnknownStore(StoreCode),
    #[error(transparent)]
    Schedule(ScheduleRefusal),
    #[error("Add a product: a flash sale holds at least one.")]
    NoProducts,
    #[error("Give “{0}” one quantity: it is here twice.")]
    Twice(SkuCode),
    #[error(transparent)]
    Product(HoldRefusal),
}

/// The sale starts at the moment of the request. If it is refused, the result has every reason.
pub fn run(conn: &mut Conn, cause: &Cause, new: NewPromotion) -> Result<Promotion, Failed<Vec<CreateRefusal>>> {
    let locked = skus::lock(conn, new.products.iter().map(|(sku, _)| sku))?;
    let lines = availability::with_listings(conn, locked, cause.at)?;
    let schedule = decide(conn, cause, &new, &lines)?;
    let NewPromotion { id, name, flash_sale_type, store, start: _, ends_at: _, products } = new;
    let promotion = Promotion {
        id,
        name,
        flash_sale_type,
        store,
        starts_at: schedule.starts_at,
        ends_at: schedule.ends_at,
        scheduled_ends_at: schedule.ends_at,
        ended_by: None,
        created_at: cause.at,
        created_by: cause.actor.clone(),
    };
    promotions::insert(conn, &promotion)?;
    changes::append(conn, cause, id, &[Change::Created { ends_at: promotion.ends_at }])?;
    let mut rows = Vec::with_capacity(products.len());
    let mut entries = Vec::with_capacity(products.len());
    for (sku, quantity) in products {
        let store = &promotion.store;
        rows.push(HoldRow::new(sku.clone(), id, store.clone(), promotion.ends_at, quantity));
        let entry = Entry::of_hold(sku, EntryKind::HoldTaken, id, store.clone());
        entries.push(Entry { held_change: quantity, ..entry });
    }
    holds::insert(conn, &rows)?;
    ledger::record(conn, cause, lines.into_iter().map(|line| line.sku).collect(), entries)?;
    Ok(promotion)
}

/// The schedule of `new`, or every reason why it cannot be created. `lines` are those of its SKUs that exist.
fn decide(
    conn: &mut Conn,
    cause: &Cause,
    new: &NewPromotion,
    lines: &[ListedSku],
) -> Result<Schedule, Failed<Vec<CreateRefusal>>> {
    let mut refusals = Vec::new();
    if stores::find(conn, &new.store)?.is_none() {
        refusals.push(CreateRefusal::UnknownStore(new.store.clone()));
    }
    let schedule = Schedule::from_now(cause.at, new.start, new.ends_at);
    if let Err(reasons) = &schedule {
        refusals.extend(reasons.iter().cloned().map(CreateRefusal::Schedule));
    }
    if new.products.is_empty() {
        refusals.push(CreateRefusal::NoProducts);
    }
    let mut seen = HashSet::new();
    for (sku, _) in &new.products {
        if !seen.insert(sku) {
            refusals.push(CreateRefusal::Twice(sku.clone()));
        }
    }
    let lines: HashMap<&SkuCode, &ListedSku> = lines.iter().map(|line| (&line.sku.code, line)).collect();
    for (sku, units) in &new.products {
        let admitted = match lines.get(sku) {
            Some(line) => line.admit(&new.store, *units),
            None => Err(HoldRefusal::UnknownSku(alike_codes::unknown(conn, sku)?)),
        };
        if let Err(refusal) = admitted {
            refusals.push(CreateRefusal::Product(refusal));
        }
    }
    match schedule {
        Ok(schedule) if refusals.is_empty() => Ok(schedule),
        _ => Err(Failed::Refused(refusals)),
    }
}
