//! Reads CSV, one row at a time.

use super::{
    formula::unguarded,
    refusal::CsvRefusal,
    source::{END, Source},
};
use serde::{Deserialize, Serialize};
use std::io::{Chain, Cursor, Read};

/// The beginning of a file from which its encoding and its separator are detected.
const HEAD_BYTES: u64 = 64 << 10;

/// The names of the columns as they are written in the first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Header(Vec<String>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The line on which the row begins, counted from 1.
    pub line: u64,
    /// There may be fewer or more cells than columns.
    pub cells: Vec<String>,
}

impl Header {
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// The index of the column `name`. "On Hand" in the file is `on_hand`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|written| is_column(written, name))
    }

    /// The cell of `row` in the column `name`; empty if the file or the row does not have it.
    pub fn cell<'a>(&self, row: &'a Row, name: &str) -> &'a str {
        self.position(name).and_then(|at| row.cells.get(at)).map_or("", String::as_str)
    }

    /// Checks that the file has every column of `required`, and none of `read` twice.
    pub fn check(&self, required: &[&'static str], read: &[&'static str]) -> Result<(), CsvRefusal> {
        let missing: Vec<&'static str> =
            required.iter().copied().filter(|name| self.position(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(CsvRefusal::MissingColumns { missing, found: self.0.clone() });
        }
        for name in read {
            if self.0.iter().filter(|written| is_column(written, name)).count() > 1 {
                return Err(CsvRefusal::RepeatedColumn(name));
            }
        }
        Ok(())
    }
}

fn is_column(written: &str, name: &str) -> bool {
    let written = written.trim().chars().map(|c| if matches!(c, ' ' | '-') { '_' } else { c.to_ascii_lowercase() });
    written.eq(name.chars())
}

/// Reads UTF-8 with or without a byte-order mark, with any kind of line end. The separator is `,`, `;` or a tab, whichever
/// is most frequent in the first line. Only one row is in memory at a time.
pub struct CsvReader<R: Read> {
    rows: csv::Reader<Source<Chain<Cursor<Vec<u8>>, R>>>,
    record: csv::ByteRecord,
    header: Header,
}

impl<R: Read> CsvReader<R> {
    /// Reads the header. Fails if there is none, or if the file is not UTF-8.
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

    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next row that is not empty; `None` at the end of the file.
    pub fn row(&mut self) -> Result<Option<Row>, CsvRefusal> {
        loop {
            let is_read = self.rows.read_byte_record(&mut self.record).map_err(refusal)?;
            let next_line = self.rows.position().line();
            // The first line is computed from the last one, because the reader skips empty lines before a row.
            let line = next_line - 1 - self.record.iter().map(line_ends).sum::<u64>();
            self.rows.get_mut().begin_row(next_line);
            match self.record.iter().next_back() {
                Some(END) if self.record.len() == 1 => return Ok(None),
                // The end mark is inside a row: a quote is open. The added line end is part of the cell, so `line` is one
                // too small.
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

fn line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

fn cells(record: &csv::ByteRecord, line: u64) -> Result<Vec<String>, CsvRefusal> {
    let mut cells = Vec::with_capacity(record.len());
    for (column, bytes) in record.iter().enumerate() {
        match std::str::from_utf8(bytes) {
            Ok(text) => cells.push(unguarded(text, column).into_owned()),
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                return Err(CsvRefusal::NotUtf8 { line: line + line_ends(valid), byte: rest[0] });
            }
        }
    }
    Ok(cells)
}

/// Detects the separator: the most frequent of the three in the first line that is not empty.
fn delimiter(head: &[u8]) -> u8 {
    let mut lines = head.split(|byte| matches!(byte, b'\n' | b'\r'));
    let line = lines.find(|line| !line.is_empty()).unwrap_or_default();
    let [mut tabs, mut semicolons, mut commas] = [0; 3];
    let mut is_quoted = false;
    for byte in line {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\t' if !is_quoted => tabs += 1,
            b';' if !is_quoted => semicolons += 1,
            b',' if !is_quoted => commas += 1,
            _ => {}
        }
    }
    if commas >= semicolons && commas >= tabs {
        b','
    } else if semicolons >= tabs {
        b';'
    } else {
        b'\t'
    }
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
        let twice = "Keep only one column “sku”: the first line has it more than once.";
        assert_eq!(check("sku,on_hand,Sku\n"), Err(twice.to_owned()));
    }
}
