//! Rows of `sku,quantity` that were pasted or uploaded into the products step.

use crate::{
    domain::{
        code::SkuCode,
        promotions::{draft::parse_quantity, promotion::MAX_PRODUCTS},
    },
    web::pasted,
};

/// The most bytes of an uploaded file of rows: more than [`MAX_PRODUCTS`] rows of the longest codes.
pub const FILE_LIMIT_BYTES: u64 = 1 << 18;

/// Reads rows of a SKU and a quantity.
///
/// # Errors
/// What to mend in each row, and then none of them is to be used.
pub fn parse(text: &str) -> Result<Vec<(SkuCode, String)>, Vec<String>> {
    let rows = pasted::rows(text, "sku", row)?;
    if rows.is_empty() {
        return Err(vec![
            "Paste rows or choose a file, with a SKU and a quantity in each row, such as Product1,60.".to_owned(),
        ]);
    }
    if rows.len() > MAX_PRODUCTS {
        return Err(vec![format!("Send at most {MAX_PRODUCTS} rows: a promotion has at most that many products.")]);
    }
    Ok(rows)
}

fn row(cells: &[String]) -> Result<(SkuCode, String), String> {
    let [sku, quantity, ..] = cells else { return Err("give a SKU and a quantity, such as Product1,60.".to_owned()) };
    let sku = SkuCode::parse(sku).map_err(|why| why.to_string())?;
    parse_quantity(quantity)?;
    Ok((sku, quantity.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_however_a_spreadsheet_writes_them() {
        for text in [
            "A,1\nB,2",
            "sku,quantity\r\nA,1\r\nB,2\r\n",
            "\u{FEFF}SKU;Quantity\nA;1\nB;2",
            "A\t1\n\nB\t2\n",
            "\"A\", 1 ,more\n B,2",
        ] {
            let rows = parse(text).expect(text);
            let rows: Vec<(&str, &str)> =
                rows.iter().map(|(sku, quantity)| (sku.as_str(), quantity.as_str())).collect();
            assert_eq!(rows, [("A", "1"), ("B", "2")], "{text:?}");
        }
    }

    #[test]
    fn a_row_that_is_to_be_mended_is_named_and_none_is_used() {
        for (text, words) in [
            ("", "Paste rows or choose a file"),
            ("sku,quantity", "Paste rows or choose a file"),
            ("A,1\nB", "Row 2: give a SKU and a quantity"),
            ("A,-1", "Row 1: Enter 1 or more."),
            ("A,1\n,5", "Row 2: Enter a SKU code."),
            ("A,one", "Row 1: Enter a whole number in digits"),
        ] {
            let errors = parse(text).expect_err(text);
            assert!(errors[0].starts_with(words), "{errors:?}");
        }
    }
}
