//! Prepares the bytes of a file for the CSV reader: converts all line ends to `\n`, notices quotes that the reader would
//! take to the letter, and refuses zero bytes and rows that are too long, so that a bad file never fills the memory.

use super::refusal::CsvRefusal;
use std::{
    collections::VecDeque,
    io::{Error, Read},
};

/// The largest size of a row, in KiB.
pub(super) const ROW_LIMIT_KIB: usize = 64;

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
    separator: u8,
    quotes: Quotes,
    /// The lines with a quote after which its cell goes on, among what was read ahead.
    stray_quotes: VecDeque<u64>,
}

/// Where in a cell the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// At the beginning of a cell.
    Start,
    /// In a cell without quotes, where a quote is a character.
    Bare,
    Open,
    /// After a quote in a cell with quotes: its end, or the first half of a doubled one.
    Closing,
}

impl<R: Read> Source<R> {
    /// `line` is the number of the first line.
    pub(super) fn new(inner: R, separator: u8, line: u64) -> Self {
        Self {
            inner,
            line,
            after_cr: false,
            at_end: false,
            row_line: line,
            row_bytes: 0,
            separator,
            quotes: Quotes::Start,
            stray_quotes: VecDeque::new(),
        }
    }

    /// Whether a line before `line` has a stray quote. Each is told once.
    pub(super) fn take_stray_quotes_before(&mut self, line: u64) -> bool {
        let before = self.stray_quotes.partition_point(|stray| *stray < line);
        self.stray_quotes.drain(..before).next().is_some()
    }

    fn note_quotes(&mut self, byte: u8) {
        self.quotes = match (self.quotes, byte) {
            (Quotes::Open, b'"') => Quotes::Closing,
            (Quotes::Open, _) => Quotes::Open,
            (Quotes::Closing, b'"') => Quotes::Open,
            (_, b'\n') => Quotes::Start,
            (_, byte) if byte == self.separator => Quotes::Start,
            (Quotes::Start, b'"') => Quotes::Open,
            (Quotes::Closing, b' ') => Quotes::Closing,
            (Quotes::Closing, _) => {
                self.stray_quotes.push_back(self.line);
                Quotes::Bare
            }
            (Quotes::Start | Quotes::Bare, _) => Quotes::Bare,
        };
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
                    self.note_quotes(b'\n');
                    self.line += 1;
                }
                _ => {
                    bytes[length] = byte;
                    self.note_quotes(byte);
                }
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
