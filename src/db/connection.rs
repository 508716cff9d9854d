//! One connection to either database, and how to open it.

use super::{Error, url::DatabaseUrl};
use diesel::{Connection, SqliteConnection, connection::SimpleConnection, r2d2::R2D2Connection};

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
    url: DatabaseUrl,
    purpose: Purpose,
}

impl Manager {
    /// A manager of connections to `url`.
    #[must_use]
    pub fn new(url: DatabaseUrl, purpose: Purpose) -> Self {
        Self { url, purpose }
    }
}

impl diesel::r2d2::ManageConnection for Manager {
    type Connection = Conn;
    type Error = Error;

    fn connect(&self) -> Result<Conn, Error> {
        open(&self.url, self.purpose)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), Error> {
        Ok(conn.ping()?)
    }

    /// A panic inside a write leaves a transaction open: such a connection must not serve the next request.
    fn has_broken(&self, conn: &mut Conn) -> bool {
        conn.is_broken()
    }
}

/// Opens one connection to `url`.
///
/// # Errors
/// When the database cannot be reached or does not take the settings.
pub fn open(url: &DatabaseUrl, purpose: Purpose) -> Result<Conn, Error> {
    match url {
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => {
            let mut conn = diesel::PgConnection::establish(url)?;
            if purpose == Purpose::Reading {
                conn.batch_execute("SET default_transaction_read_only = on")?;
            }
            Ok(Conn::Postgres(conn))
        }
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(path)?;
            // FULL: an order that was answered survives a power cut. The caches are per connection.
            conn.batch_execute(
                "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; \
                 PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;",
            )?;
            match purpose {
                Purpose::Reading => conn.batch_execute("PRAGMA query_only = ON")?,
                Purpose::Writing => conn.batch_execute("PRAGMA journal_mode = WAL")?,
            }
            Ok(Conn::Sqlite(conn))
        }
    }
}
