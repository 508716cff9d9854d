//! Protection against cells that a spreadsheet would run as formulas (OWASP, "CSV Injection"): an apostrophe before the
//! formula, which spreadsheets read as "this is text".
//!
//! Spreadsheets in regions with decimal commas split rows at `;`, and ignore quotes in the middle of a field. Import
//! dialogues may split at tabs. So the text after any separator or line end inside a cell may become a cell of its own.

use std::borrow::Cow;

/// Escapes a cell of `column`, counted from 0: each part that would run gets an apostrophe. A part that already has
/// apostrophes before a formula gets one more, so that [`unguarded`] returns exactly the original.
pub(super) fn guarded(cell: &str, column: usize) -> Cow<'_, str> {
    if parts(cell).all(|part| !would_run(part, cell, column)) {
        return Cow::Borrowed(cell);
    }
    let mut guarded = String::with_capacity(cell.len() + 1);
    for part in parts(cell) {
        if would_run(part, cell, column) {
            guarded.push('\'');
        }
        guarded.push_str(part);
    }
    Cow::Owned(guarded)
}

/// Removes the apostrophes that [`guarded`] added to a cell of `column`.
pub(super) fn unguarded(cell: &str, column: usize) -> Cow<'_, str> {
    if !cell.contains('\'') {
        return Cow::Borrowed(cell);
    }
    let mut unguarded = String::with_capacity(cell.len());
    for part in parts(cell) {
        let guard = if would_run(part, cell, column) { "'" } else { "" };
        unguarded.push_str(part.strip_prefix(guard).unwrap_or(part));
    }
    Cow::Owned(unguarded)
}

/// The parts of a cell that a program could split into cells of their own, each with the separator after it.
fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split_inclusive([';', '\t', '\r', '\n'])
}

/// Whether a spreadsheet may run a part of `cell` as a formula, not counting apostrophes before it. East Asian spreadsheets
/// accept the full-width characters too. A negative number like -5 is no formula, except in column 0: if `;` is the
/// separator, the first cell of a row continues after its comma and may become a formula.
fn would_run(part: &str, cell: &str, column: usize) -> bool {
    let part = part.trim_start_matches('\'');
    let begins = part.trim_start_matches(['"', ' ', '\u{a0}']);
    part.starts_with(['\t', '\r', '\n'])
        || begins.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
            && (column == 0 || !is_negative_number(cell.trim_start_matches('\'')))
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
    use proptest::prelude::*;

    #[test]
    fn a_cell_that_would_run_gets_an_apostrophe_and_no_other_does() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("+49 30 1", "'+49 30 1"),
            ("-5+cmd|' /C calc'!A0", "'-5+cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" =1", "' =1"),
            ("\tx", "'\tx"),
            ("\r=1", "'\r'=1"),
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
            ("a;=1", "a;'=1"),
            ("a;-5", "a;'-5"),
            ("a; \"=1;b\t@x\n+1", "a;' \"=1;b\t'@x\n'+1"),
            ("a;'=1", "a;''=1"),
            ("red; blue - 5", "red; blue - 5"),
            ("a;;b|=1, =1", "a;;b|=1, =1"),
        ] {
            assert_eq!(guarded(cell, 1), written, "{cell:?}");
            assert_eq!(unguarded(written, 1), cell, "{written:?}");
        }
    }

    #[test]
    fn a_number_that_begins_a_row_is_guarded_because_the_row_may_go_on_after_its_comma() {
        assert_eq!((guarded("-5", 0), guarded("5", 0)), ("'-5".into(), "5".into()));
        assert_eq!((unguarded("'-5", 0), unguarded("'5", 0)), ("-5".into(), "'5".into()));
    }

    #[test]
    fn a_cell_of_somebody_elses_file_keeps_an_apostrophe_that_guards_nothing() {
        for cell in ["'tis the season", "'", "'5", "''", "'-5", "a;'b"] {
            assert_eq!(unguarded(cell, 1), cell);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back_and_nothing_of_it_runs(cell in "[-=+@'\"; \t\r\n15.,a＝]{0,12}", column in 0..2_usize) {
            let written = guarded(&cell, column);
            prop_assert_eq!(&unguarded(&written, column), &cell);
            let runs = |part: &str| part.trim_start_matches(['"', ' ']).starts_with(['=', '+', '-', '@', '＝']);
            let is_number = column == 1 && cell.parse::<f64>().is_ok();
            prop_assert!(is_number || !written.split([';', '\t', '\r', '\n']).any(runs), "{}", written);
        }
    }
}
