//! Writes the failed rows of an import as a file that can be corrected and imported again: the columns of the original
//! file, and the reason for each row.

use crate::{
    csv_file::{CsvWriter, Header},
    db::imports::Failure,
    domain::imports::import::ImportKind,
};
use std::io::{Result, Write};

/// The added column. If the file has one from an earlier import, it is replaced. Changes of stock have a `reason` of their
/// own, which is read.
pub fn added_column(kind: ImportKind) -> &'static str {
    match kind {
        ImportKind::StockChanges => "failed_because",
        ImportKind::Catalogue | ImportKind::Orders | ImportKind::Listings => "reason",
    }
}

pub fn write_header(file: &mut CsvWriter<impl Write>, kind: ImportKind, header: &Header) -> Result<()> {
    let added = added_column(kind);
    let names = header.names().iter().map(String::as_str);
    file.row(without(header.position(added), names).chain([added]))
}

/// Cells beyond the last column are written after the reason, so that they stay beyond it.
pub fn write_rows(
    file: &mut CsvWriter<impl Write>,
    kind: ImportKind,
    header: &Header,
    failures: &[Failure],
) -> Result<()> {
    let columns = header.names().len();
    let earlier_reason = header.position(added_column(kind));
    failures.iter().try_for_each(|Failure { row, reason, .. }| {
        let cells = row.cells.iter().map(String::as_str);
        let in_columns = cells.clone().chain(std::iter::repeat("")).take(columns);
        file.row(without(earlier_reason, in_columns).chain([reason.as_str()]).chain(cells.skip(columns)))
    })
}

fn without<'a>(position: Option<usize>, cells: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    cells.enumerate().filter(move |(at, _)| Some(*at) != position).map(|(_, cell)| cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv_file::{Row, Table};

    fn written(kind: ImportKind, header: &str, rows: &[(&[&str], &str)]) -> String {
        let mut table = Table::open(header.as_bytes()).unwrap();
        let reader = table.rows().unwrap();
        let mut file = CsvWriter::new(Vec::new());
        write_header(&mut file, kind, reader.header()).unwrap();
        for (cells, reason) in rows {
            let row = Row::new(2, cells.iter().map(|cell| (*cell).to_owned()).collect());
            let failure = Failure { number: 0, row, reason: (*reason).to_owned() };
            write_rows(&mut file, kind, reader.header(), &[failure]).unwrap();
        }
        String::from_utf8(file.finish().unwrap()).unwrap()
    }

    #[test]
    fn every_row_comes_back_in_its_columns_with_its_reason() {
        let rows =
            [(&["A", "=1", "x"][..], "Enter 0 or more."), (&["B"], "Complete it."), (&["C", "d", "e", "f"], "Quote.")];
        assert_eq!(
            written(ImportKind::Catalogue, "sku;Name;on_hand\n", &rows),
            "sku,Name,on_hand,reason\nA,'=1,x,Enter 0 or more.\nB,,,Complete it.\nC,d,e,Quote.,f\n"
        );
    }

    #[test]
    fn the_reason_of_an_earlier_import_gives_way() {
        let file = written(ImportKind::Catalogue, "sku,reason,on_hand\n", &[(&["A", "old", "x"], "new")]);
        assert_eq!(file, "sku,on_hand,reason\nA,x,new\n");
    }

    #[test]
    fn the_reason_of_a_change_of_stock_stays() {
        let rows = [(&["A", "old", "x", "received"][..], "new")];
        let file = written(ImportKind::StockChanges, "sku,failed_because,change,reason\n", &rows);
        assert_eq!(file, "sku,change,reason,failed_because\nA,x,received,new\n");
    }
}
