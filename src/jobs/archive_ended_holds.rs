//! Takes the holds of sales that have ended out of the index of open ones, so that it stays as small as what runs. No
//! stock waits for it: a hold has ended when its time has come.

use crate::{
    db::{
        self, Database,
        promotions::{drafts, holds},
    },
    domain::moment::Moment,
};

/// Archives the holds that ended by `now`, with the edits of their sales, and returns how many there were.
///
/// # Errors
/// When the database fails: the holds are archived the next time.
pub async fn run_once(database: &Database, now: Moment) -> Result<usize, db::Error> {
    if !database.read(move |conn| holds::has_unsettled(conn, now)).await? {
        return Ok(0);
    }
    database
        .write(move |conn| {
            drafts::forget_edits(conn, now)?;
            holds::settle_ended(conn, now)
        })
        .await
}
