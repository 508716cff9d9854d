//! The lines of an order that is typed by hand: in a table of inputs, and pasted under it.

use crate::{
    csv_file::{Cells, Columns},
    domain::{
        catalogue::stock::parse_units,
        code::{SellerSku, SkuCode},
        money::{Currency, parse_price},
        orders::order::{LineItem, MAX_LINES, NewLine},
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
        optional: &["unit_price", "seller_sku"],
        complete: &[],
        mistakable: &[
            ("unit_price", "unit_price"),
            ("price", "unit_price"),
            ("item_price", "unit_price"),
            ("deal_price", "unit_price"),
            ("sale_price", "unit_price"),
            ("selling_price", "unit_price"),
        ],
        instead: &[("sku", "seller_sku")],
    },
    give: "give a SKU, a quantity and a unit price, such as Product1,2,12.50.",
    limit: MAX_LINES,
};

pub(super) struct LineRow {
    /// From 1.
    pub number: usize,
    pub sku: String,
    pub seller_sku: String,
    pub quantity: String,
    pub price: String,
}

impl LineRow {
    /// The rows that were sent, filled up with empty ones.
    pub(super) fn list(columns: [&Vec<String>; 4], with_more: bool) -> Vec<Self> {
        let sent = columns[0].len().min(MAX_LINES);
        let rows = if with_more { sent + LINES } else { sent.max(LINES) };
        let mut list = Vec::new();
        for nth in 0..rows {
            let [sku, seller_sku, quantity, price] = columns.map(|column| column.get(nth).cloned().unwrap_or_default());
            list.push(Self { number: nth + 1, sku, seller_sku, quantity, price });
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
        [skus, seller_skus, quantities, prices]: [&Vec<String>; 4],
        rows: &str,
        currency: Option<Currency>,
        errors: &mut FormErrors,
    ) -> Self {
        let mut lines = Vec::new();
        for (nth, sku) in skus.iter().enumerate() {
            let cell = |column: &Vec<String>| column.get(nth).map_or("", |text| text.trim()).to_owned();
            let cells = [sku.trim().to_owned(), cell(seller_skus), cell(quantities), cell(prices)];
            if cells.iter().all(String::is_empty) {
                continue;
            }
            let [sku, seller_sku, quantity, price] = cells;
            let number = nth + 1;
            let of_line = |problem: String| format!("Line {number}: {problem}");
            let item = parse_item(&sku, &seller_sku).map_err(|(column, problem)| (column, of_line(problem)));
            let item = match item {
                Ok(item) => Some(item),
                Err((column, problem)) => {
                    errors.push(field(column, number), problem);
                    None
                }
            };
            let quantity = errors.keep(&field("quantity", number), parse_units(&quantity, 1).map_err(of_line));
            let unit_price_minor = errors.keep(&field("price", number), parse_price(&price, currency).map_err(of_line));
            if let (Some(item), Some(quantity), Some(unit_price_minor)) = (item, quantity, unit_price_minor) {
                lines.push((Some(number), NewLine { item, quantity, unit_price_minor }));
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

    /// The input in `column` of the first line of `sku`; else of the first that names a listing, which may have it.
    pub(super) fn field_of_sku(&self, column: &str, sku: &SkuCode) -> String {
        if self.0.iter().any(|(_, line)| line.item.sku() == Some(sku)) {
            return self.field_of(column, |line| line.item.sku() == Some(sku));
        }
        let column = if column == "sku" { "seller_sku" } else { column };
        self.field_of(column, |line| line.item.seller_sku().is_some())
    }

    pub(super) fn field_of_seller_sku(&self, seller_sku: &SellerSku) -> String {
        self.field_of("seller_sku", |line| line.item.seller_sku() == Some(seller_sku))
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

/// A line names one of the two. An error has the column that it is about.
fn parse_item(sku: &str, seller_sku: &str) -> Result<LineItem, (&'static str, String)> {
    if seller_sku.is_empty() {
        return SkuCode::parse(sku).map(LineItem::Sku).map_err(|refusal| ("sku", refusal.to_string()));
    }
    if !sku.is_empty() {
        return Err(("seller_sku", "Clear the SKU or the seller SKU: a line names one of the two.".to_owned()));
    }
    let parsed = SellerSku::parse(seller_sku).map(LineItem::SellerSku);
    parsed.map_err(|refusal| ("seller_sku", refusal.to_string()))
}

fn pasted_line(cells: &mut Cells<'_>, currency: Option<Currency>) -> Option<NewLine> {
    let (sku, seller_sku) = (cells.cell("sku").trim(), cells.cell("seller_sku").trim());
    let column = if seller_sku.is_empty() { "sku" } else { "seller_sku" };
    let item = cells.identifier(column, |_| parse_item(sku, seller_sku).map_err(|(_, problem)| problem));
    let quantity = cells.parse("quantity", |text| parse_units(text, 1));
    let unit_price_minor = cells.parse("unit_price", |text| parse_price(text, currency));
    Some(NewLine { item: item?, quantity: quantity?, unit_price_minor: unit_price_minor? })
}
