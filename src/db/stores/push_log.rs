//! The log of what was sent to the stores and what came of it, kept for a set time.

use crate::{
    db::{
        Conn,
        engine::{among::among, schema::push_log},
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::LoggedPushId,
        moment::Moment,
        stores::push::PushOutcome,
    },
    insert_rows,
};
use diesel::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = push_log, treat_none_as_default_value = false)]
pub struct LoggedPush {
    pub id: LoggedPushId,
    /// When it was answered.
    pub at: Moment,
    pub store: StoreCode,
    pub sku: SkuCode,
    /// Units that the store had acknowledged before, if it ever did.
    pub quantity_before: Option<i64>,
    /// Units that it was sent.
    pub quantity: i64,
    /// The sum behind them, in words.
    pub why: String,
    pub outcome: PushOutcome,
    /// What the marketplace said.
    pub answer: String,
    /// By what the marketplace knows the request.
    pub request_id: Option<String>,
}

/// Adds to the log.
pub fn insert(conn: &mut Conn, rows: &[LoggedPush]) -> QueryResult<()> {
    insert_rows!(conn, push_log::table, rows)
}

/// Whether anything is older than `before`.
pub fn is_any_before(conn: &mut Conn, before: Moment) -> QueryResult<bool> {
    old(conn, before, 1).map(|found| !found.is_empty())
}

/// Removes up to `limit` of what is older than `before`, and answers how many.
pub fn delete_before(conn: &mut Conn, before: Moment, limit: usize) -> QueryResult<usize> {
    let old = old(conn, before, limit)?;
    let of_old = push_log::table.filter(among(conn, "push_log.id", &old));
    diesel::delete(of_old).execute(conn)
}

/// Up to `limit` of what is older than `before`.
fn old(conn: &mut Conn, before: Moment, limit: usize) -> QueryResult<Vec<LoggedPushId>> {
    let mut found: Vec<LoggedPushId> = Vec::new();
    // The index has the lines of each outcome by their time.
    for outcome in PushOutcome::all() {
        let left = i64::try_from(limit - found.len()).expect("a small number");
        let of_outcome = push_log::table.filter(push_log::outcome.eq(outcome)).filter(push_log::at.lt(before));
        let query = of_outcome.order(push_log::at).select(push_log::id).limit(left);
        found.extend(query.load::<LoggedPushId>(conn)?);
    }
    Ok(found)
}
