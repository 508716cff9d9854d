//! What SQLite needs to write a large file of rows at one rate from its beginning to its end.

use super::connection::{Conn, WRITER_CACHE_KIB as USUAL_CACHE_KIB};
use diesel::{QueryResult, connection::SimpleConnection};

/// The pages that a chunk of such a file changes: with less memory SQLite writes some of them several times.
const CACHE_KIB: u32 = 32 << 10;

/// How many pages of the log are copied into the database file at once. Pages that every chunk changes are copied once
/// for several chunks.
const CHECKPOINT_PAGES: u32 = 8_000;

/// The value that SQLite begins with.
const USUAL_CHECKPOINT_PAGES: u32 = 1_000;

/// Prepares the connection for more rows of a large file, or for other work again. PostgreSQL needs neither.
pub fn prepare(conn: &mut Conn, has_more: bool) -> QueryResult<()> {
    let (cache_kib, pages) =
        if has_more { (CACHE_KIB, CHECKPOINT_PAGES) } else { (USUAL_CACHE_KIB, USUAL_CHECKPOINT_PAGES) };
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => Ok(()),
        Conn::Sqlite(conn) => {
            conn.batch_execute(&format!("PRAGMA cache_size = -{cache_kib}; PRAGMA wal_autocheckpoint = {pages}"))
        }
    }
}
