//! The list of promotions, drafts among them, and what a promotion's page shows.

use crate::{
    db::{
        Conn,
        engine::{
            paging::{Page, Place, at_place},
            schema::{holds, promotion_draft_products, promotion_drafts, promotions, skus},
            search::{Searched, matching},
            sql::{SqlText, sql, sum},
        },
        promotions::{Promotion, drafts::Draft, holds::HoldRow},
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{
            promotion::{FlashSaleType, Status},
            sales::share_in_words,
        },
    },
};
use diesel::{
    dsl::count_star,
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};
use std::collections::HashMap;

#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A part of the name.
    pub term: String,
    pub status: Option<Status>,
    pub flash_sale_type: Option<FlashSaleType>,
    pub store: Option<StoreCode>,
}

#[derive(Debug, Clone)]
pub enum ListedPromotion {
    /// A draft, with the number of its products.
    Draft(Draft, i64),
    Created(Promotion, Totals),
}

impl ListedPromotion {
    pub fn id(&self) -> PromotionId {
        match self {
            Self::Draft(draft, _) => draft.id,
            Self::Created(promotion, _) => promotion.id,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Products that were not removed.
    pub skus: i64,
    pub quantity: i64,
    pub sold: i64,
}

impl Totals {
    /// Units still held; 0 once the sale has ended.
    pub fn remaining(self, status: Status) -> i64 {
        match status {
            Status::Running => self.quantity - self.sold,
            Status::Draft | Status::Ended => 0,
        }
    }

    /// How much of the holds was sold: `41.7%`.
    pub fn sell_through(self) -> String {
        share_in_words(self.sold, self.quantity)
    }
}

/// The page at `place` of the promotions and drafts that match `filter`, newest first, at `now`.
pub fn list(conn: &mut Conn, filter: &Filter, place: &Place, now: Moment) -> QueryResult<Page<ListedPromotion>> {
    let mut rows = match filter.status {
        Some(Status::Draft) => Vec::new(),
        Some(Status::Running | Status::Ended) | None => created(conn, filter, place, now)?,
    };
    match filter.status {
        Some(Status::Draft) | None => rows.extend(drafted(conn, filter, place)?),
        Some(Status::Running | Status::Ended) => {}
    }
    // The ids of both are of one kind and sort by creation.
    match place {
        Place::Before(_) => rows.sort_by_key(ListedPromotion::id),
        Place::Start | Place::After(_) => rows.sort_by_key(|row| std::cmp::Reverse(row.id())),
    }
    Ok(Page::new(place, rows))
}

fn created(conn: &mut Conn, filter: &Filter, place: &Place, now: Moment) -> QueryResult<Vec<ListedPromotion>> {
    let mut query = promotions::table.select(Promotion::as_select()).limit(Place::LIMIT).into_boxed();
    // Running promotions are found by their end, and those few are sorted: to read them in the order of the ids, a
    // database would scan everything that ever ran.
    let id: SqlText<Text> = match filter.status {
        Some(Status::Running) => sql("promotions.id || ''"),
        Some(Status::Ended | Status::Draft) | None => sql("promotions.id"),
    };
    query = at_place!(query, place, id, newest first);
    query = match filter.status {
        Some(Status::Running) => query.filter(promotions::ends_at.gt(now)),
        Some(Status::Ended) => query.filter(promotions::ends_at.le(now)),
        Some(Status::Draft) | None => query,
    };
    if let Some(kind) = filter.flash_sale_type {
        query = query.filter(promotions::flash_sale_type.eq(kind));
    }
    if let Some(store) = &filter.store {
        query = query.filter(promotions::store.eq(store));
    }
    if let Some(matching) = matching(conn, Searched::Promotions, &filter.term)? {
        query = query.filter(matching);
    }
    let found: Vec<Promotion> = query.load(conn)?;
    let mut listed = Vec::with_capacity(found.len());
    for (promotion, totals) in with_totals(conn, found)? {
        listed.push(ListedPromotion::Created(promotion, totals));
    }
    Ok(listed)
}

fn drafted(conn: &mut Conn, filter: &Filter, place: &Place) -> QueryResult<Vec<ListedPromotion>> {
    let mut query = promotion_drafts::table
        .filter(promotion_drafts::edits_id.is_null())
        .select(Draft::as_select())
        .limit(Place::LIMIT)
        .into_boxed();
    query = at_place!(query, place, promotion_drafts::id, newest first);
    if let Some(kind) = filter.flash_sale_type {
        query = query.filter(promotion_drafts::flash_sale_type.eq(kind.as_str()));
    }
    if let Some(store) = &filter.store {
        query = query.filter(promotion_drafts::store.eq(store.as_str()));
    }
    if let Some(matching) = matching(conn, Searched::Drafts, &filter.term)? {
        query = query.filter(matching);
    }
    let found: Vec<Draft> = query.load(conn)?;
    let counts: HashMap<PromotionId, i64> = promotion_draft_products::table
        .filter(promotion_draft_products::draft_id.eq_any(found.iter().map(|draft| draft.id)))
        .group_by(promotion_draft_products::draft_id)
        .select((promotion_draft_products::draft_id, count_star()))
        .load(conn)?
        .into_iter()
        .collect();
    let mut listed = Vec::with_capacity(found.len());
    for draft in found {
        let count = counts.get(&draft.id).copied().unwrap_or(0);
        listed.push(ListedPromotion::Draft(draft, count));
    }
    Ok(listed)
}

pub fn with_totals(conn: &mut Conn, found: Vec<Promotion>) -> QueryResult<Vec<(Promotion, Totals)>> {
    let mut totals = totals(conn, found.iter().map(|promotion| promotion.id))?;
    let mut with_totals = Vec::with_capacity(found.len());
    for promotion in found {
        let totals = totals.remove(&promotion.id).unwrap_or_default();
        with_totals.push((promotion, totals));
    }
    Ok(with_totals)
}

pub fn totals(
    conn: &mut Conn,
    promotions: impl IntoIterator<Item = PromotionId>,
) -> QueryResult<HashMap<PromotionId, Totals>> {
    let products = sql::<BigInt>("CASE WHEN holds.removed THEN 0 ELSE 1 END");
    let rows: Vec<(PromotionId, i64, i64, i64)> = holds::table
        .filter(holds::promotion_id.eq_any(promotions))
        .group_by(holds::promotion_id)
        .select((holds::promotion_id, sum(products), sum(holds::quantity), sum(holds::sold)))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, skus, quantity, sold)| (id, Totals { skus, quantity, sold })).collect())
}

/// Whether a hold is of a product that its promotion has, or that was removed after it sold something, from the hold or
/// from the shared stock. A product that was removed before that is only in the history.
pub(super) const ON_RECORD: SqlText<Bool> = sql("(holds.quantity > 0 OR EXISTS (SELECT 1 FROM order_lines
        JOIN orders ON orders.store = order_lines.store AND orders.number = order_lines.number
        WHERE order_lines.promotion_id = holds.promotion_id AND order_lines.sku = holds.sku
            AND (COALESCE(order_lines.own_status, orders.status) <> 'cancelled' OR order_lines.returned > 0)))");

/// The page at `place` of a promotion's products, by code: the holds of [`ON_RECORD`] with the names of their SKUs, which
/// match `term`.
pub fn products(conn: &mut Conn, id: PromotionId, term: &str, place: &Place) -> QueryResult<Page<(HoldRow, String)>> {
    let mut query = holds::table
        .inner_join(skus::table)
        .filter(holds::promotion_id.eq(id).and(ON_RECORD))
        .select((HoldRow::as_select(), skus::name))
        .limit(Place::LIMIT)
        .into_boxed();
    if let Some(matching) = matching(conn, Searched::Skus, term)? {
        query = query.filter(matching);
    }
    query = at_place!(query, place, holds::sku);
    Ok(Page::new(place, query.load(conn)?))
}

/// The codes of all of them, in the same order.
pub fn product_codes(conn: &mut Conn, id: PromotionId) -> QueryResult<Vec<SkuCode>> {
    let on_record = holds::table.filter(holds::promotion_id.eq(id).and(ON_RECORD));
    on_record.order(holds::sku).select(holds::sku).load(conn)
}
