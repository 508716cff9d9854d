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
    #[error("Call the column “{found}” {ours} if that is what it is, or take it out: nothing would be read from it.")]
    MistakableColumn { found: String, ours: &'static str },
    #[error("Type the column name “{name}” in the first line again: it has the hidden character U+{code:04X}.")]
    HiddenCharacter { name: String, code: u32 },
    #[error("Take away the quotes (\") around each whole line: the first line is one cell, “{cell}”.")]
    QuotedLine { cell: String },
    #[error("Save the file as “CSV UTF-8” or as .xlsx and choose it again: this one is {0}.")]
    NotATable(&'static str),
    #[error("Save the sheet as “CSV UTF-8” and choose that: unpacked, this workbook has more than {limit_mib} MiB.")]
    WorkbookTooLarge { limit_mib: u64 },
    #[error("Save the workbook again, or its sheet as “CSV UTF-8”, and choose that: it could not be read ({0}).")]
    BrokenWorkbook(String),
    #[error(
        "Open the workbook in a spreadsheet program, save it there, or as “CSV UTF-8”, and choose that: it has formulas without their results."
    )]
    NotComputed,
    /// An error of the file system or of the upload.
    #[error("The file could not be read: {0}.")]
    Unreadable(String),
}
