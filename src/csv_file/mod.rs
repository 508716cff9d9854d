//! Reads and writes CSV files of spreadsheets and other programs. The meaning of the columns is not decided here.

mod formula;
mod read;
mod refusal;
mod source;
mod write;

pub use read::{CsvReader, Header, Row};
pub use refusal::CsvRefusal;
pub use write::CsvWriter;
