//! Records that an API client fetched the quantities of a store whose connection kind is a file.

use crate::{
    db::{Conn, QueryResult, stores::connections},
    domain::{code::StoreCode, moment::Moment},
};

/// Does nothing for other kinds of connections. A fetch acknowledges no quantity: whether and when the client uploads
/// the quantities to the marketplace is unknown.
pub fn run(conn: &mut Conn, store: &StoreCode, at: Moment) -> QueryResult<()> {
    let Some(mut connection) = connections::lock(conn, store)?.filter(|connection| !connection.kind.is_pushed()) else {
        return Ok(());
    };
    connection.last_push_at = connection.last_push_at.max(Some(at));
    connections::update(conn, &connection)
}
