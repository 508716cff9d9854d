//! Applies rows of a file of listings with the column `components`: `store,seller_sku,components`, and `item_id,variant_id`
//! where the file has them. Where it has both, a row whose components are one unit of the SKU in its column `sku`, as exports have it, maps
//! that SKU like a row of any other file of listings.

use super::import_rows::{columns_in, unknown_store};
use crate::{
    actions::stores::save_listings::{self, ListingInput, Saved},
    csv_file::{Cells, Header, Row},
    db::{
        Conn, QueryResult,
        stores::{self, Stores, fetches},
    },
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        imports::import::{ImportKind, Imported},
        stores::{components::Components, mapping::parse_seller_sku},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// The column that makes a file one of these.
pub const COLUMN: &str = "components";

/// Whether a row says nothing of its components but the SKU that it maps. Without the columns of the ids, a row maps nothing:
/// it would take the ids away.
pub fn is_mapping(header: &Header, row: &Row) -> bool {
    if ["item_id", "variant_id"].iter().any(|column| header.position(column).is_none()) {
        return false;
    }
    let components = header.cell(row, COLUMN);
    let sku = SkuCode::parse(header.cell(row, "sku"));
    match Components::parse(components) {
        Ok(components) => components.as_plain().is_some_and(|plain| sku.as_ref() == Ok(plain)),
        Err(_) => components.trim().is_empty() && sku.is_ok(),
    }
}

/// What was done.
pub struct Made {
    /// For each row, what was done or how to fix it.
    pub results: Vec<Result<Imported, String>>,
    /// How many listings of each store have other components now.
    pub changed: BTreeMap<StoreCode, usize>,
}

/// Applies the valid rows. If a listing is in several rows, the last one wins.
pub fn run(conn: &mut Conn, cause: &Cause, header: &Header, rows: &[&Row]) -> QueryResult<Made> {
    let stores = stores::all(conn)?;
    let mut results: Vec<Option<Result<Imported, String>>> = vec![None; rows.len()];
    let mut of_stores: BTreeMap<StoreCode, Vec<(usize, ListingInput)>> = BTreeMap::new();
    for (nth, row) in rows.iter().enumerate() {
        match parse(&stores, header, row) {
            Ok((store, input)) => of_stores.entry(store).or_default().push((nth, input)),
            Err(problems) => results[nth] = Some(Err(problems)),
        }
    }
    // In one order, before whatever else is locked.
    of_stores.keys().try_for_each(|store| fetches::lock(conn, store).map(drop))?;
    let mut changed: BTreeMap<StoreCode, usize> = BTreeMap::new();
    for (store, inputs) in of_stores {
        for batch in without_repetition(inputs) {
            let (places, batch): (Vec<usize>, Vec<ListingInput>) = batch.into_iter().unzip();
            let saved = save_listings::run(conn, cause, &store, &batch)?.expect("rows of other stores were refused");
            let count = saved.iter().filter(|saved| matches!(saved, Ok(Saved::Created | Saved::Updated))).count();
            *changed.entry(store.clone()).or_default() += count;
            for ((nth, input), saved) in places.into_iter().zip(&batch).zip(saved) {
                results[nth] = Some(match saved {
                    Ok(Saved::Unchanged) => Ok(Imported::Known),
                    Ok(Saved::Created | Saved::Updated) => match is_unmapped(conn, &store, &input.seller_sku)? {
                        true => Ok(Imported::Unmapped),
                        false => Ok(Imported::Created),
                    },
                    Err(refusal) => Err(refusal.to_string()),
                });
            }
        }
    }
    let results = results.into_iter().map(|result| result.expect("every row was tried")).collect();
    Ok(Made { results, changed })
}

/// Batches in which each listing is once, in the order of the rows.
fn without_repetition(inputs: Vec<(usize, ListingInput)>) -> Vec<Vec<(usize, ListingInput)>> {
    let mut batches: Vec<Vec<(usize, ListingInput)>> = vec![Vec::new()];
    let mut seen = BTreeSet::new();
    for (nth, input) in inputs {
        if !seen.insert(input.seller_sku.clone()) {
            seen = BTreeSet::from([input.seller_sku.clone()]);
            batches.push(Vec::new());
        }
        batches.last_mut().expect("there is one from the beginning").push((nth, input));
    }
    batches
}

/// Whether a listing has no ids and its marketplace needs some.
fn is_unmapped(conn: &mut Conn, store: &StoreCode, seller_sku: &str) -> QueryResult<bool> {
    let Some(kind) = stores::kind_of(conn, store)? else { return Ok(false) };
    let found = stores::listings::with_seller_skus(conn, store, &[seller_sku])?;
    Ok(found.iter().any(|listing| kind.needs_item_id() && listing.ids().product(kind).is_none()))
}

fn parse(stores: &Stores, header: &Header, row: &Row) -> Result<(StoreCode, ListingInput), String> {
    let mut cells = Cells::new(&columns_in(ImportKind::Listings, header), header, row)?;
    let store = cells.identifier("store", StoreCode::parse);
    let seller_sku = cells.identifier("seller_sku", parse_seller_sku);
    let components = cells.parse(COLUMN, Components::parse);
    let [item_id, variant_id] = ["item_id", "variant_id"].map(|column| {
        let id = cells.identifier(column, |text| Ok::<_, String>(text.trim().to_owned()));
        header.position(column).and(id)
    });
    if let Some(unknown) = store.as_ref().filter(|store| stores.get(store).is_none()) {
        cells.add_problem("store", &unknown_store(unknown, stores));
    }
    let parsed = match (store, seller_sku, components) {
        (Some(store), Some(seller_sku), Some(components)) => {
            Some((store, ListingInput { seller_sku, components, item_id, variant_id }))
        }
        _ => None,
    };
    cells.finish(parsed)
}
