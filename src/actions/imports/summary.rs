//! What an import came to, in sentences: rows say nothing about orders and units.

use crate::{
    db::imports::Import,
    domain::{imports::import::ImportKind, text::counted},
};

/// The sentences for pages and the command line. Those of a check say what an import would do.
pub fn summary(import: &Import) -> Vec<String> {
    match import.kind {
        ImportKind::Orders => of_orders(import),
        ImportKind::Catalogue if import.rows_unchanged > 0 => {
            let rows = counted(import.rows_unchanged, "row");
            let were = if import.rows_unchanged == 1 { "is" } else { "are" };
            vec![format!("{rows} of those updated {were} as the file says already.")]
        }
        ImportKind::Listings if import.rows_unmapped > 0 => {
            let rows = counted(import.rows_unmapped, "row");
            let has = if import.rows_unmapped == 1 { "has no IDs: its listing" } else { "have no IDs: their listings" };
            let is = match (import.is_check, import.rows_unmapped) {
                (true, _) => "would not be",
                (false, 1) => "is not",
                (false, _) => "are not",
            };
            vec![format!("{rows} {has} {is} pushed until there are some.")]
        }
        ImportKind::Catalogue | ImportKind::Listings | ImportKind::StockChanges => Vec::new(),
    }
}

fn of_orders(import: &Import) -> Vec<String> {
    let Import { orders_recorded, orders_known, units_recorded, orders_short, units_short, .. } = import;
    let verb = match (import.is_check, *orders_recorded) {
        (true, _) => "would be recorded",
        (false, 1) => "was recorded",
        (false, _) => "were recorded",
    };
    let orders = counted(orders_recorded, "order");
    let units = counted(units_recorded, "unit");
    let mut sentences = vec![format!("{orders} with {units} {verb}; {orders_known} known already.")];
    if *orders_short > 0 {
        let are = if *orders_short == 1 { "is" } else { "are" };
        sentences.push(format!("{orders_short} of them {are} short by {}.", counted(units_short, "unit")));
    }
    sentences
}
