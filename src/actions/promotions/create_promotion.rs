//! Creates a flash sale: checks that every product fits, and takes its holds, in one transaction.

use crate::{
    db::{
        Conn, Failed, QueryResult,
        catalogue::{
            ledger,
            skus::{self, Sku},
        },
        promotions::{
            self, Promotion, changes,
            draft_detail::{ShelfLine, shelf},
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

/// A flash sale to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPromotion {
    /// Its id, a new one.
    pub id: PromotionId,
    /// Its name.
    pub name: String,
    /// Which of the two types.
    pub flash_sale_type: FlashSaleType,
    /// The store that the stock is held for.
    pub store: StoreCode,
    /// The start that was typed, if one was: it has to be about now.
    pub start: Option<Moment>,
    /// The first moment after the sale.
    pub ends_at: Moment,
    /// Each SKU once, with the units to hold, 1 or more.
    pub products: Vec<(SkuCode, i64)>,
}

/// Why a flash sale was not created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateRefusal {
    /// There is no such store.
    #[error("Choose a store: there is no “{0}”.")]
    UnknownStore(StoreCode),
    /// Its schedule cannot be.
    #[error(transparent)]
    Schedule(ScheduleRefusal),
    /// It has no products.
    #[error("Add a product: a flash sale holds at least one.")]
    NoProducts,
    /// A product stands in it twice.
    #[error("Give “{0}” one quantity: it is here twice.")]
    Twice(SkuCode),
    /// One of its products cannot be held.
    #[error(transparent)]
    Product(HoldRefusal),
}

/// Creates `new` and takes its holds. The start is the present moment.
///
/// # Errors
/// Every [`CreateRefusal`] that applies, and then nothing was changed; or the database.
pub fn run(conn: &mut Conn, cause: &Cause, new: NewPromotion) -> Result<Promotion, Failed<Vec<CreateRefusal>>> {
    let locked = skus::lock(conn, new.products.iter().map(|(sku, _)| sku))?;
    let lines = shelf(conn, locked, cause.at)?;
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
    take_holds(conn, cause, &promotion, products, lines.into_iter().map(|line| line.sku).collect())?;
    Ok(promotion)
}

/// Whether `new` can be created, with every reason why not. `lines` are the SKUs that it names and that exist.
fn decide(
    conn: &mut Conn,
    cause: &Cause,
    new: &NewPromotion,
    lines: &[ShelfLine],
) -> Result<Schedule, Failed<Vec<CreateRefusal>>> {
    let mut refusals = Vec::new();
    if stores::find(conn, &new.store)?.is_none() {
        refusals.push(CreateRefusal::UnknownStore(new.store.clone()));
    }
    let schedule = Schedule::from_now(cause.at, new.start, new.ends_at);
    if let Err(of_schedule) = &schedule {
        refusals.extend(of_schedule.iter().cloned().map(CreateRefusal::Schedule));
    }
    if new.products.is_empty() {
        refusals.push(CreateRefusal::NoProducts);
    }
    let mut seen = HashSet::new();
    let twice = new.products.iter().filter(|(sku, _)| !seen.insert(sku));
    refusals.extend(twice.map(|(sku, _)| CreateRefusal::Twice(sku.clone())));
    let lines: HashMap<&SkuCode, &ShelfLine> = lines.iter().map(|line| (&line.sku.code, line)).collect();
    let of_products = new.products.iter().filter_map(|(sku, units)| match lines.get(sku) {
        Some(line) => line.admit(&new.store, *units).err(),
        None => Some(HoldRefusal::UnknownSku { sku: sku.clone() }),
    });
    refusals.extend(of_products.map(CreateRefusal::Product));
    match schedule {
        Ok(schedule) if refusals.is_empty() => Ok(schedule),
        _ => Err(Failed::Refused(refusals)),
    }
}

fn take_holds(
    conn: &mut Conn,
    cause: &Cause,
    promotion: &Promotion,
    products: Vec<(SkuCode, i64)>,
    locked: Vec<Sku>,
) -> QueryResult<()> {
    let Promotion { id, store, ends_at, .. } = promotion;
    let rows: Vec<HoldRow> = products
        .iter()
        .map(|(sku, quantity)| HoldRow {
            sku: sku.clone(),
            promotion_id: *id,
            store: store.clone(),
            ends_at: *ends_at,
            quantity: *quantity,
            sold: 0,
            removed: false,
        })
        .collect();
    holds::insert(conn, &rows)?;
    let entries = products
        .into_iter()
        .map(|(sku, quantity)| Entry {
            held_change: quantity,
            ..Entry::of_hold(sku, EntryKind::HoldTaken, *id, store.clone())
        })
        .collect();
    ledger::record(conn, cause, locked, entries)
}
