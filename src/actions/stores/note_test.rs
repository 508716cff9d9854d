//! Records that the test of a connection succeeded. After that the store may be resumed.

use crate::{
    db::{
        Conn, QueryResult,
        stores::connections::{self, Connection},
    },
    domain::moment::Moment,
};

/// `false` if the connection has changed since the test began: then the test says nothing about it.
pub fn run(conn: &mut Conn, tested: &Connection, at: Moment) -> QueryResult<bool> {
    let Some(mut connection) = connections::lock(conn, &tested.store)? else { return Ok(false) };
    if !connection.is_reached_as(tested) {
        return Ok(false);
    }
    connection.tested_at = Some(at);
    if connection.pause_reason.as_deref() == Some(connections::NOT_TESTED) {
        connection.pause_reason = Some(connections::NOT_RESUMED.to_owned());
    }
    connections::update(conn, &connection)?;
    Ok(true)
}
