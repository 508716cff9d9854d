//! CSV files as people make and open them: spreadsheets on one side, programs on the other. What the columns mean is
//! not here.

mod formula;
mod read;
mod refusal;
mod source;
mod write;

pub use read::{CsvReader, Header, Row};
pub use refusal::CsvRefusal;
pub use write::CsvWriter;
