//! Files that are sent in parts. Each part is made when the one before was sent, so that little of a file is in memory.

use super::error::PageError;
use crate::{
    csv_file::{BYTE_ORDER_MARK, CsvWriter},
    fault::log_fault,
};
use actix_web::{HttpResponse, http::header::CONTENT_DISPOSITION, web::Bytes};
use futures_util::{StreamExt, TryStreamExt, stream};

/// Sends a CSV file for people: its header, and then what `next` makes of one state after the other. When `next` fails the
/// response breaks off, and browsers show that the download failed.
pub fn csv<State, Next, Part>(name: &str, header: Bytes, state: State, next: Next) -> HttpResponse
where
    State: 'static,
    Next: FnMut(State) -> Part + 'static,
    Part: Future<Output = Result<Option<(Bytes, State)>, PageError>> + 'static,
{
    plain_csv(name, [BYTE_ORDER_MARK.as_bytes(), &header].concat().into(), state, next)
}

/// The same for programs, without a byte-order mark.
pub fn plain_csv<State, Next, Part>(name: &str, header: Bytes, state: State, next: Next) -> HttpResponse
where
    State: 'static,
    Next: FnMut(State) -> Part + 'static,
    Part: Future<Output = Result<Option<(Bytes, State)>, PageError>> + 'static,
{
    let rest = stream::try_unfold(state, next).inspect_err(|error| drop(log_fault(error)));
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(stream::iter([Ok(header)]).chain(rest))
}

/// Rows for people: see [`CsvWriter::new`].
pub fn rows(write: impl FnOnce(&mut CsvWriter<Vec<u8>>) -> std::io::Result<()>) -> Result<Bytes, PageError> {
    written(CsvWriter::new(Vec::new()), write)
}

/// Rows for programs: see [`CsvWriter::plain`].
pub fn plain_rows(write: impl FnOnce(&mut CsvWriter<Vec<u8>>) -> std::io::Result<()>) -> Result<Bytes, PageError> {
    written(CsvWriter::plain(Vec::new()), write)
}

fn written(
    mut file: CsvWriter<Vec<u8>>,
    write: impl FnOnce(&mut CsvWriter<Vec<u8>>) -> std::io::Result<()>,
) -> Result<Bytes, PageError> {
    let part = write(&mut file).and_then(|()| file.finish());
    part.map(Bytes::from).map_err(|error| PageError::Fault(format!("rows could not be written: {error}")))
}
