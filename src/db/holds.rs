//! Holds: what each flash sale keeps of each of its SKUs.

use super::{
    Conn,
    among::among,
    quantity_checks,
    schema::{holds, promotions},
    written::{Written, written},
};
use crate::{
    domain::{
        code::{SkuCode, StoreCode},
        hold::Hold,
        id::PromotionId,
        moment::Moment,
        promotion::FlashSaleType,
    },
    on_db,
};
use chrono::TimeDelta;
use diesel::{prelude::*, sql_types::Bool};
use std::collections::HashMap;

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
    /// The end of the sale.
    pub ends_at: Moment,
    /// Units taken.
    pub quantity: i64,
    /// Units sold from it.
    pub sold: i64,
}

/// Whether a hold may be live. Written out, not bound, so that both databases use the index of open holds. Every hold
/// has a store: saying so gives SQLite two columns to look up in that index, where the primary key has one, under which
/// the holds of the past stand too.
pub(super) fn open() -> Written<Bool> {
    written("(holds.settled = FALSE AND holds.store > '')")
}

/// The holds that are live at `now`. A query of its own filters and orders them.
#[diesel::dsl::auto_type]
pub(super) fn live(now: Moment) -> _ {
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
    on_db!(conn, |conn| diesel::insert_into(holds::table).values(rows).execute(conn))?;
    // At their end the stores show something else, whether or not anything is written then.
    quantity_checks::add_at(conn, rows.iter().map(|hold| (&hold.sku, hold.ends_at)))
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

/// Ends the holds of a flash sale at `at`.
///
/// # Errors
/// When the database fails.
pub fn end(conn: &mut Conn, promotion: PromotionId, at: Moment) -> QueryResult<()> {
    diesel::update(holds::table.filter(holds::promotion_id.eq(promotion)))
        .set(holds::ends_at.eq(at))
        .execute(conn)
        .map(drop)
}

/// How long a hold that is over stays among the open ones: longer than a request waits after it read the clock, so
/// that one which asks what was live a moment ago is answered the same before and after.
const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(10);

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
    diesel::update(holds::table.filter(open()).filter(holds::ends_at.le(long_ago)))
        .set(holds::settled.eq(true))
        .execute(conn)
}
