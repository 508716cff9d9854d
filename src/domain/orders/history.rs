//! What became of an order, in sentences for its history.

use super::{
    order::OrderStatus,
    state::{Difference, Part},
};
use crate::domain::{code::SellerSku, text::counted};

/// What changed of a part; `None` if nothing that people want to know.
pub fn sentence(difference: &Difference) -> Option<String> {
    let after = &difference.after;
    let Some(before) = &difference.before else {
        let words = match after.status {
            OrderStatus::Open => "ordered",
            OrderStatus::Shipped => "ordered and shipped",
            OrderStatus::Cancelled => "cancelled",
        };
        return Some(format!("{} of {} {words}{}.", after.quantity, after.sku, sources(after)));
    };
    let units = wanted(after) - wanted(before);
    let mut words = Vec::new();
    if before.status != after.status || before.is_cancelled() != after.is_cancelled() {
        words.push(after.status.as_str().to_owned());
    }
    if units != 0 {
        words.push(format!("{} instead of {}{}", wanted(after), wanted(before), sources(after)));
    }
    if after.returned != before.returned {
        words.push(format!("{} returned", counted(after.returned, "unit")));
    }
    if before.seller_sku.is_some() && before.seller_sku != after.seller_sku {
        words.push("another seller SKU".to_owned());
    }
    if before.unit_price_minor != after.unit_price_minor {
        words.push("another price".to_owned());
    }
    if words.is_empty() && before.effect() != after.effect() {
        words.push(format!("{}{}", after.status.as_str(), sources(after)));
    }
    (!words.is_empty()).then(|| format!("{}: {}.", after.sku, words.join(", ")))
}

/// A line that waits for a listing.
pub fn unmatched(seller_sku: &SellerSku, quantity: i64) -> String {
    format!("{quantity} of “{seller_sku}” take no stock: no listing has that seller SKU.")
}

/// Units that the customer wants.
fn wanted(part: &Part) -> i64 {
    if part.status == OrderStatus::Cancelled { 0 } else { part.quantity - part.returned }
}

/// Where the units come from, if that is not all shared stock.
fn sources(part: &Part) -> String {
    let mut sources = Vec::new();
    if part.status == OrderStatus::Cancelled {
        return String::new();
    }
    if part.taken.from_hold > 0 {
        sources.push(format!("{} from held stock", part.taken.from_hold));
    }
    if part.taken.oversold > 0 {
        sources.push(format!("{} oversold", part.taken.oversold));
    }
    if sources.is_empty() { String::new() } else { format!(" ({})", sources.join(", ")) }
}
