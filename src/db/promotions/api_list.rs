//! What `/api/v1/promotions` reads: promotions, newest first, with their holds.

use crate::{
    db::{
        Backend, Conn,
        engine::{
            schema::{holds, promotions as columns},
            sql::{SqlText, sql},
        },
        promotions::{self, Promotion, holds::HoldRow},
    },
    domain::{code::StoreCode, id::PromotionId, moment::Moment},
};
use diesel::{prelude::*, sql_types::Text};
use std::collections::HashMap;

/// Promotions of a page: each may have a thousand products.
pub const PAGE_ROWS: usize = 50;

#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those that are running, or those that have ended, at this moment.
    pub running: Option<bool>,
    pub store: Option<StoreCode>,
    /// Those older than the one of this id.
    pub after: Option<PromotionId>,
}

#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Newest first, each with its holds by SKU.
    pub rows: Vec<(Promotion, Vec<HoldRow>)>,
    pub has_next: bool,
}

/// Columns in a form that matches no index. Running promotions are found by their end, and those few are then filtered
/// and sorted; with an index on these columns a database would scan everything that a store ever ran.
const PLAIN_ID: SqlText<Text> = sql("promotions.id || ''");
const PLAIN_STORE: SqlText<Text> = sql("promotions.store || ''");

pub fn page(conn: &mut Conn, filter: &Filter, now: Moment) -> QueryResult<Page> {
    let limit = i64::try_from(PAGE_ROWS + 1).expect("a small number");
    let mut query = columns::table.select(Promotion::as_select()).limit(limit).into_boxed::<Backend>();
    if filter.running == Some(true) {
        query = query.filter(columns::ends_at.gt(now)).order(PLAIN_ID.desc());
        if let Some(of) = &filter.store {
            query = query.filter(PLAIN_STORE.eq(of.as_str()));
        }
        if let Some(after) = &filter.after {
            query = query.filter(PLAIN_ID.lt(after.as_str()));
        }
    } else {
        query = query.order(columns::id.desc());
        if filter.running == Some(false) {
            query = query.filter(columns::ends_at.le(now));
        }
        if let Some(of) = &filter.store {
            query = query.filter(columns::store.eq(of));
        }
        if let Some(after) = &filter.after {
            query = query.filter(columns::id.lt(after));
        }
    }
    let mut found: Vec<Promotion> = query.load(conn)?;
    let has_next = found.len() > PAGE_ROWS;
    found.truncate(PAGE_ROWS);
    Ok(Page { rows: with_holds(conn, found)?, has_next })
}

pub fn one(conn: &mut Conn, id: PromotionId) -> QueryResult<Option<(Promotion, Vec<HoldRow>)>> {
    let found = promotions::find(conn, id)?;
    Ok(with_holds(conn, Vec::from_iter(found))?.pop())
}

fn with_holds(conn: &mut Conn, found: Vec<Promotion>) -> QueryResult<Vec<(Promotion, Vec<HoldRow>)>> {
    let rows: Vec<HoldRow> = holds::table
        .filter(holds::promotion_id.eq_any(found.iter().map(|promotion| promotion.id)))
        // A product that was removed before it sold anything is only in the history.
        .filter(holds::quantity.gt(0))
        .order((holds::promotion_id, holds::sku))
        .select(HoldRow::as_select())
        .load(conn)?;
    let mut of_promotion: HashMap<PromotionId, Vec<HoldRow>> = HashMap::new();
    for row in rows {
        of_promotion.entry(row.promotion_id).or_default().push(row);
    }
    let mut with_holds = Vec::with_capacity(found.len());
    for promotion in found {
        let holds = of_promotion.remove(&promotion.id).unwrap_or_default();
        with_holds.push((promotion, holds));
    }
    Ok(with_holds)
}
