//! Notes that a test of a connection was answered: from then on the store may be resumed.

use crate::{
    db::{
        Conn, QueryResult,
        stores::connections::{self, Connection},
    },
    domain::moment::Moment,
};

/// Why a store is paused whose connection was tested and not resumed yet.
const TO_BE_RESUMED: &str = "It was tested and not resumed yet";

/// Notes that the connection was tested `at` that moment, unless it leads elsewhere by now.
pub fn run(conn: &mut Conn, tested: &Connection, at: Moment) -> QueryResult<()> {
    let Some(mut connection) = connections::lock(conn, &tested.store)? else { return Ok(()) };
    if !connection.is_reached_as(tested) {
        return Ok(());
    }
    connection.tested_at = Some(at);
    if connection.pause_reason.as_deref() == Some(connections::NOT_TESTED) {
        connection.pause_reason = Some(TO_BE_RESUMED.to_owned());
    }
    connections::update(conn, &connection)
}
