//! Kits in a flash sale: a hold on a kit is a hold on its components (design §2, "Listings"). Products and kits of one
//! sale may take the same SKU, so what they take is added up first.

use super::sale_changes::Offer;
use crate::domain::{
    code::{SkuCode, StoreCode},
    refusal::HoldRefusal,
    stores::components::Components,
};
use std::collections::BTreeMap;

/// The units of each SKU that the products and the kits of a flash sale take together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demand(BTreeMap<SkuCode, i64>);

impl Demand {
    /// Adds units of one SKU.
    pub fn add(&mut self, sku: &SkuCode, units: i64) {
        let demand = self.0.entry(sku.clone()).or_default();
        *demand = demand.saturating_add(units);
    }

    /// Adds the units of each component of `count` kits.
    pub fn add_kits(&mut self, components: &Components, count: i64) {
        for (sku, units) in components.units_of(count) {
            self.add(&sku, units);
        }
    }

    /// The units of `sku`; 0 if nothing takes it.
    pub fn of(&self, sku: &SkuCode) -> i64 {
        self.0.get(sku).copied().unwrap_or(0)
    }

    /// Each SKU with its units, by SKU.
    pub fn iter(&self) -> impl Iterator<Item = (&SkuCode, i64)> {
        self.0.iter().map(|(sku, units)| (sku, *units))
    }
}

/// Why a kit cannot be held. Forms show these messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants mean")]
pub enum KitRefusal {
    #[error("Remove it: this store has no listing with this seller SKU.")]
    NotListed,
    /// One of its components cannot be held, whatever the number of kits.
    #[error("{sku}: {0}", sku = .0.sku())]
    Component(HoldRefusal),
    #[error("{}", not_enough(*available, limiting))]
    NotEnough { available: i64, limiting: SkuCode },
}

fn not_enough(available: i64, limiting: &SkuCode) -> String {
    match available {
        0 => format!("Remove this kit: none is available now, because of “{limiting}”."),
        1 => format!("Enter 1: only 1 is available now, because of “{limiting}”."),
        _ => format!("Enter {available} or less: {available} are available now, because of “{limiting}”."),
    }
}

/// How many kits of `components` are available beside what else `demand` takes, of which `count` are in it already.
pub fn available<'a>(
    components: &Components,
    count: i64,
    demand: &Demand,
    offer_of: impl Fn(&SkuCode) -> Option<Offer<'a>>,
) -> (i64, SkuCode) {
    let own: BTreeMap<SkuCode, i64> = components.units_of(count).collect();
    let left = |sku: &SkuCode| {
        let shared = offer_of(sku).map_or(0, |offer| offer.position.shared());
        (shared - (demand.of(sku) - own[sku])).max(0)
    };
    (components.quantity(left), components.limiting(left).sku.clone())
}

/// Checks whether `store` may take new holds for `count` kits. `demand` is all that the sale takes, with these kits.
pub fn admit<'a>(
    components: &Components,
    count: i64,
    store: &StoreCode,
    demand: &Demand,
    offer_of: impl Fn(&SkuCode) -> Option<Offer<'a>>,
) -> Result<(), KitRefusal> {
    for component in components.iter() {
        let Some(offer) = offer_of(&component.sku) else { return Err(KitRefusal::NotListed) };
        let held = offer.position.admit(&component.sku, store, offer.listed_on, 0);
        held.map_err(KitRefusal::Component)?;
    }
    let (available, limiting) = available(components, count, demand, offer_of);
    if count > available {
        return Err(KitRefusal::NotEnough { available, limiting });
    }
    Ok(())
}

/// What to say of a product of which kits of the same sale take `of_kits` units too.
pub fn beside_kits(refusal: &HoldRefusal, of_kits: i64) -> String {
    match refusal {
        HoldRefusal::NotEnoughStock { available, .. } if of_kits > 0 => {
            let most = (available - of_kits).max(0);
            let what = if most == 0 { "Remove this product".to_owned() } else { format!("Enter {most} or less") };
            format!("{what}: {available} are available now, and the kits of this promotion take {of_kits}.")
        }
        HoldRefusal::NotEnoughStock { .. }
        | HoldRefusal::UnknownSku(_)
        | HoldRefusal::NotListed { .. }
        | HoldRefusal::AlreadyHeld { .. } => refusal.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        catalogue::{quantity::Position, stock::Stock},
        promotions::{hold::Hold, promotion::FlashSaleType::StockAllocation},
        testing::{LAZADA, SHOPEE, hold, store},
    };

    fn sku(code: &str) -> SkuCode {
        SkuCode::parse(code).expect("a code")
    }

    /// 100 MUG and 30 PLATE. `held` is what Lazada has of MUG already.
    fn check(kits: i64, mugs: i64, held: i64) -> Result<(), KitRefusal> {
        let set = Components::parse("MUG*2|PLATE*1").expect("components");
        let mut demand = Demand::default();
        demand.add_kits(&set, kits);
        demand.add(&sku("MUG"), mugs);
        let holds: Vec<Hold> = if held > 0 { vec![hold(LAZADA, StockAllocation, held, 0)] } else { Vec::new() };
        let listed_on = [store(LAZADA), store(SHOPEE)];
        let offer_of = |code: &SkuCode| {
            let (on_hand, holds) = if code.as_str() == "MUG" { (100, &holds[..]) } else { (30, &[][..]) };
            let stock = Stock { on_hand, ..Stock::default() };
            Some(Offer { position: Position { stock, holds }, listed_on: &listed_on })
        };
        admit(&set, kits, &store(LAZADA), &demand, offer_of)
    }

    #[test]
    fn as_many_kits_are_held_as_every_component_allows_beside_the_other_products() {
        for (kits, mugs, refused) in [
            (30, 0, None),
            (31, 0, Some("Enter 30 or less: 30 are available now, because of “PLATE”.")),
            (30, 40, None),
            (30, 41, Some("Enter 29 or less: 29 are available now, because of “MUG”.")),
            (2, 97, Some("Enter 1: only 1 is available now, because of “MUG”.")),
            (1, 99, Some("Remove this kit: none is available now, because of “MUG”.")),
        ] {
            let refusal = check(kits, mugs, 0).err().map(|refusal| refusal.to_string());
            assert_eq!(refusal.as_deref(), refused, "{kits} kits, {mugs} mugs");
        }
    }

    #[test]
    fn a_component_that_the_store_holds_already_refuses_the_kit() {
        let refusal = check(1, 0, 5).expect_err("it is held");
        assert_eq!(refusal.to_string(), "MUG: Remove “MUG”, or end “11.11” first: this store already holds it there.");
    }

    #[test]
    fn a_product_that_does_not_fit_beside_kits_says_what_they_take() {
        let refusal = HoldRefusal::NotEnoughStock { sku: sku("MUG"), asked: 101, available: 100 };
        assert_eq!(beside_kits(&refusal, 0), "Enter 100 or less: 100 are available now.");
        assert_eq!(
            beside_kits(&refusal, 20),
            "Enter 80 or less: 100 are available now, and the kits of this promotion take 20."
        );
        assert!(beside_kits(&refusal, 100).starts_with("Remove this product: 100 are available now"));
    }
}
