//! Deletes what sellers permitted, with its tokens, if nobody saved it in time, and the permissions that nobody came back from.

use crate::{
    db::{self, Database, stores::authorizations},
    domain::moment::Moment,
};

/// Returns how many were deleted.
pub async fn run_once(database: &Database, now: Moment) -> Result<usize, db::Error> {
    if !database.read(move |conn| authorizations::is_any_old(conn, now)).await? {
        return Ok(0);
    }
    database.write(move |conn| authorizations::delete_old(conn, now)).await
}
