//! Applies rows of a catalogue file: `sku,name,on_hand,stores`, and `buffer` where the file has it.

use super::save_skus::{self, Saved, SkuInput, SkuRefusal};
use crate::{
    csv_file::{Header, Row},
    db::{Conn, QueryResult},
    domain::{
        code::{SkuCode, StoreCode},
        import::ImportKind,
        ledger::Cause,
        stock::parse_units,
    },
};
use std::collections::HashSet;

/// What stands between the codes in the cell `stores`.
const STORES_SEPARATOR: char = '|';

/// Applies every row that can be, each whole, and answers for each: what was done, or what to do about it. Rows are
/// applied in their order: a SKU that stands twice is what its last row says.
///
/// # Errors
/// When the database fails.
pub fn run(conn: &mut Conn, cause: &Cause, header: &Header, rows: &[Row]) -> QueryResult<Vec<Result<Saved, String>>> {
    let mut inputs = Vec::new();
    let parsed: Vec<Result<(), String>> =
        rows.iter().map(|row| parse(header, row).map(|input| inputs.push(input))).collect();
    let mut saved = save_in_turns(conn, cause, inputs)?.into_iter();
    let answer = |row: Result<(), String>| {
        row.and_then(|()| saved.next().expect("an answer for every row").map_err(|refusal| refusal.to_string()))
    };
    Ok(parsed.into_iter().map(answer).collect())
}

/// Saves `inputs` at once, or in as many turns as the most frequent SKU needs: one turn has each SKU once.
fn save_in_turns(conn: &mut Conn, cause: &Cause, inputs: Vec<SkuInput>) -> QueryResult<Vec<Result<Saved, SkuRefusal>>> {
    let (mut answers, mut turn, mut in_turn) = (Vec::with_capacity(inputs.len()), Vec::new(), HashSet::new());
    for input in inputs {
        if !in_turn.insert(input.code.clone()) {
            answers.extend(save_skus::run(conn, cause, std::mem::take(&mut turn))?);
            in_turn = HashSet::from([input.code.clone()]);
        }
        turn.push(input);
    }
    answers.extend(save_skus::run(conn, cause, turn)?);
    Ok(answers)
}

/// What a row says, or everything that is wrong with it.
fn parse(header: &Header, row: &Row) -> Result<SkuInput, String> {
    let columns = header.names().len();
    let is_cut = |column: &&str| header.position(column).is_some_and(|at| at >= row.cells.len());
    if ImportKind::Catalogue.required_columns().iter().any(is_cut) {
        let cells = row.cells.len();
        return Err(format!("Complete the row: it ends after {cells} of {columns} cells, and may be cut off."));
    }
    let mut problems = Problems::default();
    if let Some(extra) = row.cells.iter().skip(columns).find(|cell| !cell.trim().is_empty()) {
        problems.0.push(format!("Put quotes (\") around the cell with a separator in it: “{extra}” is in no column."));
    }
    let cell = |column| header.cell(row, column);
    let code = problems.keep("sku", SkuCode::parse(cell("sku")));
    let name = problems.keep("name", save_skus::parse_name(cell("name")));
    let on_hand = problems.keep("on_hand", parse_units(cell("on_hand"), 0));
    let listings = problems.keep("stores", parse_stores(cell("stores")));
    let buffer = match cell("buffer").trim() {
        "" => None,
        text => problems.keep("buffer", parse_units(text, 0)),
    };
    match (code, name, on_hand, listings) {
        (Some(code), Some(name), Some(on_hand), Some(listings)) if problems.0.is_empty() => {
            Ok(SkuInput { code, name, on_hand: Some(on_hand), buffer, listings: Some(listings) })
        }
        _ => Err(problems.0.join(" ")),
    }
}

/// Codes joined by `|`; none at all is a SKU that is sold nowhere.
fn parse_stores(text: &str) -> Result<Vec<StoreCode>, String> {
    let codes = text.split(STORES_SEPARATOR).map(str::trim).filter(|code| !code.is_empty());
    codes.map(|code| StoreCode::parse(code).map_err(|refusal| refusal.to_string())).collect()
}

/// What is wrong with a row, in sentences.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn keep<T>(&mut self, column: &str, parsed: Result<T, impl ToString>) -> Option<T> {
        parsed.map_err(|problem| self.0.push(format!("{column}: {}", problem.to_string()))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv_file::CsvReader;

    fn parsed(file: &str) -> Result<SkuInput, String> {
        let mut reader = CsvReader::open(file.as_bytes()).unwrap();
        let row = reader.row().unwrap().unwrap();
        parse(reader.header(), &row)
    }

    #[test]
    fn a_row_says_what_a_sku_is_to_be() {
        let input = |buffer, stores: &[&str]| SkuInput {
            code: SkuCode::trusted("TEE".into()),
            name: "Tee, red".into(),
            on_hand: Some(5),
            buffer,
            listings: Some(stores.iter().map(|code| StoreCode::trusted((*code).into())).collect()),
        };
        for (file, input) in [
            (
                "sku,name,on_hand,stores\n TEE ,\"Tee, red\", 5 ,lazada-sg|shopee-sg\n",
                input(None, &["lazada-sg", "shopee-sg"]),
            ),
            ("stores;on_hand;name;sku;buffer;x\n;5;Tee, red;TEE;3;\n", input(Some(3), &[])),
            ("sku,name,on_hand,stores,buffer\nTEE,\"Tee, red\",5, lazada-sg | ,,,\n", input(None, &["lazada-sg"])),
            ("sku,name,on_hand,stores,buffer\nTEE,\"Tee, red\",5,\n", input(None, &[])),
        ] {
            assert_eq!(parsed(file), Ok(input), "{file}");
        }
    }

    #[test]
    fn everything_that_is_wrong_with_a_row_is_said() {
        for (row, problems) in [
            (",Tee,5,", "sku: Enter a SKU code."),
            ("TEE,,5,", "name: Enter a SKU name."),
            ("TEE,Tee,-1,", "on_hand: Enter 0 or more."),
            ("TEE,Tee,five,", "on_hand: Enter a whole number in digits, 0 or more."),
            ("TEE,Tee,9999999999,", "on_hand: Enter 1000000000 or less."),
            ("TEE,,,", "name: Enter a SKU name. on_hand: Enter a whole number, 0 or more."),
            ("TEE,Tee,5", "Complete the row: it ends after 3 of 4 cells, and may be cut off."),
            (
                "TEE,Tee,5,Lazada SG",
                "stores: Use only lower-case letters, digits, “-”, “_” and “.” in the store code: it has “L”.",
            ),
            (
                "TEE,Tee, red,5,lazada-sg",
                "Put quotes (\") around the cell with a separator in it: “lazada-sg” is in no column. on_hand: Enter a whole number in digits, 0 or more.",
            ),
        ] {
            assert_eq!(parsed(&format!("sku,name,on_hand,stores\n{row}\n")).expect_err(row), problems, "{row}");
        }
    }
}
