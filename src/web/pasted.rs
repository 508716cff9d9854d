//! Rows that were pasted into a form, or uploaded with it.

use crate::{
    csv_file::{Cells, Columns, CsvRefusal, Row, Rows, Table},
    domain::text::counted,
};
use std::io::Read;

/// The most rows whose errors are shown one by one.
const SHOWN_ERRORS: usize = 20;

/// What is asked for in the rows.
pub struct Asked {
    pub columns: Columns,
    /// What to do about a row that has too few cells: "give a SKU and a quantity, such as Product1,60."
    pub give: &'static str,
    /// The most rows that are read.
    pub limit: usize,
}

/// Reads rows with or without a header. `parse` parses each, and records what to fix. Returns each with its line. After any
/// error no row may be used. With more rows than the limit, one more than that is returned.
pub fn rows<T>(
    source: impl Read,
    asked: &Asked,
    parse: impl Fn(&mut Cells<'_>) -> Option<T>,
) -> Result<Vec<(u64, T)>, Vec<String>> {
    let mut table = Table::open(source).map_err(as_errors)?;
    let mut source = table.rows_of(&asked.columns).map_err(as_errors)?;
    let mut rows = Vec::new();
    let mut errors = Vec::new();
    while let Some(row) = next(&mut source).map_err(as_errors)? {
        match parse_row(&source, &row, asked, &parse) {
            Ok(parsed) => rows.push((row.line, parsed)),
            Err(words) => errors.push(format!("Row {}: {words}", row.line)),
        }
        if rows.len() > asked.limit {
            break;
        }
    }
    if errors.len() > SHOWN_ERRORS {
        let more = errors.len() - SHOWN_ERRORS;
        errors.truncate(SHOWN_ERRORS);
        errors.push(format!("Fix {} like these.", counted(more, "more row")));
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

fn as_errors(refusal: CsvRefusal) -> Vec<String> {
    vec![match refusal {
        CsvRefusal::NotUtf8 { line, byte: 0 } => format!("Row {line}: Remove the hidden character U+0000."),
        CsvRefusal::NotUtf8 { line, .. } => {
            format!("Save the file as CSV UTF-8: this one is in another encoding, as row {line} shows.")
        }
        CsvRefusal::Utf16 => "Save the file as CSV UTF-8: this one is in another encoding.".to_owned(),
        refusal => refusal.to_string(),
    }]
}

/// The next row that has more than spaces.
fn next<R: Read>(rows: &mut Rows<'_, R>) -> Result<Option<Row>, CsvRefusal> {
    loop {
        match rows.row()? {
            Some(row) if row.cells.iter().all(|cell| cell.trim().is_empty()) => {}
            row => return Ok(row),
        }
    }
}

fn parse_row<R: Read, T>(
    rows: &Rows<'_, R>,
    row: &Row,
    asked: &Asked,
    parse: impl Fn(&mut Cells<'_>) -> Option<T>,
) -> Result<T, String> {
    let mut cells = Cells::new(&asked.columns, rows.header(), row)?;
    let last = asked.columns.required.iter().filter_map(|column| rows.header().position(column)).max();
    if last.is_some_and(|last| last >= row.cells.len()) {
        return Err(asked.give.to_owned());
    }
    let parsed = parse(&mut cells);
    cells.finish_unnamed(parsed)
}
