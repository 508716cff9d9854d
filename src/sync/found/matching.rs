//! Matches what was read with the catalogue, some rows at a time, and marks what was not read any more.

use crate::{
    db::{
        Conn, QueryResult,
        stores::{
            self,
            fetches::{self, EVERY, Fetch},
            found_matches,
        },
    },
    domain::{moment::Moment, stores::found::FetchPhase},
};

/// Returns whether the next part is due already.
pub(super) fn run(conn: &mut Conn, fetch: Fetch, now: Moment) -> QueryResult<bool> {
    if fetches::lock(conn, &fetch.store)?.as_ref() != Some(&fetch) {
        return Ok(false);
    }
    let Some(kind) = stores::kind_of(conn, &fetch.store)? else { return Ok(false) };
    let last = found_matches::refresh_part(conn, &fetch, kind, now)?;
    let is_done = last.is_none();
    let next = match last {
        Some(_) => Fetch { place: last, due_at: now, ..fetch },
        None => {
            Fetch { phase: FetchPhase::Done, place: None, finished_at: Some(now), due_at: now.plus(EVERY), ..fetch }
        }
    };
    fetches::update(conn, &next)?;
    Ok(!is_done)
}
