//! Applies rows of a file that says by what the marketplaces know listings: `store,sku,seller_sku,item_id,variant_id`.

use super::import_rows::Cells;
use crate::{
    actions::stores::map_listings::{self, Mapping, MappingRefusal},
    csv_file::{Header, Row},
    db::{Conn, QueryResult, stores},
    domain::{
        code::{SkuCode, StoreCode},
        imports::import::{ImportKind, Imported},
        stores::{
            connection::ConnectorKind,
            mapping::{IdField, ListingIds},
        },
    },
};
use std::collections::{BTreeSet, HashMap};

/// Applies every row that can be, and answers for each: what was done, or what to do about it.
///
/// # Errors
/// When the database fails.
pub fn run(conn: &mut Conn, header: &Header, rows: &[Row]) -> QueryResult<Vec<Result<Imported, String>>> {
    let kinds = kinds(conn, header, rows)?;
    let parsed: Vec<Result<Mapping, String>> = rows.iter().map(|row| parse(&kinds, header, row)).collect();
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

/// How the stores that rows name are reached.
fn kinds(conn: &mut Conn, header: &Header, rows: &[Row]) -> QueryResult<HashMap<StoreCode, ConnectorKind>> {
    let named = rows.iter().filter_map(|row| StoreCode::parse(header.cell(row, "store")).ok());
    let mut kinds = HashMap::new();
    for code in named.collect::<BTreeSet<_>>() {
        if let Some(kind) = stores::kind_of(conn, &code)? {
            kinds.insert(code, kind);
        }
    }
    Ok(kinds)
}

/// What a row says, or what is wrong with it. What its ids have to be is known once the store is.
fn parse(kinds: &HashMap<StoreCode, ConnectorKind>, header: &Header, row: &Row) -> Result<Mapping, String> {
    let mut cells = Cells::of(ImportKind::Listings, header, row)?;
    let store = cells.keep("store", StoreCode::parse);
    let sku = cells.keep("sku", SkuCode::parse);
    let (Some(store), Some(sku)) = (store, sku) else { return cells.finish(None) };
    let Some(kind) = kinds.get(&store) else {
        return Err(MappingRefusal::NotListed { sku, store }.to_string());
    };
    let typed = IdField::ALL.map(|field| cells.cell(field.as_str()));
    let ids = ListingIds::parse(*kind, &sku, typed).map_err(|problems| {
        problems.iter().for_each(|(field, problem)| cells.refuse(field.as_str(), problem));
    });
    cells.finish(ids.ok().map(|ids| Mapping { sku, store, ids }))
}
