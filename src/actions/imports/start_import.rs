//! Starts an import: stores the rows of a file in chunks, which [`super::apply_import_chunk`] applies later. Rows that
//! must be applied together, those of an order, are stored in the same chunk.

use super::{
    ask_about_retiring,
    import_orders::{content_of, goes_on, hash_of, key_of},
    import_rows::columns_in,
    repeated_changes,
    several_rows::SeveralRows,
};
use crate::{
    clock::new_id,
    csv_file::{CsvRefusal, Header, Row, Rows, Table, is_damaged},
    db::{
        Conn, Failed, QueryResult,
        imports::{self, Failure, Import},
        stores::{self, Stores},
    },
    domain::{imports::import::ImportKind, moment::Moment, orders::order::MAX_LINES, text},
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, io::Read};

/// Rows that are applied in one transaction: enough to make a row cheap, few enough that other writers do not have to
/// wait noticeably.
pub const CHUNK_ROWS: usize = 1_000;

/// The largest size of a chunk, so that a file of long rows does not fill the memory.
const CHUNK_BYTES: usize = 256 << 10;

/// The largest size of an order's rows: the limit of a request body of the API.
const ORDER_BYTES: usize = 4 << 20;

#[derive(Debug, Clone)]
pub struct NewImport {
    /// `None`: it is recognized from the first line.
    pub kind: Option<ImportKind>,
    /// See [`file_name`].
    pub file_name: String,
    pub actor: String,
    /// Nothing is to be changed: see [`Import::is_check`].
    pub is_check: bool,
}

/// The name of an uploaded file to store and show: the last part of its path, shortened, without hidden characters.
pub fn file_name(path: &str) -> String {
    let last = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let short: String = last.chars().take(100).collect();
    text::single_line("file name", &short, 100).unwrap_or_else(|_| "a file".to_owned())
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartRefusal {
    #[error(transparent)]
    File(#[from] CsvRefusal),
    /// Rows with the same order number are in two places and differ, so it is unclear which of them are the order.
    #[error(
        "Put the rows of each order together and choose the file again: the order on line {again} is also on line \
         {first}, with different rows."
    )]
    TornOrder { first: u32, again: u32 },
    #[error("{}", unknown_kind(.found))]
    UnknownKind { found: Vec<String> },
    #[error(
        "Take out what is above line {line}: that line has the names of the columns, which have to be the first line of the \
         file."
    )]
    HeaderBelow { line: u64 },
    #[error("Choose the kind “{}”, or “Recognize it from the first line”: the columns are those of such a file.", .recognized.label())]
    OtherKind { recognized: ImportKind },
    /// Differences add up: applied twice, they are wrong, and nothing shows it.
    #[error(
        "Check whether these changes are done already: a file with the same rows was imported as {file_name} at {at}. Rows of \
         it that failed can be downloaded from its page. If all are to be made again, say so in their notes."
    )]
    AppliedBefore { file_name: String, at: String },
    #[error(
        "Check which of these changes are done already: {rows} applied by the import of {file_name} at \
         {at}. Leave them out, or, if they are to be made again, say so in their notes."
    )]
    AppliedInPart { rows: String, file_name: String, at: String },
    /// At a terminal nobody is asked: a flag says yes.
    #[error("{0} Nothing was imported. Use --retire if that is right.")]
    Asks(String),
}

fn unknown_kind(found: &[String]) -> String {
    let kinds =
        ImportKind::ALL.map(|kind| format!("{} for {}", kind.usual_columns().join(", "), kind.label().to_lowercase()));
    format!("Add what is missing to the first line: {}. It has: {}.", kinds.join("; "), found.join(", "))
}

/// Reads `file` to its end and stores its rows. Only one chunk is in memory at a time. If the file is refused, the
/// caller's transaction is rolled back and nothing is stored.
pub fn run(conn: &mut Conn, new: &NewImport, now: Moment, file: impl Read) -> Result<Import, Failed<StartRefusal>> {
    let refused = |refusal: CsvRefusal| Failed::Refused(StartRefusal::File(refusal));
    let mut table = Table::open(file).map_err(refused)?;
    let sheets = note_of_sheets(table.sheets());
    let mut rows = table.rows().map_err(refused)?;
    let header = rows.header().clone();
    let kind = match kind_of(new.kind, &header) {
        Ok(kind) => kind,
        Err(refusal) => return Err(Failed::Refused(header_below(&mut rows, new.kind).unwrap_or(refusal))),
    };
    let mut import = Import::new(new_id(now), kind, new.file_name.clone(), &header, now, new.actor.clone());
    import.is_check = new.is_check;
    imports::insert(conn, &import)?;
    let mut writer = ImportWriter {
        import,
        unnamed: unnamed_columns(&header),
        nameless: BTreeSet::new(),
        header,
        chunk: Chunk::default(),
        group: Group::default(),
        seen: Vec::new(),
        content: Sha256::new(),
        several_rows: SeveralRows::default(),
    };
    while let Some(row) = rows.row().map_err(refused)? {
        writer.add(conn, row)?;
    }
    writer.end_group(conn)?;
    writer.store_chunk(conn)?;
    let ImportWriter { mut import, header, seen, content, several_rows, nameless, .. } = writer;
    if let Some(torn) = torn_order(seen) {
        return Err(Failed::Refused(torn));
    }
    if import.rows_total == 0 {
        return Err(refused(CsvRefusal::NoRows));
    }
    if kind == ImportKind::StockChanges {
        import.content_hash = Some(content.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        repeated_changes::run(conn, &mut import, &header, now)?;
    }
    let stores = stores::all(conn)?;
    import.add_notes(sheets);
    import.add_notes(note_of_columns(kind, &header, &stores));
    import.add_notes(note_of_nameless(&nameless));
    import.add_notes(several_rows.notes());
    if import.rows_done == import.rows_total {
        import.finished_at = Some(now);
    }
    ask_about_retiring::run(conn, &mut import)?;
    imports::save_progress(conn, &import)?;
    Ok(import)
}

/// The kind that was chosen or is recognized, if the file has its columns.
fn kind_of(chosen: Option<ImportKind>, header: &Header) -> Result<ImportKind, StartRefusal> {
    let recognized = ImportKind::recognize(|name| header.position(name).is_some());
    let Some(kind) = chosen.or(recognized) else {
        // A line in quotes or a hidden character may be why nothing is recognized.
        for kind in ImportKind::ALL {
            match header.check(&columns_in(kind, header)) {
                Err(CsvRefusal::MissingColumns { .. }) | Ok(()) => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        return Err(StartRefusal::UnknownKind { found: header.names().to_vec() });
    };
    let columns = columns_in(kind, header);
    // A catalogue may have no more than SKUs, so the columns of another kind would only be left out.
    let says_something =
        kind != ImportKind::Catalogue || columns.optional.iter().any(|name| header.position(name).is_some());
    match (header.check(&columns), recognized) {
        (Ok(()), Some(recognized)) if recognized != kind && !says_something => {
            Err(StartRefusal::OtherKind { recognized })
        }
        (Ok(()), _) if recognized.is_some() => Ok(kind),
        (Ok(()), _) => Err(StartRefusal::UnknownKind { found: header.names().to_vec() }),
        (Err(CsvRefusal::MissingColumns { .. }), Some(recognized)) if recognized != kind => {
            Err(StartRefusal::OtherKind { recognized })
        }
        (Err(refusal), _) => Err(refusal.into()),
    }
}

/// How far down the names of the columns are looked for in a file that has something else above them.
const LINES_ABOVE: usize = 20;

/// A title above the names of the columns is usual in sheets that are made for people.
fn header_below(rows: &mut Rows<'_, impl Read>, chosen: Option<ImportKind>) -> Option<StartRefusal> {
    for _ in 0..LINES_ABOVE {
        let row = rows.row().ok()??;
        let line = row.line;
        if kind_of(chosen, &Header::from(row.cells)).is_ok() {
            return Some(StartRefusal::HeaderBelow { line });
        }
    }
    None
}

fn note_of_sheets(sheets: Option<(&str, &[String])>) -> Vec<String> {
    let Some((read, others)) = sheets else { return Vec::new() };
    let named = text::first_named(others.iter().map(String::as_str), 5);
    vec![format!("Only the first sheet, {read}, was read. The others were not: {named}.")]
}

/// The positions of the columns without a name.
fn unnamed_columns(header: &Header) -> Vec<usize> {
    let names = header.names().iter().enumerate();
    names.filter(|(_, name)| name.trim().is_empty()).map(|(position, _)| position).collect()
}

/// A column with values and no name is called by its letter, as in a spreadsheet.
fn note_of_nameless(positions: &BTreeSet<usize>) -> Vec<String> {
    if positions.is_empty() {
        return Vec::new();
    }
    let letters: Vec<String> = positions.iter().take(8).map(|position| letter_of(*position)).collect();
    vec![format!("These columns have no name in the first line and were not read: {}.", letters.join(", "))]
}

/// `A` of the first column, and `AB` of the 28th.
fn letter_of(position: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(position % 26).expect("a letter"));
    match position / 26 {
        0 => letter.to_string(),
        before => format!("{}{letter}", letter_of(before - 1)),
    }
}

/// The columns that were not read, in a sentence. Those that our own exports add are no news.
fn note_of_columns(kind: ImportKind, header: &Header, stores: &Stores) -> Vec<String> {
    const OF_EXPORTS: [&str; 14] = [
        "committed",
        "held",
        "available_now",
        "status",
        "from_hold",
        "from_shared",
        "oversold",
        "promotion",
        "reason",
        "failed_because",
        "name",
        "local_time",
        "currency",
        "time_zone",
    ];
    let columns = columns_in(kind, header);
    let is_of_export = |name: &str| OF_EXPORTS.contains(&name) || stores.get(name).is_some();
    let unread: Vec<&str> = header.unread(&columns).filter(|name| !is_of_export(name)).collect();
    if unread.is_empty() {
        return Vec::new();
    }
    let named = text::first_named(unread, 8);
    vec![format!("These columns were not read: {named}.")]
}

/// Groups the rows of a file and stores them in chunks.
struct ImportWriter {
    import: Import,
    header: Header,
    chunk: Chunk,
    group: Group,
    seen: Vec<Seen>,
    content: Sha256,
    several_rows: SeveralRows,
    /// The columns without a name, and those of them that have values.
    unnamed: Vec<usize>,
    nameless: BTreeSet<usize>,
}

/// Rows that are applied together or not at all: one catalogue row, or all rows of an order.
#[derive(Default)]
struct Group {
    /// The store and the number of the order.
    key: Option<(String, String)>,
    first_line: u64,
    rows: Vec<Row>,
    bytes: usize,
    /// The order exceeds the limits: all of its rows fail, including those that are still to be read.
    is_too_long: bool,
}

/// An order that was already read. Only hashes are stored, 16 bytes an order, so that the file can be large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    key: u64,
    line: u32,
    content: u32,
}

impl ImportWriter {
    fn add(&mut self, conn: &mut Conn, row: Row) -> QueryResult<()> {
        let key = match self.import.kind {
            ImportKind::Catalogue | ImportKind::Listings | ImportKind::StockChanges => None,
            ImportKind::Orders => Some(key_of(&self.header, &row)),
        };
        let has_value = |position: &usize| row.cells.get(*position).is_some_and(|cell| !cell.trim().is_empty());
        self.nameless.extend(self.unnamed.iter().copied().filter(has_value));
        self.several_rows.add(self.import.kind, &self.header, &row);
        if self.import.kind == ImportKind::StockChanges {
            self.content.update(format!("{:?}", row.cells));
        }
        let group = self.group.key.as_ref().map(|(store, number)| (store.as_str(), number.as_str()));
        let is_same = group.is_some() && (key == group || goes_on(&self.header, &row));
        if key.is_none() || !is_same {
            let key = key.map(|(store, number)| (store.to_owned(), number.to_owned()));
            self.end_group(conn)?;
            self.group = Group { key, first_line: row.line, ..Group::default() };
        }
        self.group.bytes += row.cells.iter().map(String::len).sum::<usize>();
        self.group.rows.push(row);
        if self.group.rows.len() > MAX_LINES || self.group.bytes > ORDER_BYTES {
            // The failed rows get their numbers here, so the rows before them must be numbered first.
            self.store_chunk(conn)?;
            self.group.is_too_long = true;
            self.fail_group(conn)?;
        }
        Ok(())
    }

    /// Moves the rows of the group to the chunk, and stores the chunk if it is full.
    fn end_group(&mut self, conn: &mut Conn) -> QueryResult<()> {
        // Different orders have one number if a spreadsheet shortened it, and none if it is missing. Each of their rows fails
        // for that.
        let is_number = |number: &str| !number.is_empty() && !is_damaged(number);
        if let Some((store, number)) = self.group.key.as_ref().filter(|(_, number)| is_number(number)) {
            let content = if self.group.is_too_long { 0 } else { content_of(&self.header, &self.group.rows) };
            let line = u32::try_from(self.group.first_line).unwrap_or(u32::MAX);
            // 32 bits are enough to notice that two rows of the same order differ.
            self.seen.push(Seen { key: hash_of(&(store, number)), line, content: content as u32 });
        }
        if self.group.is_too_long {
            return self.fail_group(conn);
        }
        let Group { rows, bytes, .. } = std::mem::take(&mut self.group);
        self.chunk.rows.extend(rows);
        self.chunk.bytes += bytes;
        let is_full = self.chunk.rows.len() >= CHUNK_ROWS || self.chunk.bytes >= CHUNK_BYTES;
        if is_full { self.store_chunk(conn) } else { Ok(()) }
    }

    fn store_chunk(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let Chunk { rows, bytes: _ } = std::mem::take(&mut self.chunk);
        if rows.is_empty() {
            return Ok(());
        }
        imports::insert_chunk(conn, self.import.id, self.import.rows_total, &rows)?;
        self.import.rows_total += count(rows.len());
        Ok(())
    }

    /// Stores the rows of the group as failed: their order is too long.
    fn fail_group(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let rows = std::mem::take(&mut self.group.rows);
        self.group.bytes = 0;
        let first = self.import.rows_total;
        let failed = count(rows.len());
        let reason = format!("Shorten the order to {MAX_LINES} rows and 4 MiB: it has more, and was not imported.");
        let failures: Vec<Failure> =
            (first..).zip(rows).map(|(number, row)| Failure { number, row, reason: reason.clone() }).collect();
        self.import.rows_total += failed;
        self.import.rows_done += failed;
        self.import.rows_failed += failed;
        if failures.is_empty() { Ok(()) } else { imports::insert_failures(conn, self.import.id, &failures) }
    }
}

/// An order whose rows are in two places of the file and differ.
fn torn_order(mut seen: Vec<Seen>) -> Option<StartRefusal> {
    seen.sort_unstable();
    let mut pairs = seen.windows(2).filter_map(|pair| <[Seen; 2]>::try_from(pair).ok());
    let [first, again] = pairs.find(|[one, next]| one.key == next.key && one.content != next.content)?;
    Some(StartRefusal::TornOrder { first: first.line, again: again.line })
}

#[derive(Default)]
struct Chunk {
    rows: Vec<Row>,
    bytes: usize,
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).expect("a chunk has a few rows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_the_letter_of_spreadsheets() {
        assert_eq!([0, 25, 26, 27, 701, 702].map(letter_of), ["A", "Z", "AA", "AB", "ZZ", "AAA"]);
    }

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
