//! `/imports/{id}/failed-rows.csv`

use crate::{
    actions::write_failed_rows::{write_header, write_rows},
    csv_file::{CsvWriter, Header},
    db::{Database, imports},
    domain::id::ImportId,
    web::{
        error::{PageError, PageResult},
        visit::Visit,
    },
};
use actix_web::{
    HttpResponse,
    http::header::CONTENT_DISPOSITION,
    web::{Bytes, Path},
};
use futures_util::{Stream, stream};

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
    let import = found.ok_or(PageError::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"failed-rows.csv\""))
        .streaming(parts(visit.database().clone(), id, import.header())))
}

/// The file in parts, each read when the one before was sent.
fn parts(database: Database, id: ImportId, header: Header) -> impl Stream<Item = Result<Bytes, PageError>> {
    let first = written(|file| write_header(file, &header));
    let rest = stream::try_unfold((database, -1), move |(database, after)| {
        let header = header.clone();
        async move {
            let failures = database.read(move |conn| imports::failures(conn, id, after, PART_ROWS)).await?;
            let Some(last) = failures.last().map(|failure| failure.number) else { return Ok(None) };
            let part = written(|file| write_rows(file, &header, &failures));
            Ok(Some((part?, (database, last))))
        }
    });
    futures_util::StreamExt::chain(stream::once(async { first }), rest)
}

fn written(write: impl FnOnce(&mut CsvWriter<Vec<u8>>) -> std::io::Result<()>) -> Result<Bytes, PageError> {
    let mut file = CsvWriter::new(Vec::new());
    let part = write(&mut file).and_then(|()| file.finish());
    part.map(Bytes::from).map_err(|error| PageError::Fault(format!("failed rows could not be written: {error}")))
}
