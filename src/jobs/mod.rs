//! The list of background jobs. No rule depends on a job: stock, for example, is free at the end of a sale whether or not
//! any job runs.

pub mod archive_ended_holds;
pub mod fetch_pictures;
pub mod forget_drifts;
pub mod forget_forms;
pub mod forget_hints;
pub mod forget_permissions;
pub mod found_tasks;
pub mod health;
pub mod imports;
pub mod match_lines;
pub mod order_queue;
pub mod record_time;
pub mod runner;
pub mod trim_push_log;
pub mod verify;

use crate::{
    clock::Clock,
    db::{self, Database},
    domain::moment::Moment,
    marketplaces::HttpClient,
};
use chrono::TimeDelta;
use futures_util::FutureExt;
use match_lines::Matcher;
use runner::{Job, Run, RunOnce, Wake};
use std::{sync::Arc, time::Duration};
use verify::Verifier;

#[derive(Debug, Clone, Copy)]
pub struct JobSettings {
    pub push_log_kept_for: TimeDelta,
    pub verify_every: TimeDelta,
}

/// Every job with a period. `imports` wakes the one that imports, and `http` fetches pictures.
pub fn all(
    database: &Database,
    clock: &Clock,
    imports: Arc<Wake>,
    http: &HttpClient,
    verifier: &Verifier,
    settings: JobSettings,
) -> Vec<Job> {
    let verifier = verifier.clone();
    let http = http.clone();
    let matcher = Arc::new(Matcher::new(database.clone()));
    let mut jobs = Vec::from(that_clean_up(database, clock, settings));
    jobs.extend([
        // The period is for imports that failed, and for those of a server that stopped.
        Job {
            wake: imports,
            ..every(
                "import rows",
                30,
                at_now(database, clock, |database, now| async move { imports::run_once(&database, now).await }),
            )
        },
        every(
            "accept found listings",
            2,
            at_now(database, clock, |database, now| async move { found_tasks::run_once(&database, now).await }),
        ),
        every(
            "fetch pictures",
            2,
            at_now(database, clock, move |database, now| {
                let http = http.clone();
                async move { fetch_pictures::run_once(&database, &http, now).await }
            }),
        ),
        every(
            "match lines of orders",
            10,
            at_now(database, clock, move |_, now| {
                let matcher = matcher.clone();
                async move { matcher.run_once(now).await }
            }),
        ),
        after_a_minute(
            "record the time",
            at_now(
                database,
                clock,
                |database, _| async move { record_time::run_once(&database).await.map(|()| Run::Done) },
            ),
        ),
        // Each run only checks whether the hours of the settings have passed since the last verification.
        after_a_minute(
            "verify",
            at_now(database, clock, move |_, _| {
                let verifier = verifier.clone();
                async move { verifier.run_once(settings.verify_every).await.map(|_| Run::Done) }
            }),
        ),
    ]);
    jobs
}

/// Those that delete what is not needed any more.
fn that_clean_up(database: &Database, clock: &Clock, settings: JobSettings) -> [Job; 3] {
    [
        every(
            "archive ended holds",
            60,
            at_now(database, clock, |database, now| async move {
                archive_ended_holds::run_once(&database, now).await.map(|_| Run::Done)
            }),
        ),
        every(
            "trim the push log",
            600,
            at_now(database, clock, move |database, now| async move {
                trim_push_log::run_once(&database, now, settings.push_log_kept_for).await.map(|_| Run::Done)
            }),
        ),
        every(
            "forget kept forms, permissions and messages",
            300,
            at_now(database, clock, |database, now| async move {
                forget_forms::run_once(&database, now).await?;
                forget_drifts::run_once(&database, now).await?;
                forget_permissions::run_once(&database, now).await?;
                forget_hints::run_once(&database, now).await.map(|_| Run::Done)
            }),
        ),
    ]
}

/// A job that begins with the server, and that nothing wakes.
fn every(name: &'static str, seconds: u64, run_once: RunOnce) -> Job {
    Job { name, every: Duration::from_secs(seconds), delay: Duration::ZERO, wake: Arc::default(), run_once }
}

/// A job of every minute whose first run is a minute after the start.
fn after_a_minute(name: &'static str, run_once: RunOnce) -> Job {
    Job { delay: Duration::from_secs(60), ..every(name, 60, run_once) }
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
