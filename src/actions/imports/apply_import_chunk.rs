//! Applies the next rows of an import. The rows, those that failed, how far the import is, and the removal of the rows
//! from those that wait are one transaction: an import that is interrupted anywhere goes on where it was.

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

/// Applies one chunk at `now`: of the import of `id`, or else of the oldest that nobody is working on. Answers how far
/// that import is then; nothing when no rows wait.
///
/// # Errors
/// When the database fails; the rows wait as before.
pub fn run(conn: &mut Conn, id: Option<ImportId>, now: Moment) -> QueryResult<Option<Import>> {
    let Some(mut import) = imports::lock(conn, id)? else { return Ok(None) };
    match imports::take_chunk(conn, import.id)? {
        Some((first_row, rows)) => apply(conn, &mut import, first_row, rows, now)?,
        None => panic!("import {} waits at row {} of {}", import.id, import.rows_done, import.rows_total),
    }
    if import.rows_done == import.rows_total {
        import.finished_at = Some(now);
    }
    imports::save_progress(conn, &import)?;
    Ok(Some(import))
}

/// Applies `rows`, of which the first is number `first_row` of the file.
fn apply(conn: &mut Conn, import: &mut Import, first_row: i64, rows: Vec<Row>, now: Moment) -> QueryResult<()> {
    let reason = format!("Import of {}", import.file_name);
    let cause = Cause { actor: import.created_by.clone(), at: now, reason };
    let answers = match import.kind {
        ImportKind::Catalogue => import_catalogue::run(conn, &cause, &import.header(), &rows)?,
        ImportKind::Orders => import_orders::run(conn, cause, &import.header(), &rows)?,
        ImportKind::Listings => import_listings::run(conn, &import.header(), &rows)?,
    };
    let mut failures = Vec::new();
    for ((number, row), answer) in (first_row..).zip(rows).zip(answers) {
        import.rows_done += 1;
        match answer {
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
