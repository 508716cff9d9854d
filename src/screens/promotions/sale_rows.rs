//! Rows of `sku,quantity` that were pasted into the form of a sale, or uploaded with it.

use crate::{
    csv_file::{Cells, Columns},
    domain::{
        catalogue::stock::plain_number,
        code::SkuCode,
        promotions::{draft::parse_quantity, promotion::MAX_PRODUCTS},
    },
    web::{
        pasted::{self, Asked},
        uploaded_file::UploadedFile,
    },
};
use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
};

/// What a third column is called where the first line does not name it. No table has a column of this name.
const THIRD: &str = "third";

const ASKED: Asked = Asked {
    columns: Columns {
        required: &["sku", "quantity"],
        optional: &[THIRD],
        complete: &[],
        mistakable: &[],
        instead: &[],
    },
    give: "give a SKU and a quantity, such as Product1,60.",
    limit: MAX_PRODUCTS,
};

/// The most bytes of an uploaded file: more than [`MAX_PRODUCTS`] rows of the longest codes, also in a workbook.
const FILE_LIMIT_BYTES: u64 = 1 << 18;

/// A SKU and its quantity as it was written.
pub type SaleRow = (SkuCode, String);

/// The rows of the file, and those that were pasted. After any error no row may be used.
pub fn read(typed: &str, file: Option<UploadedFile>) -> Result<Vec<SaleRow>, Vec<String>> {
    let mut rows = Vec::new();
    let files: Vec<UploadedFile> = file.into_iter().flat_map(UploadedFile::into_all).collect();
    let are_several = files.len() > 1 || !typed.trim().is_empty();
    for file in files {
        let size = file.content.as_file().metadata().map_or(0, |about| about.len());
        if size > FILE_LIMIT_BYTES {
            return Err(vec![format!("Choose a file of at most {} KiB.", FILE_LIMIT_BYTES >> 10)]);
        }
        let name = &file.name;
        let named = |problems: Vec<String>| problems.iter().map(|words| format!("{name}: {words}")).collect::<Vec<_>>();
        let of_file = parse(file.content.as_file());
        let of_file = of_file.map_err(|problems| if are_several { named(problems) } else { problems })?;
        rows.extend(of_file.into_iter().map(|(line, row)| (format!("{line} of {name}"), row)));
    }
    let pasted = parse(typed.as_bytes())?;
    rows.extend(pasted.into_iter().map(|(line, row)| (line.to_string(), row)));
    if rows.is_empty() {
        return Err(vec![
            "Paste rows or choose a file, with a SKU and a quantity in each row, such as Product1,60.".to_owned(),
        ]);
    }
    if rows.len() > MAX_PRODUCTS {
        return Err(vec![format!("Send at most {MAX_PRODUCTS} rows: a promotion has at most that many products.")]);
    }
    check_twice(&rows)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

fn parse(source: impl Read) -> Result<Vec<(u64, SaleRow)>, Vec<String>> {
    pasted::rows(source, &ASKED, row)
}

fn row(cells: &mut Cells<'_>) -> Option<SaleRow> {
    let sku = cells.identifier("sku", SkuCode::parse);
    let quantity = cells.parse("quantity", |text| parse_quantity(text).map(|_| text.trim().to_owned()));
    cells.parse(THIRD, check_third);
    Some((sku?, quantity?))
}

/// A third cell may say anything but a whole number: without a first line of names it could be the quantity. `5.0` and
/// `1.000` are whole numbers too.
fn check_third(text: &str) -> Result<(), &'static str> {
    let number = plain_number(text);
    let is_number = number.starts_with(|c: char| c.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    let last = number.rsplit(['.', ',']).next().unwrap_or_default();
    let is_whole = is_number && (last.len() == 3 || last.bytes().all(|byte| byte == b'0'));
    if is_whole || number.parse::<i64>().is_ok() {
        return Err("Name the columns in a first line, such as sku,quantity: two cells could be the quantity.");
    }
    Ok(())
}

/// Refuses a SKU that is in several rows: which of its quantities is meant is not known.
fn check_twice(rows: &[(String, SaleRow)]) -> Result<(), Vec<String>> {
    let mut first: HashMap<&SkuCode, &str> = HashMap::new();
    let mut again: BTreeMap<&SkuCode, Vec<&str>> = BTreeMap::new();
    for (line, (sku, _)) in rows {
        match first.get(sku) {
            None => drop(first.insert(sku, line)),
            Some(earlier) => again.entry(sku).or_insert_with(|| vec![*earlier]).push(line),
        }
    }
    if again.is_empty() {
        return Ok(());
    }
    let named =
        again.iter().map(|(sku, lines)| format!("Keep one row for “{sku}”: it is in rows {}.", lines.join(" and ")));
    Err(named.take(20).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_pasted(text: &str) -> Result<Vec<(String, String)>, Vec<String>> {
        let rows = read(text, None)?;
        Ok(rows.into_iter().map(|(sku, quantity)| (sku.to_string(), quantity)).collect())
    }

    #[test]
    fn rows_are_read_however_a_spreadsheet_writes_them() {
        for text in [
            "A,1\nB,2",
            "sku,quantity\r\nA,1\r\nB,2\r\n",
            "\u{FEFF}SKU;Quantity\nA;1\nB;2",
            "sep=;\nSKU;Quantity\nA;1\nB;2",
            "A\t1\n\nB\t2\n",
            "\"A\", 1 ,more\n B,2",
            "quantity,sku\n1,A\n2,B",
            "SKU,Available,Quantity\nA,500,1\nB,,2",
            "sku,on_hand,quantity\nA,500,1\nB,500,2",
            "sku;price;Quantity \nA;9,90;1\nB;;2",
            "A,1,12.50\nB,2,11.11",
            "sku,quantity,note\nA,1,77\nB,2,1.000",
            "=\"A\",1\n\"=\"\"B\"\"\",2",
        ] {
            let expected = [("A".to_owned(), "1".to_owned()), ("B".to_owned(), "2".to_owned())];
            assert_eq!(read_pasted(text).expect(text), expected, "{text:?}");
        }
        let rows = read_pasted("'-RED,\"1,000\"\n00123;5\nsku,７").map_err(|errors| errors.join(" "));
        assert!(rows.is_err(), "a row with another separator is one cell");
        let rows = read_pasted("'-RED,\"1,000\"\n00123,5\nsku,７").expect("rows");
        let quantities: Vec<&str> = rows.iter().map(|(_, quantity)| quantity.as_str()).collect();
        assert_eq!((rows[0].0.as_str(), rows[2].0.as_str()), ("-RED", "sku"));
        assert_eq!(quantities, ["1,000", "5", "７"]);
        assert_eq!(read_pasted("A\t1,000").expect("rows"), [("A".to_owned(), "1,000".to_owned())]);
    }

    #[test]
    fn a_row_with_an_error_is_named_and_none_is_used() {
        for (text, words) in [
            ("", "Paste rows or choose a file"),
            ("sku,quantity", "Paste rows or choose a file"),
            ("A,1\nB", "Row 2: give a SKU and a quantity"),
            ("A,-1", "Row 1: Enter 1 or more."),
            ("A,1\n,5", "Row 2: Enter a SKU code."),
            ("A,one", "Row 1: Enter a whole number in digits"),
            ("TEE,5,MUG,6", "Row 1: Put quotes (\") around the cell with a separator in it: “6” is in no column."),
            ("TEE,500,5", "Row 1: Name the columns in a first line, such as sku,quantity"),
            ("TEE\t500\t5.0", "Row 1: Name the columns in a first line, such as sku,quantity"),
            ("TEE;500;1.000", "Row 1: Name the columns in a first line, such as sku,quantity"),
            ("TEE;1.000,00", "Row 1: Enter a whole number in digits"),
            ("4.00638E+12,5", "Row 1: The spreadsheet shortened this number"),
            ("A,#REF!", "Row 1: The spreadsheet has an error in this cell (#REF!)"),
            ("sku,amount\nA,5", "Add what is missing to the first line: quantity. It has: sku, amount."),
            ("\u{200b}sku,quantity\nA,5", "Type the column name “sku” in the first line again"),
            ("\"sku,quantity\"\n\"A,5\"", "Take away the quotes (\") around each whole line"),
            ("TEE,5\nMUG,1\nTEE,7", "Keep one row for “TEE”: it is in rows 1 and 3."),
            ("sku,quantity\n\nTEE,5\nTEE,5\nTEE,5", "Keep one row for “TEE”: it is in rows 3 and 4 and 5."),
        ] {
            let errors = read_pasted(text).expect_err(text);
            assert!(errors[0].starts_with(words), "{text:?}: {errors:?}");
        }
        let many: String = (0..=MAX_PRODUCTS).map(|n| format!("S{n},1\n")).collect();
        assert!(read_pasted(&many).expect_err("too many")[0].starts_with("Send at most 1000 rows"));
    }
}
