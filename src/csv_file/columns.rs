//! The names of columns: what a table is asked for, and what its first line has.

use super::{refusal::CsvRefusal, table::Row};
use serde::{Deserialize, Serialize};

/// The columns of one kind of table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    pub required: &'static [&'static str],
    pub optional: &'static [&'static str],
    /// Columns before whose cell a row may not end, where the table has them: a file that is cut off in a number has another
    /// number.
    pub complete: &'static [&'static str],
    /// Names that others use for a column of ours, each with ours. A table that has such a name instead of ours, perhaps
    /// with more in brackets or a currency after it, is refused: otherwise the column would be left out without a word.
    pub mistakable: &'static [(&'static str, &'static str)],
    /// Required columns that a table may have another column instead of.
    pub instead: &'static [(&'static str, &'static str)],
}

impl Columns {
    /// Every column that is read, in the order in which a table without a first line of names has them.
    pub fn all(&self) -> impl Iterator<Item = &'static str> {
        self.required.iter().chain(self.optional).copied()
    }
}

/// The names of the columns as they are written in the first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Header {
    names: Vec<String>,
    /// What the names are compared by.
    keys: Vec<String>,
}

impl From<Vec<String>> for Header {
    fn from(names: Vec<String>) -> Self {
        let keys = names.iter().map(|name| key_of(name)).collect();
        Self { names, keys }
    }
}

impl From<Header> for Vec<String> {
    fn from(header: Header) -> Self {
        header.names
    }
}

impl Header {
    /// The header of a table that has none: its columns are known by their position.
    pub(super) fn of(columns: &Columns) -> Self {
        Self::from(columns.all().map(str::to_owned).collect::<Vec<_>>())
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The index of the column `name`. "On Hand" and "on-hand" in the file are `on_hand`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.keys.iter().position(|key| is_key_of(key, name))
    }

    /// The cell of `row` in the column `name`; empty if the file or the row does not have it.
    pub fn cell<'a>(&self, row: &'a Row, name: &str) -> &'a str {
        self.position(name).and_then(|at| row.cells.get(at)).map_or("", String::as_str)
    }

    /// The names that `columns` does not have.
    pub fn unread<'a>(&'a self, columns: &'a Columns) -> impl Iterator<Item = &'a str> {
        let is_unread = |key: &String| !key.is_empty() && !columns.all().any(|name| is_key_of(key, name));
        self.keys.iter().zip(&self.names).filter(move |(key, _)| is_unread(key)).map(|(_, name)| name.trim())
    }

    /// Checks that the file has every required column, none twice, and none under a name that would be left out.
    pub fn check(&self, columns: &Columns) -> Result<(), CsvRefusal> {
        if let [only] = self.names.as_slice()
            && only.contains([',', ';', '\t'])
        {
            return Err(CsvRefusal::QuotedLine { cell: only.clone() });
        }
        for name in columns.all().filter(|name| self.position(name).is_none()) {
            if let Some((written, code)) = self.names.iter().find_map(|written| hidden_in(written, name)) {
                return Err(CsvRefusal::HiddenCharacter { name: written, code });
            }
        }
        let has_other =
            |name: &str| columns.instead.iter().any(|(of, other)| *of == name && self.position(other).is_some());
        let is_missing = |name: &&'static str| self.position(name).is_none() && !has_other(name);
        let missing: Vec<&'static str> = columns.required.iter().copied().filter(is_missing).collect();
        if !missing.is_empty() {
            return Err(CsvRefusal::MissingColumns { missing, found: self.names.clone() });
        }
        for name in columns.all() {
            if self.keys.iter().filter(|key| is_key_of(key, name)).count() > 1 {
                return Err(CsvRefusal::RepeatedColumn(name));
            }
        }
        for (theirs, ours) in columns.mistakable {
            let found = self.names.iter().find(|name| is_key_of(&key_of(without_more(name)), theirs));
            if let (Some(found), None) = (found, self.position(ours)) {
                return Err(CsvRefusal::MistakableColumn { found: found.trim().to_owned(), ours });
            }
        }
        Ok(())
    }
}

fn is_separator(c: char) -> bool {
    // A name may be broken into lines, and forms mark what is required.
    matches!(c, ' ' | '_' | '-' | '\u{a0}' | '\n' | '\r' | '\t' | '*' | ':')
}

fn is_key_of(key: &str, name: &str) -> bool {
    key.chars().eq(name.chars().filter(|c| *c != '_'))
}

/// What a name is compared by.
fn key_of(name: &str) -> String {
    name.trim().chars().filter(|c| !is_separator(*c)).collect::<String>().to_ascii_lowercase()
}

/// `Price` of `Price (SGD)` and of `Price SGD`.
fn without_more(name: &str) -> &str {
    let name = name.split(['(', '[']).next().unwrap_or(name).trim();
    match name.rsplit_once(is_separator) {
        Some((before, last)) if last.len() == 3 && last.bytes().all(|byte| byte.is_ascii_uppercase()) => before,
        _ => name,
    }
}

/// The name without what does not show, and the first character that does not show, if `written` is `name` but for such.
fn hidden_in(written: &str, name: &str) -> Option<(String, u32)> {
    let visible: String = written.chars().filter(|c| c.is_ascii_graphic() || is_separator(*c)).collect();
    let key: String = visible.chars().filter(|c| !is_separator(*c)).collect();
    if !is_key_of(&key.to_ascii_lowercase(), name) {
        return None;
    }
    let hidden = written.chars().find(|c| !c.is_ascii() && !is_separator(*c) && !c.is_alphanumeric())?;
    Some((visible.trim().to_owned(), hidden.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOCK: Columns = Columns {
        required: &["sku", "on_hand"],
        optional: &["name"],
        complete: &["sku", "on_hand"],
        mistakable: &[("title", "name")],
        instead: &[],
    };

    fn header(line: &str) -> Header {
        Header::from(line.split(',').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn columns_are_found_by_name_however_it_is_written() {
        for written in ["on_hand", " On Hand", "ON-HAND", "OnHand", "on\u{a0}hand ", "On\nhand", "On hand*:"] {
            assert_eq!(header(written).position("on_hand"), Some(0), "{written:?}");
        }
        assert_eq!(header("on_hands").position("on_hand"), None);
        let row = Row::new(2, ["Tee", "5", "A"].map(str::to_owned).to_vec());
        let found = header(" Name ,On Hand,SKU,colour");
        let cells = ["sku", "name", "on_hand", "colour", "stores"].map(|name| found.cell(&row, name));
        assert_eq!(cells, ["A", "Tee", "5", "", ""]);
        assert_eq!(found.unread(&STOCK).collect::<Vec<_>>(), ["colour"]);
    }

    #[test]
    fn a_first_line_that_would_mislead_is_refused_with_what_is_wrong() {
        for (line, words) in [
            ("on-hand,SKU,other,other", ""),
            ("a,b", "Add what is missing to the first line: sku, on_hand. It has: a, b."),
            ("sku,on_hand,Sku", "Keep only one column “sku”: the first line has it more than once."),
            (
                "\u{200b}sku,on_hand",
                "Type the column name “sku” in the first line again: it has the hidden character U+200B.",
            ),
            (
                "sku,on_hand,na\u{ad}me",
                "Type the column name “name” in the first line again: it has the hidden character U+00AD.",
            ),
            (
                "sku,on_hand,Title",
                "Call the column “Title” name if that is what it is, or take it out: nothing would be read from it.",
            ),
            (
                "sku,on_hand,Title (English)",
                "Call the column “Title (English)” name if that is what it is, or take it out: nothing would be read from it.",
            ),
            (
                "sku,on_hand,Title SGD",
                "Call the column “Title SGD” name if that is what it is, or take it out: nothing would be read from it.",
            ),
            ("sku,on_hand,Title of it", ""),
            ("sku,on_hand,title,name", ""),
        ] {
            let said = header(line).check(&STOCK).map_or_else(|refusal| refusal.to_string(), |()| String::new());
            assert_eq!(said, words, "{line:?}");
        }
        let quoted = Header::from(vec!["sku,on_hand".to_owned()]).check(&STOCK).expect_err("one cell");
        let words = "Take away the quotes (\") around each whole line: the first line is one cell, “sku,on_hand”.";
        assert_eq!(quoted.to_string(), words);
    }
}
