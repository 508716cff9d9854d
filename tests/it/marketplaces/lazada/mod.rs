//! Lazada: the simulated one against the documents (`simulated`), and the connector against the simulated one.
//!
//! The documents are the pages of open.lazada.com: a number is a `docId`, a path the page of that API.

mod connector;
mod odd_answers;
mod refusals;
mod simulated;

use super::connectors::{Rig, SHOP};
use flashsale::{
    demo::marketplace::{ProductId, Refusal},
    domain::code::SkuCode,
    marketplaces::{Target, lazada},
};

fn refusal(code: &str, kind: &str, message: &str) -> Refusal {
    Refusal { status: None, code: code.to_owned(), kind: kind.to_owned(), message: message.to_owned() }
}

fn rig() -> Rig {
    Rig::new(lazada::KIND)
}

fn product(item: u64, sku: u64) -> ProductId {
    ProductId { item: item.to_string(), variant: sku.to_string() }
}

/// Adds products with one SKU each, which show 100, and returns a target of `quantity` for each.
fn add_products(rig: &Rig, count: u64, quantity: i64, seller_sku: impl Fn(u64) -> String) -> Vec<Target> {
    let mut targets = Vec::new();
    for number in 1..=count {
        let id = product(70_000 + number, 90_000 + number);
        rig.marketplace.add_product(SHOP, &id, &seller_sku(number), 100);
        targets.push(Target {
            sku: SkuCode::parse(&format!("SKU-{number}")).ok(),
            seller_sku: seller_sku(number),
            variant_id: Some(id.variant),
            item_id: Some(id.item),
            quantity,
            at_most: Some(100),
            sequence: 1,
            seen: None,
        });
    }
    targets
}
