//! Work inside a transaction that is undone, whatever it did, and whose result is kept.

use super::connection::Conn;
use diesel::{Connection, QueryResult, result::Error};

/// Runs `work` in a savepoint of the current transaction and rolls that back.
pub fn undone<T>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> QueryResult<T>) -> QueryResult<T> {
    let mut kept = None;
    #[expect(clippy::disallowed_methods, reason = "inside a transaction it begins a savepoint")]
    let ended = conn.transaction(|conn| -> QueryResult<()> {
        kept = Some(work(conn)?);
        Err(Error::RollbackTransaction)
    });
    match (kept, ended) {
        (Some(result), Err(Error::RollbackTransaction)) => Ok(result),
        (_, Err(error)) => Err(error),
        (_, Ok(())) => unreachable!("the savepoint always ends with an error"),
    }
}
