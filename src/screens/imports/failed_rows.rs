//! `/imports/{id}/failed-rows.csv`

use crate::{
    actions::imports::write_failed_rows::{write_header, write_rows},
    db::{Database, imports},
    domain::id::ImportId,
    web::{
        download,
        error::{PageError, PageResult},
        visit::Visit,
    },
};
use actix_web::web::Path;

/// Rows that are in memory at once.
const PART_ROWS: i64 = 1_000;

/// Sends the rows that failed as a file that can be mended and imported as it is: the columns they came in, and the
/// reason of each.
///
/// # Errors
/// [`PageError::NotFound`] when there is no import of that id, or when the database fails.
pub async fn download(visit: Visit, id: Path<String>) -> PageResult {
    let id: ImportId = id.parse().map_err(|_| PageError::NotFound)?;
    let found = visit.database().read(move |conn| imports::find(conn, id)).await?;
    let header = found.ok_or(PageError::NotFound)?.header();
    let first = download::rows(|file| write_header(file, &header))?;
    let start = (visit.database().clone(), -1);
    Ok(download::csv("failed-rows.csv", first, start, move |(database, after): (Database, i64)| {
        let header = header.clone();
        async move {
            let failures = database.read(move |conn| imports::failures(conn, id, after, PART_ROWS)).await?;
            let Some(last) = failures.last().map(|failure| failure.number) else { return Ok(None) };
            Ok(Some((download::rows(|file| write_rows(file, &header, &failures))?, (database, last))))
        }
    }))
}
