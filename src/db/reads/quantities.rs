//! What `/api/v1/quantities` reads: the listings in their order, with the stock and the live holds behind them.

use crate::{
    db::{
        Conn, holds,
        schema::{listings, skus},
    },
    domain::{
        code::{SkuCode, StoreCode},
        hold::Hold,
        moment::Moment,
        stock::Stock,
    },
};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// Rows of a page.
pub const PAGE_ROWS: usize = 1_000;

/// Which listings.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this SKU alone.
    pub sku: Option<SkuCode>,
    /// Of this store alone.
    pub store: Option<StoreCode>,
    /// After the row of this key.
    pub after: Option<(SkuCode, StoreCode)>,
}

/// One listing with the stock of its SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The SKU.
    pub sku: SkuCode,
    /// The store.
    pub store: StoreCode,
    /// The SKU's stored totals.
    pub stock: Stock,
}

/// A page of listings.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// By SKU, then store.
    pub rows: Vec<Row>,
    /// The live holds of each SKU, oldest promotion first.
    pub live: HashMap<SkuCode, Vec<Hold>>,
    /// Whether there are rows after the last.
    pub has_next: bool,
}

type Columns = (SkuCode, StoreCode, i64, i64, i64, i64);

/// The page of `filter`, as things are at `now`.
///
/// # Errors
/// When the database fails.
pub fn page(conn: &mut Conn, filter: &Filter, now: Moment) -> QueryResult<Page> {
    let mut query = listings::table.inner_join(skus::table).into_boxed::<crate::db::Backend>();
    if let Some(sku) = &filter.sku {
        query = query.filter(listings::sku.eq(sku));
    }
    if let Some(store) = &filter.store {
        query = query.filter(listings::store.eq(store));
    }
    if let Some((sku, store)) = &filter.after {
        // The first condition repeats a part of the second: it is the one that an index can begin at.
        query = query.filter(listings::sku.ge(sku)).filter(listings::sku.gt(sku).or(listings::store.gt(store)));
    }
    let limit = i64::try_from(PAGE_ROWS + 1).expect("a small number");
    let found: Vec<Columns> = query
        .order((listings::sku, listings::store))
        .limit(limit)
        .select((listings::sku, listings::store, skus::on_hand, skus::committed, skus::oversold, skus::buffer))
        .load(conn)?;
    let has_next = found.len() > PAGE_ROWS;
    let rows: Vec<Row> = found.into_iter().take(PAGE_ROWS).map(row).collect();
    let codes: BTreeSet<&SkuCode> = rows.iter().map(|row| &row.sku).collect();
    let live = holds::live_on(conn, codes, now)?;
    Ok(Page { rows, live, has_next })
}

fn row((sku, store, on_hand, committed, oversold, buffer): Columns) -> Row {
    Row { sku, store, stock: Stock { on_hand, committed, oversold, buffer } }
}
