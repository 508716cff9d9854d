//! The bytes of a file on their way to the reader of rows: line ends made one kind, and what no row can be made of
//! refused early, so that little of a file is ever in memory.

use super::refusal::CsvRefusal;
use std::io::{Error, Read};

/// The most a row may have, in KiB.
const ROW_LIMIT_KIB: usize = 64;

/// The only cell of the row that [`Source`] adds at the end of a file. Files cannot have it: a zero byte is refused.
/// Whoever does not meet it as a row of its own has read a file that ends inside quotes.
pub(super) const END: &[u8] = b"\0";

/// Reads `inner` with `\n` for every line end, and [`END`] after it.
pub(super) struct Source<R> {
    inner: R,
    /// The line that is being read, counted from 1.
    line: u64,
    after_cr: bool,
    at_end: bool,
    /// The line on which the row began that is being read, and how much was read since.
    row_line: u64,
    row_bytes: usize,
}

impl<R: Read> Source<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, line: 1, after_cr: false, at_end: false, row_line: 1, row_bytes: 0 }
    }

    /// Says that a row was read and the next begins on `line`.
    pub(super) fn begin_row(&mut self, line: u64) {
        (self.row_line, self.row_bytes) = (line, 0);
    }

    /// Changes the line ends of `bytes` in place; answers how many are left.
    fn take(&mut self, bytes: &mut [u8]) -> Result<usize, CsvRefusal> {
        let mut kept = 0;
        for read in 0..bytes.len() {
            let byte = bytes[read];
            let is_second_half = byte == b'\n' && self.after_cr;
            self.after_cr = byte == b'\r';
            match byte {
                0 => return Err(CsvRefusal::NotUtf8 { line: self.line, byte }),
                b'\n' if is_second_half => continue,
                b'\r' | b'\n' => {
                    bytes[kept] = b'\n';
                    self.line += 1;
                }
                _ => bytes[kept] = byte,
            }
            kept += 1;
        }
        Ok(kept)
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        if self.row_bytes > ROW_LIMIT_KIB << 10 {
            return Err(Error::other(CsvRefusal::RowTooLong { line: self.row_line, limit_kib: ROW_LIMIT_KIB }));
        }
        loop {
            let read = self.inner.read(buffer)?;
            if read == 0 {
                return Ok(self.end(buffer));
            }
            let kept = self.take(&mut buffer[..read]).map_err(Error::other)?;
            self.row_bytes += kept;
            // The second half of a line end alone is nothing to hand on, and nothing read would mean the end.
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

impl<R> Source<R> {
    /// Ends the last line and adds the row that says so, once.
    fn end(&mut self, buffer: &mut [u8]) -> usize {
        let rest = [b"\n", END, b"\n"].concat();
        if self.at_end {
            return 0;
        }
        self.at_end = true;
        buffer[..rest.len()].copy_from_slice(&rest);
        rest.len()
    }
}
