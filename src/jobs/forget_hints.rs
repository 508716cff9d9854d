//! Deletes what is known of messages of marketplaces whose orders were read long ago.

use crate::{
    db::{self, Database, stores::order_hints},
    domain::{moment::Moment, stores::pull::MESSAGES_KNOWN},
};

/// Returns how many were deleted.
pub async fn run_once(database: &Database, now: Moment) -> Result<usize, db::Error> {
    let before = now.plus(-MESSAGES_KNOWN);
    if !database.read(move |conn| order_hints::is_any_read_before(conn, before)).await? {
        return Ok(0);
    }
    database.write(move |conn| order_hints::trim(conn, before)).await
}
