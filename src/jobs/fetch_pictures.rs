//! Fetches the pictures that wait for it, each once, and makes thumbnails of them.

use super::runner::Run;
use crate::{
    db::{
        self, Database,
        catalogue::pictures::{self, Fetch, TRIES},
    },
    domain::{catalogue::picture::PictureAddress, moment::Moment},
    marketplaces::{
        HttpClient,
        picture::{FetchFailure, fetch},
    },
    thumbnail::{ORIGINAL_BYTES, Thumbnail},
};
use chrono::TimeDelta;
use futures_util::future::join_all;

/// How many are fetched at the same time.
const AT_ONCE: i64 = 4;

/// How long a server has for those that it has taken.
const LEASE: TimeDelta = TimeDelta::minutes(2);

/// The wait after a first failed try. It is eight times as long after each further one, so the last is some nine hours later.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(1);

pub async fn run_once(database: &Database, http: &HttpClient, now: Moment) -> Result<Run, db::Error> {
    if !database.read(move |conn| pictures::is_any_due(conn, now)).await? {
        return Ok(Run::Done);
    }
    let taken = database.write(move |conn| pictures::lease(conn, now, now.plus(LEASE), AT_ONCE)).await?;
    let results = join_all(taken.iter().map(|taken| thumbnail_at(http, &taken.address))).await;
    let results: Vec<(Fetch, Result<Thumbnail, FetchFailure>)> = taken.into_iter().zip(results).collect();
    let record = move |conn: &mut db::Conn| {
        for (fetch, result) in &results {
            match result {
                Ok(thumbnail) => pictures::fetched(conn, fetch, thumbnail, now)?,
                Err(failure) => pictures::failed(conn, fetch, &failure.to_string(), next_try(fetch, failure, now))?,
            }
        }
        Ok::<_, db::Error>(())
    };
    database.write(record).await?;
    Ok(Run::More)
}

async fn thumbnail_at(http: &HttpClient, address: &str) -> Result<Thumbnail, FetchFailure> {
    let address = PictureAddress::parse(address).map_err(|refusal| FetchFailure::ForGood(refusal.to_string()))?;
    let original = fetch(http, address.as_str(), ORIGINAL_BYTES).await?;
    let thumbnail = db::off_thread(move || Ok::<_, db::Error>(Thumbnail::of(&original))).await;
    match thumbnail {
        Ok(thumbnail) => thumbnail.map_err(|refusal| FetchFailure::ForGood(refusal.to_string())),
        Err(error) => Err(FetchFailure::ForNow(error.to_string())),
    }
}

/// When a picture that could not be fetched is tried again; `None` for never.
fn next_try(fetch: &Fetch, failure: &FetchFailure, now: Moment) -> Option<Moment> {
    match failure {
        FetchFailure::ForGood(_) => None,
        FetchFailure::ForNow(_) if fetch.tries + 1 >= TRIES => None,
        FetchFailure::ForNow(_) => {
            let wait = (0..fetch.tries).fold(FIRST_WAIT, |wait, _| wait * 8);
            Some(now.plus(wait))
        }
    }
}
