//! Applies rows of a catalogue file: `sku`, and those of `name,on_hand,stores,buffer` that the file has. An empty cell leaves
//! what it is about as it is.

use super::import_rows::{Applied, columns_of};
use crate::{
    actions::catalogue::{
        alike_codes,
        save_skus::{self, RowRefusal, Saved, SkuInput},
    },
    csv_file::{Cells, Header, Row},
    db::{Conn, QueryResult},
    domain::{
        catalogue::{ledger::Cause, stock::parse_units},
        code::{SkuCode, StoreCode},
        imports::import::{ImportKind, Imported},
        written_time::{TimeRefusal, parse_time},
    },
};
use chrono_tz::Tz;
use std::collections::{HashMap, HashSet};

/// Separates the store codes in the cell `stores`. Alone it means that no store lists the SKU.
const STORES_SEPARATOR: char = '|';

/// What a row says of one SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CatalogueRow {
    input: SkuInput,
    /// The units on hand that an export showed, unless the row says that they were counted.
    shown: Option<i64>,
}

/// Applies the valid rows and returns for each row what was done or how to fix it. If a SKU is in several rows, the last
/// one wins.
pub fn run(conn: &mut Conn, cause: &Cause, header: &Header, rows: &[Row]) -> QueryResult<Applied> {
    let mut valid = Vec::new();
    let mut parsed = Vec::with_capacity(rows.len());
    for row in rows {
        parsed.push(parse(header, row).map(|row| valid.push(row)));
    }
    let codes: Vec<SkuCode> = valid.iter().map(|row: &CatalogueRow| row.input.code.clone()).collect();
    let alike = alike_codes::run(conn, &codes)?;
    let mut saved = save_in_batches(conn, cause, valid)?.into_iter();
    let mut results = Vec::with_capacity(rows.len());
    for row in parsed {
        results.push(match row {
            Err(problems) => Err(problems),
            Ok(()) => match saved.next().expect("a result for every row") {
                Ok(Saved::Created) => Ok(Imported::Created),
                Ok(Saved::Updated) => Ok(Imported::Known),
                Ok(Saved::Unchanged) => Ok(Imported::Unchanged),
                Err(refusal) => Err(refusal.to_string()),
            },
        });
    }
    let mut applied = Applied::of(results);
    applied.notes.extend(alike.iter().map(ToString::to_string));
    Ok(applied)
}

/// Saves `rows` in as few batches as possible: [`save_skus::run`] accepts each SKU only once per call.
fn save_in_batches(
    conn: &mut Conn,
    cause: &Cause,
    rows: Vec<CatalogueRow>,
) -> QueryResult<Vec<Result<Saved, RowRefusal>>> {
    let mut results = Vec::with_capacity(rows.len());
    let mut batch = Vec::new();
    let mut shown = HashMap::new();
    let mut codes = HashSet::new();
    for row in rows {
        let code = row.input.code.clone();
        if !codes.insert(code.clone()) {
            results.extend(save_skus::run_as_shown(conn, cause, std::mem::take(&mut batch), &shown)?);
            shown.clear();
            codes = HashSet::from([code.clone()]);
        }
        if let Some(units) = row.shown {
            shown.insert(code, units);
        }
        batch.push(row.input);
    }
    results.extend(save_skus::run_as_shown(conn, cause, batch, &shown)?);
    Ok(results)
}

/// The SKU of a row and the stores that it says list it; `None` if the row says nothing of that, or is refused.
pub(super) fn listings_in(header: &Header, row: &Row) -> Option<(SkuCode, Vec<StoreCode>)> {
    let SkuInput { code, listings, .. } = parse(header, row).ok()?.input;
    listings.map(|listings| (code, listings))
}

/// The SKU of a row, or all problems of the row.
fn parse(header: &Header, row: &Row) -> Result<CatalogueRow, String> {
    let mut cells = Cells::new(&columns_of(ImportKind::Catalogue), header, row)?;
    let code = cells.identifier("sku", SkuCode::parse);
    let name = cells.optional("name", save_skus::parse_name);
    let on_hand = cells.optional("on_hand", |text| parse_units(text, 0));
    let listings = cells.optional("stores", parse_stores);
    let buffer = cells.optional("buffer", |text| parse_units(text, 0));
    let shown = cells.optional("on_hand_shown", |text| parse_units(text, 0));
    let counted_at = cells.optional("counted_at", check_counted_at);
    if let (Some(None), Some(Some(()))) = (on_hand, counted_at) {
        cells.add_problem("on_hand", &"Enter how many were counted, or clear counted_at.");
    }
    let parsed = match (code, name, on_hand, listings, buffer, shown, counted_at) {
        (Some(code), Some(name), Some(on_hand), Some(listings), Some(buffer), Some(shown), Some(counted_at)) => {
            let input = SkuInput { code, name, on_hand, buffer, listings };
            Some(CatalogueRow { input, shown: shown.filter(|_| counted_at.is_none()) })
        }
        _ => None,
    };
    cells.finish(parsed)
}

/// When the units were counted: a day is enough, because it only says that they were.
fn check_counted_at(text: &str) -> Result<(), TimeRefusal> {
    match parse_time(text, Some(Tz::UTC)) {
        Ok(_) | Err(TimeRefusal::NoTimeOfDay(_)) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// Store codes joined by `|`.
fn parse_stores(text: &str) -> Result<Vec<StoreCode>, String> {
    let codes = text.split(STORES_SEPARATOR).map(str::trim).filter(|code| !code.is_empty());
    codes.map(|code| StoreCode::parse(code).map_err(|refusal| refusal.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv_file::Table;

    fn parsed(file: &str) -> Result<CatalogueRow, String> {
        let mut table = Table::open(file.as_bytes()).unwrap();
        let mut rows = table.rows().unwrap();
        let row = rows.row().unwrap().unwrap();
        parse(rows.header(), &row)
    }

    fn input(name: Option<&str>, on_hand: Option<i64>, buffer: Option<i64>, stores: Option<&[&str]>) -> SkuInput {
        let codes = |codes: &[&str]| codes.iter().map(|code| StoreCode::trusted((*code).into())).collect();
        let name = name.map(str::to_owned);
        SkuInput { code: SkuCode::trusted("TEE".into()), name, on_hand, buffer, listings: stores.map(codes) }
    }

    #[test]
    fn a_row_says_what_a_sku_is_to_be_and_nothing_of_what_it_leaves_out() {
        let tee = Some("Tee, red");
        for (file, input) in [
            (
                "sku,name,on_hand,stores\n TEE ,\"Tee, red\", 5 ,lazada-sg|shopee-sg\n",
                input(tee, Some(5), None, Some(&["lazada-sg", "shopee-sg"])),
            ),
            ("stores;on_hand;name;sku;buffer;x\n;5;Tee, red;TEE;3;\n", input(tee, Some(5), Some(3), None)),
            (
                "sku,name,on_hand,stores,buffer\nTEE,\"Tee, red\",5, lazada-sg | ,,,\n",
                input(tee, Some(5), None, Some(&["lazada-sg"])),
            ),
            ("sku,name,on_hand,stores,buffer\nTEE,\"Tee, red\",5,\n", input(tee, Some(5), None, None)),
            ("sku,name,on_hand,stores\nTEE,,\"1,000\",|\n", input(None, Some(1000), None, Some(&[]))),
            ("SKU;On hand\nTEE;5\n", input(None, Some(5), None, None)),
            ("sku,name\nTEE,\"Tee, red\"\n", input(tee, None, None, None)),
            ("sku,buffer,name\nTEE,0,\n", input(None, None, Some(0), None)),
        ] {
            assert_eq!(parsed(file).map(|row| row.input), Ok(input), "{file}");
        }
    }

    #[test]
    fn a_row_of_an_export_says_what_stock_it_showed_unless_it_was_counted() {
        for (cells, shown) in
            [("5,7,", Some(7)), ("5,,", None), ("5,7,2026-11-28", None), ("5,7,28/11/2026 18:00", None)]
        {
            let row = parsed(&format!("sku,on_hand,on_hand_shown,counted_at\nTEE,{cells}\n")).expect(cells);
            assert_eq!((row.input.on_hand, row.shown), (Some(5), shown), "{cells}");
        }
        for (cells, problem) in [
            (",7,2026-11-28", "on_hand: Enter how many were counted, or clear counted_at."),
            ("5,7,05/06/2026", "counted_at: Write 2026-06-05 or 2026-05-06: “05/06/2026” can be either."),
        ] {
            let problems = parsed(&format!("sku,on_hand,on_hand_shown,counted_at\nTEE,{cells}\n"));
            assert_eq!(problems.expect_err(cells), problem);
        }
    }

    #[test]
    fn everything_that_is_wrong_with_a_row_is_said() {
        for (row, problems) in [
            (",Tee,5,", "sku: Enter a SKU code."),
            ("TEE,Tee,-1,", "on_hand: Enter 0 or more."),
            ("TEE,Tee,five,", "on_hand: Enter a whole number in digits, 0 or more."),
            ("TEE,Tee,9999999999,", "on_hand: Enter 1000000000 or less."),
            ("TEE,Tee,5", "Complete the row: it ends after 3 of 4 cells. The file may be cut off."),
            (
                "4.00638E+12,#N/A,#REF!,",
                "sku: The spreadsheet shortened this number: format the column as text and export again. name: The spreadsheet has an error in this cell (#N/A): fix its formula and export again. on_hand: The spreadsheet has an error in this cell (#REF!): fix its formula and export again.",
            ),
            (
                "TEE,Tee,5,Lazada SG",
                "stores: Use only letters, digits, “-”, “_” and “.” in the store code: it has “ ”.",
            ),
            (
                "TEE,Tee, red,5,lazada-sg",
                "Put quotes (\") around the cell with a separator in it: “lazada-sg” is in no column. on_hand: Enter a whole number in digits, 0 or more.",
            ),
            ("TEE,\"TV 56\" LED\",5,", "Write a quote (\") inside a cell in quotes twice, as in \"TV 56\"\" LED\"."),
            (
                "TEE;Tee;5;",
                "Separate the cells of the row as in the first line, without quotes (\") around all of it: it is one cell, “TEE;Tee;5;”.",
            ),
            ("\"TEE,Tee,5,\"", "Take away the quotes (\") around the whole row: it is one cell, “TEE,Tee,5,”."),
        ] {
            assert_eq!(parsed(&format!("sku,name,on_hand,stores\n{row}\n")).expect_err(row), problems, "{row}");
        }
    }
}
