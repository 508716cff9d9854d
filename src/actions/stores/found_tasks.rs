//! Does something with all that a marketplace lists in one state, some rows in a transaction.

use super::{
    accept_found::{self, Choice, Done},
    make_found_skus, pause_store,
};
use crate::{
    db::{
        Conn, Failed, QueryResult,
        stores::{
            fetches::{self, Task},
            found,
        },
    },
    domain::{
        catalogue::ledger::Cause,
        code::StoreCode,
        moment::Moment,
        stores::{found::FoundTask, start::MANY_MATCHES},
    },
};

/// Rows of one transaction.
const PART: i64 = 200;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskRefusal {
    #[error("Wait until it is done: {} is under way.", .0.label())]
    Busy(FoundTask),
}

/// Begins a task. If it changes much of a store that is pushed to, that waits until a person has seen what would change.
pub fn begin(conn: &mut Conn, cause: &Cause, store: &StoreCode, task: FoundTask) -> Result<(), Failed<TaskRefusal>> {
    if let Some(open) = fetches::task(conn, store)?.filter(|task| task.finished_at.is_none()) {
        return Err(Failed::Refused(TaskRefusal::Busy(open.task)));
    }
    let most = i64::try_from(MANY_MATCHES + 1).expect("a few");
    let rows = found::after(conn, store, Some(task.state()), None, most)?;
    pause_store::if_much_changes(conn, cause, store, rows.len())?;
    let task = Task {
        store: store.clone(),
        task,
        place: None,
        done: 0,
        refused: 0,
        actor: cause.actor.clone(),
        asked_at: cause.at,
        finished_at: None,
    };
    Ok(fetches::set_task(conn, &task)?)
}

/// Does a part of the oldest task. `false` if there is none that no other server works on.
pub fn run(conn: &mut Conn, now: Moment) -> QueryResult<bool> {
    let Some(mut task) = fetches::lock_task(conn)? else { return Ok(false) };
    let cause = Cause { actor: task.actor.clone(), at: now, reason: String::new() };
    let rows = found::after(conn, &task.store, Some(task.task.state()), task.place.as_deref(), PART)?;
    let keys: Vec<String> = rows.into_iter().map(|row| row.key).collect();
    match keys.last() {
        Some(last) => task.place = Some(last.clone()),
        None => task.finished_at = Some(now),
    }
    let store = task.store.clone();
    let Done { done, refused } = match task.task {
        FoundTask::AcceptMatched | FoundTask::AcceptSuggested => {
            let choices: Vec<Choice> = keys.into_iter().map(|key| Choice { key, sku: None }).collect();
            accept_found::run(conn, &cause, &store, &choices)?
        }
        FoundTask::MakeWithStock => make_found_skus::run(conn, &cause, &store, &keys, true)?,
        FoundTask::MakeWithoutStock => make_found_skus::run(conn, &cause, &store, &keys, false)?,
    };
    task.done += i64::try_from(done).unwrap_or(i64::MAX);
    task.refused += i64::try_from(refused).unwrap_or(i64::MAX);
    fetches::set_task(conn, &task)?;
    Ok(true)
}
