//! Applies rows of a file that says by what the marketplaces know listings: `store,sku,seller_sku,item_id,variant_id`.

use super::{
    import_rows::Cells,
    map_listings::{self, Mapping},
};
use crate::{
    csv_file::{Header, Row},
    db::{Conn, QueryResult},
    domain::{
        code::{SkuCode, StoreCode},
        import::{ImportKind, Imported},
        mapping::parse_id,
    },
};

/// Applies every row that can be, and answers for each: what was done, or what to do about it.
///
/// # Errors
/// When the database fails.
pub fn run(conn: &mut Conn, header: &Header, rows: &[Row]) -> QueryResult<Vec<Result<Imported, String>>> {
    let parsed: Vec<Result<Mapping, String>> = rows.iter().map(|row| parse(header, row)).collect();
    let mappings: Vec<Mapping> = parsed.iter().filter_map(|row| row.as_ref().ok().cloned()).collect();
    let mut saved = map_listings::run(conn, &mappings)?.into_iter();
    let answer = |row: Result<Mapping, String>| {
        row?;
        match saved.next().expect("an answer for every mapping") {
            Ok(true) => Ok(Imported::Created),
            Ok(false) => Ok(Imported::Known),
            Err(refusal) => Err(refusal.to_string()),
        }
    };
    Ok(parsed.into_iter().map(answer).collect())
}

/// What a row says, or everything that is wrong with it. A listing goes by the code of its SKU where none is said.
fn parse(header: &Header, row: &Row) -> Result<Mapping, String> {
    let mut cells = Cells::of(ImportKind::Listings, header, row)?;
    let store = cells.keep("store", StoreCode::parse);
    let sku = cells.keep("sku", SkuCode::parse);
    let seller_sku = cells.keep("seller_sku", |text| parse_id("seller SKU", text));
    let item_id = cells.keep("item_id", |text| parse_id("item id", text));
    let variant_id = cells.keep("variant_id", |text| parse_id("variant id", text));
    let mapping = || {
        let (sku, store) = (sku?, store?);
        let seller_sku = seller_sku?.unwrap_or_else(|| sku.as_str().to_owned());
        Some(Mapping { sku, store, seller_sku, item_id: item_id?, variant_id: variant_id? })
    };
    let mapping = mapping();
    cells.finish(mapping)
}
