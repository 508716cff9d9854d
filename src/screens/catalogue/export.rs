//! `/catalogue.csv`: the rows that the filters of the catalogue let through, however many, a batch at a time. Its
//! columns are those that an import of a catalogue reads, and the quantities.

use super::list::CatalogueQuery;
use crate::{
    csv_file::CsvWriter,
    db::{
        self, Database,
        catalogue::list::{self, Catalogue, Filter},
        engine::paging::Place,
        stores::Store,
    },
    domain::moment::Moment,
    web::{
        download,
        error::{PageError, PageResult},
        query::Query,
        visit::Visit,
    },
};
use std::io;

/// The columns before those of the stores.
const COLUMNS: [&str; 8] = ["sku", "name", "on_hand", "committed", "held", "buffer", "available_now", "stores"];

/// Sends the file.
///
/// # Errors
/// When the database fails. Once the file has begun, it breaks off, which browsers tell.
pub async fn show(visit: Visit, Query(query): Query<CatalogueQuery>) -> PageResult {
    let export = Export { database: visit.database().clone(), filter: query.filter(), now: visit.now };
    let mut first = export.read(Place::Start).await?;
    let stores = std::mem::take(&mut first.stores);
    let header = download::rows(|file| write_header(file, &stores))?;
    let start = (export, stores, Some(first));
    Ok(download::csv("catalogue.csv", header, start, |(export, stores, batch)| async {
        let Some(batch) = batch else { return Ok(None) };
        let rows = download::rows(|file| write_rows(file, &batch, &stores))?;
        let next = export.after(&batch).await?;
        Ok(Some((rows, (export, stores, next))))
    }))
}

/// What is exported: the rows as they are at one moment of the clock, read while the file is sent.
struct Export {
    database: Database,
    filter: Filter,
    now: Moment,
}

impl Export {
    async fn read(&self, place: Place) -> Result<Catalogue, PageError> {
        let (filter, now) = (self.filter.clone(), self.now);
        let read = move |conn: &mut db::Conn| list::read_batch(conn, &filter, &place, now);
        Ok(self.database.read(read).await?)
    }

    async fn after(&self, batch: &Catalogue) -> Result<Option<Catalogue>, PageError> {
        match batch.page.rows.last() {
            Some(last) if batch.page.has_next => self.read(Place::After(last.code.to_string())).await.map(Some),
            _ => Ok(None),
        }
    }
}

fn write_header(file: &mut CsvWriter<impl io::Write>, stores: &[Store]) -> io::Result<()> {
    file.row(COLUMNS.into_iter().chain(stores.iter().map(|store| store.code.as_str())))
}

fn write_rows(file: &mut CsvWriter<impl io::Write>, batch: &Catalogue, stores: &[Store]) -> io::Result<()> {
    batch.page.rows.iter().try_for_each(|row| {
        let position = batch.position(row);
        let numbers = [position.stock.on_hand, position.stock.committed, position.held(), position.stock.buffer];
        let numbers = numbers.into_iter().chain([position.shared()]).map(|units| units.to_string());
        let quantities = stores.iter().map(|store| row.quantity(&position, &store.code));
        let quantities = quantities.map(|quantity| quantity.map_or_else(String::new, |units| units.to_string()));
        let cells = [row.code.to_string(), row.name.clone()].into_iter().chain(numbers);
        file.row(cells.chain([row.joined_stores().to_owned()]).chain(quantities))
    })
}
