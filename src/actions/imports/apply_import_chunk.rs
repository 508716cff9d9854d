//! Applies the next chunk of rows of an import. One transaction applies the rows, stores the failed ones, updates the
//! progress and deletes the chunk, so an interrupted import resumes where it stopped.

use super::{
    import_catalogue, import_listings, import_orders,
    import_rows::{Applied, OrderCount},
    import_stock_changes,
};
use crate::{
    csv_file::Row,
    db::{
        Conn, QueryResult,
        engine::{bulk, savepoint::undone},
        imports::{self, Failure, Import, changes},
    },
    domain::{
        catalogue::ledger::Cause,
        id::ImportId,
        imports::import::{ImportKind, Imported},
        moment::Moment,
    },
};

/// The chunks that a check tries together: rows are tried against what the rows before them did, as long as that does not
/// keep other writers waiting.
const CHECKED_CHUNKS: usize = 10;

/// Once a file has had so many rows applied it is large, and the next chunks are applied four at a time. A transaction
/// writes every page that it changes, and the entries of a SKU share pages: four times the rows write hardly more pages.
/// Other writers wait for a tenth of a second then.
const LARGE_ROWS: i64 = 10_000;
const CHUNKS_OF_LARGE: usize = 4;

/// Applies one chunk of the import `id`, or of the oldest import that no other server has locked. Returns the import
/// with its new progress, or `None` if no chunk is pending.
pub fn run(conn: &mut Conn, id: Option<ImportId>, now: Moment) -> QueryResult<Option<Import>> {
    let Some(mut import) = imports::lock(conn, id)? else { return Ok(None) };
    let chunks = take_chunks(conn, &import)?;
    let applied = if import.is_check {
        // What a row finds is what the rows before it left, so the chunks are tried one after another.
        undone(conn, |conn| apply_all(conn, &import, &chunks, now))?
    } else {
        apply_all(conn, &import, &chunks, now)?
    };
    for ((first_row, rows), applied) in chunks.into_iter().zip(applied) {
        count(&mut import, applied.orders);
        import.add_notes(applied.notes);
        store_results(conn, &mut import, first_row, rows, applied.results)?;
    }
    if import.rows_done == import.rows_total {
        import.finished_at = Some(now);
    }
    imports::save_progress(conn, &import)?;
    if import.rows_total >= LARGE_ROWS {
        bulk::prepare(conn, import.finished_at.is_none())?;
    }
    Ok(Some(import))
}

/// Rows with the number that the first of them has in the file.
type Chunk = (i64, Vec<Row>);

fn take_chunks(conn: &mut Conn, import: &Import) -> QueryResult<Vec<Chunk>> {
    let most = match import.is_check {
        true => CHECKED_CHUNKS,
        false if import.rows_done >= LARGE_ROWS => CHUNKS_OF_LARGE,
        false => 1,
    };
    let mut chunks = Vec::new();
    while chunks.len() < most {
        let Some(chunk) = imports::take_chunk(conn, import.id)? else { break };
        chunks.push(chunk);
    }
    let Import { id, rows_done, rows_total, .. } = import;
    assert!(!chunks.is_empty(), "import {id} has no chunk at row {rows_done} of {rows_total}");
    Ok(chunks)
}

fn apply_all(conn: &mut Conn, import: &Import, chunks: &[Chunk], now: Moment) -> QueryResult<Vec<Applied>> {
    chunks.iter().map(|(_, rows)| apply(conn, import, rows, now)).collect()
}

fn apply(conn: &mut Conn, import: &Import, rows: &[Row], now: Moment) -> QueryResult<Applied> {
    let reason = format!("Import of {}", import.file_name);
    let cause = Cause { actor: import.created_by.clone(), at: now, reason };
    match import.kind {
        ImportKind::Catalogue => import_catalogue::run(conn, &cause, &import.header(), rows),
        ImportKind::Orders => import_orders::run(conn, cause, &import.header(), rows),
        ImportKind::Listings => import_listings::run(conn, &cause, &import.header(), rows),
        ImportKind::StockChanges => import_stock_changes::run(conn, &cause, &import.header(), rows),
    }
}

fn count(import: &mut Import, orders: OrderCount) {
    let OrderCount { recorded, known, units, short, units_short } = orders;
    import.orders_recorded += recorded;
    import.orders_known += known;
    import.units_recorded += units;
    import.orders_short += short;
    import.units_short += units_short;
}

fn store_results(
    conn: &mut Conn,
    import: &mut Import,
    first_row: i64,
    rows: Vec<Row>,
    results: Vec<Result<Imported, String>>,
) -> QueryResult<()> {
    let mut failures = Vec::new();
    for ((number, row), result) in (first_row..).zip(rows).zip(results) {
        import.rows_done += 1;
        match result {
            Ok(Imported::Created) => import.rows_created += 1,
            Ok(Imported::Known) => import.rows_updated += 1,
            Ok(Imported::Unchanged) => {
                import.rows_updated += 1;
                import.rows_unchanged += 1;
            }
            Ok(Imported::Unmapped) => {
                import.rows_updated += 1;
                import.rows_unmapped += 1;
            }
            Err(reason) => {
                import.rows_failed += 1;
                if import.kind == ImportKind::StockChanges {
                    changes::forget(conn, import.id, number)?;
                }
                failures.push(Failure { number, row, reason });
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { imports::insert_failures(conn, import.id, &failures) }
}
