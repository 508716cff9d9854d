//! Deletes the drifts of long ago.

use crate::{
    db::{self, Database, stores::drifts},
    domain::{moment::Moment, stores::look::DRIFTS_KNOWN},
};

pub async fn run_once(database: &Database, now: Moment) -> Result<(), db::Error> {
    let before = now.plus(-DRIFTS_KNOWN);
    if !database.read(move |conn| drifts::is_any_before(conn, before)).await? {
        return Ok(());
    }
    database.write(move |conn| drifts::trim(conn, before)).await
}
