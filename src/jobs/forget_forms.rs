//! Deletes the forms that were kept across a sign-in and are too old to be shown again.

use crate::{
    db::{self, Database, staff::kept_forms},
    domain::moment::Moment,
};

pub async fn run_once(database: &Database, now: Moment) -> Result<usize, db::Error> {
    let before = now.plus(-kept_forms::KEPT_FOR);
    if !database.read(move |conn| kept_forms::is_any_before(conn, before)).await? {
        return Ok(0);
    }
    database.write(move |conn| kept_forms::delete_before(conn, before)).await
}
