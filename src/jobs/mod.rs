//! The list of background jobs. No rule depends on a job: stock, for example, is free at the end of a sale whether or not
//! any job runs.

pub mod archive_ended_holds;
pub mod forget_forms;
pub mod found_tasks;
pub mod health;
pub mod imports;
pub mod order_queue;
pub mod record_time;
pub mod runner;
pub mod trim_push_log;
pub mod verify;

use crate::{
    clock::Clock,
    db::{self, Database},
    domain::moment::Moment,
};
use chrono::TimeDelta;
use futures_util::FutureExt;
use runner::{Job, Run, RunOnce, Wake};
use std::{sync::Arc, time::Duration};
use verify::Verifier;

#[derive(Debug, Clone, Copy)]
pub struct JobSettings {
    pub push_log_kept_for: TimeDelta,
    pub verify_every: TimeDelta,
}

/// Every job with a period. `imports` wakes the one that imports.
pub fn all(
    database: &Database,
    clock: &Clock,
    imports: Arc<Wake>,
    verifier: &Verifier,
    settings: JobSettings,
) -> Vec<Job> {
    let verifier = verifier.clone();
    let mut jobs = asked_for(database, clock, imports);
    jobs.extend([
        Job {
            name: "archive ended holds",
            every: Duration::from_secs(60),
            delay: Duration::ZERO,
            wake: Arc::default(),
            run_once: at_now(database, clock, |database, now| async move {
                archive_ended_holds::run_once(&database, now).await.map(|_| Run::Done)
            }),
        },
        Job {
            name: "trim the push log",
            every: Duration::from_secs(600),
            delay: Duration::ZERO,
            wake: Arc::default(),
            run_once: at_now(database, clock, move |database, now| async move {
                trim_push_log::run_once(&database, now, settings.push_log_kept_for).await.map(|_| Run::Done)
            }),
        },
        Job {
            name: "forget kept forms",
            every: Duration::from_secs(300),
            delay: Duration::ZERO,
            wake: Arc::default(),
            run_once: at_now(database, clock, |database, now| async move {
                forget_forms::run_once(&database, now).await.map(|_| Run::Done)
            }),
        },
        Job {
            name: "record the time",
            every: Duration::from_secs(60),
            delay: Duration::from_secs(60),
            wake: Arc::default(),
            run_once: at_now(database, clock, |database, _| async move {
                record_time::run_once(&database).await.map(|()| Run::Done)
            }),
        },
        Job {
            name: "verify",
            // Each run only checks whether the hours of the settings have passed since the last verification.
            every: Duration::from_secs(60),
            delay: Duration::from_secs(60),
            wake: Arc::default(),
            run_once: at_now(database, clock, move |_, _| {
                let verifier = verifier.clone();
                async move { verifier.run_once(settings.verify_every).await.map(|_| Run::Done) }
            }),
        },
    ]);
    jobs
}

/// What staff have asked for, and is done in parts.
fn asked_for(database: &Database, clock: &Clock, imports: Arc<Wake>) -> Vec<Job> {
    vec![
        Job {
            name: "import rows",
            // The period is for imports that failed, and for those of a server that stopped.
            every: Duration::from_secs(30),
            delay: Duration::ZERO,
            wake: imports,
            run_once: at_now(database, clock, |database, now| async move { imports::run_once(&database, now).await }),
        },
        Job {
            name: "accept found listings",
            every: Duration::from_secs(2),
            delay: Duration::ZERO,
            wake: Arc::default(),
            run_once: at_now(
                database,
                clock,
                |database, now| async move { found_tasks::run_once(&database, now).await },
            ),
        },
    ]
}

/// Passes the database and the current time to each run.
fn at_now<Future>(
    database: &Database,
    clock: &Clock,
    run_once: impl Fn(Database, Moment) -> Future + 'static,
) -> RunOnce
where
    Future: std::future::Future<Output = Result<Run, db::Error>> + 'static,
{
    let database = database.clone();
    let clock = clock.clone();
    Box::new(move || run_once(database.clone(), clock.now()).boxed_local())
}
