//! The expected result of an edit of a sale, decided value by value.

use super::{
    model::{Model, Product, Sale},
    sku_name,
    step::{Create, Edit, EditChange},
};
use crate::scene::sku_code;
use chrono::TimeDelta;
use flashsale::domain::{id::PromotionId, moment::Moment, promotions::sale_changes::SaleValues};
use std::collections::{BTreeMap, BTreeSet};

/// The wanted values of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub name: String,
    pub ends_at: Moment,
    pub products: BTreeMap<usize, i64>,
}

impl Wanted {
    pub fn values(&self) -> SaleValues {
        let products = self.products.iter().map(|(sku, units)| (sku_code(&sku_name(*sku)), *units));
        SaleValues { name: self.name.clone(), ends_at: self.ends_at, products: products.collect() }
    }
}

/// The current values of a sale.
fn values(sale: &Sale) -> Wanted {
    let kept = sale.products.iter().filter(|product| !product.is_removed);
    Wanted {
        name: sale.name.clone(),
        ends_at: sale.ends_at,
        products: kept.map(|product| (product.sku, product.quantity)).collect(),
    }
}

impl Model {
    fn sale(&self, id: PromotionId) -> &Sale {
        self.sales.iter().rev().find(|sale| sale.id == id).expect("a sale that was created")
    }

    /// The sale that is edited, and its wanted values.
    pub fn edited(&self, edit: &Edit) -> Option<(PromotionId, Wanted)> {
        let running: Vec<&Sale> = self.sales[self.long_over..].iter().filter(|sale| sale.ends_at > self.now).collect();
        let any = edit.sale.is_multiple_of(10) || running.is_empty();
        let id = if any { self.nth_sale(edit.sale % 4)? } else { running[edit.sale % running.len()].id };
        let mut wanted = values(self.sale(id));
        for change in &edit.changes {
            match change {
                EditChange::Rename { to } => wanted.name = format!("Sale {to}"),
                EditChange::MoveEnd { minutes } => wanted.ends_at = self.now.plus(TimeDelta::minutes(*minutes)),
                EditChange::Hold { sku, units } => drop(wanted.products.insert(*sku, *units)),
                EditChange::Remove { sku } => drop(wanted.products.remove(sku)),
            }
        }
        Some((id, wanted))
    }

    /// The values of a duplicate of a sale: the same duration, and the products that were not removed.
    pub fn duplicate(&self, id: PromotionId, late_minutes: i64) -> Create {
        let sale = self.sale(id);
        let minutes = sale.scheduled_ends_at.since(sale.starts_at).num_minutes();
        let products = values(sale).products.into_iter().collect();
        Create { store: sale.store, kind: sale.kind, products, minutes, late_minutes }
    }

    /// The SKUs whose hold gets another quantity or another end.
    pub fn concerned(&self, id: PromotionId, wanted: &Wanted) -> BTreeSet<usize> {
        let is = values(self.sale(id));
        let all = is.products.keys().chain(wanted.products.keys());
        let differs = |sku: &&usize| is.ends_at != wanted.ends_at || is.products.get(sku) != wanted.products.get(sku);
        all.filter(differs).copied().collect()
    }

    /// The changes, or the reasons why there are none. `now` is the effective time for a request that read the clock at
    /// `asked_at` and has locked the SKUs.
    pub fn edit(&mut self, id: PromotionId, wanted: &Wanted, asked_at: Moment, now: Moment) -> Edited {
        let sale = self.sale(id);
        if sale.ended_early || sale.ends_at <= now.max(sale.starts_at) {
            return Err(vec!["ended".to_owned()]);
        }
        let is = values(sale);
        let reasons = self.reasons_against(id, wanted, asked_at);
        if !reasons.is_empty() {
            return Err(reasons);
        }
        let changes = self.changes(id, &is, wanted);
        let sale = self.sales.iter_mut().rev().find(|sale| sale.id == id).expect("it was looked at");
        (sale.name, sale.ends_at, sale.scheduled_ends_at) = (wanted.name.clone(), wanted.ends_at, wanted.ends_at);
        let removed_at = asked_at.max(sale.starts_at);
        for product in &mut sale.products {
            match wanted.products.get(&product.sku) {
                Some(units) => {
                    (product.quantity, product.is_removed, product.removed_at) = (*units, false, None);
                }
                None => {
                    (product.quantity, product.is_removed) = (product.sold, true);
                    product.removed_at = product.removed_at.or(Some(removed_at));
                }
            }
        }
        sale.end_removed();
        for (sku, quantity) in &wanted.products {
            if sale.products.iter().all(|product| product.sku != *sku) {
                sale.products.push(Product {
                    sku: *sku,
                    quantity: *quantity,
                    sold: 0,
                    is_removed: false,
                    removed_at: None,
                });
            }
        }
        Ok(changes)
    }

    fn changes(&self, id: PromotionId, is: &Wanted, wanted: &Wanted) -> Vec<String> {
        let mut changes = Vec::new();
        if is.name != wanted.name {
            changes.push(format!("renamed {}", wanted.name));
        }
        if is.ends_at != wanted.ends_at {
            changes.push("end moved".to_owned());
        }
        for (sku, quantity) in is.products.iter().filter(|(sku, _)| !wanted.products.contains_key(sku)) {
            changes.push(format!("{} removed, {} of {quantity} sold", sku_name(*sku), self.sold(id, *sku)));
        }
        for (sku, units) in &wanted.products {
            let name = sku_name(*sku);
            match is.products.get(sku) {
                Some(from) if from == units => {}
                Some(from) => changes.push(format!("{name} {from} to {units}")),
                None => changes.push(format!("{name} added, {units}")),
            }
        }
        changes
    }

    fn sold(&self, id: PromotionId, sku: usize) -> i64 {
        let product = self.sale(id).products.iter().find(|product| product.sku == sku);
        product.map_or(0, |product| product.sold)
    }

    fn reasons_against(&self, id: PromotionId, wanted: &Wanted, asked_at: Moment) -> Vec<String> {
        let (sale, is) = (self.sale(id), values(self.sale(id)));
        let mut reasons = Vec::new();
        if wanted.ends_at != is.ends_at && wanted.ends_at <= asked_at.max(sale.starts_at) {
            reasons.push("schedule".to_owned());
        }
        if wanted.products.is_empty() {
            reasons.push("no products".to_owned());
        }
        for (sku, units) in &wanted.products {
            let (name, held, sold) = (sku_name(*sku), is.products.get(sku), self.sold(id, *sku));
            if held == Some(units) {
                continue;
            }
            if *units < sold.max(1) {
                reasons.push(format!("{units} of {name}, {sold} sold"));
                continue;
            }
            // Sold units are not taken again.
            let has = held.copied().unwrap_or(sold);
            let reason = match held {
                Some(_) => (*units - has > self.shared_at(*sku, asked_at)).then(String::new),
                None => self.reason_against(*sku, sale.store, *units - has, asked_at),
            };
            reasons.extend(reason.map(|reason| match self.is_known(*sku) {
                true if has > 0 && (reason.is_empty() || reason.contains(" of ")) => {
                    format!("{units} of {} {name}", has + self.shared_at(*sku, asked_at))
                }
                _ => reason,
            }));
        }
        reasons
    }
}

/// The changes, or the reasons why there are none.
pub type Edited = Result<Vec<String>, Vec<String>>;
