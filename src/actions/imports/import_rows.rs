//! Reading the cells of a row of an import, and saying everything that is wrong with it.

use crate::{
    csv_file::{Header, Row},
    domain::imports::import::ImportKind,
};

/// A row while it is read.
pub struct Cells<'a> {
    header: &'a Header,
    row: &'a Row,
    problems: Vec<String>,
}

impl<'a> Cells<'a> {
    /// The cells of `row`, which has all that its kind needs.
    ///
    /// # Errors
    /// What to do about one that ends too early.
    pub fn of(kind: ImportKind, header: &'a Header, row: &'a Row) -> Result<Self, String> {
        let columns = header.names().len();
        let is_cut = |column: &&str| header.position(column).is_some_and(|at| at >= row.cells.len());
        if kind.required_columns().iter().any(is_cut) {
            let cells = row.cells.len();
            return Err(format!(
                "Complete the row: it ends after {cells} of {columns} cells. The file may be cut off."
            ));
        }
        let extra = row.cells.iter().skip(columns).find(|cell| !cell.trim().is_empty());
        let problem = |extra: &String| {
            format!("Put quotes (\") around the cell with a separator in it: “{extra}” is in no column.")
        };
        Ok(Self { header, row, problems: extra.map(problem).into_iter().collect() })
    }

    /// What the cell in `column` says, or what is wrong with it noted and nothing.
    pub fn keep<T, Problem: ToString>(
        &mut self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        parse(self.cell(column)).map_err(|problem| self.refuse(column, &problem)).ok()
    }

    /// The cell in `column`, as it is written.
    pub fn cell(&self, column: &str) -> &'a str {
        self.header.cell(self.row, column)
    }

    /// Notes what is wrong with the cell in `column`.
    pub fn refuse(&mut self, column: &str, problem: &impl ToString) {
        self.problems.push(format!("{column}: {}", problem.to_string()));
    }

    /// What the row says, or everything that is wrong with it.
    ///
    /// # Errors
    /// What to do about it, in sentences.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, String> {
        read.filter(|_| self.problems.is_empty()).ok_or_else(|| self.problems.join(" "))
    }
}
