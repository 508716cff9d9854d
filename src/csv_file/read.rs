//! Reading CSV, a row at a time.

use super::{
    formula::unguarded,
    refusal::CsvRefusal,
    source::{END, Source},
};
use serde::{Deserialize, Serialize};
use std::io::{Chain, Cursor, Read};

/// How much of a file is looked at to find out what it is, in bytes.
const HEAD_BYTES: u64 = 64 << 10;

/// The first line of a file: the names of its columns, as they are written there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Header(Vec<String>);

/// One row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The line on which it begins, counted from 1.
    pub line: u64,
    /// Its cells, as many as it has.
    pub cells: Vec<String>,
}

impl Header {
    /// The names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Where the column `name` is. "On Hand" is `on_hand`.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|written| is_column(written, name))
    }

    /// The cell of `row` in the column `name`; empty where there is none.
    #[must_use]
    pub fn cell<'a>(&self, row: &'a Row, name: &str) -> &'a str {
        self.position(name).and_then(|at| row.cells.get(at)).map_or("", String::as_str)
    }

    /// Checks that every column of `required` is there, and none of `read` twice.
    ///
    /// # Errors
    /// A [`CsvRefusal`] that names them.
    pub fn check(&self, required: &[&'static str], read: &[&'static str]) -> Result<(), CsvRefusal> {
        let missing: Vec<&'static str> =
            required.iter().copied().filter(|name| self.position(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(CsvRefusal::MissingColumns { missing, found: self.0.clone() });
        }
        let is_repeated = |name: &&&str| self.0.iter().filter(|written| is_column(written, name)).count() > 1;
        match read.iter().find(is_repeated) {
            Some(name) => Err(CsvRefusal::RepeatedColumn(name)),
            None => Ok(()),
        }
    }
}

/// Whether a column that is `written` so is the one called `name`.
fn is_column(written: &str, name: &str) -> bool {
    let written = written.trim().chars().map(|c| if matches!(c, ' ' | '-') { '_' } else { c.to_ascii_lowercase() });
    written.eq(name.chars())
}

/// Reads a file of UTF-8, with or without a byte-order mark, with any line end, and with `,`, `;` or a tab between the
/// cells, whichever its first line has most of. Holds one row at a time.
pub struct CsvReader<R: Read> {
    rows: csv::Reader<Source<Chain<Cursor<Vec<u8>>, R>>>,
    record: csv::ByteRecord,
    header: Header,
}

impl<R: Read> CsvReader<R> {
    /// Reads the header of `source`.
    ///
    /// # Errors
    /// A [`CsvRefusal`] when there is none, or it is not text in UTF-8.
    pub fn open(mut source: R) -> Result<Self, CsvRefusal> {
        let mut head = Vec::new();
        source.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(unreadable)?;
        if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
            return Err(CsvRefusal::Utf16);
        }
        if head.starts_with("\u{feff}".as_bytes()) {
            head.drain(..3);
        }
        let delimiter = delimiter(&head);
        let rows = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(Source::new(Cursor::new(head).chain(source)));
        let mut reader = Self { rows, record: csv::ByteRecord::new(), header: Header(Vec::new()) };
        let header = reader.row()?.ok_or(CsvRefusal::Empty)?;
        Ok(Self { header: Header(header.cells), ..reader })
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next row that has anything in it.
    ///
    /// # Errors
    /// A [`CsvRefusal`] with the line, when the file cannot be read on from there.
    pub fn row(&mut self) -> Result<Option<Row>, CsvRefusal> {
        loop {
            let is_read = self.rows.read_byte_record(&mut self.record).map_err(refusal)?;
            let next_line = self.rows.position().line();
            let line_ends = |cell: &[u8]| cell.iter().filter(|byte| **byte == b'\n').count() as u64;
            // Empty lines before a row are not part of it: its first line is found from its last.
            let line = next_line - 1 - self.record.iter().map(line_ends).sum::<u64>();
            self.rows.get_mut().begin_row(next_line);
            match self.record.iter().next_back() {
                Some(END) if self.record.len() == 1 => return Ok(None),
                // The mark of the end stands inside the row, whose last line end is then part of its cell.
                Some(last) if last.contains(&END[0]) => return Err(CsvRefusal::UnclosedQuote { line: line + 1 }),
                Some(_) if is_read => {}
                _ => return Ok(None),
            }
            if self.record.iter().any(|cell| !cell.is_empty()) {
                return Ok(Some(Row { line, cells: cells(&self.record, line)? }));
            }
        }
    }
}

fn cells(record: &csv::ByteRecord, line: u64) -> Result<Vec<String>, CsvRefusal> {
    let cell = |(column, bytes): (usize, &[u8])| match std::str::from_utf8(bytes) {
        Ok(text) => Ok(unguarded(text, column).into_owned()),
        Err(error) => {
            let ends = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() as u64;
            Err(CsvRefusal::NotUtf8 { line: line + ends, byte: bytes[error.valid_up_to()] })
        }
    };
    record.iter().enumerate().map(cell).collect()
}

/// What stands between the cells: of the three that are in use, the one that the first line has most of.
fn delimiter(head: &[u8]) -> u8 {
    let is_line_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let line = head.split(is_line_end).find(|line| !line.is_empty()).unwrap_or_default();
    // Every second part between quotes is inside them.
    let outside = || line.split(|byte| *byte == b'"').step_by(2).flatten();
    let count = |delimiter: &u8| outside().filter(|byte| *byte == delimiter).count();
    [b'\t', b';', b','].into_iter().max_by_key(count).expect("there are three")
}

fn refusal(error: csv::Error) -> CsvRefusal {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.downcast::<CsvRefusal>().unwrap_or_else(unreadable),
        kind => CsvRefusal::Unreadable(format!("{kind:?}")),
    }
}

fn unreadable(error: std::io::Error) -> CsvRefusal {
    CsvRefusal::Unreadable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8]) -> Result<Vec<(u64, Vec<String>)>, CsvRefusal> {
        let mut reader = CsvReader::open(file)?;
        let mut rows = Vec::new();
        while let Some(row) = reader.row()? {
            rows.push((row.line, row.cells));
        }
        Ok(rows)
    }

    #[test]
    fn every_kind_of_file_that_spreadsheets_save_is_read_with_its_lines() {
        for file in [
            "sku,name\nA,\"Tee, red\"\n\nB,Mug\n",
            "\u{feff}sku,name\nA,\"Tee, red\"\n\nB,Mug",
            "sku;name\r\nA;Tee, red\r\n\r\nB;Mug\r\n",
            "sku\tname\rA\tTee, red\r\rB\tMug\r",
            "\"sku\",\"name\"\n\"A\",\"Tee, red\"\n,\n\"B\",\"Mug\"\n",
        ] {
            let rows = read(file.as_bytes()).expect(file);
            let row = |line, cells: [&str; 2]| (line, cells.map(str::to_owned).to_vec());
            assert_eq!(rows, [row(2, ["A", "Tee, red"]), row(4, ["B", "Mug"])], "{file:?}");
        }
    }

    #[test]
    fn a_row_of_several_lines_is_on_its_first() {
        let lines: Vec<u64> =
            read(b"\r\nsku,name\r\nA,\"two\r\nlines\"\r\nB,Mug").unwrap().iter().map(|row| row.0).collect();
        assert_eq!(lines, [3, 5]);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_line() {
        let utf16: Vec<u8> = "sku,name\nA,Tee\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let long = ["sku,name\nA,Tee\nB,\"".as_bytes(), &[b'x'; 100 << 10], b"\nC,Mug\n"].concat();
        for (file, refusal) in [
            (&b""[..], CsvRefusal::Empty),
            (b"\xEF\xBB\xBF", CsvRefusal::Empty),
            (b"\r\n\r\n", CsvRefusal::Empty),
            (b"sku,name\nA,Tee\nB,Caf\xE9\n", CsvRefusal::NotUtf8 { line: 3, byte: 0xE9 }),
            (b"sku,name\nA,\"two\nl\xFFines\"\n", CsvRefusal::NotUtf8 { line: 3, byte: 0xFF }),
            (b"sku,n\xE9me\n", CsvRefusal::NotUtf8 { line: 1, byte: 0xE9 }),
            (b"sku,name\nA,T\0e\n", CsvRefusal::NotUtf8 { line: 2, byte: 0 }),
            (&utf16, CsvRefusal::NotUtf8 { line: 1, byte: 0 }),
            (&[&[0xFF, 0xFE][..], &utf16].concat(), CsvRefusal::Utf16),
            (b"sku,name\nA,Tee\nB,\"Mug", CsvRefusal::UnclosedQuote { line: 3 }),
            (b"sku,name\nA,Tee\nB,\"Mug\n", CsvRefusal::UnclosedQuote { line: 3 }),
            (b"sku,\"name\nA,Tee\n", CsvRefusal::UnclosedQuote { line: 1 }),
            (&long, CsvRefusal::RowTooLong { line: 3, limit_kib: 64 }),
        ] {
            assert_eq!(read(file).expect_err("refused"), refusal);
        }
    }

    #[test]
    fn columns_are_found_by_name_in_any_order_and_however_they_are_written() {
        let reader = CsvReader::open(&b" Name ;On Hand;SKU;colour\n"[..]).unwrap();
        let row = Row { line: 2, cells: ["Tee", "5", "A"].map(str::to_owned).to_vec() };
        let cells = ["sku", "name", "on_hand", "colour", "stores"].map(|name| reader.header().cell(&row, name));
        assert_eq!(cells, ["A", "Tee", "5", "", ""]);
    }

    #[test]
    fn columns_that_are_missing_or_there_twice_are_named() {
        let check = |header: &str| {
            let reader = CsvReader::open(header.as_bytes()).unwrap();
            reader.header().check(&["sku", "on_hand"], &["sku", "on_hand"]).map_err(|refusal| refusal.to_string())
        };
        assert_eq!(check("on-hand,SKU,other,other\n"), Ok(()));
        let missing = "Add what is missing to the first line: sku, on_hand. It has: a, b.";
        assert_eq!(check("a,b\n"), Err(missing.to_owned()));
        let twice = "Keep one column “sku”: the first line has it more than once.";
        assert_eq!(check("sku,on_hand,Sku\n"), Err(twice.to_owned()));
    }
}
