//! What a line of an order has of each SKU: a listing that the line names is one or more of them.

use super::order::LineItem;
use crate::domain::{
    code::{SellerSku, SkuCode},
    stores::components::Components,
};

/// What a line has of one SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldPart {
    /// What the line names, if that is not the SKU.
    pub seller_sku: Option<SellerSku>,
    /// The SKU.
    pub sku: SkuCode,
    /// Units of it in one of what the line names.
    pub per_unit: i64,
    /// Units of it in all.
    pub units: i64,
    /// The price of a unit.
    pub unit_price_minor: Option<i64>,
}

impl SoldPart {
    /// The only part of a line that names a SKU.
    pub fn of_sku(sku: SkuCode, units: i64, unit_price_minor: Option<i64>) -> Self {
        Self { seller_sku: None, sku, per_unit: 1, units, unit_price_minor }
    }

    /// The part of a line that names a listing with this one component.
    pub fn of_listing(seller_sku: &SellerSku, sku: SkuCode, (per_unit, quantity): (i64, i64)) -> Self {
        let units = per_unit.saturating_mul(quantity);
        Self { seller_sku: Some(seller_sku.clone()), sku, per_unit, units, unit_price_minor: None }
    }
}

/// The parts of a line that names `item`. `components` are those of the listing, if it names one.
pub fn parts(item: &LineItem, quantity: i64, price: Option<i64>, components: Option<&Components>) -> Vec<SoldPart> {
    match (item, components) {
        (LineItem::Sku(sku), _) => vec![SoldPart::of_sku(sku.clone(), quantity, price)],
        (LineItem::SellerSku(_), None) => Vec::new(),
        (LineItem::SellerSku(seller_sku), Some(components)) => {
            let mut parts = Vec::new();
            for component in components.iter() {
                let units = (component.units, quantity);
                parts.push(SoldPart::of_listing(seller_sku, component.sku.clone(), units));
            }
            share_price(&mut parts, price);
            parts
        }
    }
}

/// The price of a kit is that of one component, so that the parts add up to it to the cent: the first that has it in whole
/// minor units. The others cost nothing then. If there is none, the price is not known of any.
pub fn share_price(parts: &mut [SoldPart], price: Option<i64>) {
    let Some(price) = price else { return };
    let Some(bearer) = parts.iter().position(|part| price % part.per_unit == 0) else { return };
    for (place, part) in parts.iter_mut().enumerate() {
        part.unit_price_minor = Some(if place == bearer { price / part.per_unit } else { 0 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kit_is_its_components_and_their_prices_add_up_to_its_own() {
        for (components, quantity, price, expected) in [
            ("MUG", 3, Some(999), vec![("MUG", 3, Some(999))]),
            ("MUG*2|PLATE*1", 3, Some(1_000), vec![("MUG", 6, Some(500)), ("PLATE", 3, Some(0))]),
            ("MUG*2|PLATE*1", 3, Some(999), vec![("MUG", 6, Some(0)), ("PLATE", 3, Some(999))]),
            ("MUG*2|PLATE*1", 1, None, vec![("MUG", 2, None), ("PLATE", 1, None)]),
            ("MUG*2|PLATE*2", 1, Some(999), vec![("MUG", 2, None), ("PLATE", 2, None)]),
        ] {
            let item = LineItem::SellerSku(SellerSku::trusted("SET".to_owned()));
            let components = Components::parse(components).expect("components");
            let parts = parts(&item, quantity, price, Some(&components));
            let found: Vec<_> =
                parts.iter().map(|part| (part.sku.as_str(), part.units, part.unit_price_minor)).collect();
            assert_eq!(found, expected, "{components} × {quantity} at {price:?}");
        }
    }
}
