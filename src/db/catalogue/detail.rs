//! One SKU: its stock, the holds on it, the stores that list it, and its ledger.

use crate::{
    db::{
        Conn,
        availability::{self, ListedSku},
        catalogue::{
            ledger::{EntryRow, FIRST},
            skus::{self, Sku},
        },
        engine::{
            paging::{Page, Place},
            schema::{holds as hold_rows, ledger_entries, promotions},
            sql::sql,
        },
        stores::{self, Stores},
    },
    domain::{
        catalogue::{availability::Availability, ledger::EntryKind, quantity::Position},
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{hold::Hold, promotion::FlashSaleType},
    },
};
use diesel::{prelude::*, sql_types::Bool};
use std::collections::HashMap;

const PAST_HOLDS: i64 = 20;

pub struct SkuFacts {
    pub sku: Sku,
    pub stores: Stores,
    /// The stores that list it plainly.
    pub listed: Vec<StoreCode>,
    pub availability: Availability,
}

impl SkuFacts {
    pub fn position(&self) -> Position<'_> {
        self.availability.position()
    }
}

pub fn facts(conn: &mut Conn, code: &SkuCode, now: Moment) -> QueryResult<Option<SkuFacts>> {
    let found = Vec::from_iter(skus::find(conn, code)?);
    let Some(listed) = availability::with_listings(conn, found, now)?.pop() else { return Ok(None) };
    let ListedSku { sku, availability, shown_on, listed_on: _ } = listed;
    Ok(Some(SkuFacts { sku, stores: stores::all(conn)?, listed: shown_on, availability }))
}

#[derive(Debug, Clone, Queryable)]
pub struct PastHold {
    pub promotion: PromotionId,
    pub promotion_name: String,
    pub flash_sale_type: FlashSaleType,
    pub store: StoreCode,
    pub quantity: i64,
    pub sold: i64,
    pub ended_at: Moment,
}

/// The latest holds on `code` that had ended by `now`, newest first.
pub fn past_holds(conn: &mut Conn, code: &SkuCode, now: Moment) -> QueryResult<Vec<PastHold>> {
    hold_rows::table
        .inner_join(promotions::table)
        .filter(hold_rows::sku.eq(code))
        .filter(hold_rows::ends_at.le(now).and(hold_rows::quantity.gt(0)))
        .order(hold_rows::promotion_id.desc())
        .limit(PAST_HOLDS)
        .select((
            promotions::id,
            promotions::name,
            promotions::flash_sale_type,
            hold_rows::store,
            hold_rows::quantity,
            hold_rows::sold,
            hold_rows::ends_at,
        ))
        .load(conn)
}

pub fn ends(conn: &mut Conn, holds: &[Hold]) -> QueryResult<HashMap<PromotionId, Moment>> {
    let ids = holds.iter().map(|hold| hold.promotion);
    let pairs: Vec<(PromotionId, Moment)> = promotions::table
        .filter(promotions::id.eq_any(ids))
        .select((promotions::id, promotions::ends_at))
        .load(conn)?;
    Ok(pairs.into_iter().collect())
}

/// An entry of the ledger with the name of the flash sale that it is about, if it is about one.
pub type NamedEntry = (EntryRow, Option<String>);

/// The condition of the index by kind, as text: a database cannot match a parameter with the condition of an index.
pub(crate) const IN_INDEX_BY_KIND: &str =
    "ledger_entries.kind <> 'opening_stock' AND ledger_entries.kind <> 'order_taken'";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    All,
    Kind(EntryKind),
    /// Those about the hold of one flash sale.
    Sale(PromotionId),
}

/// A page of the ledger of `code`, newest entry first. Its keys are the entries' numbers, which are selected first:
/// an index covers them, and for whole entries SQLite would read all entries of the SKU instead of using it.
pub fn ledger(conn: &mut Conn, code: &SkuCode, wanted: Wanted, place: &Place) -> QueryResult<Page<NamedEntry>> {
    let of_sku = ledger_entries::sku.eq(code);
    let number = ledger_entries::number;
    let mut query = ledger_entries::table.filter(of_sku).select(number).limit(Place::LIMIT).into_boxed();
    match wanted {
        Wanted::All => {}
        Wanted::Kind(EntryKind::OpeningStock) => query = query.filter(number.eq(FIRST)),
        // Most entries are of this kind, so they are found among all of the SKU's.
        Wanted::Kind(kind @ EntryKind::OrderTaken) => query = query.filter(ledger_entries::kind.eq(kind)),
        Wanted::Kind(kind) => {
            query = query.filter(ledger_entries::kind.eq(kind)).filter(sql::<Bool>(IN_INDEX_BY_KIND));
        }
        Wanted::Sale(promotion) => query = query.filter(ledger_entries::promotion_id.eq(promotion)),
    }
    // A key that is not a number belongs to no entry: the page after it is the first, the page before it the last.
    query = match place {
        Place::Start => query.order(number.desc()),
        Place::After(key) => query.filter(number.lt(key.parse().unwrap_or(i64::MAX))).order(number.desc()),
        Place::Before(key) => query.filter(number.gt(key.parse().unwrap_or(0))).order(number.asc()),
    };
    let numbers: Vec<i64> = query.load(conn)?;
    let promotion = promotions::id.nullable().eq(ledger_entries::promotion_id);
    let mut entries: Vec<NamedEntry> = ledger_entries::table
        .left_join(promotions::table.on(promotion))
        .filter(of_sku)
        .filter(number.eq_any(&numbers))
        .select((EntryRow::as_select(), promotions::name.nullable()))
        .load(conn)?;
    entries.sort_by_key(|(entry, _)| numbers.iter().position(|number| *number == entry.number));
    Ok(Page::new(place, entries))
}
