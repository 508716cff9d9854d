//! Takes a store off its marketplace. What it shows there stays as it is.

use crate::{
    db::{
        Conn, QueryResult,
        stores::{connections, pushes},
    },
    domain::code::StoreCode,
};

/// Forgets how `store` is reached, and what it acknowledged. An answer that is on its way is not kept.
///
/// # Errors
/// When the database fails.
pub fn run(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    pushes::lock_skus_of(conn, store)?;
    connections::delete(conn, store)
}
