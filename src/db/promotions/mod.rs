//! Promotions that were created: running or ended.

pub mod api_list;
pub mod changes;
pub mod costs;
pub mod draft_detail;
pub mod draft_kits;
pub mod drafts;
pub mod edit_detail;
pub mod holds;
pub mod list;
pub mod report;
pub mod running;
use super::{
    Conn,
    engine::{connection::lock_first, schema::promotions},
    promotions::holds::HoldRow,
};
use crate::domain::{
    code::StoreCode,
    id::PromotionId,
    moment::Moment,
    promotions::{
        promotion::{FlashSaleType, Status},
        sale_changes::{HeldProduct, RunningSale},
        schedule::Schedule,
    },
    text::folded,
};
use diesel::prelude::*;
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = promotions, treat_none_as_default_value = false)]
pub struct Promotion {
    pub id: PromotionId,
    pub name: String,
    pub flash_sale_type: FlashSaleType,
    pub store: StoreCode,
    pub starts_at: Moment,
    /// The first moment after it: by schedule, or when staff ended it.
    pub ends_at: Moment,
    /// The end of its schedule: the one it was created with, or was moved to.
    pub scheduled_ends_at: Moment,
    pub ended_by: Option<String>,
    pub created_at: Moment,
    pub created_by: String,
}

impl Promotion {
    pub fn schedule(&self) -> Schedule {
        Schedule { starts_at: self.starts_at, ends_at: self.ends_at }
    }

    pub fn status(&self, now: Moment) -> Status {
        Status::at(self.schedule(), now)
    }
}

pub fn find(conn: &mut Conn, id: PromotionId) -> QueryResult<Option<Promotion>> {
    promotions::table.find(id).select(Promotion::as_select()).first(conn).optional()
}

/// The promotion of `id`, locked until the transaction ends. Its products and its end change only under this lock,
/// which is taken before the locks of the SKUs.
pub fn lock(conn: &mut Conn, id: PromotionId) -> QueryResult<Option<Promotion>> {
    lock_first!(conn, promotions::table.find(id).select(Promotion::as_select()))
}

/// The current values and products of `promotion`, on which changes are decided.
pub fn sale(conn: &mut Conn, promotion: &Promotion) -> QueryResult<RunningSale> {
    let mut products = BTreeMap::new();
    for HoldRow { sku, quantity, sold, removed, .. } in holds::of_promotion(conn, promotion.id)? {
        products.insert(sku, HeldProduct { quantity, sold, is_removed: removed });
    }
    Ok(RunningSale {
        name: promotion.name.clone(),
        store: promotion.store.clone(),
        ends_at: promotion.ends_at,
        products,
    })
}

/// The promotion that the draft of `draft_id` became.
pub fn of_draft(conn: &mut Conn, draft_id: PromotionId) -> QueryResult<Option<PromotionId>> {
    promotions::table.filter(promotions::draft_id.eq(draft_id)).select(promotions::id).first(conn).optional()
}

/// Records which draft a promotion was created from. A second promotion from it is a unique violation.
pub fn set_source_draft(conn: &mut Conn, id: PromotionId, draft_id: PromotionId) -> QueryResult<()> {
    diesel::update(promotions::table.find(id)).set(promotions::draft_id.eq(draft_id)).execute(conn).map(drop)
}

pub fn insert(conn: &mut Conn, promotion: &Promotion) -> QueryResult<()> {
    diesel::insert_into(promotions::table)
        .values((promotion, promotions::search_key.eq(folded(&promotion.name))))
        .execute(conn)
        .map(drop)
}

/// Ends a promotion at `at`, unless it was ended before or its end has passed by then. Returns whether it was ended.
pub fn end_early(conn: &mut Conn, id: PromotionId, at: Moment, by: &str) -> QueryResult<bool> {
    let ended = diesel::update(promotions::table.find(id))
        .filter(promotions::ends_at.gt(at).and(promotions::ended_by.is_null()))
        .set((promotions::ends_at.eq(at), promotions::ended_by.eq(by)))
        .execute(conn)?;
    Ok(ended == 1)
}

pub fn rename(conn: &mut Conn, id: PromotionId, name: &str) -> QueryResult<()> {
    diesel::update(promotions::table.find(id))
        .set((promotions::name.eq(name), promotions::search_key.eq(folded(name))))
        .execute(conn)
        .map(drop)
}

/// Moves the end of a promotion's schedule, which is locked.
pub fn move_end(conn: &mut Conn, id: PromotionId, (from, to): (Moment, Moment)) -> QueryResult<()> {
    let runs_until = promotions::ends_at.eq(from).and(promotions::ended_by.is_null());
    let moved = diesel::update(promotions::table.find(id).filter(runs_until))
        .set((promotions::ends_at.eq(to), promotions::scheduled_ends_at.eq(to)))
        .execute(conn)?;
    assert_eq!(moved, 1, "promotion {id} does not run until {from} although it was locked");
    Ok(())
}
