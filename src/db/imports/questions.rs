//! Imports that ask before anything of them is applied.

use crate::{
    csv_file::Row,
    db::{
        Conn,
        engine::{
            schema::{import_chunks, import_questions},
            sql::{SqlText, sql},
        },
        imports::from_json,
    },
    domain::id::ImportId,
};
use diesel::{prelude::*, sql_types::Bool};

/// Whether a row of `imports` waits for an answer.
pub(super) const IS_ASKED: SqlText<Bool> =
    sql("EXISTS (SELECT 1 FROM import_questions q WHERE q.import_id = imports.id)");

pub fn ask(conn: &mut Conn, id: ImportId, question: &str) -> QueryResult<()> {
    diesel::insert_into(import_questions::table)
        .values((import_questions::import_id.eq(id), import_questions::question.eq(question)))
        .execute(conn)
        .map(drop)
}

pub fn find(conn: &mut Conn, id: ImportId) -> QueryResult<Option<String>> {
    import_questions::table.find(id).select(import_questions::question).first(conn).optional()
}

/// The imports that wait for an answer.
pub fn asked(conn: &mut Conn) -> QueryResult<Vec<ImportId>> {
    import_questions::table.select(import_questions::import_id).load(conn)
}

/// Lets the import go on. Returns whether it had asked.
pub fn answer(conn: &mut Conn, id: ImportId) -> QueryResult<bool> {
    diesel::delete(import_questions::table.find(id)).execute(conn).map(|deleted| deleted > 0)
}

/// The waiting rows of an import after row number `after` (-1 for the first), with the number of the first of them.
pub fn rows_after(conn: &mut Conn, id: ImportId, after: i64) -> QueryResult<Option<(i64, Vec<Row>)>> {
    let next: Option<(i64, String)> = import_chunks::table
        .filter(import_chunks::import_id.eq(id).and(import_chunks::first_row.gt(after)))
        .order(import_chunks::first_row)
        .select((import_chunks::first_row, import_chunks::body))
        .first(conn)
        .optional()?;
    next.map(|(first_row, body)| Ok((first_row, from_json(&body)?))).transpose()
}
