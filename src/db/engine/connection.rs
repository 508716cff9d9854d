//! One connection to either database, and how to open it.

use super::{file::DatabaseFile, url::DatabaseUrl};
use crate::db::Error;
use diesel::{Connection, SqliteConnection, connection::SimpleConnection, r2d2::R2D2Connection};
use std::time::Duration;

/// One connection. The variant is chosen by the URL at run time; queries are written once, for both.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// A PostgreSQL server.
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
    /// An SQLite file. Last, because it would take any text for a path.
    Sqlite(SqliteConnection),
}

/// Runs the same body with the concrete connection of either database, for what diesel cannot say for both at once:
/// inserts of many rows, and upserts.
#[macro_export]
macro_rules! on_db {
    ($conn:expr, |$concrete:ident| $body:expr) => {
        match $conn {
            #[cfg(feature = "postgres")]
            $crate::db::Conn::Postgres($concrete) => $body,
            $crate::db::Conn::Sqlite($concrete) => $body,
        }
    };
}

/// Inserts a slice of rows, in the way that each database is quickest at: SQLite with statements that are kept prepared,
/// PostgreSQL with as many rows at once as a statement may have values for (65,535), and with statements of sixteen that are
/// kept prepared where there are few: each spares a round trip and a plan.
#[macro_export]
macro_rules! insert_rows {
    ($conn:expr, $table:expr, $rows:expr) => {
        match $conn {
            #[cfg(feature = "postgres")]
            $crate::db::Conn::Postgres(conn) => {
                let (sixteens, rest) = if $rows.len() < 64 { $rows.as_chunks::<16>() } else { (&[][..], &$rows[..]) };
                sixteens
                    .iter()
                    .try_for_each(|sixteen| diesel::insert_into($table).values(sixteen).execute(conn).map(drop))
                    .and_then(|()| {
                        let mut rest = rest.chunks(1_000);
                        rest.try_for_each(|some| diesel::insert_into($table).values(some).execute(conn).map(drop))
                    })
            }
            $crate::db::Conn::Sqlite(conn) => $crate::in_prepared!(conn, diesel::insert_into($table), $rows),
        }
    };
}

/// Runs an insert (or a replace) of a slice of rows on SQLite, eight at a time and then each: diesel keeps a statement
/// prepared that has a number of rows which is known when the program is compiled.
#[macro_export]
macro_rules! in_prepared {
    ($conn:expr, $insert:expr, $rows:expr) => {{
        let (eights, rest) = $rows.as_chunks::<8>();
        eights
            .iter()
            .try_for_each(|eight| $insert.values(eight).execute($conn).map(drop))
            .and_then(|()| rest.iter().try_for_each(|row| $insert.values(row).execute($conn).map(drop)))
    }};
}

/// What a connection is for. One that reads is not able to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Pages and lists.
    Reading,
    /// Transactions that change something.
    Writing,
}

/// Opens connections for the pool.
#[derive(Debug)]
pub struct Manager {
    /// The database.
    pub url: DatabaseUrl,
    /// Its file, which has to be there: SQLite makes a missing one.
    pub(crate) file: DatabaseFile,
    /// What its connections are for.
    pub purpose: Purpose,
    /// How long they wait for a lock that another connection holds.
    pub wait: Duration,
}

/// A connection of the pool.
pub struct Pooled {
    /// The connection.
    pub conn: Conn,
    /// Whether its server is known to have hung up. Diesel does not notice that between two transactions, and the
    /// pool would hand it out again and again.
    pub is_lost: bool,
}

impl diesel::r2d2::ManageConnection for Manager {
    type Connection = Pooled;
    type Error = Error;

    fn connect(&self) -> Result<Pooled, Error> {
        self.file.check()?;
        Ok(Pooled { conn: open(&self.url, self.purpose, self.wait)?, is_lost: false })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Error> {
        Ok(pooled.conn.ping()?)
    }

    /// A panic inside a write leaves a transaction open: such a connection must not serve the next request.
    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.is_lost || pooled.conn.is_broken()
    }
}

/// Opens one connection to `url` that waits for the locks of others for `wait`, to the millisecond.
///
/// # Errors
/// When the database cannot be reached or does not take the settings.
pub fn open(url: &DatabaseUrl, purpose: Purpose, wait: Duration) -> Result<Conn, Error> {
    // PostgreSQL takes 0 for no limit; both take at most 31 bits.
    let wait_ms = wait.as_millis().clamp(1, i32::MAX as u128);
    match url {
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => {
            let mut conn = diesel::PgConnection::establish(url)?;
            conn.batch_execute(&format!("SET lock_timeout = {wait_ms}"))?;
            if purpose == Purpose::Reading {
                conn.batch_execute("SET default_transaction_read_only = on")?;
            }
            Ok(Conn::Postgres(conn))
        }
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(path)?;
            // FULL: an order that was answered survives a power cut. The caches are per connection.
            conn.batch_execute(&format!(
                "PRAGMA busy_timeout = {wait_ms}; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; \
                 PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;",
            ))?;
            match purpose {
                Purpose::Reading => conn.batch_execute("PRAGMA query_only = ON")?,
                Purpose::Writing => conn.batch_execute("PRAGMA journal_mode = WAL")?,
            }
            Ok(Conn::Sqlite(conn))
        }
    }
}

/// Lets `conn` sort in temporary files what is more than its cache, for work on all there is. PostgreSQL always does.
///
/// # Errors
/// When the database does not take the setting.
pub fn sort_on_disk(conn: &mut Conn) -> Result<(), Error> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => Ok(()),
        Conn::Sqlite(conn) => Ok(conn.batch_execute("PRAGMA temp_store = FILE")?),
    }
}
