//! Records an order that somebody types. Units that would be oversold are asked about first: a typing error in a quantity
//! would take all that other stores show.

use super::take_orders::{self, Delivery, Outcome};
use crate::{
    db::{Conn, Failed, orders::Line},
    domain::code::SkuCode,
};

/// A SKU of which the order wants more than there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    pub sku: SkuCode,
    pub asked: i64,
    /// Units that would be oversold.
    pub oversold: i64,
}

/// Records the only order of `delivery`. Unless `is_confirmed`, an order that would be oversold is refused with what is
/// missing: the transaction ends with the refusal, so nothing is recorded.
pub fn run(conn: &mut Conn, delivery: &Delivery, is_confirmed: bool) -> Result<Outcome, Failed<Vec<Shortfall>>> {
    let outcomes = take_orders::run(conn, &[delivery])?;
    let outcome = outcomes.into_iter().flatten().next().expect("an outcome of an order");
    if let Outcome::Accepted(lines) = &outcome
        && !is_confirmed
    {
        let missing = shortfalls(lines);
        if !missing.is_empty() {
            return Err(Failed::Refused(missing));
        }
    }
    Ok(outcome)
}

/// What was oversold, by SKU.
fn shortfalls(lines: &[Line]) -> Vec<Shortfall> {
    let mut by_sku: Vec<Shortfall> = Vec::new();
    for Line { sku, quantity, oversold, .. } in lines {
        match by_sku.iter_mut().find(|known| known.sku == *sku) {
            Some(known) => {
                known.asked += quantity;
                known.oversold += oversold;
            }
            None => by_sku.push(Shortfall { sku: sku.clone(), asked: *quantity, oversold: *oversold }),
        }
    }
    by_sku.retain(|shortfall| shortfall.oversold > 0);
    by_sku
}
