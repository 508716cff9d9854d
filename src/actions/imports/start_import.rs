//! Takes a file in: its rows wait in the database until [`super::apply_import_chunk`] has applied them. Rows that are
//! applied together wait together.

use super::import_orders::{content_of, hash_of, key_of};
use crate::{
    clock::new_id,
    csv_file::{CsvReader, CsvRefusal, Header, Row},
    db::{
        Conn, Failed, QueryResult,
        imports::{self, Failure, Import},
    },
    domain::{imports::import::ImportKind, moment::Moment, orders::order::MAX_LINES, text},
};
use std::io::Read;

/// Rows that are applied in one transaction: enough to make it cheap, few enough that others who want to write do not
/// notice.
pub const CHUNK_ROWS: usize = 1_000;

/// The most that the rows of a chunk have together, in bytes: a file of long rows does not fill the memory.
const CHUNK_BYTES: usize = 256 << 10;

/// The most that the rows of an order have together, in bytes; as much as a body of the API.
const ORDER_BYTES: usize = 4 << 20;

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

/// Why a file was not taken in. Nothing of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartRefusal {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] CsvRefusal),
    /// The rows of an order stand in two places, and it cannot be told which of them are the order.
    #[error(
        "Put the rows of each order together and choose the file again: the order on line {again} stands on line \
         {first} as well, with other lines."
    )]
    TornOrder {
        /// The line on which it stands first.
        first: u32,
        /// The line on which it stands again.
        again: u32,
    },
}

/// Adds an import of `file`, which is read to its end, and keeps little of it in memory.
///
/// # Errors
/// A [`StartRefusal`] when the file as a whole cannot be taken in, or the database.
pub fn run(conn: &mut Conn, new: &NewImport, now: Moment, file: impl Read) -> Result<Import, Failed<StartRefusal>> {
    let NewImport { kind, file_name, actor } = new.clone();
    let refused = |refusal: CsvRefusal| Failed::Refused(StartRefusal::File(refusal));
    let mut reader = CsvReader::open(file).map_err(refused)?;
    reader.header().check(kind.required_columns(), kind.columns()).map_err(refused)?;
    let header = reader.header().clone();
    let import = Import::new(new_id(now), kind, file_name, &header, now, actor);
    imports::insert(conn, &import)?;
    let mut writer =
        ImportWriter { import, header, chunk: Chunk::default(), group: Group::default(), seen: Vec::new() };
    while let Some(row) = reader.row().map_err(refused)? {
        writer.add(conn, row)?;
    }
    writer.end_group(conn)?;
    writer.store_chunk(conn)?;
    let ImportWriter { mut import, seen, .. } = writer;
    if let Some(torn) = torn_order(seen) {
        return Err(Failed::Refused(torn));
    }
    if import.rows_total == 0 {
        return Err(refused(CsvRefusal::NoRows));
    }
    if import.rows_done == import.rows_total {
        import.finished_at = Some(now);
    }
    imports::save_progress(conn, &import)?;
    Ok(import)
}

/// Writes the rows of a file into the database while it is read.
struct ImportWriter {
    import: Import,
    header: Header,
    chunk: Chunk,
    group: Group,
    seen: Vec<Seen>,
}

/// Rows that are applied together or not at all: one of a catalogue, those of an order.
#[derive(Default)]
struct Group {
    /// The store and the number of the order.
    key: Option<(String, String)>,
    first_line: u64,
    rows: Vec<Row>,
    bytes: usize,
    /// It has more rows than an order may: all of them fail, also those that come.
    is_too_long: bool,
}

/// An order of the file: sixteen bytes for each are all that is remembered of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    key: u64,
    line: u32,
    content: u32,
}

impl ImportWriter {
    fn add(&mut self, conn: &mut Conn, row: Row) -> QueryResult<()> {
        let key = match self.import.kind {
            ImportKind::Catalogue | ImportKind::Listings => None,
            ImportKind::Orders => Some(key_of(&self.header, &row)),
        };
        let group = self.group.key.as_ref().map(|(store, number)| (store.as_str(), number.as_str()));
        if key.is_none() || key != group {
            let key = key.map(|(store, number)| (store.to_owned(), number.to_owned()));
            self.end_group(conn)?;
            self.group = Group { key, first_line: row.line, ..Group::default() };
        }
        self.group.bytes += bytes_of(&row);
        self.group.rows.push(row);
        if self.group.rows.len() > MAX_LINES || self.group.bytes > ORDER_BYTES {
            // What stands before it in the file comes first.
            self.store_chunk(conn)?;
            self.group.is_too_long = true;
            self.fail_group(conn)?;
        }
        Ok(())
    }

    /// Adds the rows of the group to those that wait.
    fn end_group(&mut self, conn: &mut Conn) -> QueryResult<()> {
        if let Some((store, number)) = &self.group.key {
            let content = if self.group.is_too_long { 0 } else { content_of(&self.header, &self.group.rows) };
            let line = u32::try_from(self.group.first_line).unwrap_or(u32::MAX);
            // Half of a hash tells two contents apart as well.
            self.seen.push(Seen { key: hash_of(&(store, number)), line, content: content as u32 });
        }
        if self.group.is_too_long {
            return self.fail_group(conn);
        }
        let Group { rows, bytes, .. } = std::mem::take(&mut self.group);
        self.chunk.rows.extend(rows);
        self.chunk.bytes += bytes;
        if self.chunk.is_full() { self.store_chunk(conn) } else { Ok(()) }
    }

    /// Stores the rows of the chunk after those that the import has, and begins anew.
    fn store_chunk(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let Chunk { rows, bytes: _ } = std::mem::take(&mut self.chunk);
        if rows.is_empty() {
            return Ok(());
        }
        imports::insert_chunk(conn, self.import.id, self.import.rows_total, &rows)?;
        self.import.rows_total += count(rows.len());
        Ok(())
    }

    /// Notes the rows of the group as failed: the order they are of is too long.
    fn fail_group(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let rows = std::mem::take(&mut self.group.rows);
        self.group.bytes = 0;
        let (first, failed) = (self.import.rows_total, count(rows.len()));
        let reason =
            || format!("Shorten the order to {MAX_LINES} rows of 4 MiB together: it has more, and was left out.");
        let failures: Vec<Failure> =
            (first..).zip(rows).map(|(number, row)| Failure { number, row, reason: reason() }).collect();
        self.import.rows_total += failed;
        self.import.rows_done += failed;
        self.import.rows_failed += failed;
        if failures.is_empty() { Ok(()) } else { imports::insert_failures(conn, self.import.id, &failures) }
    }
}

/// The first order whose rows stand apart and are not the same.
fn torn_order(mut seen: Vec<Seen>) -> Option<StartRefusal> {
    seen.sort_unstable();
    let mut pairs = seen.windows(2).filter_map(|pair| <[Seen; 2]>::try_from(pair).ok());
    let [first, again] = pairs.find(|[one, next]| one.key == next.key && one.content != next.content)?;
    Some(StartRefusal::TornOrder { first: first.line, again: again.line })
}

/// Rows that are stored together.
#[derive(Default)]
struct Chunk {
    rows: Vec<Row>,
    bytes: usize,
}

impl Chunk {
    fn is_full(&self) -> bool {
        self.rows.len() >= CHUNK_ROWS || self.bytes >= CHUNK_BYTES
    }
}

fn bytes_of(row: &Row) -> usize {
    row.cells.iter().map(String::len).sum()
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
