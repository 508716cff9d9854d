//! Disconnects a store from its marketplace. The quantities that the marketplace shows are not changed.

use crate::{
    db::{
        Conn, QueryResult,
        stores::{connections, pushes},
    },
    domain::code::StoreCode,
};

/// Deletes the connection and the acknowledged quantities. If a push is in flight, its response is ignored.
pub fn run(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    pushes::lock_skus_of(conn, store)?;
    connections::delete(conn, store)
}
