//! Reads the rows of a CSV file, one at a time.

use super::{
    formula::unguarded,
    refusal::CsvRefusal,
    source::{END, Source},
    table::Row,
};
use std::{
    borrow::Cow,
    io::{Chain, Cursor, Read},
};

/// What is done about a quote after which its cell goes on.
const STRAY_QUOTE: &str = "Write a quote (\") inside a cell in quotes twice, as in \"TV 56\"\" LED\".";

/// UTF-8 with or without a byte-order mark, with any kind of line end. The separator is what a line `sep=;` says, or else
/// `,`, `;` or a tab, whichever is most frequent in the first line. Only one row is in memory at a time.
pub(super) struct Lines<R: Read> {
    rows: csv::Reader<Source<Chain<Cursor<Vec<u8>>, R>>>,
    record: csv::ByteRecord,
    /// Lines that were skipped before the first row.
    skipped: u64,
}

impl<R: Read> Lines<R> {
    /// `head` is the beginning of the file, and `rest` what follows it.
    pub(super) fn open(mut head: Vec<u8>, rest: R) -> Result<Self, CsvRefusal> {
        if is_utf16(&head) {
            return Err(CsvRefusal::Utf16);
        }
        if head.starts_with("\u{feff}".as_bytes()) {
            head.drain(..3);
        }
        let told = told_separator(&head);
        if let Some((_, length)) = told {
            head.drain(..length);
        }
        let skipped = u64::from(told.is_some());
        let separator = told.map_or_else(|| most_frequent_separator(&head), |(separator, _)| separator);
        let rows = csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .from_reader(Source::new(Cursor::new(head).chain(rest), separator, skipped + 1));
        Ok(Self { rows, record: csv::ByteRecord::new(), skipped })
    }

    /// The next row that is not empty; `None` at the end of the file.
    pub(super) fn row(&mut self) -> Result<Option<Row>, CsvRefusal> {
        loop {
            let is_read = self.rows.read_byte_record(&mut self.record).map_err(refusal)?;
            let next_line = self.rows.position().line() + self.skipped;
            // The first line is computed from the last one, because the reader skips empty lines before a row.
            let line = next_line - 1 - self.record.iter().map(line_ends).sum::<u64>();
            let source = self.rows.get_mut();
            source.begin_row(next_line);
            let has_stray_quote = source.take_stray_quotes_before(next_line);
            match self.record.iter().next_back() {
                Some(END) if self.record.len() == 1 => return Ok(None),
                // The end mark is inside a row: a quote is open. The added line end is part of the cell, so `line` is one
                // too small.
                Some(last) if last.contains(&END[0]) => return Err(CsvRefusal::UnclosedQuote { line: line + 1 }),
                Some(_) if is_read => {}
                _ => return Ok(None),
            }
            if !self.record.iter().all(is_blank) {
                let mut row = Row::new(line, cells(&self.record, line)?);
                row.fault = has_stray_quote.then(|| STRAY_QUOTE.to_owned());
                return Ok(Some(row));
            }
        }
    }
}

/// Whether a text begins with a mark of UTF-16, or with two ASCII characters of it without one.
fn is_utf16(head: &[u8]) -> bool {
    matches!(head, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 1..=127, 0, 1..=127, ..] | [1..=127, 0, 1..=127, 0, ..])
}

/// Whether a cell has nothing but spaces, of whatever kind.
fn is_blank(cell: &[u8]) -> bool {
    std::str::from_utf8(cell).is_ok_and(|text| text.trim().is_empty())
}

fn line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

fn cells(record: &csv::ByteRecord, line: u64) -> Result<Vec<String>, CsvRefusal> {
    let mut cells = Vec::with_capacity(record.len());
    for (column, bytes) in record.iter().enumerate() {
        match std::str::from_utf8(bytes) {
            Ok(text) => cells.push(cleaned(&without_late_quotes(text), column)),
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                return Err(CsvRefusal::NotUtf8 { line: line + line_ends(valid), byte: rest[0] });
            }
        }
    }
    Ok(cells)
}

/// Quotes after a space, as in `A, "Tee"`, are part of the cell by the rules of CSV. Who writes that means quotes around it.
fn without_late_quotes(text: &str) -> Cow<'_, str> {
    if !text.starts_with(' ') {
        return Cow::Borrowed(text);
    }
    match text.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => Cow::Owned(inner.replace("\"\"", "\"")),
        None => Cow::Borrowed(text),
    }
}

/// The text of a cell without what spreadsheets need: `="00123"`, which keeps its zeros, and our own apostrophes.
pub(super) fn cleaned(text: &str, column: usize) -> String {
    match text.trim().strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => unguarded(text, column).into_owned(),
    }
}

/// The separator of a first line `sep=;`, which some programs write for Excel, and the length of that line.
fn told_separator(head: &[u8]) -> Option<(u8, usize)> {
    let end = head.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(head.len());
    let line = head[..end].to_ascii_lowercase();
    let line = line.strip_prefix(b"\"").unwrap_or(&line);
    let separator = *line.strip_prefix(b"sep=")?.first()?;
    let rest = &line["sep=".len() + 1..];
    // A program that writes it like a row may have filled it up with separators.
    let is_all = rest.iter().all(|byte| *byte == separator || matches!(byte, b'"' | b' '));
    if !is_all || !matches!(separator, b',' | b';' | b'\t' | b'|') {
        return None;
    }
    let line_end = if head[end..].starts_with(b"\r\n") { 2 } else { usize::from(end < head.len()) };
    Some((separator, end + line_end))
}

/// The most frequent of the three in the first line that has one: a title above the table has none.
fn most_frequent_separator(head: &[u8]) -> u8 {
    head.split(|byte| matches!(byte, b'\n' | b'\r')).find_map(most_frequent_in).unwrap_or(b',')
}

/// `None` if there is none of the three outside of quotes.
fn most_frequent_in(line: &[u8]) -> Option<u8> {
    let [mut tabs, mut semicolons, mut commas, mut in_numbers] = [0; 4];
    let mut is_quoted = false;
    let is_edge = |byte: &u8| {
        is_quoted ^= *byte == b'"';
        let is_edge = !is_quoted && matches!(byte, b'\t' | b';');
        tabs += usize::from(is_edge && *byte == b'\t');
        semicolons += usize::from(is_edge && *byte == b';');
        is_edge
    };
    for part in line.split(is_edge) {
        if part.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b' ')) {
            in_numbers += commas_in(part);
        } else {
            commas += commas_in(part);
        }
    }
    // The comma of `1,000` separates nothing where something else does.
    if tabs + semicolons == 0 {
        commas += in_numbers;
    }
    match (commas, semicolons, tabs) {
        (0, 0, 0) => None,
        _ if commas >= semicolons && commas >= tabs => Some(b','),
        _ if semicolons >= tabs => Some(b';'),
        _ => Some(b'\t'),
    }
}

/// The commas outside of quotes.
fn commas_in(part: &[u8]) -> usize {
    let mut is_quoted = false;
    let is_comma = |byte: &&u8| {
        is_quoted ^= **byte == b'"';
        !is_quoted && **byte == b','
    };
    part.iter().filter(is_comma).count()
}

fn refusal(error: csv::Error) -> CsvRefusal {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.downcast::<CsvRefusal>().unwrap_or_else(unreadable),
        kind => CsvRefusal::Unreadable(format!("{kind:?}")),
    }
}

pub(super) fn unreadable(error: std::io::Error) -> CsvRefusal {
    CsvRefusal::Unreadable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8]) -> Result<Vec<(u64, Vec<String>)>, CsvRefusal> {
        let mut lines = Lines::open(file.to_vec(), &b""[..])?;
        let mut rows = Vec::new();
        while let Some(row) = lines.row()? {
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
            "sku,name\nA,\"Tee, red\"\n\u{a0}\nB,Mug",
            "\"sku\", \"name\"\nA,\"Tee, red\"\n \u{a0},\t\nB, \"Mug\" \n",
        ] {
            let rows = read(file.as_bytes()).expect(file);
            let row = |line, cells: [&str; 2]| (line, cells.map(str::to_owned).to_vec());
            assert_eq!(rows, [row(1, ["sku", "name"]), row(2, ["A", "Tee, red"]), row(4, ["B", "Mug"])], "{file:?}");
        }
    }

    #[test]
    fn the_comma_of_a_number_does_not_separate_cells_where_something_else_does() {
        for (file, cells) in [
            ("Mug\t1,000", &["Mug", "1,000"][..]),
            ("Mug;1.000,00", &["Mug", "1.000,00"]),
            ("1,000\tMug\t1,234,567", &["1,000", "Mug", "1,234,567"]),
            ("Mug;\"Tee, red, blue\";5,0", &["Mug", "Tee, red, blue", "5,0"]),
            ("00123,5", &["00123", "5"]),
            ("Mug,5\t", &["Mug", "5\t"]),
            ("Mug,5,red;blue;green", &["Mug", "5", "red;blue;green"]),
        ] {
            assert_eq!(read(file.as_bytes()).unwrap()[0].1, cells, "{file:?}");
        }
    }

    #[test]
    fn a_first_line_that_names_the_separator_is_no_row_and_is_counted() {
        for file in [
            "sep=;\nsku;name\nA,B;Tee\n",
            "\u{feff}SEP=;\r\nsku;name\r\nA,B;Tee",
            "\"sep=;\"\nsku;name\nA,B;Tee\n",
            "sep=;;\rsku;name\rA,B;Tee\r",
        ] {
            let rows = read(file.as_bytes()).expect(file);
            let row = |line, cells: [&str; 2]| (line, cells.map(str::to_owned).to_vec());
            assert_eq!(rows, [row(2, ["sku", "name"]), row(3, ["A,B", "Tee"])], "{file:?}");
        }
        assert_eq!(read(b"sep=x\nA\n").unwrap().len(), 2, "another text that begins so is a row");
        assert_eq!(read(b"sep=;\nA;\"x\n"), Err(CsvRefusal::UnclosedQuote { line: 2 }));
        assert_eq!(read(b"sep=;\nA;B\nC;\xE9\n"), Err(CsvRefusal::NotUtf8 { line: 3, byte: 0xE9 }));
    }

    #[test]
    fn a_row_of_several_lines_is_on_its_first() {
        let lines: Vec<u64> =
            read(b"\r\nsku,name\r\nA,\"two\r\nlines\"\r\nB,Mug").unwrap().iter().map(|row| row.0).collect();
        assert_eq!(lines, [2, 3, 5]);
    }

    #[test]
    fn a_cell_is_read_without_what_a_spreadsheet_needed() {
        for (file, cell) in [
            ("=\"00123\"", "00123"),
            ("\"=\"\"00123\"\"\"", "00123"),
            ("\"=\"\"say \"\"\"\"a\"\"\"\"\"\"\"", "say \"a\""),
            ("'-RED", "-RED"),
            ("'=\"00123\"", "=\"00123\""),
            ("'tis", "'tis"),
            ("=1+1", "=1+1"),
            (" \"a \"\"b\"\"\" ", "a \"b\""),
            (" \"", " \""),
        ] {
            assert_eq!(read(file.as_bytes()).unwrap()[0].1, [cell], "{file}");
        }
    }

    #[test]
    fn a_quote_inside_a_cell_that_is_not_doubled_is_a_fault_of_its_row_alone() {
        let file =
            "a,\"TV 56\" LED\",1\nb,\"TV 56\"\" LED\",1\nc,TV 56\" LED,1\nd,\"x\" ,1\ne,\"\",1\n\"f\ng\"h,1\ni,1\n";
        let mut lines = Lines::open(file.into(), &b""[..]).unwrap();
        let mut faulty = Vec::new();
        while let Some(row) = lines.row().unwrap() {
            if row.fault.is_some() {
                faulty.push(row.line);
            }
        }
        assert_eq!(faulty, [1, 6]);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_line() {
        let utf16: Vec<u8> = "sku,name\nA,Tee\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let long = ["sku,name\nA,Tee\nB,\"".as_bytes(), &[b'x'; 100 << 10], b"\nC,Mug\n"].concat();
        for (file, refusal) in [
            (&b"sku,name\nA,Tee\nB,Caf\xE9\n"[..], CsvRefusal::NotUtf8 { line: 3, byte: 0xE9 }),
            (b"sku,name\nA,\"two\nl\xFFines\"\n", CsvRefusal::NotUtf8 { line: 3, byte: 0xFF }),
            (b"sku,n\xE9me\n", CsvRefusal::NotUtf8 { line: 1, byte: 0xE9 }),
            (b"sku,name\nA,T\0e\n", CsvRefusal::NotUtf8 { line: 2, byte: 0 }),
            (&utf16, CsvRefusal::Utf16),
            (&[&[0xFF, 0xFE][..], &utf16].concat(), CsvRefusal::Utf16),
            (b"sku,name\nA,Tee\nB,\"Mug", CsvRefusal::UnclosedQuote { line: 3 }),
            (b"sku,name\nA,Tee\nB,\"Mug\n", CsvRefusal::UnclosedQuote { line: 3 }),
            (b"sku,\"name\nA,Tee\n", CsvRefusal::UnclosedQuote { line: 1 }),
            (&long, CsvRefusal::RowTooLong { line: 3, limit_kib: 64 }),
        ] {
            assert_eq!(read(file).expect_err("refused"), refusal);
        }
    }
}
