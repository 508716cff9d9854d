//! A table that somebody sent, whatever kind of file it is in.

use super::{
    columns::{Columns, Header},
    lines::{Lines, unreadable},
    refusal::CsvRefusal,
    sheet::{SheetRows, Workbook},
};
use serde::{Deserialize, Serialize};
use std::io::Read;

/// The beginning of a file from which its kind, its encoding and its separator are detected.
const HEAD_BYTES: u64 = 64 << 10;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The line on which the row begins, or its number in the sheet, counted from 1.
    pub line: u64,
    /// There may be fewer or more cells than columns.
    pub cells: Vec<String>,
    /// What to do about the row as a whole, if its cells cannot be told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl Row {
    pub fn new(line: u64, cells: Vec<String>) -> Self {
        Self { line, cells, fault: None }
    }
}

/// A file that was opened, CSV or .xlsx.
pub struct Table<R: Read>(Kind<R>);

enum Kind<R: Read> {
    Lines(Box<Lines<R>>),
    Workbook(Box<Workbook>),
}

impl<R: Read> Table<R> {
    pub fn open(mut source: R) -> Result<Self, CsvRefusal> {
        let mut head = Vec::new();
        source.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(unreadable)?;
        if head.starts_with(b"PK\x03\x04") {
            return Ok(Self(Kind::Workbook(Box::new(Workbook::open(&head, source)?))));
        }
        if let Some(kind) = kind_of_no_table(&head) {
            return Err(CsvRefusal::NotATable(kind));
        }
        Ok(Self(Kind::Lines(Box::new(Lines::open(head, source)?))))
    }

    /// The name of the sheet that is read, and of those that are not; `None` if there is one table only.
    pub fn sheets(&self) -> Option<(&str, &[String])> {
        match &self.0 {
            Kind::Lines(_) => None,
            Kind::Workbook(workbook) => workbook.sheets(),
        }
    }

    /// Reads the header. Fails if there is none.
    pub fn rows(&mut self) -> Result<Rows<'_, R>, CsvRefusal> {
        let mut source = self.source()?;
        let header = source.row()?.ok_or(CsvRefusal::Empty)?;
        Ok(Rows { source, header: Header::from(header.cells), first: None })
    }

    /// The rows of a table that may have a header or not: then the columns are known by their position.
    pub fn rows_of(&mut self, columns: &Columns) -> Result<Rows<'_, R>, CsvRefusal> {
        let mut source = self.source()?;
        let first = source.row()?;
        let header = first.as_ref().map(|row| Header::from(row.cells.clone())).filter(|header| names(header, columns));
        match header {
            Some(header) => {
                header.check(columns)?;
                Ok(Rows { source, header, first: None })
            }
            None => Ok(Rows { source, header: Header::of(columns), first }),
        }
    }

    fn source(&mut self) -> Result<RowSource<'_, R>, CsvRefusal> {
        Ok(match &mut self.0 {
            Kind::Lines(lines) => RowSource::Lines(lines),
            Kind::Workbook(workbook) => RowSource::Sheet(Box::new(workbook.rows()?)),
        })
    }
}

/// Whether a first row names columns. One with a number in it has values, even if a SKU is called “sku”.
fn names(first: &Header, columns: &Columns) -> bool {
    let is_number = |cell: &String| !cell.trim().is_empty() && cell.trim().bytes().all(|byte| byte.is_ascii_digit());
    let is_quoted_whole =
        first.names().len() == 1 && columns.required.iter().all(|name| first.names()[0].contains(name));
    let is_named = columns.all().any(|name| first.position(name).is_some());
    (is_named || is_quoted_whole) && !first.names().iter().any(is_number)
}

/// What a file is that people take for a table.
fn kind_of_no_table(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Some("in the format of old versions of Excel, or protected by a password");
    }
    if head.starts_with(b"%PDF") {
        return Some("a PDF");
    }
    if head.starts_with(b"PK") {
        return Some("an archive without files");
    }
    if head.starts_with(&[0x1F, 0x8B]) {
        return Some("compressed");
    }
    if head.starts_with(b"\x89PNG") || head.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Some("a picture");
    }
    let text = String::from_utf8_lossy(&head[..head.len().min(200)])
        .trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t'])
        .to_ascii_lowercase();
    ["<html", "<!doctype", "<table", "<?xml", "<meta"]
        .iter()
        .any(|tag| text.starts_with(tag))
        .then_some("a web page or XML")
}

enum RowSource<'a, R: Read> {
    Lines(&'a mut Lines<R>),
    Sheet(Box<SheetRows<'a>>),
}

impl<R: Read> RowSource<'_, R> {
    fn row(&mut self) -> Result<Option<Row>, CsvRefusal> {
        match self {
            Self::Lines(lines) => lines.row(),
            Self::Sheet(rows) => rows.row(),
        }
    }
}

/// The rows of a table after its header, read one at a time.
pub struct Rows<'a, R: Read> {
    source: RowSource<'a, R>,
    header: Header,
    /// The first row of a table without a header.
    first: Option<Row>,
}

impl<R: Read> Rows<'_, R> {
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next row that is not empty; `None` at the end of the file.
    pub fn row(&mut self) -> Result<Option<Row>, CsvRefusal> {
        let row = match self.first.take() {
            Some(row) => Some(row),
            None => self.source.row()?,
        };
        let width = self.header.names().len();
        Ok(row.map(|row| if matches!(self.source, RowSource::Sheet(_)) { filled_up(row, width) } else { row }))
    }
}

/// A sheet does not store the empty cells at the end of a row.
fn filled_up(mut row: Row, width: usize) -> Row {
    if row.cells.len() < width {
        row.cells.resize(width, String::new());
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALE: Columns =
        Columns { required: &["sku", "quantity"], optional: &[], complete: &[], mistakable: &[], instead: &[] };

    fn read(file: &[u8]) -> Result<(Vec<String>, Vec<Vec<String>>), CsvRefusal> {
        let mut table = Table::open(file)?;
        let mut rows = table.rows_of(&SALE)?;
        let mut cells = Vec::new();
        while let Some(row) = rows.row()? {
            cells.push(row.cells);
        }
        Ok((rows.header().names().to_vec(), cells))
    }

    #[test]
    fn a_table_has_a_header_where_its_first_line_names_columns() {
        for (file, header, rows) in [
            ("A,1\nB,2", "sku,quantity", "A,1 B,2"),
            ("sku,quantity\nA,1", "sku,quantity", "A,1"),
            ("Quantity;SKU;x\n1;A;y", "Quantity,SKU,x", "1,A,y"),
            ("sku,5\nA,1", "sku,quantity", "sku,5 A,1"),
            ("", "sku,quantity", ""),
            ("\n\nsku\tquantity\n", "sku,quantity", ""),
        ] {
            let (names, cells) = read(file.as_bytes()).expect(file);
            let cells: Vec<String> = cells.iter().map(|row| row.join(",")).collect();
            assert_eq!((names.join(","), cells.join(" ")), (header.to_owned(), rows.to_owned()), "{file:?}");
        }
        for file in ["sku,amount\nA,1", "quantity,code\n1,A"] {
            assert!(matches!(read(file.as_bytes()), Err(CsvRefusal::MissingColumns { .. })), "{file}");
        }
        assert!(matches!(read(b"\"sku,quantity\"\n\"A,1\"\n"), Err(CsvRefusal::QuotedLine { .. })));
    }

    #[test]
    fn a_file_that_is_no_table_is_refused_by_what_it_is() {
        for (file, words) in [
            (&b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"[..], "old versions of Excel"),
            (b"%PDF-1.7", "a PDF"),
            (b"\x1F\x8B\x08", "compressed"),
            (b"\x89PNG\r\n\x1A\n", "a picture"),
            (b"\xEF\xBB\xBF\r\n<HTML><body>", "a web page"),
            (b"PK\x05\x06", "an archive without files"),
        ] {
            let refusal = Table::open(file).map(drop).expect_err("refused").to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
    }

    #[test]
    fn a_file_without_any_row_is_empty() {
        for file in [&b""[..], b"\xEF\xBB\xBF", b"\r\n\r\n", b"sep=;\n"] {
            let mut table = Table::open(file).expect("opened");
            assert_eq!(table.rows().map(drop), Err(CsvRefusal::Empty));
        }
    }
}
