//! The rows of files of stock changes that were applied or wait for it. A change is known by a hash of what it says.

use crate::{
    db::{
        Conn,
        engine::schema::{import_changes, imports},
    },
    domain::{id::ImportId, moment::Moment},
    insert_rows,
};
use diesel::prelude::*;
use std::collections::BTreeSet;

/// Hashes that are looked for in one statement.
const LOOKED_FOR: usize = 500;

/// Makes transactions that compare files of stock changes wait for each other until this one ends: the same file may be sent
/// twice at once. Only inside [`crate::db::Database::write`]: on SQLite that has locked the whole file already.
pub fn lock(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => diesel::sql_query("SELECT pg_advisory_xact_lock(5471420)").execute(conn).map(drop),
        Conn::Sqlite(_) => Ok(()),
    }
}

/// Adds rows, each with its number in the file.
pub fn insert(conn: &mut Conn, id: ImportId, numbered: &[(i64, i64)]) -> QueryResult<()> {
    let mut rows = Vec::with_capacity(numbered.len());
    for (number, hash) in numbered {
        rows.push((
            import_changes::import_id.eq(id),
            import_changes::row_number.eq(*number),
            import_changes::change_hash.eq(*hash),
        ));
    }
    if rows.is_empty() { Ok(()) } else { insert_rows!(conn, import_changes::table, rows) }
}

/// Forgets a row that failed.
pub fn forget(conn: &mut Conn, id: ImportId, number: i64) -> QueryResult<()> {
    diesel::delete(import_changes::table.find((id, number))).execute(conn).map(drop)
}

/// Forgets the rows of imports that were made before `at`.
pub fn forget_before(conn: &mut Conn, at: Moment) -> QueryResult<()> {
    let old = imports::table.filter(imports::created_at.lt(at)).select(imports::id);
    diesel::delete(import_changes::table.filter(import_changes::import_id.eq_any(old))).execute(conn).map(drop)
}

/// The imports that have a row with one of `hashes`, the oldest first.
pub fn imports_with(conn: &mut Conn, hashes: &[i64]) -> QueryResult<BTreeSet<ImportId>> {
    let mut found = BTreeSet::new();
    for some in hashes.chunks(LOOKED_FOR) {
        let ids: Vec<ImportId> = import_changes::table
            .filter(import_changes::change_hash.eq_any(some))
            .select(import_changes::import_id)
            .distinct()
            .load(conn)?;
        found.extend(ids);
    }
    Ok(found)
}

/// The hashes of the rows of an import.
pub fn hashes_of(conn: &mut Conn, id: ImportId) -> QueryResult<Vec<i64>> {
    import_changes::table.filter(import_changes::import_id.eq(id)).select(import_changes::change_hash).load(conn)
}
