//! `/healthz` and `/readyz`: for whoever watches the server, and for a proxy that chooses between several. They need no
//! session and set no cookie, and name nothing of what is stored.

use crate::{
    db::{self, DatabaseUrl},
    jobs::health::JobsHealth,
    web::state::State,
};
use actix_web::{HttpResponse, http::StatusCode, web::Data};
use chrono::TimeDelta;
use serde::Serialize;
use std::{path::PathBuf, time::Duration};
use tokio::time;

/// The database answers within this time, or is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// With less than this the next files and orders may not fit.
const FREE_BYTES: u64 = 64 << 20;

/// The process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// `ok`, or what is wrong.
#[derive(Serialize)]
struct Checks {
    database: String,
    disk: String,
    clock: String,
    jobs: String,
}

#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    checks: Checks,
}

const OK: &str = "ok";

/// Whether the server can do its work: 200 or 503, with what is wrong.
pub async fn ready(state: Data<State>, jobs: Data<JobsHealth>) -> HttpResponse {
    let compared = state.database.compared_clock();
    let shown = compared.map_or_else(|| state.clock.now(), |compared| compared.shown);
    let read = state.database.read(move |conn| Ok::<_, db::Error>(db::health::clock_ahead(conn, shown)?));
    let (database, clock) = match time::timeout(PATIENCE, read).await {
        Ok(Ok(ahead)) => {
            let off = compared.filter(|compared| compared.is_off);
            let ahead = off.map(|off| off.shown.since(off.expected)).or(ahead);
            (OK.to_owned(), clock_in_words(ahead, state.settings.clock_bound))
        }
        Ok(Err(_)) => ("it cannot be read".to_owned(), "not known".to_owned()),
        Err(_) => (format!("no answer in {} s", PATIENCE.as_secs()), "not known".to_owned()),
    };
    let checks = Checks { database, clock, disk: disk(&state), jobs: jobs.in_words() };
    let is_ready = [&checks.database, &checks.clock, &checks.disk, &checks.jobs].iter().all(|check| *check == OK);
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let words = if is_ready { "ready" } else { "not_ready" };
    HttpResponse::build(status).json(Readiness { status: words, checks })
}

fn clock_in_words(ahead: Option<TimeDelta>, bound: Duration) -> String {
    let Some(ahead) = ahead.filter(|ahead| ahead.abs().to_std().is_ok_and(|off| off > bound)) else {
        return OK.to_owned();
    };
    let direction = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
    format!("{} s {direction} the database's", (ahead.abs().num_milliseconds() + 500) / 1_000)
}

/// The file of the database and the uploads have room.
fn disk(state: &State) -> String {
    let mut folders = vec![std::env::temp_dir()];
    match &state.settings.database_url {
        DatabaseUrl::Sqlite(path) => {
            let folder = PathBuf::from(path).parent().map(PathBuf::from).unwrap_or_default();
            folders.push(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder });
        }
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(_) => {}
    }
    for folder in folders {
        match db::health::free_bytes(&folder) {
            Ok(free) if free >= FREE_BYTES => {}
            Ok(free) => return format!("{} MiB are free, and {} MiB are needed", free >> 20, FREE_BYTES >> 20),
            Err(error) => return format!("it cannot be written to: {error}"),
        }
    }
    OK.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_by_more_than_the_bound_is_said() {
        for (seconds, words) in [
            (None, "ok"),
            (Some(0), "ok"),
            (Some(60), "ok"),
            (Some(-60), "ok"),
            (Some(61), "61 s ahead of the database's"),
            (Some(-7200), "7200 s behind the database's"),
        ] {
            assert_eq!(clock_in_words(seconds.map(TimeDelta::seconds), Duration::from_secs(60)), words);
        }
    }
}
