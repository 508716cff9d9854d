//! Applies rows of a catalogue file: `sku,name,on_hand,stores`, and `buffer` if the file has that column.

use super::import_rows::Cells;
use crate::{
    actions::catalogue::save_skus::{self, Saved, SkuInput, SkuRefusal},
    csv_file::{Header, Row},
    db::{Conn, QueryResult},
    domain::{
        catalogue::{ledger::Cause, stock::parse_units},
        code::{SkuCode, StoreCode},
        imports::import::{ImportKind, Imported},
    },
};
use std::collections::HashSet;

/// Separates the store codes in the cell `stores`.
const STORES_SEPARATOR: char = '|';

/// Applies the valid rows and returns for each row what was done or how to fix it. If a SKU is in several rows, the last
/// one wins.
pub fn run(
    conn: &mut Conn,
    cause: &Cause,
    header: &Header,
    rows: &[Row],
) -> QueryResult<Vec<Result<Imported, String>>> {
    let mut inputs = Vec::new();
    let mut parsed = Vec::with_capacity(rows.len());
    for row in rows {
        parsed.push(parse(header, row).map(|input| inputs.push(input)));
    }
    let mut saved = save_in_batches(conn, cause, inputs)?.into_iter();
    let mut results = Vec::with_capacity(rows.len());
    for row in parsed {
        results.push(match row {
            Err(problems) => Err(problems),
            Ok(()) => match saved.next().expect("a result for every row") {
                Ok(Saved::Created) => Ok(Imported::Created),
                Ok(Saved::Updated) => Ok(Imported::Known),
                Err(refusal) => Err(refusal.to_string()),
            },
        });
    }
    Ok(results)
}

/// Saves `inputs` in as few batches as possible: [`save_skus::run`] accepts each SKU only once per call.
fn save_in_batches(
    conn: &mut Conn,
    cause: &Cause,
    inputs: Vec<SkuInput>,
) -> QueryResult<Vec<Result<Saved, SkuRefusal>>> {
    let mut results = Vec::with_capacity(inputs.len());
    let mut batch = Vec::new();
    let mut codes = HashSet::new();
    for input in inputs {
        if !codes.insert(input.code.clone()) {
            results.extend(save_skus::run(conn, cause, std::mem::take(&mut batch))?);
            codes = HashSet::from([input.code.clone()]);
        }
        batch.push(input);
    }
    results.extend(save_skus::run(conn, cause, batch)?);
    Ok(results)
}

/// The SKU of a row, or all problems of the row.
fn parse(header: &Header, row: &Row) -> Result<SkuInput, String> {
    let mut cells = Cells::new(ImportKind::Catalogue, header, row)?;
    let code = cells.parse("sku", SkuCode::parse);
    let name = cells.parse("name", save_skus::parse_name);
    let on_hand = cells.parse("on_hand", |text| parse_units(text, 0));
    let listings = cells.parse("stores", parse_stores);
    let buffer = cells.parse("buffer", |text| match text.trim() {
        "" => Ok(None),
        text => parse_units(text, 0).map(Some),
    });
    let input = match (code, name, on_hand, listings, buffer) {
        (Some(code), Some(name), Some(on_hand), Some(listings), Some(buffer)) => {
            Some(SkuInput { code, name: Some(name), on_hand: Some(on_hand), buffer, listings: Some(listings) })
        }
        _ => None,
    };
    cells.finish(input)
}

/// Store codes joined by `|`. An empty cell means that no store lists the SKU.
fn parse_stores(text: &str) -> Result<Vec<StoreCode>, String> {
    let codes = text.split(STORES_SEPARATOR).map(str::trim).filter(|code| !code.is_empty());
    codes.map(|code| StoreCode::parse(code).map_err(|refusal| refusal.to_string())).collect()
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
            name: Some("Tee, red".into()),
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
            ("TEE,Tee,5", "Complete the row: it ends after 3 of 4 cells. The file may be cut off."),
            (
                "TEE,Tee,5,Lazada SG",
                "stores: Use only letters, digits, “-”, “_” and “.” in the store code: it has “ ”.",
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
