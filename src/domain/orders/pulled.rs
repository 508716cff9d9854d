//! An order as its marketplace has it, in one shape for all marketplaces: each maps the words of its API to it.

use super::order::{Fulfiller, OrderStatus, Payment};
use crate::domain::{
    catalogue::stock::MAX_UNITS,
    code::OrderNumber,
    moment::Moment,
    money::{Amount, Currency, MAX_PRICE_MINOR, decimals_of},
};

/// An order of a store, as its marketplace has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledOrder {
    /// The number by which staff know it.
    pub number: OrderNumber,
    /// When the customer placed it.
    pub placed_at: Option<Moment>,
    /// When it changed at the marketplace for the last time.
    pub updated_at: Option<Moment>,
    /// Whether the customer has paid.
    pub payment: Payment,
    /// What its prices are in, if the marketplace says so.
    pub currency: Option<Currency>,
    /// Every line that it ever had, as far as the marketplace still knows it.
    pub lines: Vec<PulledLine>,
}

/// A line of an order. Where a marketplace has one for each unit, a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledLine {
    /// The marketplace's id, which no other line of the order has.
    pub id: String,
    /// The seller's own code of what was sold; empty if the seller gave none.
    pub seller_sku: String,
    /// The marketplace's ids of the product and of its variant.
    pub item_id: String,
    /// Empty if there is none.
    pub variant_id: String,
    /// Whether it is sent from the marketplace's own warehouse.
    pub fulfilled_by: Fulfiller,
    /// Units that the customer still wants, whether they were sent or not.
    pub quantity: i64,
    /// Units that were sent and are back.
    pub returned: i64,
    /// What became of it.
    pub status: OrderStatus,
    /// The price of a unit in decimals: `129.50`. Empty if it is not known.
    pub price: String,
}

impl PulledOrder {
    /// Who sends it. Of an order that both send, the lines of the marketplace are left out (see [`Self::ours`]).
    pub fn fulfilled_by(&self) -> Fulfiller {
        match self.lines.iter().all(|line| line.fulfilled_by == Fulfiller::Marketplace) && !self.lines.is_empty() {
            true => Fulfiller::Marketplace,
            false => Fulfiller::Seller,
        }
    }

    /// The lines that are recorded: those that the seller sends, or all if the marketplace sends all.
    pub fn ours(&self) -> impl Iterator<Item = &PulledLine> {
        let fulfilled_by = self.fulfilled_by();
        self.lines.iter().filter(move |line| line.fulfilled_by == fulfilled_by)
    }

    /// Fails with a sentence if a line has a number of units that no order has: it is a mistake of the marketplace, and the
    /// order is not recorded.
    pub fn check(&self) -> Result<(), String> {
        let is_possible = |units: i64| (0..=MAX_UNITS).contains(&units);
        for line in self.ours() {
            let all = line.quantity.saturating_add(line.returned);
            if !is_possible(line.quantity) || !is_possible(line.returned) || !is_possible(all) {
                return Err(format!("line {} has {} units, {} of them back.", line.id, all, line.returned));
            }
        }
        Ok(())
    }

    /// What became of it as a whole: it is open as long as a line is, and cancelled once all lines are.
    pub fn status(&self) -> OrderStatus {
        let is_any = |status: OrderStatus| self.ours().any(|line| line.status == status);
        if is_any(OrderStatus::Open) {
            OrderStatus::Open
        } else if is_any(OrderStatus::Shipped) {
            OrderStatus::Shipped
        } else {
            OrderStatus::Cancelled
        }
    }
}

impl PulledLine {
    /// What the line names in our records: the seller SKU, or the marketplace's ids if the seller gave none, so that staff
    /// see what to match.
    pub fn name(&self) -> String {
        match (self.seller_sku.trim(), self.variant_id.as_str()) {
            ("", "") => format!("product {}", self.item_id),
            ("", variant) => format!("product {}, variant {variant}", self.item_id),
            (seller_sku, _) => seller_sku.to_owned(),
        }
    }

    /// The price of a unit in minor units of the store's currency. `None` if it is not known, or in another currency.
    pub fn price_minor(&self, currency: Option<Currency>, of_store: Option<Currency>) -> Option<i64> {
        if currency.is_some() && of_store.is_some() && currency != of_store {
            return None;
        }
        let amount = amount(&self.price)?;
        let minor = amount.minor_units_of(of_store.or(currency));
        i64::try_from(minor).ok().filter(|minor| (0..=MAX_PRICE_MINOR).contains(minor))
    }
}

/// Digits behind the point that are read: no currency has more, and more are what a computer makes of a fraction.
const DECIMALS: usize = 6;

fn amount(text: &str) -> Option<Amount> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 15 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let fraction: String = fraction.chars().take(DECIMALS).collect();
    let least = decimals_of(None) as usize;
    let width = fraction.len().max(least);
    let decimals = u32::try_from(width).ok()?;
    Some(Amount { minor: format!("{whole}{fraction:0<width$}").parse().ok()?, decimals })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(status: OrderStatus, fulfilled_by: Fulfiller) -> PulledLine {
        PulledLine {
            id: "1".to_owned(),
            seller_sku: "A".to_owned(),
            item_id: "7".to_owned(),
            variant_id: String::new(),
            fulfilled_by,
            quantity: 1,
            returned: 0,
            status,
            price: String::new(),
        }
    }

    fn order(lines: Vec<PulledLine>) -> PulledOrder {
        PulledOrder {
            number: OrderNumber::parse("1").expect("a number"),
            placed_at: None,
            updated_at: None,
            payment: Payment::Paid,
            currency: None,
            lines,
        }
    }

    #[test]
    fn an_order_is_open_as_long_as_one_of_its_lines_is() {
        use Fulfiller::{Marketplace, Seller};
        use OrderStatus::{Cancelled, Open, Shipped};
        for (lines, status, fulfilled_by, ours) in [
            (vec![(Open, Seller), (Shipped, Seller)], Open, Seller, 2),
            (vec![(Cancelled, Seller), (Shipped, Seller)], Shipped, Seller, 2),
            (vec![(Cancelled, Seller), (Cancelled, Seller)], Cancelled, Seller, 2),
            (vec![(Shipped, Seller), (Open, Marketplace)], Shipped, Seller, 1),
            (vec![(Open, Marketplace)], Open, Marketplace, 1),
            (vec![], Cancelled, Seller, 0),
        ] {
            let order = order(lines.iter().map(|(status, by)| line(*status, *by)).collect());
            let found = (order.status(), order.fulfilled_by(), order.ours().count());
            assert_eq!(found, (status, fulfilled_by, ours), "{lines:?}");
        }
    }

    #[test]
    fn a_line_without_a_seller_sku_is_named_by_the_ids_of_the_marketplace() {
        for (seller_sku, variant, name) in
            [("A", "1", "A"), (" ", "1", "product 7, variant 1"), ("", "", "product 7"), (" A ", "", "A")]
        {
            let line = PulledLine {
                seller_sku: seller_sku.to_owned(),
                variant_id: variant.to_owned(),
                ..line(OrderStatus::Open, Fulfiller::Seller)
            };
            assert_eq!(line.name(), name);
        }
    }

    #[test]
    fn a_price_is_in_minor_units_of_the_store_or_unknown() {
        let currency = |code: &str| Currency::parse(code).expect("a currency");
        for (price, said, of_store, minor) in [
            ("129.5", Some("SGD"), Some("SGD"), Some(12_950)),
            ("129", None, Some("SGD"), Some(12_900)),
            ("129", None, None, Some(12_900)),
            ("50000.0", Some("VND"), Some("VND"), Some(50_000)),
            ("79.900000000000006", None, Some("SGD"), Some(7_990)),
            ("129.5", Some("MYR"), Some("SGD"), None),
            ("-1", None, Some("SGD"), None),
            ("", None, Some("SGD"), None),
            ("1e9", None, None, None),
            ("9999999999999999", None, None, None),
        ] {
            let line = PulledLine { price: price.to_owned(), ..line(OrderStatus::Open, Fulfiller::Seller) };
            assert_eq!(line.price_minor(said.map(currency), of_store.map(currency)), minor, "{price} {said:?}");
        }
    }
}
