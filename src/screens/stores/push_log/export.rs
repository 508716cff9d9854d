//! `/push-log.csv`: what the filters of the list let through, however much, a batch at a time.

use super::list::PushesQuery;
use crate::{
    csv_file::CsvWriter,
    db::{
        Database,
        stores::{
            self,
            push_log::{self, Filter, Key, LoggedPush},
        },
    },
    web::{
        download,
        error::{PageError, PageResult},
        form::FormErrors,
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Bytes;
use std::io;

/// The columns. Times are in UTC.
const COLUMNS: [&str; 9] = ["at", "store", "sku", "from", "to", "why", "outcome", "answer", "request_id"];

/// Lines that are read at once.
const BATCH: i64 = 1_000;

/// The file, as far as it was sent.
struct Export {
    database: Database,
    filter: Filter,
    last: Option<Key>,
}

impl Export {
    /// The next rows, and the file after them; nothing when there are no more.
    async fn next(self) -> Result<Option<(Bytes, Self)>, PageError> {
        let (filter, last) = (self.filter.clone(), self.last);
        let lines = self.database.read(move |conn| push_log::after(conn, &filter, last, BATCH)).await?;
        let Some(last) = lines.last().map(Key::of) else { return Ok(None) };
        let rows = download::rows(|file| lines.iter().try_for_each(|line| write(file, line)))?;
        Ok(Some((rows, Self { last: Some(last), ..self })))
    }
}

/// Sends the file.
///
/// # Errors
/// When the database fails.
pub async fn show(visit: Visit, Query(query): Query<PushesQuery>) -> PageResult {
    let header = download::rows(|file| file.row(COLUMNS))?;
    let database = visit.database().clone();
    let stores = database.read(stores::all).await?;
    let filter = query.filter(&stores, &mut FormErrors::default());
    let export = Export { database, filter, last: None };
    Ok(download::csv("pushes.csv", header, export, Export::next))
}

fn write(file: &mut CsvWriter<impl io::Write>, line: &LoggedPush) -> io::Result<()> {
    let LoggedPush { id: _, at, store, sku, quantity_before, quantity, why, outcome, answer, request_id } = line;
    file.row([
        at.to_string().as_str(),
        store.as_str(),
        sku.as_str(),
        &quantity_before.map_or_else(String::new, |units| units.to_string()),
        &quantity.to_string(),
        why,
        outcome.as_str(),
        answer,
        request_id.as_deref().unwrap_or_default(),
    ])
}
