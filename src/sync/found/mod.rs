//! Reads what the marketplaces list for the stores, and matches it with the catalogue.
//!
//! A fetch of a store is read part by part ([`reading`]), and then all of it is matched ([`matching`]). How far it is is stored
//! with each part, in the same transaction: a server that stops loses one part at most, and any server goes on with it. Pushes
//! come first in the store's pace, and no more than a part is in memory.

mod matching;
mod reading;

use super::{access::Access, reader::Reading};
use crate::{
    db::{
        self, Conn, QueryResult,
        stores::{
            connections::{self, Connection},
            fetches::{self, Fetch},
        },
    },
    domain::{code::StoreCode, moment::Moment, stores::found::FetchPhase},
};
use chrono::TimeDelta;
use futures_util::FutureExt;

/// How long a server may take for a part before another may read it.
const LEASE: TimeDelta = TimeDelta::minutes(5);

pub const READING: Reading =
    Reading { what: "listings", due, read: |access, store| read_all(access, store).boxed_local() };

/// Whether a fetch can go on. One that cannot stays due, and goes on as soon as the connection is in order again.
fn can_go_on(fetch: &Fetch, connection: &Connection) -> bool {
    match fetch.phase {
        FetchPhase::Reading | FetchPhase::Done => connection.may_read_list(),
        // What was read is here.
        FetchPhase::Matching => true,
    }
}

/// The stores of which a part is to be read or matched at `now`.
fn due(conn: &mut Conn, now: Moment) -> QueryResult<Vec<StoreCode>> {
    let mut due = Vec::new();
    for fetch in fetches::due(conn, now)? {
        let connection = connections::find(conn, &fetch.store)?;
        if connection.is_some_and(|connection| can_go_on(&fetch, &connection)) {
            due.push(fetch.store);
        }
    }
    Ok(due)
}

/// Reads and matches what is due of a store.
pub async fn read_all(access: &Access, store: &StoreCode) -> Result<(), db::Error> {
    while read_part(access, store).await? {}
    Ok(())
}

/// Reads or matches one part. Returns whether the next one is due already.
pub async fn read_part(access: &Access, store: &StoreCode) -> Result<bool, db::Error> {
    let now = access.clock().now();
    let code = store.clone();
    let Some(fetch) = access.database().write(move |conn| lease(conn, &code, now)).await? else { return Ok(false) };
    match fetch.phase {
        FetchPhase::Reading => reading::run(access, fetch).await,
        FetchPhase::Matching | FetchPhase::Done => {
            access.database().write(move |conn| Ok::<_, db::Error>(matching::run(conn, fetch.clone(), now)?)).await
        }
    }
}

/// The next part of a store, if it is due, for this server alone. The next fetch begins when the one before it is done.
fn lease(conn: &mut Conn, store: &StoreCode, now: Moment) -> Result<Option<Fetch>, db::Error> {
    let Some(mut fetch) = fetches::lock(conn, store)?.filter(|fetch| fetch.due_at <= now) else { return Ok(None) };
    if !connections::find(conn, store)?.is_some_and(|connection| can_go_on(&fetch, &connection)) {
        return Ok(None);
    }
    if fetch.phase == FetchPhase::Done {
        fetch.begin(now);
    }
    fetch.due_at = now.plus(LEASE);
    fetches::update(conn, &fetch)?;
    Ok(Some(fetch))
}
