//! Applies rows of a file that maps listings to the ids of their marketplaces:
//! `store,sku,seller_sku,item_id,variant_id`.

use super::{
    import_components::{self, Made},
    import_rows::{Applied, columns_in, unknown_store},
};
use crate::{
    actions::stores::{
        map_listings::{self, Mapping},
        pause_store,
    },
    csv_file::{Cells, Header, Row},
    db::{
        Conn, QueryResult,
        stores::{self, Stores},
    },
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        imports::import::{ImportKind, Imported},
        stores::{
            connection::ConnectorKind,
            mapping::{IdField, ListingIds},
        },
    },
};
use std::collections::{BTreeSet, HashMap};

/// Applies the valid rows and returns for each row what was done or how to fix it.
pub fn run(conn: &mut Conn, cause: &Cause, header: &Header, rows: &[Row]) -> QueryResult<Applied> {
    let says_more = |row: &&Row| {
        header.position(import_components::COLUMN).is_some() && !import_components::is_mapping(header, row)
    };
    let (with_components, mappings): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(says_more);
    let Made { results: made, changed } = import_components::run(conn, cause, header, &with_components)?;
    let mut made = made.into_iter();
    let mut mapped = map(conn, header, &mappings)?.into_iter();
    for (store, changed) in changed {
        pause_store::if_much_changes(conn, cause, &store, changed)?;
    }
    let mut results = Vec::with_capacity(rows.len());
    for row in rows {
        let of_part = if says_more(&row) { made.next() } else { mapped.next() };
        results.push(of_part.expect("a result for every row"));
    }
    Ok(Applied::of(results))
}

/// Maps the listings of rows that say nothing of their components.
fn map(conn: &mut Conn, header: &Header, rows: &[&Row]) -> QueryResult<Vec<Result<Imported, String>>> {
    let stores = stores::all(conn)?;
    let kinds = kinds(conn, header, rows)?;
    let parsed: Vec<Result<Mapping, String>> = rows.iter().map(|row| parse(&stores, &kinds, header, row)).collect();
    let mappings: Vec<Mapping> = parsed.iter().filter_map(|row| row.as_ref().ok().cloned()).collect();
    let mut saved = map_listings::run(conn, &mappings)?.into_iter();
    let mut results = Vec::with_capacity(rows.len());
    for row in parsed {
        results.push(match row {
            Err(problems) => Err(problems),
            Ok(mapping) => match saved.next().expect("a result for every mapping") {
                Ok(true) if has_no_product(&kinds, &mapping) => Ok(Imported::Unmapped),
                Ok(true) => Ok(Imported::Created),
                Ok(false) => Ok(Imported::Known),
                Err(refusal) => Err(refusal.to_string()),
            },
        });
    }
    Ok(results)
}

/// Whether the mapping leaves a listing without the ids that its marketplace needs.
fn has_no_product(kinds: &HashMap<StoreCode, ConnectorKind>, mapping: &Mapping) -> bool {
    let kind = kinds[&mapping.store];
    kind.needs_item_id() && mapping.ids.product(kind).is_none()
}

/// The connector kinds of the stores in `rows`.
fn kinds(conn: &mut Conn, header: &Header, rows: &[&Row]) -> QueryResult<HashMap<StoreCode, ConnectorKind>> {
    let named = rows.iter().filter_map(|row| StoreCode::parse(header.cell(row, "store")).ok());
    let mut kinds = HashMap::new();
    for code in named.collect::<BTreeSet<_>>() {
        if let Some(kind) = stores::kind_of(conn, &code)? {
            kinds.insert(code, kind);
        }
    }
    Ok(kinds)
}

/// The mapping of a row, or all problems of the row. The store's kind decides which ids are valid, so a row with an
/// unknown store is refused before its ids are checked.
fn parse(
    stores: &Stores,
    kinds: &HashMap<StoreCode, ConnectorKind>,
    header: &Header,
    row: &Row,
) -> Result<Mapping, String> {
    let mut cells = Cells::new(&columns_in(ImportKind::Listings, header), header, row)?;
    let store = cells.identifier("store", StoreCode::parse);
    let sku = cells.identifier("sku", SkuCode::parse);
    let codes = IdField::ALL.map(|field| cells.identifier(field.as_str(), |_| Ok::<_, String>(())));
    let (Some(store), Some(sku)) = (store, sku) else { return cells.finish(None) };
    if codes.contains(&None) {
        return cells.finish(None);
    }
    let Some(kind) = kinds.get(&store) else {
        cells.add_problem("store", &unknown_store(&store, stores));
        return cells.finish(None);
    };
    let typed = IdField::ALL.map(|field| cells.cell(field.as_str()));
    let ids = ListingIds::parse(*kind, &sku, typed).map_err(|problems| {
        for (field, problem) in &problems {
            cells.add_problem(field.as_str(), problem);
        }
    });
    cells.finish(ids.ok().map(|ids| Mapping { sku, store, ids }))
}
