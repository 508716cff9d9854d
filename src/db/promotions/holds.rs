//! Holds: what each flash sale keeps of each of its SKUs.

use crate::{
    db::{
        Conn,
        catalogue::{
            quantity_checks,
            skus::{self, Sku},
        },
        engine::{
            among::among,
            schema::{holds, promotions},
            written::{Written, written},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        orders::fulfilment::Shelf,
        promotions::{hold::Hold, promotion::FlashSaleType},
    },
    insert_rows,
};
use chrono::TimeDelta;
use diesel::{prelude::*, sql_types::Bool};
use std::collections::{HashMap, HashSet};

/// One product of a flash sale.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = holds, treat_none_as_default_value = false)]
pub struct HoldRow {
    /// The SKU.
    pub sku: SkuCode,
    /// The flash sale.
    pub promotion_id: PromotionId,
    /// The store of the sale.
    pub store: StoreCode,
    /// The end of the sale; of a product that was removed, when that was done.
    pub ends_at: Moment,
    /// Units taken; of a product that was removed, those that it sold.
    pub quantity: i64,
    /// Units sold from it.
    pub sold: i64,
    /// Whether it was removed while the sale ran.
    pub removed: bool,
}

/// Whether a hold may be live. Written out, not bound, so that both databases use the index of open holds. Every hold
/// has a store: saying so gives SQLite two columns to look up in that index, where the primary key has one, under which
/// the holds of the past stand too.
pub(crate) fn open() -> Written<Bool> {
    written("(holds.settled = FALSE AND holds.store > '')")
}

/// The holds that are live at `now`. A query of its own filters and orders them.
#[diesel::dsl::auto_type]
pub(crate) fn live(now: Moment) -> _ {
    let open: Written<Bool> = open();
    holds::table.filter(open).filter(holds::ends_at.gt(now))
}

/// What [`live_on`] loads for each hold.
type LiveHold = (SkuCode, PromotionId, String, FlashSaleType, StoreCode, Moment, i64, i64);

/// The holds on `codes` that are live at `now`, oldest promotion first.
///
/// Their start is not asked for. A hold is taken when its sale starts, so one that is here has started: where its
/// start is after `now`, this request read the clock first and then waited, or the clock of another server is ahead.
///
/// # Errors
/// When the database fails.
pub fn live_on<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
    now: Moment,
) -> QueryResult<HashMap<SkuCode, Vec<Hold>>> {
    let rows: Vec<LiveHold> = live(now)
        .inner_join(promotions::table)
        .filter(among(conn, "holds.sku", codes))
        .order((promotions::starts_at, promotions::id))
        .select((
            holds::sku,
            promotions::id,
            promotions::name,
            promotions::flash_sale_type,
            holds::store,
            promotions::starts_at,
            holds::quantity,
            holds::sold,
        ))
        .load(conn)?;
    let mut live: HashMap<SkuCode, Vec<Hold>> = HashMap::new();
    for (sku, promotion, promotion_name, flash_sale_type, store, starts_at, quantity, sold) in rows {
        let hold = Hold { promotion, promotion_name, flash_sale_type, store, starts_at, quantity, sold };
        live.entry(sku).or_default().push(hold);
    }
    Ok(live)
}

/// The SKUs with the holds that are live on them at `now`.
///
/// # Errors
/// When the database fails.
pub fn shelves(conn: &mut Conn, of: &[Sku], now: Moment) -> QueryResult<HashMap<SkuCode, Shelf>> {
    let mut live = live_on(conn, of.iter().map(|sku| &sku.code), now)?;
    let shelf = |sku: &Sku| {
        let holds = live.remove(&sku.code).unwrap_or_default();
        (sku.code.clone(), Shelf { stock: sku.stock(), holds })
    };
    Ok(of.iter().map(shelf).collect())
}

/// The units of holds and what is sold of them, as they are in this transaction, by SKU and flash sale.
///
/// # Errors
/// When the database fails.
pub(crate) fn units(
    conn: &mut Conn,
    keys: &HashSet<(SkuCode, PromotionId)>,
) -> QueryResult<HashMap<(SkuCode, PromotionId), (i64, i64)>> {
    let (skus, promotions) = (keys.iter().map(|(sku, _)| sku), keys.iter().map(|(_, promotion)| promotion));
    let rows: Vec<(SkuCode, PromotionId, i64, i64)> = holds::table
        .filter(among(conn, "holds.sku", skus).and(among(conn, "holds.promotion_id", promotions)))
        .select((holds::sku, holds::promotion_id, holds::quantity, holds::sold))
        .load(conn)?;
    Ok(rows.into_iter().map(|(sku, promotion, quantity, sold)| ((sku, promotion), (quantity, sold))).collect())
}

/// The holds of a flash sale, by SKU.
///
/// # Errors
/// When the database fails.
pub fn of_promotion(conn: &mut Conn, promotion: PromotionId) -> QueryResult<Vec<HoldRow>> {
    holds::table.filter(holds::promotion_id.eq(promotion)).order(holds::sku).select(HoldRow::as_select()).load(conn)
}

/// Adds the holds of a new flash sale.
///
/// # Errors
/// When the database fails.
pub fn insert(conn: &mut Conn, rows: &[HoldRow]) -> QueryResult<()> {
    insert_rows!(conn, holds::table, rows)?;
    // At their end the stores show something else, whether or not anything is written then.
    quantity_checks::add_at(conn, rows.iter().map(|hold| (&hold.sku, hold.ends_at)))
}

/// Makes the hold of `promotion` on `sku`, whose SKU is locked, one of `to` units instead of `from`.
///
/// # Errors
/// When the database fails: less than was sold is refused by a check of the table.
///
/// # Panics
/// When there is no such hold of `from` units: it was looked at under the lock.
pub fn set_quantity(conn: &mut Conn, sku: &SkuCode, promotion: PromotionId, (from, to): (i64, i64)) -> QueryResult<()> {
    let is = holds::quantity.eq(from).and(holds::sold.le(to)).and(holds::removed.eq(false));
    let changed =
        diesel::update(holds::table.find((sku, promotion)).filter(is)).set(holds::quantity.eq(to)).execute(conn)?;
    assert_eq!(changed, 1, "the hold of {promotion} on {sku} is not one of {from} units although it was locked");
    Ok(())
}

/// Takes the product `sku`, which is locked, out of `promotion` at `at`: what it sold stays, and nothing else is held. It
/// is settled at once: no clock that is behind may find it live.
///
/// # Errors
/// When the database fails.
///
/// # Panics
/// When there is no such hold: it was looked at under the lock.
pub fn remove(conn: &mut Conn, sku: &SkuCode, promotion: PromotionId, at: Moment) -> QueryResult<()> {
    let kept = holds::table.find((sku, promotion)).filter(holds::removed.eq(false));
    let removed = diesel::update(kept)
        .set((holds::quantity.eq(holds::sold), holds::ends_at.eq(at), holds::settled.eq(true), holds::removed.eq(true)))
        .execute(conn)?;
    assert_eq!(removed, 1, "there is no hold of {promotion} on {sku} to remove");
    Ok(())
}

/// Takes the hold of a product again that was removed. Answers whether it was: else it is to be inserted.
///
/// # Errors
/// When the database fails.
pub fn take_again(conn: &mut Conn, row: &HoldRow) -> QueryResult<bool> {
    let gone = holds::table.find((&row.sku, row.promotion_id)).filter(holds::removed.eq(true));
    let taken = diesel::update(gone)
        .set((
            holds::quantity.eq(row.quantity),
            holds::ends_at.eq(row.ends_at),
            holds::settled.eq(false),
            holds::removed.eq(false),
        ))
        .execute(conn)?;
    if taken == 1 {
        quantity_checks::add_at(conn, [(&row.sku, row.ends_at)])?;
    }
    Ok(taken == 1)
}

/// Moves the end of the holds of a flash sale, whose SKUs are locked. Those that were removed ended when they were, and
/// no later than the sale: a clock that was ahead may have said so.
///
/// # Errors
/// When the database fails.
pub fn move_end(conn: &mut Conn, promotion: PromotionId, ends_at: Moment) -> QueryResult<()> {
    let later = holds::removed.eq(false).or(holds::ends_at.gt(ends_at));
    let moved = holds::table.filter(holds::promotion_id.eq(promotion)).filter(later);
    diesel::update(moved).set(holds::ends_at.eq(ends_at)).execute(conn)?;
    let kept = holds::table.filter(holds::promotion_id.eq(promotion).and(holds::removed.eq(false)));
    let skus: Vec<SkuCode> = kept.select(holds::sku).load(conn)?;
    quantity_checks::add_at(conn, skus.iter().map(|sku| (sku, ends_at)))
}

/// Changes what was sold from the hold of `promotion` on `sku`, whose SKU is locked, by `change` units.
///
/// # Errors
/// When the database fails: more than is held, or less than nothing, is refused by a check of the table.
///
/// # Panics
/// When there is no such hold: orders name the hold that they took from.
pub fn sell(conn: &mut Conn, sku: &SkuCode, promotion: PromotionId, change: i64) -> QueryResult<()> {
    let changed =
        diesel::update(holds::table.find((sku, promotion))).set(holds::sold.eq(holds::sold + change)).execute(conn)?;
    assert_eq!(changed, 1, "there is no hold of {promotion} on {sku}");
    Ok(())
}

/// Gives units back to the hold of `promotion` on `sku`, whose SKU is locked. A product that was removed keeps what it
/// sold and no more, so its quantity falls as well: answers by how much, 0 or less.
///
/// # Errors
/// As [`sell`].
///
/// # Panics
/// As [`sell`].
pub fn give_back(conn: &mut Conn, sku: &SkuCode, promotion: PromotionId, units: i64) -> QueryResult<i64> {
    let removed = holds::table.find((sku, promotion)).filter(holds::removed.eq(true));
    let lowered = diesel::update(removed)
        .set((holds::sold.eq(holds::sold - units), holds::quantity.eq(holds::quantity - units)))
        .execute(conn)?;
    if lowered == 1 {
        return Ok(-units);
    }
    sell(conn, sku, promotion, -units)?;
    Ok(0)
}

/// Ends those holds of a flash sale at `at` that had not ended by then.
///
/// # Errors
/// When the database fails.
pub fn end(conn: &mut Conn, promotion: PromotionId, at: Moment) -> QueryResult<()> {
    diesel::update(holds::table.filter(holds::promotion_id.eq(promotion).and(holds::ends_at.gt(at))))
        .set(holds::ends_at.eq(at))
        .execute(conn)
        .map(drop)
}

/// How long a hold that is over stays among the open ones: longer than a request waits after it read the clock, so
/// that one which asks what was live a moment ago is answered the same before and after.
pub const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(10);

/// Whether [`settle_ended`] would find any.
///
/// # Errors
/// When the database fails.
pub fn has_unsettled(conn: &mut Conn, now: Moment) -> QueryResult<bool> {
    let ended = holds::table.filter(open()).filter(holds::ends_at.le(now.plus(-SETTLED_AFTER))).select(holds::sku);
    ended.first::<SkuCode>(conn).optional().map(|sku| sku.is_some())
}

/// Takes the holds that ended well before `now` out of the index of open ones. It changes no quantity: `ends_at`
/// decides.
///
/// # Errors
/// When the database fails.
pub fn settle_ended(conn: &mut Conn, now: Moment) -> QueryResult<usize> {
    let long_ago = now.plus(-SETTLED_AFTER);
    let settled = diesel::update(holds::table.filter(open()).filter(holds::ends_at.le(long_ago)))
        .set(holds::settled.eq(true))
        .execute(conn)?;
    if settled > 0 {
        skus::forget_short(conn)?;
    }
    Ok(settled)
}
