//! `/catalogue.csv`: every SKU that matches the filters of the catalogue, read and sent in batches. Its columns are those
//! that an import of a catalogue reads, and the quantity of each store.

use super::list::CatalogueQuery;
use crate::{
    csv_file::CsvWriter,
    db::{
        catalogue::list::{self, Catalogue},
        engine::paging::Place,
        stores::{self, Store},
    },
    web::{download, error::PageResult, query::Query, visit::Visit},
};
use std::io;

/// The columns before those of the stores.
const COLUMNS: [&str; 8] = ["sku", "name", "on_hand", "committed", "held", "buffer", "available_now", "stores"];

/// The column after those of the stores: the units on hand once more. When the file is imported, they tell whether the
/// stock has moved since.
const SHOWN: &str = "on_hand_shown";

pub async fn show(visit: Visit, Query(query): Query<CatalogueQuery>) -> PageResult {
    let database = visit.database().clone();
    let filter = query.filter();
    let now = visit.now;
    let stores = database.read(stores::all).await?;
    let of_stores = stores.iter().map(|store| store.code.as_str());
    let header = download::rows(|file| file.row(COLUMNS.into_iter().chain(of_stores).chain([SHOWN])))?;
    Ok(download::csv("catalogue.csv", header, Some(Place::Start), move |place| {
        let database = database.clone();
        let filter = filter.clone();
        let stores = stores.clone();
        async move {
            let Some(place) = place else { return Ok(None) };
            let batch = database.read(move |conn| list::read_batch(conn, &filter, &place, now)).await?;
            let rows = download::rows(|file| write_rows(file, &batch, &stores))?;
            let last = batch.page.rows.last().filter(|_| batch.page.has_next);
            Ok(Some((rows, last.map(|row| Place::After(row.code.to_string())))))
        }
    }))
}

fn write_rows(file: &mut CsvWriter<impl io::Write>, batch: &Catalogue, stores: &[Store]) -> io::Result<()> {
    for row in &batch.page.rows {
        let position = batch.position(row);
        let mut cells = vec![
            row.code.to_string(),
            row.name.clone(),
            position.stock.on_hand.to_string(),
            position.stock.committed.to_string(),
            position.held().to_string(),
            position.stock.buffer.to_string(),
            position.shared().to_string(),
            row.joined_stores().to_owned(),
        ];
        for store in stores {
            cells.push(row.quantity(&position, &store.code).map_or_else(String::new, |units| units.to_string()));
        }
        cells.push(position.stock.on_hand.to_string());
        file.row(cells)?;
    }
    Ok(())
}
