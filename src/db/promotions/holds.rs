//! Holds: the units of each of its SKUs that a flash sale reserves for its store.

use crate::{
    db::{
        Conn,
        catalogue::{quantity_checks, skus as sku_rows},
        engine::{
            among::{among, pair_among},
            schema::{holds, promotions, skus},
            sql::{OPEN_HOLDS, SqlText, sql},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        orders::fulfilment::{EndedSale, EndedSales},
        promotions::hold::SETTLED_AFTER,
    },
    insert_rows,
};
use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_types::Bool,
};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = holds, treat_none_as_default_value = false)]
pub struct HoldRow {
    pub sku: SkuCode,
    pub promotion_id: PromotionId,
    pub store: StoreCode,
    /// The end of the sale; for a product that was removed, the moment of that.
    pub ends_at: Moment,
    /// Units taken; for a product that was removed, the units that it sold.
    pub quantity: i64,
    pub sold: i64,
    /// Whether it was removed while the sale ran.
    pub removed: bool,
}

impl HoldRow {
    /// A hold that is taken now: nothing is sold from it yet.
    pub fn new(sku: SkuCode, promotion_id: PromotionId, store: StoreCode, ends_at: Moment, quantity: i64) -> Self {
        Self { sku, promotion_id, store, ends_at, quantity, sold: 0, removed: false }
    }
}

/// The holds that are live at `now`, for queries that filter and order them.
#[diesel::dsl::auto_type]
pub(crate) fn live(now: Moment) -> _ {
    let open: SqlText<Bool> = OPEN_HOLDS;
    holds::table.filter(open).filter(holds::ends_at.gt(now))
}

/// The quantity and the sold units of holds, by SKU and flash sale.
pub(crate) fn units(
    conn: &mut Conn,
    keys: &HashSet<(SkuCode, PromotionId)>,
) -> QueryResult<HashMap<(SkuCode, PromotionId), (i64, i64)>> {
    let pairs = keys.iter().map(|(sku, promotion)| (sku, promotion));
    let rows: Vec<(SkuCode, PromotionId, i64, i64)> = holds::table
        .filter(pair_among(conn, ["holds.sku", "holds.promotion_id"], pairs))
        .select((holds::sku, holds::promotion_id, holds::quantity, holds::sold))
        .load(conn)?;
    Ok(rows.into_iter().map(|(sku, promotion, quantity, sold)| ((sku, promotion), (quantity, sold))).collect())
}

pub fn of_promotion(conn: &mut Conn, promotion: PromotionId) -> QueryResult<Vec<HoldRow>> {
    holds::table.filter(holds::promotion_id.eq(promotion)).order(holds::sku).select(HoldRow::as_select()).load(conn)
}

pub fn insert(conn: &mut Conn, rows: &[HoldRow]) -> QueryResult<()> {
    insert_rows!(conn, holds::table, rows)?;
    // At their end the quantities change although nothing is written then.
    quantity_checks::enqueue_at(conn, rows.iter().map(|hold| (&hold.sku, hold.ends_at)))
}

/// Changes the quantity of the hold of `promotion` on `sku`, which is locked, from `from` to `to` units.
pub fn set_quantity(conn: &mut Conn, sku: &SkuCode, promotion: PromotionId, (from, to): (i64, i64)) -> QueryResult<()> {
    let is = holds::quantity.eq(from).and(holds::sold.le(to)).and(holds::removed.eq(false));
    let changed =
        diesel::update(holds::table.find((sku, promotion)).filter(is)).set(holds::quantity.eq(to)).execute(conn)?;
    assert_eq!(changed, 1, "the hold of {promotion} on {sku} is not one of {from} units although it was locked");
    Ok(())
}

/// Removes the product `sku`, which is locked, from `promotion` at `at`: only what it sold stays held. It leaves the
/// index of open holds at once, so that a clock that is behind cannot find it live.
pub fn remove(conn: &mut Conn, sku: &SkuCode, promotion: PromotionId, at: Moment) -> QueryResult<()> {
    let product = holds::table.find((sku, promotion)).filter(holds::removed.eq(false));
    let removed = diesel::update(product)
        .set((holds::quantity.eq(holds::sold), holds::ends_at.eq(at), holds::settled.eq(true), holds::removed.eq(true)))
        .execute(conn)?;
    assert_eq!(removed, 1, "there is no hold of {promotion} on {sku} to remove");
    Ok(())
}

/// Takes the hold of a removed product again. If there is none, it returns `false`, and the hold has to be inserted.
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
        quantity_checks::enqueue_at(conn, [(&row.sku, row.ends_at)])?;
    }
    Ok(taken == 1)
}

/// Moves the end of the holds of a flash sale, whose SKUs are locked. Products that were removed ended at their
/// removal, which a clock that was ahead may have put after the end of the sale.
pub fn move_end(conn: &mut Conn, promotion: PromotionId, ends_at: Moment) -> QueryResult<()> {
    let later = holds::removed.eq(false).or(holds::ends_at.gt(ends_at));
    let moved = holds::table.filter(holds::promotion_id.eq(promotion)).filter(later);
    diesel::update(moved).set(holds::ends_at.eq(ends_at)).execute(conn)?;
    let products = holds::table.filter(holds::promotion_id.eq(promotion).and(holds::removed.eq(false)));
    let skus: Vec<SkuCode> = products.select(holds::sku).load(conn)?;
    quantity_checks::enqueue_at(conn, skus.iter().map(|sku| (sku, ends_at)))
}

/// Changes the units sold from the hold of `promotion` on `sku`, which is locked. A `CHECK` refuses more than is held.
pub fn sell(conn: &mut Conn, sku: &SkuCode, promotion: PromotionId, change: i64) -> QueryResult<()> {
    let changed =
        diesel::update(holds::table.find((sku, promotion))).set(holds::sold.eq(holds::sold + change)).execute(conn)?;
    assert_eq!(changed, 1, "there is no hold of {promotion} on {sku}");
    Ok(())
}

/// Returns units to the hold of `promotion` on `sku`, which is locked. A removed product holds no more than it sold, so
/// its quantity falls as well: the result is the change of the quantity.
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

/// Ends the holds of a flash sale at `at`, unless they had ended by then.
pub fn end(conn: &mut Conn, promotion: PromotionId, at: Moment) -> QueryResult<()> {
    diesel::update(holds::table.filter(holds::promotion_id.eq(promotion).and(holds::ends_at.gt(at))))
        .set(holds::ends_at.eq(at))
        .execute(conn)
        .map(drop)
}

/// The holds on `codes` that ended after `from`, and not after `now`.
pub fn ended<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
    from: Moment,
    now: Moment,
) -> QueryResult<EndedSales> {
    let rows: Vec<(SkuCode, StoreCode, PromotionId, Moment, Moment)> = holds::table
        .inner_join(promotions::table)
        .filter(among(conn, "holds.sku", codes))
        .filter(holds::ends_at.gt(from).and(holds::ends_at.le(now)))
        .select((holds::sku, holds::store, holds::promotion_id, promotions::starts_at, holds::ends_at))
        .load(conn)?;
    let mut ended = Vec::with_capacity(rows.len());
    for (sku, store, promotion, starts_at, ends_at) in rows {
        ended.push(EndedSale { sku, store, promotion, starts_at, ends_at });
    }
    Ok(EndedSales::new(ended))
}

/// Whether [`settle_ended`] would find any.
pub fn has_unsettled(conn: &mut Conn, now: Moment) -> QueryResult<bool> {
    let ended = holds::table.filter(OPEN_HOLDS).filter(holds::ends_at.le(now.plus(-SETTLED_AFTER))).select(holds::sku);
    ended.first::<SkuCode>(conn).optional().map(|sku| sku.is_some())
}

/// Takes the holds that ended well before `now` out of the index of open holds. No quantity changes: `ends_at` decides.
pub fn settle_ended(conn: &mut Conn, now: Moment) -> QueryResult<usize> {
    let long_ago = now.plus(-SETTLED_AFTER);
    let settled = diesel::update(holds::table.filter(OPEN_HOLDS).filter(holds::ends_at.le(long_ago)))
        .set(holds::settled.eq(true))
        .execute(conn)?;
    if settled > 0 {
        forget_short(conn)?;
    }
    Ok(settled)
}

/// Whether the holds on a SKU may be more than what is in hand. As text, so that both databases use its index.
pub(crate) const MAY_BE_SHORT: SqlText<Bool> = sql("skus.may_be_short = TRUE");

/// Clears the mark of [`MAY_BE_SHORT`] on SKUs that have no open hold any more.
fn forget_short(conn: &mut Conn) -> QueryResult<()> {
    let codes: Vec<SkuCode> =
        skus::table.filter(MAY_BE_SHORT).filter(not(exists(open_on_sku()))).select(skus::code).load(conn)?;
    // Locked in the order of their codes, like everywhere. A hold may have been taken before the lock was.
    sku_rows::lock(conn, &codes)?;
    let unheld = skus::table.filter(among(conn, "skus.code", &codes)).filter(not(exists(open_on_sku())));
    diesel::update(unheld).set(skus::may_be_short.eq(false)).execute(conn).map(drop)
}

/// The open holds on the SKU of the query around it.
#[diesel::dsl::auto_type]
fn open_on_sku() -> _ {
    let open: SqlText<Bool> = OPEN_HOLDS;
    holds::table.filter(open).filter(holds::sku.eq(skus::code)).select(holds::sku)
}

/// Queues the SKUs whose holds end between `now` and `later` for checks, now and at their end: the clock said `later`
/// before it was set back, so the holds were already treated as ended.
pub fn reopen(conn: &mut Conn, now: Moment, later: Moment) -> QueryResult<()> {
    let ended = holds::table.filter(OPEN_HOLDS).filter(holds::ends_at.gt(now).and(holds::ends_at.le(later)));
    let found: Vec<(SkuCode, Moment)> = ended.select((holds::sku, holds::ends_at)).load(conn)?;
    quantity_checks::enqueue(conn, found.iter().map(|(sku, _)| sku))?;
    quantity_checks::enqueue_at(conn, found.iter().map(|(sku, ends_at)| (sku, *ends_at)))
}
