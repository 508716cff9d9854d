//! The lines of an order that is typed by hand: in a table of inputs, and pasted under it.

use crate::{
    domain::{
        catalogue::stock::parse_units,
        code::SkuCode,
        orders::order::{MAX_LINES, NewLine, parse_price},
    },
    web::{form::FormErrors, pasted},
};

/// The lines that the form begins with, and that it is given more of.
const LINES: usize = 5;

/// A row of the table, as it was typed.
pub(super) struct LineRow {
    /// Which row, counted from 1.
    pub number: usize,
    pub sku: String,
    pub quantity: String,
    pub price: String,
}

impl LineRow {
    /// As many rows as were sent, and more if there are to be.
    pub(super) fn list(columns: [&Vec<String>; 3], with_more: bool) -> Vec<Self> {
        let sent = columns[0].len().min(MAX_LINES);
        let rows = if with_more { sent + LINES } else { sent.max(LINES) };
        let cell = |column: &Vec<String>, nth: usize| column.get(nth).cloned().unwrap_or_default();
        let row = |nth| Self {
            number: nth + 1,
            sku: cell(columns[0], nth),
            quantity: cell(columns[1], nth),
            price: cell(columns[2], nth),
        };
        (0..rows).map(row).collect()
    }
}

/// The lines of an order, each with the row of the table that it stands in; those that were pasted have none.
pub(super) struct TypedLines(Vec<(Option<usize>, NewLine)>);

impl TypedLines {
    /// What was typed and pasted. What is wrong is noted under the ids of the inputs.
    pub(super) fn parse([skus, quantities, prices]: [&Vec<String>; 3], rows: &str, errors: &mut FormErrors) -> Self {
        let mut lines = Vec::new();
        for (nth, sku) in skus.iter().enumerate() {
            let cell = |column: &Vec<String>| column.get(nth).map_or("", |text| text.trim()).to_owned();
            let cells = [sku.trim().to_owned(), cell(quantities), cell(prices)];
            if cells.iter().all(String::is_empty) {
                continue;
            }
            let number = nth + 1;
            let of_line = |problem: String| format!("Line {number}: {problem}");
            let sku = SkuCode::parse(&cells[0]).map_err(|refusal| of_line(refusal.to_string()));
            let sku = errors.keep(&field("sku", number), sku);
            let quantity = errors.keep(&field("quantity", number), parse_units(&cells[1], 1).map_err(of_line));
            let unit_price_minor = errors.keep(&field("price", number), parse_price(&cells[2]).map_err(of_line));
            if let (Some(sku), Some(quantity), Some(unit_price_minor)) = (sku, quantity, unit_price_minor) {
                lines.push((Some(number), NewLine { sku, quantity, unit_price_minor }));
            }
        }
        match pasted::rows(rows, "sku", pasted_line) {
            Ok(pasted) => lines.extend(pasted.into_iter().map(|line| (None, line))),
            Err(problems) => problems.iter().for_each(|words| errors.push("rows", words)),
        }
        if lines.is_empty() && errors.is_empty() {
            errors.push(field("sku", 1), "Enter a SKU and a quantity, or paste rows of them.");
        }
        if lines.len() > MAX_LINES {
            errors.push("rows", format!("Enter at most {MAX_LINES} lines: an order can have no more."));
        }
        Self(lines)
    }

    /// The lines as they are to be taken.
    pub(super) fn new_lines(&self) -> Vec<NewLine> {
        self.0.iter().map(|(_, line)| line.clone()).collect()
    }

    /// The input of the first line of `sku`.
    pub(super) fn sku_field(&self, sku: &SkuCode) -> String {
        self.field_of("sku", |line| line.sku == *sku)
    }

    /// The input of the quantity of the first line of `sku`.
    pub(super) fn quantity_field(&self, sku: &SkuCode) -> String {
        self.field_of("quantity", |line| line.sku == *sku)
    }

    /// The input of the price of the line that is worth most.
    pub(super) fn price_field(&self) -> String {
        let value = |line: &NewLine| i128::from(line.quantity) * i128::from(line.unit_price_minor.unwrap_or(0));
        let most = self.0.iter().map(|(_, line)| value(line)).max();
        self.field_of("price", |line| Some(value(line)) == most)
    }

    fn field_of(&self, column: &str, is_it: impl Fn(&NewLine) -> bool) -> String {
        let found = self.0.iter().find(|(_, line)| is_it(line)).and_then(|(row, _)| *row);
        found.map_or_else(|| "rows".to_owned(), |number| field(column, number))
    }
}

fn field(column: &str, number: usize) -> String {
    format!("{column}-{number}")
}

fn pasted_line(cells: &[String]) -> Result<NewLine, String> {
    let [sku, quantity, more @ ..] = cells else {
        return Err("give a SKU, a quantity and a unit price, such as Product1,2,12.50.".to_owned());
    };
    Ok(NewLine {
        sku: SkuCode::parse(sku).map_err(|refusal| refusal.to_string())?,
        quantity: parse_units(quantity, 1)?,
        unit_price_minor: parse_price(more.first().map_or("", String::as_str))?,
    })
}
