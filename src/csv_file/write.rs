//! Writes CSV.

use super::formula::guarded;
use std::io::{Error, Write};

/// What a file for people begins with: without it, spreadsheets take UTF-8 for another encoding.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Writes rows as UTF-8 with `,` as the separator.
pub struct CsvWriter<W: Write> {
    out: csv::Writer<W>,
    is_guarded: bool,
}

impl<W: Write> CsvWriter<W> {
    /// For people: no cell runs as a formula in a spreadsheet, even if that splits the file at `;` or tabs.
    pub fn new(out: W) -> Self {
        Self { out: csv::WriterBuilder::new().flexible(true).from_writer(out), is_guarded: true }
    }

    /// For programs: every cell is what it says, without an apostrophe.
    pub fn plain(out: W) -> Self {
        Self { is_guarded: false, ..Self::new(out) }
    }

    /// Writes one row; the header is a row too.
    pub fn row<Cell: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = Cell>) -> Result<(), Error> {
        for (column, cell) in cells.into_iter().enumerate() {
            if self.is_guarded {
                self.out.write_field(guarded(cell.as_ref(), column).as_bytes())?;
            } else {
                self.out.write_field(cell.as_ref().as_bytes())?;
            }
        }
        Ok(self.out.write_record(None::<&[u8]>)?)
    }

    /// Flushes the buffer and returns the underlying writer.
    pub fn finish(self) -> Result<W, Error> {
        self.out.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv_file::Table;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_never_run() {
        let mut file = CsvWriter::new(Vec::new());
        file.row(["sku", "name", "on_hand"]).unwrap();
        file.row(["=1+1", "\"Deluxe\", red", "-5"]).unwrap();
        file.row(["", "two\nlines", "7"]).unwrap();
        let text = String::from_utf8(file.finish().unwrap()).unwrap();
        assert_eq!(text, "sku,name,on_hand\n'=1+1,\"\"\"Deluxe\"\", red\",-5\n,\"two\nlines\",7\n");
    }

    #[test]
    fn what_was_written_is_read_back_unchanged() {
        let rows =
            [["=1+1", "'=1"], ["a;b|c;=d", "\"q\""], ["-5", "-5"], ["", "'tis"], ["双十一", "-5"], ["@x", "\u{feff}y"]];
        let mut file = CsvWriter::new(Vec::new());
        file.row(["a", "b"]).unwrap();
        rows.iter().for_each(|row| file.row(row).unwrap());
        let written = file.finish().unwrap();
        let mut table = Table::open(written.as_slice()).unwrap();
        let mut read = table.rows().unwrap();
        for row in rows {
            assert_eq!(read.row().unwrap().unwrap().cells, row);
        }
        assert_eq!(read.row(), Ok(None));
    }

    #[test]
    fn a_file_for_programs_has_every_cell_as_it_is() {
        let mut file = CsvWriter::plain(Vec::new());
        file.row(["-RED", "a,b", "=1"]).unwrap();
        assert_eq!(String::from_utf8(file.finish().unwrap()).unwrap(), "-RED,\"a,b\",=1\n");
    }
}
