//! `/stores/{code}/listings.csv`: the mapping that the filters of the page let through, however much, a batch at a time. Its
//! first columns are those that an import of listings reads.

use super::ListingsQuery;
use crate::{
    csv_file::CsvWriter,
    db::{
        self, Database,
        stores::{
            self,
            listing_list::{self, Filter},
            listings::Listing,
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        stores::connection::ConnectorKind,
    },
    screens::stores::code_in,
    web::{
        download,
        error::{PageError, PageResult},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::{Bytes, Path};
use std::{collections::HashMap, io};

const COLUMNS: [&str; 6] = ["store", "sku", "seller_sku", "item_id", "variant_id", "name"];

/// A file to be sent.
struct Export {
    database: Database,
    store: StoreCode,
    kind: ConnectorKind,
    filter: Filter,
    /// The key of the last row.
    last: Option<String>,
}

impl Export {
    /// The next rows, and the file after them; nothing when there are no more.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, PageError> {
        let (store, kind, filter, last) = (self.store.clone(), self.kind, self.filter.clone(), self.last.take());
        let read = move |conn: &mut db::Conn| {
            let rows = listing_list::batch(conn, &store, kind, &filter, last)?;
            let names = listing_list::names(conn, rows.iter().map(|listing| &listing.sku))?;
            Ok::<_, db::Error>((rows, names))
        };
        let (rows, names) = self.database.read(read).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.last = Some(listing_list::key(last, kind));
        let written = download::rows(|file| rows.iter().try_for_each(|row| write(file, row, &names)))?;
        Ok(Some((written, self)))
    }
}

/// Sends the file.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn show(visit: Visit, code: Path<String>, Query(query): Query<ListingsQuery>) -> PageResult {
    let (database, store) = (visit.database().clone(), code_in(&code)?);
    let of_store = store.clone();
    let kind = database.read(move |conn| stores::kind_of(conn, &of_store)).await?.ok_or(PageError::NotFound)?;
    let name = format!("listings-{store}.csv");
    let header = download::rows(|file| file.row(COLUMNS))?;
    let export = Export { database, store, kind, filter: query.filter(), last: None };
    Ok(download::csv(&name, header, export, Export::next))
}

fn write(file: &mut CsvWriter<impl io::Write>, listing: &Listing, names: &HashMap<SkuCode, String>) -> io::Result<()> {
    let Listing { sku, store, seller_sku, created_at: _, item_id, variant_id } = listing;
    let id = |id: &Option<String>| id.clone().unwrap_or_default();
    file.row([
        store.as_str(),
        sku.as_str(),
        seller_sku,
        &id(item_id),
        &id(variant_id),
        names.get(sku).map_or("", String::as_str),
    ])
}
