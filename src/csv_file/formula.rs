//! Cells that a spreadsheet would run as formulas, and how they are kept from it (OWASP, "CSV Injection"): with an
//! apostrophe before them, which spreadsheets take for "this is text".

use std::borrow::Cow;

/// The cell as it is written: one that would run gets an apostrophe. So does one that already looks like such a cell
/// with its apostrophes, so that [`unguarded`] gives back exactly what was written.
pub(super) fn guarded(cell: &str) -> Cow<'_, str> {
    if would_run(cell.trim_start_matches('\'')) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell without the apostrophe that [`guarded`] gave it.
pub(super) fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if would_run(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

/// Whether a spreadsheet may take the cell for a formula. A plain number like -5 is none. The wide forms are those
/// that East Asian spreadsheets take for the narrow ones.
fn would_run(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) && !is_negative_number(cell)
}

fn is_negative_number(cell: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = cell.strip_prefix('-').unwrap_or_default();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    is_digits(whole) && is_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_would_run_gets_an_apostrophe_and_no_other_does() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("+49 30 1", "'+49 30 1"),
            ("-5+cmd|' /C calc'!A0", "'-5+cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\r=1", "'\r=1"),
            ("＝1", "'＝1"),
            ("-", "'-"),
            ("-1.2.3", "'-1.2.3"),
            ("'=1", "''=1"),
            ("-5", "-5"),
            ("-5.25", "-5.25"),
            ("5-6", "5-6"),
            ("'tis", "'tis"),
            ("'-5", "'-5"),
            ("''", "''"),
            ("", ""),
            ("双十一", "双十一"),
        ] {
            assert_eq!(guarded(cell), written, "{cell:?}");
            assert_eq!(unguarded(written), cell, "{written:?}");
        }
    }

    #[test]
    fn a_cell_of_somebody_elses_file_keeps_an_apostrophe_that_guards_nothing() {
        for cell in ["'tis the season", "'", "'5", "''", "'-5"] {
            assert_eq!(unguarded(cell), cell);
        }
    }
}
