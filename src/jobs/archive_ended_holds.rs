//! Takes the holds of ended sales out of the index of open holds, so that the index stays small. No stock waits for it: a
//! hold ends by the clock.

use crate::{
    db::{
        self, Database,
        promotions::{drafts, holds},
    },
    domain::moment::Moment,
};

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
