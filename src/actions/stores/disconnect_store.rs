//! Disconnects a store from its marketplace. The quantities that the marketplace shows are not changed, those of retiring
//! listings neither: they go at once.

use super::leave_listings;
use crate::{
    db::{
        Conn, QueryResult,
        stores::{connections, pushes},
    },
    domain::{catalogue::ledger::Cause, code::StoreCode},
};

/// Deletes the connection and the acknowledged quantities. If a push is in flight, its response is ignored.
pub fn run(conn: &mut Conn, cause: &Cause, store: &StoreCode) -> QueryResult<()> {
    pushes::lock_skus_of(conn, store)?;
    leave_listings::all_of(conn, cause, store)?;
    connections::delete(conn, store)
}
