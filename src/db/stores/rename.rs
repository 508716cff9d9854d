//! Gives a store another code: its row first, then all that refers to it. The databases check that at the end of the
//! transaction. Its former codes stay known: an order that names one is of the store.

use crate::{
    db::{
        Conn,
        catalogue::rename::defer_references,
        engine::schema::{
            authorizations, campaign_hints, campaign_reads, campaigns, connections, drifts, former_store_codes,
            found_listings, found_tasks, holds, ledger_entries, listing_fetches, listings, order_changes, order_hints,
            order_lines, orders, promotion_drafts, promotion_orders, promotions, pulls, push_log, pushes,
            retiring_listings, stores, unmatched_lines, warehouses,
        },
    },
    domain::{code::StoreCode, moment::Moment},
};
use diesel::prelude::*;
use std::collections::HashMap;

/// Moves the rows of a table from one store to another code.
macro_rules! move_rows {
    ($conn:expr, $from:expr, $to:expr; $($table:ident)+) => {
        $(diesel::update($table::table.filter($table::store.eq($from))).set($table::store.eq($to)).execute($conn)?;)+
    };
}

/// `to` is the code of no store.
pub fn run(conn: &mut Conn, from: &StoreCode, to: &StoreCode, at: Moment) -> QueryResult<()> {
    defer_references(conn)?;
    let renamed = diesel::update(stores::table.find(from)).set(stores::code.eq(to)).execute(conn)?;
    assert_eq!(renamed, 1, "there is a store {from}");
    move_rows!(conn, from, to; listings retiring_listings connections warehouses pushes push_log promotions holds
        promotion_drafts orders order_lines unmatched_lines order_changes promotion_orders ledger_entries
        former_store_codes authorizations pulls order_hints drifts campaigns campaign_reads campaign_hints found_listings
        listing_fetches found_tasks);
    diesel::delete(former_store_codes::table.find(to)).execute(conn)?;
    diesel::insert_into(former_store_codes::table)
        .values((
            former_store_codes::code.eq(from),
            former_store_codes::store.eq(to),
            former_store_codes::changed_at.eq(at),
        ))
        .execute(conn)
        .map(drop)
}

/// Every former code with the store that had it.
pub fn former_codes(conn: &mut Conn) -> QueryResult<HashMap<StoreCode, StoreCode>> {
    let pairs: Vec<(StoreCode, StoreCode)> =
        former_store_codes::table.select((former_store_codes::code, former_store_codes::store)).load(conn)?;
    Ok(pairs.into_iter().collect())
}
