//! Reads the first visible sheet of an .xlsx, one row at a time. The cells are what the file stores, not what a spreadsheet
//! would show: a number that is too long for a spreadsheet has lost its last digits already, and is given as it would be
//! shortened, so that it is not taken for an identifier.

use super::{
    damage::NOT_COMPUTED,
    lines::{cleaned, unreadable},
    refusal::CsvRefusal,
    source::ROW_LIMIT_KIB,
    table::Row,
};
use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};
use chrono::{NaiveDate, NaiveTime, SubsecRound, TimeDelta};
use std::{
    collections::HashSet,
    fs::File,
    io::{BufReader, Read, Seek, Write},
};

/// The largest size of what is read of a workbook, unpacked. A million order lines have less.
const UNPACKED_MIB: u64 = 256;

/// The largest size of the texts of its cells, unpacked: they are in memory at once.
const TEXTS_MIB: u64 = 64;

/// From here on a spreadsheet has dropped digits of a whole number.
const EXACT: f64 = 1e15;

/// The columns of a sheet. A damaged file may have a cell far beyond them, and a row makes room for all before it.
const COLUMNS: u32 = 1 << 14;

/// Formulas without results that are told one by one.
const FORMULAS: usize = 100_000;

/// The beginning of the part that says how a workbook is computed. The rest of it is not needed.
const BOOK_BYTES: u64 = 1 << 20;

pub(super) struct Workbook {
    file: Xlsx<BufReader<File>>,
    sheet: String,
    /// The names of the visible sheets that are not read.
    others: Vec<String>,
    /// The results of its formulas are no results: the program that wrote it does not compute, and says so.
    is_uncomputed: bool,
}

impl Workbook {
    /// `head` is the beginning of the file, and `rest` what follows it. It is kept on disk.
    pub(super) fn open(head: &[u8], mut rest: impl Read) -> Result<Self, CsvRefusal> {
        let mut file = tempfile::tempfile().map_err(unreadable)?;
        file.write_all(head).map_err(unreadable)?;
        let limit = UNPACKED_MIB << 20;
        let copied = std::io::copy(&mut rest.by_ref().take(limit), &mut file).map_err(unreadable)?;
        if copied == limit {
            return Err(CsvRefusal::WorkbookTooLarge { limit_mib: UNPACKED_MIB });
        }
        let is_uncomputed = check_parts(&mut file)?;
        file.rewind().map_err(unreadable)?;
        let file: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(broken)?;
        let is_read =
            |sheet: &&calamine::Sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible;
        let mut names = file.sheets_metadata().iter().filter(is_read).map(|sheet| sheet.name.clone());
        let Some(sheet) = names.next() else { return Err(CsvRefusal::Empty) };
        let others = names.collect();
        Ok(Self { file, sheet, others, is_uncomputed })
    }

    pub(super) fn sheets(&self) -> Option<(&str, &[String])> {
        (!self.others.is_empty()).then_some((self.sheet.as_str(), self.others.as_slice()))
    }

    pub(super) fn rows(&mut self) -> Result<SheetRows<'_>, CsvRefusal> {
        let uncomputed = self.uncomputed()?;
        let cells = self.file.worksheet_cells_reader(&self.sheet).map_err(broken)?;
        let mut formats = Vec::with_capacity(cells.styles().len());
        for style in cells.styles() {
            let code = style.number_format.as_ref().map_or("", |format| format.format_code.as_str());
            formats.push(Format { zeros: zeros(code), is_day: is_day(code) });
        }
        Ok(SheetRows { formats, uncomputed, cells, next: None, at_end: false })
    }

    /// The cells with a formula whose result is not there. The reader gives formulas or styles, so the sheet is read twice.
    fn uncomputed(&mut self) -> Result<HashSet<(u32, u32)>, CsvRefusal> {
        let mut cells = self.file.worksheet_cells_reader(&self.sheet).map_err(broken)?;
        let mut uncomputed = HashSet::new();
        while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(broken)? {
            if cell.formula.is_some() && (self.is_uncomputed || matches!(cell.value, DataRef::Empty)) {
                uncomputed.insert(cell.pos);
            }
            if uncomputed.len() > FORMULAS {
                return Err(CsvRefusal::NotComputed);
            }
        }
        Ok(uncomputed)
    }
}

/// Unpacks every part that is read and counts its bytes: what the archive says of its sizes need not be true. Returns whether
/// the workbook wants to be computed when it is opened: programs that write formulas and cannot compute say so, and some
/// give 0 for every result.
fn check_parts(file: &mut File) -> Result<bool, CsvRefusal> {
    let mut archive = zip::ZipArchive::new(file).map_err(|error| CsvRefusal::BrokenWorkbook(error.to_string()))?;
    let mut unpacked = 0;
    let mut is_uncomputed = false;
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|error| CsvRefusal::BrokenWorkbook(error.to_string()))?;
        let name = part.name().map_err(|error| CsvRefusal::BrokenWorkbook(error.to_string()))?.to_ascii_lowercase();
        if name == "mimetype" {
            return Err(CsvRefusal::NotATable("an OpenDocument file"));
        }
        let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
        names.push(name.clone());
        if !is_xml {
            continue;
        }
        let limit_mib = if name.ends_with("sharedstrings.xml") { TEXTS_MIB } else { UNPACKED_MIB };
        let limit = limit_mib << 20;
        let mut book = Vec::new();
        if name.ends_with("workbook.xml") {
            let read = part.by_ref().take(BOOK_BYTES).read_to_end(&mut book);
            read.map_err(|error| CsvRefusal::BrokenWorkbook(error.to_string()))?;
            let book = String::from_utf8_lossy(&book);
            is_uncomputed |= ["fullCalcOnLoad=\"1\"", "fullCalcOnLoad=\"true\""].iter().any(|flag| book.contains(flag));
        }
        let bytes = std::io::copy(&mut part.take(limit + 1), &mut std::io::sink())
            .map_err(|error| CsvRefusal::BrokenWorkbook(error.to_string()))?;
        unpacked += bytes + book.len() as u64;
        if bytes > limit || unpacked > UNPACKED_MIB << 20 {
            return Err(CsvRefusal::WorkbookTooLarge { limit_mib });
        }
    }
    match kind_of_archive(&names) {
        Some(kind) => Err(CsvRefusal::NotATable(kind)),
        None => Ok(is_uncomputed),
    }
}

/// What an archive is that is no .xlsx.
fn kind_of_archive(names: &[String]) -> Option<&'static str> {
    if names.iter().any(|name| name.ends_with(".iwa")) {
        return Some("a file of Numbers");
    }
    if names.iter().any(|name| name.ends_with("xl/workbook.bin")) {
        return Some("a binary workbook (.xlsb)");
    }
    let has_sheets = names.iter().any(|name| name.trim_start_matches('/').starts_with("xl/"));
    (!has_sheets).then_some("an archive without a workbook in it")
}

fn broken(error: XlsxError) -> CsvRefusal {
    match error {
        XlsxError::Password => CsvRefusal::NotATable("protected by a password"),
        error => CsvRefusal::BrokenWorkbook(error.to_string()),
    }
}

/// The digits that a number format of zeros asks for: 5 of `00000`, which shows 123 as 00123.
fn zeros(format: &str) -> usize {
    if format.bytes().all(|byte| byte == b'0') { format.len() } else { 0 }
}

/// Whether a format of dates shows no time of day. What is in brackets is a language or a colour.
fn is_day(format: &str) -> bool {
    let mut is_aside = false;
    for c in format.chars() {
        match c {
            '[' => is_aside = true,
            ']' => is_aside = false,
            'h' | 'H' if !is_aside => return false,
            _ => {}
        }
    }
    true
}

/// What matters of a number format.
#[derive(Debug, Clone, Copy, Default)]
struct Format {
    /// See [`zeros`].
    zeros: usize,
    /// See [`is_day`].
    is_day: bool,
}

pub(super) struct SheetRows<'a> {
    cells: XlsxCellReader<'a, BufReader<File>>,
    /// Of each style.
    formats: Vec<Format>,
    /// Where there is [`NOT_COMPUTED`].
    uncomputed: HashSet<(u32, u32)>,
    /// The first cell of the next row: its row, its column and its text.
    next: Option<(u32, usize, String)>,
    at_end: bool,
}

impl SheetRows<'_> {
    /// The next row that is not empty; `None` at the end of the sheet.
    pub(super) fn row(&mut self) -> Result<Option<Row>, CsvRefusal> {
        let first = match self.next.take() {
            Some(cell) => Some(cell),
            None => self.cell()?,
        };
        let Some((number, column, text)) = first else { return Ok(None) };
        let mut row = Row::new(u64::from(number) + 1, Vec::new());
        let mut bytes = text.len();
        put(&mut row.cells, column, text);
        while let Some((of_row, column, text)) = self.cell()? {
            if of_row != number {
                self.next = Some((of_row, column, text));
                break;
            }
            bytes += text.len();
            if bytes > ROW_LIMIT_KIB << 10 {
                return Err(CsvRefusal::RowTooLong { line: row.line, limit_kib: ROW_LIMIT_KIB });
            }
            put(&mut row.cells, column, text);
        }
        Ok(Some(row))
    }

    /// The next cell with a text.
    fn cell(&mut self) -> Result<Option<(u32, usize, String)>, CsvRefusal> {
        while !self.at_end {
            let Some((cell, style)) = self.cells.next_cell_with_style_id().map_err(broken)? else {
                self.at_end = true;
                break;
            };
            let (row, column) = cell.get_position();
            if column >= COLUMNS {
                let words = format!("row {} has a cell beyond the last column", u64::from(row) + 1);
                return Err(CsvRefusal::BrokenWorkbook(words));
            }
            if self.uncomputed.contains(&(row, column)) {
                return Ok(Some((row, column as usize, NOT_COMPUTED.to_owned())));
            }
            let column = column as usize;
            let text = text_of(cell.get_value(), self.formats.get(style).copied().unwrap_or_default());
            if !text.trim().is_empty() {
                return Ok(Some((row, column, cleaned(&text, column))));
            }
        }
        Ok(None)
    }
}

fn put(cells: &mut Vec<String>, column: usize, text: String) {
    if cells.len() <= column {
        cells.resize(column + 1, String::new());
    }
    cells[column] = text;
}

fn text_of(value: &DataRef<'_>, Format { zeros, is_day }: Format) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => format!("{number:0zeros$}"),
        DataRef::Float(number) => number_in_words(*number, zeros),
        DataRef::Bool(is_true) => if *is_true { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(at) if at.is_datetime() => date_in_words(*at, is_day),
        DataRef::DateTime(at) => number_in_words(at.as_f64(), 0),
        DataRef::Error(error) => error.to_string(),
    }
}

fn number_in_words(number: f64, zeros: usize) -> String {
    if number == 0.0 {
        return format!("{:0zeros$}", 0);
    }
    if number.abs() >= EXACT {
        let shortened = format!("{number:.14E}");
        let (mantissa, exponent) = shortened.split_once('E').unwrap_or((&shortened, "0"));
        return format!("{}E+{exponent:0>2}", mantissa.trim_end_matches('0').trim_end_matches('.'));
    }
    if number.fract() == 0.0 {
        return format!("{number:0zeros$.0}");
    }
    // Fifteen digits, as spreadsheets show: 0.1 + 0.2 is 0.3.
    format!("{number:.14e}").parse::<f64>().unwrap_or(number).to_string()
}

/// A date is stored as a fraction of days, which is off by some milliseconds. One without a time of day has none: midnight
/// would be a guess.
fn date_in_words(at: ExcelDateTime, is_day: bool) -> String {
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let day = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day));
    let time = day
        .and_then(|day| day.and_hms_milli_opt(u32::from(hour), u32::from(minute), u32::from(second), u32::from(milli)));
    let Some(time) = time else { return at.as_f64().to_string() };
    let time = (time + TimeDelta::milliseconds(500)).trunc_subsecs(0);
    let is_midnight = time.time() == NaiveTime::MIN;
    time.format(if is_day && is_midnight { "%a %Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_without_hours_shows_days() {
        for (format, expected) in [
            ("yyyy-mm-dd", true),
            ("m/d/yyyy", true),
            ("[$-th-TH]d mmm yyyy", true),
            ("m/d/yy h:mm", false),
            ("yyyy-mm-dd HH:mm:ss", false),
        ] {
            assert_eq!(is_day(format), expected, "{format}");
        }
    }

    #[test]
    fn an_archive_that_is_no_workbook_is_called_what_it_is() {
        let kind = |names: &[&str]| kind_of_archive(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(kind(&["index/document.iwa", "preview.jpg"]), Some("a file of Numbers"));
        assert_eq!(kind(&["[content_types].xml", "xl/workbook.bin"]), Some("a binary workbook (.xlsb)"));
        assert_eq!(kind(&["orders.csv"]), Some("an archive without a workbook in it"));
        assert_eq!(kind(&["[content_types].xml", "xl/workbook.xml"]), None);
    }

    #[test]
    fn numbers_are_written_as_a_spreadsheet_would_save_them() {
        for (number, zeros, text) in [
            (5.0, 0, "5"),
            (-5.0, 0, "-5"),
            (0.0, 0, "0"),
            (123.0, 5, "00123"),
            (0.0, 3, "000"),
            (288_123_456_789_012.0, 0, "288123456789012"),
            (2.881_234_567_890_12e17, 0, "2.88123456789012E+17"),
            (1e15, 0, "1E+15"),
            (12.5, 0, "12.5"),
            (0.1 + 0.2, 0, "0.3"),
            (1234.56, 0, "1234.56"),
        ] {
            assert_eq!(number_in_words(number, zeros), text);
        }
    }
}
