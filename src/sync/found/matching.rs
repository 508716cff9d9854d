//! Matches what was read with the catalogue, some rows at a time, and marks what was not read any more.

use crate::{
    db::{
        Conn, QueryResult,
        stores::{
            self,
            fetches::{self, Fetch},
            found_matches,
        },
    },
    domain::moment::Moment,
};

/// Returns whether the next part is due already.
pub(super) fn run(conn: &mut Conn, fetch: Fetch, now: Moment) -> QueryResult<bool> {
    if fetches::lock(conn, &fetch.store)?.as_ref() != Some(&fetch) {
        return Ok(false);
    }
    let Some(kind) = stores::kind_of(conn, &fetch.store)? else { return Ok(false) };
    let last = found_matches::refresh_part(conn, &fetch, kind, now)?;
    if last.is_none() {
        fetches::finish(conn, &fetch, now)?;
        return Ok(false);
    }
    fetches::update(conn, &Fetch { place: last, due_at: now, ..fetch })?;
    Ok(true)
}
