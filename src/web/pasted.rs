//! Rows that were pasted into a form, or uploaded with it.

use crate::domain::text::counted;

/// The most rows whose errors are shown one by one.
const SHOWN_ERRORS: usize = 20;

/// Reads rows of cells that are separated by a comma, a semicolon or a tab. `row` parses each, or says what to fix. A first
/// row of headings, which begins with `heading`, is skipped, and so are empty rows. After any error no row may be used.
pub fn rows<T>(text: &str, heading: &str, row: impl Fn(&[String]) -> Result<T, String>) -> Result<Vec<T>, Vec<String>> {
    let text = text.trim_start_matches('\u{FEFF}');
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().find(|byte| first.as_bytes().contains(byte)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut errors = Vec::new();
    for (nth, record) in reader.records().enumerate() {
        let cells: Vec<String> = match record {
            Ok(record) => record.iter().map(str::to_owned).collect(),
            Err(_) => vec![],
        };
        let is_heading = nth == 0 && cells.first().is_some_and(|cell| cell.eq_ignore_ascii_case(heading));
        if is_heading || cells.iter().all(String::is_empty) && !cells.is_empty() {
            continue;
        }
        match row(&cells) {
            Ok(row) => rows.push(row),
            Err(words) => errors.push(format!("Row {}: {words}", nth + 1)),
        }
    }
    if errors.len() > SHOWN_ERRORS {
        let more = errors.len() - SHOWN_ERRORS;
        errors.truncate(SHOWN_ERRORS);
        errors.push(format!("Fix {} like these.", counted(more, "more row")));
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}
