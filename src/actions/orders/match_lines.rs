//! Lines that named a seller SKU which no listing had take their units once one has it.

use super::{changed_order::ChangedOrder, put_state::Known, recipes::Recipes};
use crate::{
    db::{
        Conn, QueryResult,
        orders::{OrderKey, unmatched},
        stores::{self, listings::Listing},
    },
    domain::{
        catalogue::ledger::Cause,
        code::{SellerSku, SkuCode, StoreCode},
        orders::{order::StateLine, parts, state::WantedPart},
    },
};
use std::collections::BTreeSet;

/// What became of an order that has unmatched lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    /// At least one line was matched.
    Matched,
    /// Its seller SKUs are those of no listing, or of several.
    NoListing,
    /// Units that were shipped before the line was matched may not have been counted: it stays unmatched until they are.
    FewerOnHand,
}

/// Matches the lines that name one of these listings, which are new or have another seller SKU.
pub fn of_listings(conn: &mut Conn, cause: &Cause, listings: &[Listing]) -> QueryResult<()> {
    let named: Vec<(&StoreCode, &str)> =
        listings.iter().map(|listing| (&listing.store, listing.seller_sku.as_str())).collect();
    if named.is_empty() {
        return Ok(());
    }
    for key in unmatched::orders_naming(conn, named)? {
        of_order(conn, cause, &key)?;
    }
    Ok(())
}

/// Matches the lines of one order that can be matched.
pub fn of_order(conn: &mut Conn, cause: &Cause, (store, number): &OrderKey) -> QueryResult<Matching> {
    let before = unmatched::of_order(conn, store, number)?;
    let named: BTreeSet<(&StoreCode, &SellerSku)> = before.iter().map(|line| (store, &line.seller_sku)).collect();
    let recipes = Recipes::of_listings(conn, named)?;
    let skus: BTreeSet<SkuCode> = recipes.skus().cloned().collect();
    if skus.is_empty() {
        return Ok(Matching::NoListing);
    }
    let (known, locked) = Known::lock(conn, (store, number), &skus)?;
    let (Some(order), Some(of)) = (known.order.clone(), stores::find(conn, store)?) else {
        return Ok(Matching::NoListing);
    };
    let mut new = Vec::new();
    let mut left: Vec<StateLine> = Vec::new();
    for line in &known.unmatched {
        let status = line.status(order.status);
        let line_state = line.state(status);
        match recipes.components(store, &line.seller_sku) {
            Some(components) => {
                let (item, units) = (&line_state.item, line_state.quantity);
                for part in parts::parts(item, units, line_state.unit_price_minor, Some(components)) {
                    new.push(WantedPart::of(&line_state, status, part));
                }
            }
            None => left.push(line_state),
        }
    }
    let mut changed = ChangedOrder::new(&of, cause, known, (number, order.placed_at));
    let available = changed.rearrange(conn, cause, &locked, |part| part, (&new, &left))?;
    if locked.iter().any(|sku| available[&sku.code].stock.on_hand < 0) {
        return Ok(Matching::FewerOnHand);
    }
    changed.save(conn, cause, locked)?;
    Ok(Matching::Matched)
}
