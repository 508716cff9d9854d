//! How PostgreSQL plans the statements of requests: by the indexes that were made for them, whatever it knows about the
//! tables.
//!
//! Its planner takes the cheapest way by its statistics, and there are none until autovacuum has seen a table: those of an
//! empty or a restored database tell it to read tables whole, and a prepared statement keeps its plan. On a first sale that
//! is a transaction that takes longer with every order. Every statement of a request is one that has an index, so the ways
//! that read whole tables are ruled out, and plans are made anew now and then, because the best index for ten rows may not
//! be that for a million.

use super::connection::Conn;
use diesel::QueryResult;
#[cfg(feature = "postgres")]
use diesel::connection::SimpleConnection;
use std::time::{Duration, Instant};

/// Reading tables whole, and the joins that do it for one side, cost more than any index. A page costs the same wherever it
/// is, as it does in memory and on today's disks: otherwise the planner would read all listings of a store in the order of
/// the table, and sort them, to show the first. Compiling a plan would cost more than running it, and such costs would make
/// the planner do so.
#[cfg(feature = "postgres")]
const BY_INDEXES: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
                          SET random_page_cost = 1; SET jit = off";

/// How long a connection keeps its plans. Making all of them takes a few milliseconds.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// A connection of the pools.
pub struct Session {
    pub conn: Conn,
    /// When it began to make its plans.
    planned_since: Instant,
}

impl Session {
    /// Has the statements of `conn` planned by indexes. SQLite's plans do not depend on how many rows there are.
    pub fn new(mut conn: Conn) -> QueryResult<Self> {
        match &mut conn {
            #[cfg(feature = "postgres")]
            Conn::Postgres(conn) => conn.batch_execute(BY_INDEXES)?,
            Conn::Sqlite(_) => {}
        }
        Ok(Self { conn, planned_since: Instant::now() })
    }

    /// Drops the plans, if they are old. No transaction has begun. The statements stay prepared.
    pub fn renew_plans(&mut self) -> QueryResult<()> {
        if self.planned_since.elapsed() < KEPT_FOR {
            return Ok(());
        }
        self.planned_since = Instant::now();
        match &mut self.conn {
            #[cfg(feature = "postgres")]
            Conn::Postgres(conn) => conn.batch_execute("DISCARD PLANS"),
            Conn::Sqlite(_) => Ok(()),
        }
    }
}
