//! Notes that a program fetched the quantities of a store that is reached by a file.

use crate::{
    db::{Conn, QueryResult, stores::connections},
    domain::{code::StoreCode, moment::Moment},
};

/// Keeps that `store` was fetched at `at`, if it is reached by a file. Nothing is acknowledged by that: nobody knows what
/// the program does with it, and when.
///
/// # Errors
/// When the database fails.
pub fn run(conn: &mut Conn, store: &StoreCode, at: Moment) -> QueryResult<()> {
    let Some(mut connection) = connections::lock(conn, store)?.filter(|connection| !connection.kind.is_pushed()) else {
        return Ok(());
    };
    connection.last_push_at = connection.last_push_at.max(Some(at));
    connections::update(conn, &connection)
}
