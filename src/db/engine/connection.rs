//! One connection to either database, and how to open it.

#[cfg(feature = "postgres")]
use super::deadlines;
use super::{error::Error, url::DatabaseUrl};
use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use std::time::Duration;

/// One connection. The URL chooses the variant at run time; queries are written once, for both.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
    /// An SQLite file. Last, because it accepts any text as a path.
    Sqlite(SqliteConnection),
}

/// Runs the same body with the concrete connection of either database, for what diesel cannot do with
/// `MultiConnection`: inserts of many rows, and upserts.
#[macro_export]
macro_rules! on_db {
    ($conn:expr, |$concrete:ident| $body:expr) => {
        match $conn {
            #[cfg(feature = "postgres")]
            $crate::db::engine::connection::Conn::Postgres($concrete) => $body,
            $crate::db::engine::connection::Conn::Sqlite($concrete) => $body,
        }
    };
}

/// The first row of a query, locked until the transaction ends. Only inside [`crate::db::Database::write`]: on SQLite
/// that has locked the whole file already.
macro_rules! lock_first {
    ($conn:expr, $query:expr) => {{
        let first = match $conn {
            #[cfg(feature = "postgres")]
            $crate::db::engine::connection::Conn::Postgres(conn) => $query.for_no_key_update().first(conn),
            $crate::db::engine::connection::Conn::Sqlite(conn) => $query.first(conn),
        };
        first.optional()
    }};
}

pub(crate) use lock_first;

/// Inserts a slice of rows in the fastest way of each database. SQLite: with prepared statements, see [`in_prepared`].
/// PostgreSQL: as many rows in a statement as fit in its limit of 65,535 values, which saves round trips; few rows in
/// prepared statements of sixteen, which saves the planning that a small insert mostly consists of.
#[macro_export]
macro_rules! insert_rows {
    ($conn:expr, $table:expr, $rows:expr) => {
        match $conn {
            #[cfg(feature = "postgres")]
            $crate::db::engine::connection::Conn::Postgres(conn) => {
                let (sixteens, rest) = if $rows.len() < 64 { $rows.as_chunks::<16>() } else { (&[][..], &$rows[..]) };
                for sixteen in sixteens {
                    diesel::insert_into($table).values(sixteen).execute(conn)?;
                }
                for some in rest.chunks(1_000) {
                    diesel::insert_into($table).values(some).execute(conn)?;
                }
                diesel::result::QueryResult::Ok(())
            }
            $crate::db::engine::connection::Conn::Sqlite(conn) => {
                $crate::in_prepared!(conn, diesel::insert_into($table), $rows)
            }
        }
    };
}

/// Runs an insert (or a replace) of a slice of rows on SQLite, eight at a time and the rest one by one: diesel caches a
/// prepared statement only if its number of rows is known at compile time, and if none of their values can be left out
/// (`treat_none_as_default_value = false`).
#[macro_export]
macro_rules! in_prepared {
    ($conn:expr, $insert:expr, $rows:expr) => {{
        let (eights, rest) = $rows.as_chunks::<8>();
        for eight in eights {
            $insert.values(eight).execute($conn)?;
        }
        for row in rest {
            $insert.values(row).execute($conn)?;
        }
        diesel::result::QueryResult::Ok(())
    }};
}

/// What a connection is for. One for reading cannot write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Reading,
    Writing,
}

/// The memory for pages of the connection that writes to SQLite. That of a reader is smaller: it drops its pages whenever
/// something was written.
pub(super) const WRITER_CACHE_KIB: u32 = 8 << 10;
const READER_CACHE_KIB: u32 = 2 << 10;

/// Opens one connection to `url` that waits for the locks of others for `wait`, to the millisecond. With a `deadline`, a
/// server ends its statements and transactions by then; whatever it is for, a server that is gone is noticed.
#[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "SQLite has no server with deadlines"))]
pub fn open(url: &DatabaseUrl, purpose: Purpose, wait: Duration, deadline: Option<Duration>) -> Result<Conn, Error> {
    // For PostgreSQL 0 means no limit; both accept at most 31 bits.
    let wait_ms = wait.as_millis().clamp(1, i32::MAX as u128);
    match url {
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => {
            let mut conn = diesel::PgConnection::establish(&deadlines::in_url(url, deadline.unwrap_or(wait)))?;
            conn.batch_execute(&format!("SET lock_timeout = {wait_ms}"))?;
            if let Some(deadline) = deadline {
                conn.batch_execute(&deadlines::of_session(deadline))?;
            }
            if purpose == Purpose::Reading {
                conn.batch_execute("SET default_transaction_read_only = on")?;
            }
            Ok(Conn::Postgres(conn))
        }
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(path)?;
            // FULL: an order that was acknowledged survives a power cut.
            conn.batch_execute(&format!(
                "PRAGMA busy_timeout = {wait_ms}; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; \
                 PRAGMA temp_store = MEMORY;",
            ))?;
            conn.batch_execute(&match purpose {
                Purpose::Reading => format!("PRAGMA query_only = ON; PRAGMA cache_size = -{READER_CACHE_KIB}"),
                Purpose::Writing => format!("PRAGMA journal_mode = WAL; PRAGMA cache_size = -{WRITER_CACHE_KIB}"),
            })?;
            Ok(Conn::Sqlite(conn))
        }
    }
}
