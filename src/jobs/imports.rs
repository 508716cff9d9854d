//! Applies the waiting rows of imports, one chunk in each run.

use super::runner::Run;
use crate::{
    actions::imports::apply_import_chunk,
    db::{self, Database},
    domain::moment::Moment,
};

/// Applies one chunk of the oldest import on which no other server works.
pub async fn run_once(database: &Database, now: Moment) -> Result<Run, db::Error> {
    if !database.read(db::imports::has_unfinished).await? {
        return Ok(Run::Done);
    }
    let applied = database.write(move |conn| apply_import_chunk::run(conn, None, now)).await?;
    Ok(if applied.is_some() { Run::More } else { Run::Done })
}
