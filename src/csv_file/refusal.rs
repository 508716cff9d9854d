//! Why a file as a whole cannot be read. The messages say what to do. Lines are counted from 1.

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvRefusal {
    #[error("Choose a file with a header and rows: this one is empty.")]
    Empty,
    #[error("Choose a file with rows: this one has only a header.")]
    NoRows,
    #[error("Save the file as “CSV UTF-8” and choose it again: this one is in UTF-16.")]
    Utf16,
    #[error(
        "Save the file as “CSV UTF-8” and choose it again: line {line} has the byte 0x{byte:02X}, which is not UTF-8."
    )]
    NotUtf8 { line: u64, byte: u8 },
    #[error("Close the quote (\") that opens in the row on line {line}: the file ends inside it, and may be cut off.")]
    UnclosedQuote { line: u64 },
    /// Usually the reason is a quote that was never closed.
    #[error("Check the row on line {line}: it is longer than {limit_kib} KiB. A quote (\") may not be closed there.")]
    RowTooLong { line: u64, limit_kib: usize },
    #[error("Add what is missing to the first line: {}. It has: {}.", .missing.join(", "), .found.join(", "))]
    MissingColumns { missing: Vec<&'static str>, found: Vec<String> },
    #[error("Keep only one column “{0}”: the first line has it more than once.")]
    RepeatedColumn(&'static str),
    /// An error of the file system or of the upload.
    #[error("The file could not be read: {0}.")]
    Unreadable(String),
}
