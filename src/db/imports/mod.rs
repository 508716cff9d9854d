//! Imports: the rows of a file are queued in chunks and applied; the rows that failed are stored with the reason.

pub mod changes;
pub mod questions;

use super::{
    Conn,
    engine::{
        paging::{Page, Place, at_place},
        schema::{import_chunks, import_failures, imports},
    },
};
use crate::{
    csv_file::{Header, Row},
    domain::{id::ImportId, imports::import::ImportKind, moment::Moment},
    insert_rows,
};
use diesel::{
    dsl::{exists, not},
    prelude::*,
    result::Error::DeserializationError,
};
use serde::{Serialize, de::DeserializeOwned};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = imports, treat_none_as_default_value = false)]
pub struct Import {
    pub id: ImportId,
    pub kind: ImportKind,
    pub file_name: String,
    /// The names of its columns, as JSON: see [`Self::header`].
    header: String,
    pub rows_total: i64,
    pub rows_done: i64,
    pub rows_created: i64,
    /// Rows about something that existed: it was updated, or was up to date.
    pub rows_updated: i64,
    pub rows_failed: i64,
    pub created_at: Moment,
    pub created_by: String,
    pub finished_at: Option<Moment>,
    pub orders_recorded: i64,
    pub orders_known: i64,
    pub units_recorded: i64,
    /// Orders among those recorded that stock did not cover, and the units that were missing.
    pub orders_short: i64,
    pub units_short: i64,
    /// Rows among those updated that were up to date.
    pub rows_unchanged: i64,
    /// Its rows are tried, and what they do is undone.
    pub is_check: bool,
    /// Sentences about the file, as JSON: see [`Self::notes`].
    notes: String,
    /// The SHA-256 of the rows of a file of differences.
    pub content_hash: Option<String>,
    /// Rows among those updated that leave a listing without the ids that it needs.
    pub rows_unmapped: i64,
}

/// The most notes of an import: the first ones say what the others would.
const NOTES: usize = 20;

impl Import {
    pub fn new(id: ImportId, kind: ImportKind, file_name: String, header: &Header, at: Moment, by: String) -> Self {
        Self {
            id,
            kind,
            file_name,
            header: to_json(header),
            rows_total: 0,
            rows_done: 0,
            rows_created: 0,
            rows_updated: 0,
            rows_failed: 0,
            created_at: at,
            created_by: by,
            finished_at: None,
            orders_recorded: 0,
            orders_known: 0,
            units_recorded: 0,
            orders_short: 0,
            units_short: 0,
            rows_unchanged: 0,
            is_check: false,
            notes: to_json(&[(); 0]),
            content_hash: None,
            rows_unmapped: 0,
        }
    }

    /// Rows about something that existed, but for those that took something from it.
    pub fn rows_known(&self) -> i64 {
        self.rows_updated - self.rows_unmapped
    }

    pub fn notes(&self) -> Vec<String> {
        serde_json::from_str(&self.notes).unwrap_or_else(|error| panic!("notes of import {}: {error}", self.id))
    }

    /// Adds sentences that it does not have yet, as long as there is room.
    pub fn add_notes(&mut self, more: Vec<String>) {
        if more.is_empty() {
            return;
        }
        let mut notes = self.notes();
        for note in more {
            if notes.len() < NOTES && !notes.contains(&note) {
                notes.push(note);
            }
        }
        self.notes = to_json(&notes);
    }

    pub fn header(&self) -> Header {
        serde_json::from_str(&self.header).unwrap_or_else(|error| panic!("header of import {}: {error}", self.id))
    }
}

/// One row that was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its number among the rows of the file, counted from 0.
    pub number: i64,
    pub row: Row,
    pub reason: String,
}

pub fn insert(conn: &mut Conn, import: &Import) -> QueryResult<()> {
    diesel::insert_into(imports::table).values(import).execute(conn).map(drop)
}

/// Queues rows; the first of them is number `first_row` of the file.
pub fn insert_chunk(conn: &mut Conn, id: ImportId, first_row: i64, rows: &[Row]) -> QueryResult<()> {
    diesel::insert_into(import_chunks::table)
        .values((
            import_chunks::import_id.eq(id),
            import_chunks::first_row.eq(first_row),
            import_chunks::body.eq(to_json(rows)),
        ))
        .execute(conn)
        .map(drop)
}

/// Locks an unfinished import until the transaction ends: the one of `id`, waiting if another transaction has it, or
/// else the oldest that no other transaction has locked. Not one that waits for an answer.
pub fn lock(conn: &mut Conn, id: Option<ImportId>) -> QueryResult<Option<Import>> {
    let unfinished =
        imports::table.filter(imports::finished_at.is_null()).filter(not(questions::IS_ASKED)).select(imports::id);
    let locked: Option<ImportId> = match (&mut *conn, id) {
        #[cfg(feature = "postgres")]
        (Conn::Postgres(conn), Some(id)) => unfinished.filter(imports::id.eq(id)).for_update().first(conn),
        #[cfg(feature = "postgres")]
        (Conn::Postgres(conn), None) => unfinished.order(imports::id).limit(1).for_update().skip_locked().first(conn),
        (Conn::Sqlite(conn), Some(id)) => unfinished.filter(imports::id.eq(id)).first(conn),
        (Conn::Sqlite(conn), None) => unfinished.order(imports::id).first(conn),
    }
    .optional()?;
    locked.map_or(Ok(None), |id| find(conn, id))
}

/// Takes the next rows of an import off the queue, with the number of the first.
pub fn take_chunk(conn: &mut Conn, id: ImportId) -> QueryResult<Option<(i64, Vec<Row>)>> {
    let next: Option<(i64, String)> = import_chunks::table
        .filter(import_chunks::import_id.eq(id))
        .order(import_chunks::first_row)
        .select((import_chunks::first_row, import_chunks::body))
        .first(conn)
        .optional()?;
    let Some((first_row, body)) = next else { return Ok(None) };
    let taken = diesel::delete(import_chunks::table.find((id, first_row))).execute(conn)?;
    assert_eq!(taken, 1, "the rows from {first_row} of import {id} were taken although it is locked");
    Ok(Some((first_row, from_json(&body)?)))
}

/// Replaces the queued rows of an import from number `first_row` on by some of them.
pub fn replace_chunk(conn: &mut Conn, id: ImportId, first_row: i64, rows: &[Row]) -> QueryResult<()> {
    let chunk = import_chunks::table.find((id, first_row));
    if rows.is_empty() {
        diesel::delete(chunk).execute(conn).map(drop)
    } else {
        diesel::update(chunk).set(import_chunks::body.eq(to_json(rows))).execute(conn).map(drop)
    }
}

pub fn save_progress(conn: &mut Conn, import: &Import) -> QueryResult<()> {
    diesel::update(imports::table.find(import.id))
        .set((
            imports::rows_total.eq(import.rows_total),
            imports::rows_done.eq(import.rows_done),
            imports::rows_created.eq(import.rows_created),
            imports::rows_updated.eq(import.rows_updated),
            imports::rows_failed.eq(import.rows_failed),
            imports::finished_at.eq(import.finished_at),
            imports::orders_recorded.eq(import.orders_recorded),
            imports::orders_known.eq(import.orders_known),
            imports::units_recorded.eq(import.units_recorded),
            imports::orders_short.eq(import.orders_short),
            imports::units_short.eq(import.units_short),
            imports::rows_unchanged.eq(import.rows_unchanged),
            imports::notes.eq(&import.notes),
            imports::content_hash.eq(&import.content_hash),
            imports::rows_unmapped.eq(import.rows_unmapped),
        ))
        .execute(conn)
        .map(drop)
}

pub fn insert_failures(conn: &mut Conn, id: ImportId, failures: &[Failure]) -> QueryResult<()> {
    let mut rows = Vec::with_capacity(failures.len());
    for Failure { number, row, reason } in failures {
        rows.push((
            import_failures::import_id.eq(id),
            import_failures::row_number.eq(*number),
            import_failures::line.eq(i64::try_from(row.line).unwrap_or(i64::MAX)),
            import_failures::cells.eq(to_json(&row.cells)),
            import_failures::reason.eq(reason.clone()),
        ));
    }
    insert_rows!(conn, import_failures::table, rows)
}

/// The first `limit` rows that failed after the one numbered `after` (-1 for the very first), in the file's order.
pub fn failures(conn: &mut Conn, id: ImportId, after: i64, limit: i64) -> QueryResult<Vec<Failure>> {
    let rows: Vec<(i64, i64, String, String)> = import_failures::table
        .filter(import_failures::import_id.eq(id))
        .filter(import_failures::row_number.gt(after))
        .order(import_failures::row_number)
        .limit(limit)
        .select((import_failures::row_number, import_failures::line, import_failures::cells, import_failures::reason))
        .load(conn)?;
    let mut failures = Vec::with_capacity(rows.len());
    for (number, line, cells, reason) in rows {
        let row = Row::new(line.unsigned_abs(), from_json(&cells)?);
        failures.push(Failure { number, row, reason });
    }
    Ok(failures)
}

/// The latest import, not a check, of a file with these rows.
pub fn find_by_content(conn: &mut Conn, content_hash: &str) -> QueryResult<Option<Import>> {
    imports::table
        .filter(imports::content_hash.eq(content_hash))
        .filter(imports::is_check.eq(false))
        .order(imports::id.desc())
        .select(Import::as_select())
        .first(conn)
        .optional()
}

pub fn find(conn: &mut Conn, id: ImportId) -> QueryResult<Option<Import>> {
    imports::table.find(id).select(Import::as_select()).first(conn).optional()
}

fn to_json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("texts and numbers are JSON")
}

fn from_json<T: DeserializeOwned>(text: &str) -> QueryResult<T> {
    serde_json::from_str(text).map_err(|error| DeserializationError(error.into()))
}

/// A page, the newest first. Ids sort by creation and are the keys of the page.
pub fn page(conn: &mut Conn, place: &Place) -> QueryResult<Page<Import>> {
    let query = imports::table.select(Import::as_select()).limit(Place::LIMIT).into_boxed();
    let query = at_place!(query, place, imports::id, newest first);
    Ok(Page::new(place, query.load(conn)?))
}

/// Whether any import has queued rows and waits for no answer.
pub fn has_unfinished(conn: &mut Conn) -> QueryResult<bool> {
    let unfinished = imports::table.filter(imports::finished_at.is_null()).filter(not(questions::IS_ASKED));
    diesel::select(exists(unfinished)).get_result(conn)
}
