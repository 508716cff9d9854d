//! Works on what staff asked for all found listings of a store, a part in each run.

use super::runner::Run;
use crate::{
    actions::stores::found_tasks,
    db::{self, Database, stores::fetches},
    domain::moment::Moment,
};

pub async fn run_once(database: &Database, now: Moment) -> Result<Run, db::Error> {
    if !database.read(fetches::has_task).await? {
        return Ok(Run::Done);
    }
    let is_any = database.write(move |conn| Ok::<_, db::Error>(found_tasks::run(conn, now)?)).await?;
    Ok(if is_any { Run::More } else { Run::Done })
}
