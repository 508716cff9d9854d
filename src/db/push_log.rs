//! The log of what was sent to the stores and what came of it, kept for a set time.

use super::{Conn, schema::push_log};
use crate::{
    domain::{
        code::{SkuCode, StoreCode},
        id::LoggedPushId,
        moment::Moment,
        push::PushOutcome,
    },
    insert_rows,
};
use diesel::prelude::*;

/// One quantity that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = push_log, treat_none_as_default_value = false)]
pub struct LoggedPush {
    /// Its id.
    pub id: LoggedPushId,
    /// When it was answered.
    pub at: Moment,
    /// The store.
    pub store: StoreCode,
    /// The SKU.
    pub sku: SkuCode,
    /// Units that the store had acknowledged before, if it ever did.
    pub quantity_before: Option<i64>,
    /// Units that it was sent.
    pub quantity: i64,
    /// The sum behind them, in words.
    pub why: String,
    /// What came of it.
    pub outcome: PushOutcome,
    /// What the marketplace said.
    pub answer: String,
    /// By what the marketplace knows the request.
    pub request_id: Option<String>,
}

/// Adds to the log.
///
/// # Errors
/// When the database fails.
pub fn insert(conn: &mut Conn, rows: &[LoggedPush]) -> QueryResult<()> {
    insert_rows!(conn, push_log::table, rows)
}

/// Removes up to `limit` of what is older than `before`, and answers how many.
///
/// # Errors
/// When the database fails.
pub fn delete_before(conn: &mut Conn, before: Moment, limit: i64) -> QueryResult<usize> {
    let old: Vec<LoggedPushId> = push_log::table
        .filter(push_log::at.lt(before))
        .order(push_log::at)
        .select(push_log::id)
        .limit(limit)
        .load(conn)?;
    diesel::delete(push_log::table.filter(push_log::id.eq_any(old))).execute(conn)
}
