//! Takes a file in: its rows wait in the database until [`super::apply_import_chunk`] has applied them.

use crate::{
    clock::new_id,
    csv_file::{CsvReader, CsvRefusal, Row},
    db::{
        Conn, Failed, QueryResult,
        imports::{self, Import},
    },
    domain::{import::ImportKind, moment::Moment, text},
};
use std::io::Read;

/// Rows that are applied in one transaction: enough to make it cheap, few enough that others who want to write do not
/// notice.
pub const CHUNK_ROWS: usize = 1_000;

/// The most that the rows of a chunk have together, in bytes: a file of long rows does not fill the memory.
const CHUNK_BYTES: usize = 256 << 10;

/// A file to be imported.
#[derive(Debug, Clone)]
pub struct NewImport {
    /// What its rows are.
    pub kind: ImportKind,
    /// What it is called: see [`file_name`].
    pub file_name: String,
    /// Who imports it.
    pub actor: String,
}

/// What to call a file that somebody chose: the last part of its path, short, with nothing hidden in it.
#[must_use]
pub fn file_name(path: &str) -> String {
    let last = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let short: String = last.chars().take(100).collect();
    text::single_line("file name", &short, 100).unwrap_or_else(|_| "a file".to_owned())
}

/// Adds an import of `file`, which is read to its end, and keeps little of it in memory.
///
/// # Errors
/// A [`CsvRefusal`] when the file as a whole cannot be read, or the database.
pub fn run(conn: &mut Conn, new: &NewImport, now: Moment, file: impl Read) -> Result<Import, Failed<CsvRefusal>> {
    let NewImport { kind, file_name, actor } = new.clone();
    let mut reader = CsvReader::open(file).map_err(Failed::Refused)?;
    reader.header().check(kind.required_columns(), kind.columns()).map_err(Failed::Refused)?;
    let mut import = Import::new(new_id(now), kind, file_name, reader.header(), now, actor);
    imports::insert(conn, &import)?;
    let mut chunk = Chunk::default();
    while let Some(row) = reader.row().map_err(Failed::Refused)? {
        chunk.add(row);
        if chunk.is_full() {
            chunk.store(conn, &mut import)?;
        }
    }
    chunk.store(conn, &mut import)?;
    if import.rows_total == 0 {
        return Err(Failed::Refused(CsvRefusal::NoRows));
    }
    imports::save_progress(conn, &import)?;
    Ok(import)
}

/// Rows that are stored together.
#[derive(Default)]
struct Chunk {
    rows: Vec<Row>,
    bytes: usize,
}

impl Chunk {
    fn add(&mut self, row: Row) {
        self.bytes += row.cells.iter().map(String::len).sum::<usize>();
        self.rows.push(row);
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= CHUNK_ROWS || self.bytes >= CHUNK_BYTES
    }

    /// Stores the rows after those that `import` has, and begins anew.
    fn store(&mut self, conn: &mut Conn, import: &mut Import) -> QueryResult<()> {
        let Self { rows, bytes: _ } = std::mem::take(self);
        if rows.is_empty() {
            return Ok(());
        }
        imports::insert_chunk(conn, import.id, import.rows_total, &rows)?;
        import.rows_total += count(rows.len());
        Ok(())
    }
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).expect("a chunk has a few rows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_the_last_part_of_its_path() {
        for (path, name) in [
            ("catalogue.csv", "catalogue.csv"),
            ("C:\\fakepath\\11.11.csv", "11.11.csv"),
            ("../../etc/passwd", "passwd"),
            ("双十一.csv", "双十一.csv"),
            ("a\u{202E}vsc.csv", "a file"),
            ("", "a file"),
        ] {
            assert_eq!(file_name(path), name);
        }
        assert_eq!(file_name(&"x".repeat(500)).len(), 100);
    }
}
