//! Creates a flash sale: checks that every product has enough stock, and takes its holds, in one transaction.

use crate::{
    actions::catalogue::alike_codes,
    db::{
        Conn, Failed, QueryResult,
        availability::{self, ListedSku},
        catalogue::{ledger, skus},
        promotions::{
            self, Promotion, changes,
            holds::{self, HoldRow},
        },
        stores::{self, kits},
    },
    domain::{
        catalogue::ledger::{Cause, Entry, EntryKind},
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{
            history::Change,
            kits::Demand,
            promotion::{FlashSaleType, MAX_PRODUCTS},
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
    /// Listings of the store by their seller SKU, each once, with how many to hold, 1 or more: their components are held.
    pub listings: Vec<(String, i64)>,
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
    #[error("Choose a listing of {store}: it has none with the seller SKU “{seller_sku}”.")]
    UnknownListing { seller_sku: String, store: StoreCode },
    #[error("Give “{0}” one quantity: it is here twice.")]
    ListingTwice(String),
    #[error("Hold at most {MAX_PRODUCTS} SKUs: with the components of the kits there are {0}.")]
    TooMany(usize),
    #[error(transparent)]
    Product(HoldRefusal),
}

/// The sale starts at the moment of the request. If it is refused, the result has every reason.
pub fn run(conn: &mut Conn, cause: &Cause, new: NewPromotion) -> Result<Promotion, Failed<Vec<CreateRefusal>>> {
    let (of_listings, refused_listings) = of_listings(conn, &new)?;
    let taken = taken(&new, &of_listings);
    let locked = skus::lock(conn, taken.iter().map(|(sku, _)| sku))?;
    let lines = availability::with_listings(conn, locked, cause.at)?;
    let schedule = decide(conn, cause, (&new, &taken), &lines, refused_listings)?;
    let NewPromotion { id, name, flash_sale_type, store, start: _, ends_at: _, products: _, listings: _ } = new;
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
    let mut rows = Vec::new();
    let mut entries = Vec::new();
    for (sku, quantity) in taken {
        let store = &promotion.store;
        rows.push(HoldRow::new(sku.clone(), id, store.clone(), promotion.ends_at, quantity));
        let entry = Entry::of_hold(sku.clone(), EntryKind::HoldTaken, id, store.clone());
        entries.push(Entry { held_change: quantity, ..entry });
    }
    holds::insert(conn, &rows)?;
    ledger::record(conn, cause, lines.into_iter().map(|line| line.sku).collect(), entries)?;
    Ok(promotion)
}

/// The units of each SKU that the listings of `new` take, and why some of these cannot be held.
fn of_listings(conn: &mut Conn, new: &NewPromotion) -> QueryResult<(Demand, Vec<CreateRefusal>)> {
    let mut demand = Demand::default();
    let mut refusals = Vec::new();
    if new.listings.is_empty() {
        return Ok((demand, refusals));
    }
    let seller_skus: Vec<&String> = new.listings.iter().map(|(seller_sku, _)| seller_sku).collect();
    let named = kits::named(conn, &new.store, &seller_skus)?;
    let mut seen = HashSet::new();
    for (seller_sku, count) in &new.listings {
        match named.get(seller_sku) {
            Some(kit) => demand.add_kits(&kit.components, *count),
            None => refusals
                .push(CreateRefusal::UnknownListing { seller_sku: seller_sku.clone(), store: new.store.clone() }),
        }
        if !seen.insert(seller_sku) {
            refusals.push(CreateRefusal::ListingTwice(seller_sku.clone()));
        }
    }
    Ok((demand, refusals))
}

/// The units of each SKU to hold: the products, each with what the listings take of it, then what these alone take.
fn taken(new: &NewPromotion, of_listings: &Demand) -> Vec<(SkuCode, i64)> {
    let mut taken: Vec<(SkuCode, i64)> = Vec::new();
    let mut products = HashSet::new();
    for (sku, units) in &new.products {
        taken.push((sku.clone(), units.saturating_add(of_listings.of(sku))));
        products.insert(sku);
    }
    for (sku, units) in of_listings.iter().filter(|(sku, _)| !products.contains(sku)) {
        taken.push((sku.clone(), units));
    }
    taken
}

/// The schedule of `new`, or every reason why it cannot be created, `refused_listings` among them. `taken` are the units of
/// each of its SKUs, and `lines` those that exist.
fn decide(
    conn: &mut Conn,
    cause: &Cause,
    (new, taken): (&NewPromotion, &[(SkuCode, i64)]),
    lines: &[ListedSku],
    refused_listings: Vec<CreateRefusal>,
) -> Result<Schedule, Failed<Vec<CreateRefusal>>> {
    let mut refusals = Vec::new();
    if stores::find(conn, &new.store)?.is_none() {
        refusals.push(CreateRefusal::UnknownStore(new.store.clone()));
    }
    let schedule = Schedule::from_now(cause.at, new.start, new.ends_at);
    if let Err(reasons) = &schedule {
        refusals.extend(reasons.iter().cloned().map(CreateRefusal::Schedule));
    }
    if new.products.is_empty() && new.listings.is_empty() {
        refusals.push(CreateRefusal::NoProducts);
    }
    let mut seen = HashSet::new();
    for (sku, _) in &new.products {
        if !seen.insert(sku) {
            refusals.push(CreateRefusal::Twice(sku.clone()));
        }
    }
    let lines: HashMap<&SkuCode, &ListedSku> = lines.iter().map(|line| (&line.sku.code, line)).collect();
    refusals.extend(refused_listings);
    if taken.len() > MAX_PRODUCTS {
        refusals.push(CreateRefusal::TooMany(taken.len()));
    }
    for (sku, units) in taken {
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
