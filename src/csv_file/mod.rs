//! Reads the tables that people and programs send, CSV and .xlsx alike, and writes CSV. The meaning of the columns is not
//! decided here.

mod cells;
mod columns;
mod damage;
mod formula;
mod lines;
mod refusal;
mod sheet;
mod source;
mod table;
mod write;

pub use cells::{Cells, is_damaged};
pub use columns::{Columns, Header};
pub use refusal::CsvRefusal;
pub use table::{Row, Rows, Table};
pub use write::{BYTE_ORDER_MARK, CsvWriter};
