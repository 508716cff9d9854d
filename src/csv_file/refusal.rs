//! Why a file cannot be read.

/// Why a file as a whole cannot be read. The words say what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvRefusal {
    /// There is nothing in it.
    #[error("Choose a file with a header and rows: this one is empty.")]
    Empty,
    /// There is a header and nothing else.
    #[error("Choose a file with rows: this one has only a header.")]
    NoRows,
    /// It begins as UTF-16 does.
    #[error("Save the file as “CSV UTF-8” and choose it again: this one is in UTF-16.")]
    Utf16,
    /// It holds a byte that text in UTF-8 does not.
    #[error(
        "Save the file as “CSV UTF-8” and choose it again: line {line} has the byte 0x{byte:02X}, which is not UTF-8."
    )]
    NotUtf8 {
        /// The line, counted from 1.
        line: u64,
        /// The first such byte.
        byte: u8,
    },
    /// A quote was opened and the file ended.
    #[error("Close the quote (\") that opens in the row on line {line}: the file ends inside it, and may be cut off.")]
    UnclosedQuote {
        /// The line on which the row begins.
        line: u64,
    },
    /// A row is longer than any that is meant; most often a quote was never closed.
    #[error("Look at the row on line {line}: it is longer than {limit_kib} KiB. A quote (\") may not be closed there.")]
    RowTooLong {
        /// The line on which the row begins.
        line: u64,
        /// The most a row may have, in KiB.
        limit_kib: usize,
    },
    /// Columns are missing.
    #[error("Add what is missing to the first line: {}. It has: {}.", .missing.join(", "), .found.join(", "))]
    MissingColumns {
        /// Their names.
        missing: Vec<&'static str>,
        /// The names that are there.
        found: Vec<String>,
    },
    /// A column that is read is there more than once.
    #[error("Keep one column “{0}”: the first line has it more than once.")]
    RepeatedColumn(&'static str),
    /// The file could not be read from the disk.
    #[error("The file could not be read: {0}.")]
    Unreadable(String),
}
