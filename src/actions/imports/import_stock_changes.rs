//! Applies rows of a file of differences: `sku,change,reason`, and `note` if the file has that column.

use super::import_rows::{Applied, columns_of};
use crate::{
    actions::catalogue::change_stock,
    csv_file::{Cells, Header, Row},
    db::{Conn, QueryResult},
    domain::{
        catalogue::{
            ledger::Cause,
            stock_change::{ChangeReason, StockChange, parse_difference, parse_note},
        },
        code::SkuCode,
        imports::import::{ImportKind, Imported},
    },
};
use sha2::{Digest, Sha256};

/// Applies the valid rows and returns for each row what was done or how to fix it. A SKU may be in several rows: each is a
/// change of its own.
pub fn run(conn: &mut Conn, cause: &Cause, header: &Header, rows: &[Row]) -> QueryResult<Applied> {
    let mut changes = Vec::new();
    let mut parsed = Vec::with_capacity(rows.len());
    for row in rows {
        parsed.push(parse(header, row).map(|change| changes.push(change)));
    }
    let mut changed = change_stock::run(conn, cause, &changes)?.into_iter();
    let mut results = Vec::with_capacity(rows.len());
    for row in parsed {
        results.push(row.and_then(|()| match changed.next().expect("a result for every change") {
            Ok(_) => Ok(Imported::Created),
            Err(refusal) => Err(refusal.to_string()),
        }));
    }
    Ok(Applied::of(results))
}

/// A hash of what a row says, however it is written; `None` if it cannot be read. It is stored.
pub(super) fn hash_of(header: &Header, row: &Row) -> Option<i64> {
    let StockChange { sku, units, reason, note } = parse(header, row).ok()?;
    let hash = Sha256::digest(format!("{:?}", (sku.as_str(), units, reason.as_str(), note)));
    let first: [u8; 8] = hash[..8].try_into().expect("a hash has more bytes");
    Some(i64::from_be_bytes(first))
}

fn parse(header: &Header, row: &Row) -> Result<StockChange, String> {
    let mut cells = Cells::new(&columns_of(ImportKind::StockChanges), header, row)?;
    let sku = cells.identifier("sku", SkuCode::parse);
    let units = cells.parse("change", parse_difference);
    let reason = cells.parse("reason", parse_reason);
    let note = cells.parse("note", parse_note);
    if let (Some(units), Some(reason)) = (units, reason)
        && let Err(words) = reason.check_sign(units)
    {
        cells.add_problem("change", &words);
    }
    let change = match (sku, units, reason, note) {
        (Some(sku), Some(units), Some(reason), Some(note)) => Some(StockChange { sku, units, reason, note }),
        _ => None,
    };
    cells.finish(change)
}

fn parse_reason(text: &str) -> Result<ChangeReason, String> {
    let words = ChangeReason::ALL.map(ChangeReason::as_str).join(", ");
    ChangeReason::parse(&text.trim().to_lowercase()).ok_or_else(|| format!("Enter one of: {words}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv_file::Table;

    fn parsed(row: &str) -> Result<(i64, ChangeReason, String), String> {
        let file = format!("sku,change,reason,note\n{row}\n");
        let mut table = Table::open(file.as_bytes()).unwrap();
        let mut rows = table.rows().unwrap();
        let row = rows.row().unwrap().unwrap();
        parse(rows.header(), &row).map(|change| (change.units, change.reason, change.note))
    }

    #[test]
    fn a_row_is_a_difference_with_its_reason() {
        for (row, change) in [
            ("TEE,200,received,from the supplier", (200, ChangeReason::Received, "from the supplier")),
            ("TEE,+5,Returned,", (5, ChangeReason::Returned, "")),
            ("TEE,-3, DAMAGED ", (-3, ChangeReason::Damaged, "")),
            ("TEE,\"1,000\",correction,", (1000, ChangeReason::Correction, "")),
        ] {
            let (units, reason, note) = change;
            assert_eq!(parsed(row), Ok((units, reason, note.to_owned())), "{row}");
        }
        for (row, words) in [
            ("TEE,200,bought,", "reason: Enter one of: received, returned, damaged, correction."),
            ("TEE,0,received,", "change: Enter the difference"),
            ("TEE,3,damaged,", "change: Enter −3"),
            ("4.00638E+12,3,received,", "sku: The spreadsheet shortened this number"),
            ("TEE,3", "Complete the row: it ends after 2 of 4 cells."),
        ] {
            let problems = parsed(row).expect_err(row);
            assert!(problems.starts_with(words), "{row}: {problems}");
        }
    }
}
