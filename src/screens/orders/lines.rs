//! The lines of an order that is typed by hand: in a table of inputs, and pasted under it.

use crate::{
    csv_file::{Cells, Columns},
    domain::{
        catalogue::stock::parse_units,
        code::SkuCode,
        money::{Currency, parse_price},
        orders::order::{MAX_LINES, NewLine},
    },
    web::{
        form::FormErrors,
        pasted::{self, Asked},
    },
};

/// Rows of the empty form, and rows that **Add lines** adds.
const LINES: usize = 5;

/// A SKU may be in several rows: each is a line of its own, and they add up.
const PASTED: Asked = Asked {
    columns: Columns {
        required: &["sku", "quantity"],
        optional: &["unit_price"],
        complete: &[],
        mistakable: &[
            ("unit_price", "unit_price"),
            ("price", "unit_price"),
            ("item_price", "unit_price"),
            ("deal_price", "unit_price"),
            ("sale_price", "unit_price"),
            ("selling_price", "unit_price"),
        ],
    },
    give: "give a SKU, a quantity and a unit price, such as Product1,2,12.50.",
    limit: MAX_LINES,
};

pub(super) struct LineRow {
    /// From 1.
    pub number: usize,
    pub sku: String,
    pub quantity: String,
    pub price: String,
}

impl LineRow {
    /// The rows that were sent, filled up with empty ones.
    pub(super) fn list(columns: [&Vec<String>; 3], with_more: bool) -> Vec<Self> {
        let sent = columns[0].len().min(MAX_LINES);
        let rows = if with_more { sent + LINES } else { sent.max(LINES) };
        let mut list = Vec::new();
        for nth in 0..rows {
            let [sku, quantity, price] = columns.map(|column| column.get(nth).cloned().unwrap_or_default());
            list.push(Self { number: nth + 1, sku, quantity, price });
        }
        list
    }
}

/// The lines of an order, each with its row of the table; a pasted line has none.
pub(super) struct TypedLines(Vec<(Option<usize>, NewLine)>);

impl TypedLines {
    /// Errors are pushed under the ids of the inputs.
    /// Prices are in `currency`.
    pub(super) fn parse(
        [skus, quantities, prices]: [&Vec<String>; 3],
        rows: &str,
        currency: Option<Currency>,
        errors: &mut FormErrors,
    ) -> Self {
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
            let unit_price_minor =
                errors.keep(&field("price", number), parse_price(&cells[2], currency).map_err(of_line));
            if let (Some(sku), Some(quantity), Some(unit_price_minor)) = (sku, quantity, unit_price_minor) {
                lines.push((Some(number), NewLine { sku, quantity, unit_price_minor }));
            }
        }
        match pasted::rows(rows.as_bytes(), &PASTED, |cells| pasted_line(cells, currency)) {
            Ok(pasted) => lines.extend(pasted.into_iter().map(|(_, line)| (None, line))),
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

    pub(super) fn new_lines(&self) -> Vec<NewLine> {
        self.0.iter().map(|(_, line)| line.clone()).collect()
    }

    /// The input in `column` of the first line of `sku`.
    pub(super) fn field_of_sku(&self, column: &str, sku: &SkuCode) -> String {
        self.field_of(column, |line| line.sku == *sku)
    }

    /// The price of the line with the highest value.
    pub(super) fn price_field(&self) -> String {
        let value = |line: &NewLine| i128::from(line.quantity) * i128::from(line.unit_price_minor.unwrap_or(0));
        let most = self.0.iter().map(|(_, line)| value(line)).max();
        self.field_of("price", |line| Some(value(line)) == most)
    }

    fn field_of(&self, column: &str, is_wanted: impl Fn(&NewLine) -> bool) -> String {
        let found = self.0.iter().find(|(_, line)| is_wanted(line)).and_then(|(row, _)| *row);
        found.map_or_else(|| "rows".to_owned(), |number| field(column, number))
    }
}

fn field(column: &str, number: usize) -> String {
    format!("{column}-{number}")
}

fn pasted_line(cells: &mut Cells<'_>, currency: Option<Currency>) -> Option<NewLine> {
    let sku = cells.identifier("sku", SkuCode::parse);
    let quantity = cells.parse("quantity", |text| parse_units(text, 1));
    let unit_price_minor = cells.parse("unit_price", |text| parse_price(text, currency));
    Some(NewLine { sku: sku?, quantity: quantity?, unit_price_minor: unit_price_minor? })
}
