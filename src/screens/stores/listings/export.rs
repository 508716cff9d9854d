//! `/stores/{code}/listings.csv`: every listing that matches the filters of the page, read and sent in batches. The
//! first columns are those that an import of listings reads.

use super::ListingsQuery;
use crate::{
    csv_file::CsvWriter,
    db::{
        self,
        stores::{self, listing_list, listing_rows, listings::Listing},
    },
    domain::code::SkuCode,
    screens::stores::code_in,
    web::{
        download,
        error::{PageError, PageResult},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use std::{collections::HashMap, io};

const COLUMNS: [&str; 7] = ["store", "sku", "seller_sku", "item_id", "variant_id", "name", "components"];

pub async fn show(visit: Visit, code: Path<String>, Query(query): Query<ListingsQuery>) -> PageResult {
    let database = visit.database().clone();
    let store = code_in(&code)?;
    let of_store = store.clone();
    let kind = database.read(move |conn| stores::kind_of(conn, &of_store)).await?.ok_or(PageError::NotFound)?;
    let name = format!("listings-{store}.csv");
    let header = download::rows(|file| file.row(COLUMNS))?;
    let filter = query.filter();
    Ok(download::csv(&name, header, None, move |after| {
        let database = database.clone();
        let store = store.clone();
        let filter = filter.clone();
        async move {
            let read = move |conn: &mut db::Conn| {
                let rows = listing_list::batch(conn, &store, kind, &filter, after)?;
                let names = listing_list::names(conn, rows.iter().filter_map(|listing| listing.sku.as_ref()))?;
                let made_of = listing_rows::made_of(conn, &rows)?;
                Ok::<_, db::Error>((rows, names, made_of))
            };
            let (rows, names, made_of) = database.read(read).await?;
            let Some(last) = rows.last() else { return Ok(None) };
            let written =
                download::rows(|file| rows.iter().try_for_each(|row| write(file, row, &names, &made_of[&row.id])))?;
            Ok(Some((written, Some(listing_list::key(last, kind)))))
        }
    }))
}

fn write(
    file: &mut CsvWriter<impl io::Write>,
    listing: &Listing,
    names: &HashMap<SkuCode, String>,
    made_of: &str,
) -> io::Result<()> {
    let Listing { sku, store, seller_sku, item_id, variant_id, .. } = listing;
    file.row([
        store.as_str(),
        sku.as_ref().map_or("", SkuCode::as_str),
        seller_sku,
        item_id.as_deref().unwrap_or_default(),
        variant_id.as_deref().unwrap_or_default(),
        sku.as_ref().and_then(|sku| names.get(sku)).map_or("", String::as_str),
        made_of,
    ])
}
