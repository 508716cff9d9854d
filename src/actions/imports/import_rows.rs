//! Parses the cells of one row of an import and collects all problems of the row.

use crate::{
    csv_file::{Header, Row},
    domain::imports::import::ImportKind,
};

pub struct Cells<'a> {
    header: &'a Header,
    row: &'a Row,
    problems: Vec<String>,
}

impl<'a> Cells<'a> {
    /// Fails if the row ends before a required column: it may be cut off.
    pub fn new(kind: ImportKind, header: &'a Header, row: &'a Row) -> Result<Self, String> {
        let columns = header.names().len();
        let cells = row.cells.len();
        for column in kind.required_columns() {
            if header.position(column).is_some_and(|position| position >= cells) {
                return Err(format!(
                    "Complete the row: it ends after {cells} of {columns} cells. The file may be cut off."
                ));
            }
        }
        let mut problems = Vec::new();
        if let Some(extra) = row.cells.iter().skip(columns).find(|cell| !cell.trim().is_empty()) {
            problems
                .push(format!("Put quotes (\") around the cell with a separator in it: “{extra}” is in no column."));
        }
        Ok(Self { header, row, problems })
    }

    /// Parses the cell in `column`. If that fails, the problem is recorded and the result is `None`.
    pub fn parse<T, Problem: ToString>(
        &mut self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        parse(self.cell(column)).map_err(|problem| self.add_problem(column, &problem)).ok()
    }

    pub fn cell(&self, column: &str) -> &'a str {
        self.header.cell(self.row, column)
    }

    pub fn add_problem(&mut self, column: &str, problem: &impl ToString) {
        self.problems.push(format!("{column}: {}", problem.to_string()));
    }

    /// The parsed row, or all of its problems in sentences.
    pub fn finish<T>(self, parsed: Option<T>) -> Result<T, String> {
        parsed.filter(|_| self.problems.is_empty()).ok_or_else(|| self.problems.join(" "))
    }
}
