//! Prepares the bytes of a file for the CSV reader: converts all line ends to `\n`, and refuses zero bytes and rows that
//! are too long, so that a bad file never fills the memory.

use super::refusal::CsvRefusal;
use std::io::{Error, Read};

/// The largest size of a row, in KiB.
const ROW_LIMIT_KIB: usize = 64;

/// The only cell of a row that [`Source`] adds at the end of a file. A file cannot contain it, because zero bytes are
/// refused. If the reader finds it inside another row, the file ends inside quotes.
pub(super) const END: &[u8] = b"\0";

/// Reads `inner` with `\n` as the only line end, followed by [`END`].
pub(super) struct Source<R> {
    inner: R,
    /// The line that is being read, counted from 1.
    line: u64,
    after_cr: bool,
    at_end: bool,
    /// The line on which the current row begins.
    row_line: u64,
    /// The bytes that were read since then.
    row_bytes: usize,
}

impl<R: Read> Source<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, line: 1, after_cr: false, at_end: false, row_line: 1, row_bytes: 0 }
    }

    /// The caller has read a row, and the next one begins on `line`.
    pub(super) fn begin_row(&mut self, line: u64) {
        self.row_line = line;
        self.row_bytes = 0;
    }

    /// Converts the line ends of `bytes` in place and returns the new length.
    fn normalize(&mut self, bytes: &mut [u8]) -> Result<usize, CsvRefusal> {
        let mut length = 0;
        for read in 0..bytes.len() {
            let byte = bytes[read];
            let is_second_half = byte == b'\n' && self.after_cr;
            self.after_cr = byte == b'\r';
            match byte {
                0 => return Err(CsvRefusal::NotUtf8 { line: self.line, byte }),
                b'\n' if is_second_half => continue,
                b'\r' | b'\n' => {
                    bytes[length] = b'\n';
                    self.line += 1;
                }
                _ => bytes[length] = byte,
            }
            length += 1;
        }
        Ok(length)
    }

    /// Ends the last line and adds the row of [`END`], once.
    fn end(&mut self, buffer: &mut [u8]) -> usize {
        if self.at_end {
            return 0;
        }
        self.at_end = true;
        let rest = [b"\n", END, b"\n"].concat();
        buffer[..rest.len()].copy_from_slice(&rest);
        rest.len()
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
            let length = self.normalize(&mut buffer[..read]).map_err(Error::other)?;
            self.row_bytes += length;
            // If only the `\n` of `\r\n` was read, nothing is left. Returning 0 would mean the end of the file.
            if length > 0 {
                return Ok(length);
            }
        }
    }
}
