//! Sets aside what a marketplace lists and is not ours to sell, or takes it up again.

use crate::{
    db::{
        Conn, QueryResult,
        stores::{self, fetches, found, found_matches},
    },
    domain::code::StoreCode,
};

/// Returns how many rows were changed.
pub fn run(conn: &mut Conn, store: &StoreCode, keys: &[String], is_ignored: bool) -> QueryResult<usize> {
    let fetch = fetches::lock(conn, store)?;
    let Some(kind) = stores::kind_of(conn, store)? else { return Ok(0) };
    let mut rows = found::with_keys(conn, store, keys)?;
    rows.retain(|row| row.is_ignored != is_ignored);
    for row in &mut rows {
        row.is_ignored = is_ignored;
        row.note.clear();
    }
    let changed = rows.len();
    // So that rows with the same seller SKU count as they do now.
    found::save(conn, &rows)?;
    found_matches::refresh(conn, store, kind, rows, fetch.and_then(|fetch| fetch.complete_number()))?;
    Ok(changed)
}
