//! Parses the cells of one row and collects all problems of the row.

use super::{
    columns::{Columns, Header},
    damage,
    table::Row,
};

/// Whether a spreadsheet has destroyed a text that names something.
pub fn is_damaged(identifier: &str) -> bool {
    damage::of_identifier(identifier).is_some()
}

pub struct Cells<'a> {
    header: &'a Header,
    row: &'a Row,
    /// The column of a problem, where it has one, and what to do.
    problems: Vec<(String, String)>,
}

impl<'a> Cells<'a> {
    /// Fails if the row as a whole cannot be read: it ends before a required column, for example.
    pub fn new(columns: &Columns, header: &'a Header, row: &'a Row) -> Result<Self, String> {
        if let Some(fault) = &row.fault {
            return Err(fault.clone());
        }
        let width = header.names().len();
        let cells = row.cells.len();
        if let [only] = row.cells.as_slice()
            && width > 1
            && only.contains([',', ';', '\t'])
        {
            // A comma is what most files have: the row is in quotes then.
            if !only.contains(',') {
                return Err(format!(
                    "Separate the cells of the row as in the first line, without quotes (\") around all of it: it is one cell, \
                     “{only}”."
                ));
            }
            return Err(format!("Take away the quotes (\") around the whole row: it is one cell, “{only}”."));
        }
        for column in columns.complete {
            if header.position(column).is_some_and(|position| position >= cells) {
                return Err(format!(
                    "Complete the row: it ends after {cells} of {width} cells. The file may be cut off."
                ));
            }
        }
        let mut problems = Vec::new();
        if let Some(extra) = row.cells.iter().skip(width).find(|cell| !cell.trim().is_empty()) {
            let words = format!("Put quotes (\") around the cell with a separator in it: “{extra}” is in no column.");
            problems.push((String::new(), words));
        }
        Ok(Self { header, row, problems })
    }

    /// Parses the cell in `column`. If that fails, the problem is recorded and the result is `None`.
    pub fn parse<T, Problem: ToString>(
        &mut self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let text = self.cell(column);
        if let Some(damage) = damage::of_value(text) {
            self.add_problem(column, &damage);
            return None;
        }
        parse(text).map_err(|problem| self.add_problem(column, &problem)).ok()
    }

    /// [`Self::parse`] of a code or a number that only names something: a spreadsheet must not have changed it.
    pub fn identifier<T, Problem: ToString>(
        &mut self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        if let Some(damage) = damage::of_identifier(self.cell(column)) {
            self.add_problem(column, &damage);
            return None;
        }
        self.parse(column, parse)
    }

    /// [`Self::parse`] of a cell that may be empty or absent: then the result is `Some(None)`.
    pub fn optional<T, Problem: ToString>(
        &mut self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<Option<T>> {
        if self.cell(column).trim().is_empty() { Some(None) } else { self.parse(column, parse).map(Some) }
    }

    pub fn cell(&self, column: &str) -> &'a str {
        self.header.cell(self.row, column)
    }

    pub fn add_problem(&mut self, column: &str, problem: &impl ToString) {
        self.problems.push((column.to_owned(), problem.to_string()));
    }

    /// The parsed row, or all of its problems in sentences, each after the name of its column.
    pub fn finish<T>(self, parsed: Option<T>) -> Result<T, String> {
        let named = |(column, words): &(String, String)| {
            if column.is_empty() { words.clone() } else { format!("{column}: {words}") }
        };
        let sentences: Vec<String> = self.problems.iter().map(named).collect();
        parsed.filter(|_| sentences.is_empty()).ok_or_else(|| sentences.join(" "))
    }

    /// [`Self::finish`] without the names of the columns, for rows so short that they are plain.
    pub fn finish_unnamed<T>(self, parsed: Option<T>) -> Result<T, String> {
        let sentences: Vec<String> = self.problems.into_iter().map(|(_, words)| words).collect();
        parsed.filter(|_| sentences.is_empty()).ok_or_else(|| sentences.join(" "))
    }
}
