//! Applies the next chunk of rows of an import. One transaction applies the rows, stores the failed ones, updates the
//! progress and deletes the chunk, so an interrupted import resumes where it stopped.

use super::{import_catalogue, import_listings, import_orders};
use crate::{
    csv_file::Row,
    db::{
        Conn, QueryResult,
        imports::{self, Failure, Import},
    },
    domain::{
        catalogue::ledger::Cause,
        id::ImportId,
        imports::import::{ImportKind, Imported},
        moment::Moment,
    },
};

/// Applies one chunk of the import `id`, or of the oldest import that no other server has locked. Returns the import
/// with its new progress, or `None` if no chunk is pending.
pub fn run(conn: &mut Conn, id: Option<ImportId>, now: Moment) -> QueryResult<Option<Import>> {
    let Some(mut import) = imports::lock(conn, id)? else { return Ok(None) };
    match imports::take_chunk(conn, import.id)? {
        Some((first_row, rows)) => apply(conn, &mut import, first_row, rows, now)?,
        None => panic!("import {} has no chunk at row {} of {}", import.id, import.rows_done, import.rows_total),
    }
    if import.rows_done == import.rows_total {
        import.finished_at = Some(now);
    }
    imports::save_progress(conn, &import)?;
    Ok(Some(import))
}

/// `first_row` is the number of the first of `rows` in the file.
fn apply(conn: &mut Conn, import: &mut Import, first_row: i64, rows: Vec<Row>, now: Moment) -> QueryResult<()> {
    let reason = format!("Import of {}", import.file_name);
    let cause = Cause { actor: import.created_by.clone(), at: now, reason };
    let results = match import.kind {
        ImportKind::Catalogue => import_catalogue::run(conn, &cause, &import.header(), &rows)?,
        ImportKind::Orders => import_orders::run(conn, cause, &import.header(), &rows)?,
        ImportKind::Listings => import_listings::run(conn, &import.header(), &rows)?,
    };
    let mut failures = Vec::new();
    for ((number, row), result) in (first_row..).zip(rows).zip(results) {
        import.rows_done += 1;
        match result {
            Ok(Imported::Created) => import.rows_created += 1,
            Ok(Imported::Known) => import.rows_updated += 1,
            Err(reason) => {
                import.rows_failed += 1;
                failures.push(Failure { number, row, reason });
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { imports::insert_failures(conn, import.id, &failures) }
}
