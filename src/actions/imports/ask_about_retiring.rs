//! An import of a catalogue that would take many listings off a store waits until a person has answered.

use super::import_catalogue;
use crate::{
    db::{
        Conn, QueryResult,
        imports::{self, Failure, Import, questions},
        stores::{self, listings},
    },
    domain::{
        code::StoreCode,
        imports::{import::ImportKind, many_retired::is_asked},
        moment::Moment,
    },
};
use std::collections::BTreeMap;

/// Why no row of a cancelled import was applied.
const CANCELLED: &str = "The import was cancelled.";

/// Asks if `import`, of which nothing was applied yet, would take off so many listings that a person should know. A check
/// changes nothing, so it has a note instead.
pub fn run(conn: &mut Conn, import: &mut Import) -> QueryResult<()> {
    match question(conn, import)? {
        None => Ok(()),
        Some(question) if import.is_check => {
            import.add_notes(vec![question]);
            Ok(())
        }
        Some(question) => questions::ask(conn, import.id, &question),
    }
}

fn question(conn: &mut Conn, import: &Import) -> QueryResult<Option<String>> {
    if import.kind != ImportKind::Catalogue {
        return Ok(None);
    }
    let listed = listings::counts(conn)?;
    // A first catalogue takes nothing off, and need not be read twice.
    if !listed.values().any(|listed| is_asked(*listed, *listed)) {
        return Ok(None);
    }
    let retired = retired_of_stores(conn, import)?;
    let stores = stores::all(conn)?;
    let mut of_stores = Vec::new();
    for (store, retired) in retired {
        let listed = listed.get(&store).copied().unwrap_or(0);
        if is_asked(retired, listed) {
            of_stores.push(format!("{retired} of {listed} listings of {}", stores.name(&store)));
        }
    }
    if of_stores.is_empty() {
        return Ok(None);
    }
    Ok(Some(format!(
        "It takes off {}: their stores are set to 0 of them. A cell in the column stores that leaves a store out does that.",
        of_stores.join(", ")
    )))
}

/// How many listings of each store the rows take off.
fn retired_of_stores(conn: &mut Conn, import: &Import) -> QueryResult<BTreeMap<StoreCode, usize>> {
    let header = import.header();
    let mut retired: BTreeMap<StoreCode, usize> = BTreeMap::new();
    let mut after = -1;
    while let Some((first_row, rows)) = questions::rows_after(conn, import.id, after)? {
        after = first_row;
        let mut wanted = BTreeMap::new();
        for row in &rows {
            wanted.extend(import_catalogue::listings_in(&header, row));
        }
        for (sku, stores) in listings::plain_stores_of(conn, wanted.keys())? {
            for store in stores.into_iter().filter(|store| !wanted[&sku].contains(store)) {
                *retired.entry(store).or_default() += 1;
            }
        }
    }
    Ok(retired)
}

/// Lets the import go on. Returns whether it had asked.
pub fn go_on(conn: &mut Conn, import: &Import) -> QueryResult<bool> {
    questions::answer(conn, import.id)
}

/// Ends the import: every row of it fails, so that the file can be had again. Returns whether it had asked.
pub fn cancel(conn: &mut Conn, import: &Import, now: Moment) -> QueryResult<bool> {
    if !questions::answer(conn, import.id)? {
        return Ok(false);
    }
    let mut import = imports::lock(conn, Some(import.id))?.expect("an import that asked is not finished");
    while let Some((first_row, rows)) = imports::take_chunk(conn, import.id)? {
        let mut failures = Vec::with_capacity(rows.len());
        for (number, row) in (first_row..).zip(rows) {
            failures.push(Failure { number, row, reason: CANCELLED.to_owned() });
            import.rows_done += 1;
            import.rows_failed += 1;
        }
        imports::insert_failures(conn, import.id, &failures)?;
    }
    import.finished_at = Some(now);
    imports::save_progress(conn, &import)?;
    Ok(true)
}
