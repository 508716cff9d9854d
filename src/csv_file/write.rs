//! Writes CSV.

use super::formula::guarded;
use std::io::{Error, Write};

/// Writes rows as UTF-8 with `,` as the separator. No cell runs as a formula in a spreadsheet, even if that splits the file
/// at `;` or tabs.
pub struct CsvWriter<W: Write>(csv::Writer<W>);

impl<W: Write> CsvWriter<W> {
    pub fn new(out: W) -> Self {
        Self(csv::WriterBuilder::new().flexible(true).from_writer(out))
    }

    /// Writes one row; the header is a row too.
    pub fn row<Cell: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = Cell>) -> Result<(), Error> {
        for (column, cell) in cells.into_iter().enumerate() {
            self.0.write_field(guarded(cell.as_ref(), column).as_bytes())?;
        }
        Ok(self.0.write_record(None::<&[u8]>)?)
    }

    /// Flushes the buffer and returns the underlying writer.
    pub fn finish(self) -> Result<W, Error> {
        self.0.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv_file::CsvReader;

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
        let mut reader = CsvReader::open(written.as_slice()).unwrap();
        for row in rows {
            assert_eq!(reader.row().unwrap().unwrap().cells, row);
        }
        assert_eq!(reader.row(), Ok(None));
    }
}
