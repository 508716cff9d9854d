//! Changes a running flash sale: its name, its end, its products and their quantities. Either every change is applied or
//! none. Added units are checked like those of a new sale, and each change is recorded in the history of the sale.

use crate::{
    actions::catalogue::alike_codes,
    db::{
        Conn, Failed, QueryResult, availability,
        catalogue::{ledger, skus},
        promotions::{
            self, Promotion, changes,
            holds::{self, HoldRow},
        },
    },
    domain::{
        catalogue::ledger::{Cause, Entry, EntryKind},
        code::SkuCode,
        id::PromotionId,
        promotions::{
            history::Change,
            promotion::Status,
            sale_changes::{ChangeRefusal, RunningSale, SaleValues},
        },
        refusal::HoldRefusal,
    },
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionEdit {
    /// The values that the form showed. If there are any, the edit is refused when the sale has changed since.
    pub shown: Option<SaleValues>,
    pub wanted: SaleValues,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditRefusal {
    #[error("There is no such promotion.")]
    NotFound,
    #[error("It has ended: a flash sale that has ended cannot be changed.")]
    AlreadyEnded,
    /// The values that the sale has now.
    #[error("Someone changed this flash sale meanwhile.")]
    Changed(SaleValues),
    #[error("The flash sale cannot be changed like this.")]
    Refused(Vec<ChangeRefusal>),
}

/// Returns the changes that were made: none if the sale already has the wanted values.
pub fn run(
    conn: &mut Conn,
    cause: &Cause,
    id: PromotionId,
    edit: &PromotionEdit,
) -> Result<Vec<Change>, Failed<EditRefusal>> {
    let refused = |refusal| Err(Failed::Refused(refusal));
    let Some(promotion) = promotions::lock(conn, id)? else { return refused(EditRefusal::NotFound) };
    let PromotionEdit { shown, wanted } = edit;
    let affected = promotions::sale(conn, &promotion)?.affected_skus(wanted);
    let locked = skus::lock(conn, &affected)?;
    // Orders may have sold units before the SKUs were locked.
    let sale = promotions::sale(conn, &promotion)?;
    let current = sale.values();
    // The clock of this request may be behind that of the request that created the sale: it can change the sale all the
    // same. It cannot change a sale that staff have ended, whatever its clock says.
    let now = skus::effective_now(&locked, cause.at).max(promotion.starts_at);
    if promotion.ended_by.is_some() || promotion.status(now) == Status::Ended {
        return refused(EditRefusal::AlreadyEnded);
    }
    // Sending the same form twice is no conflict: the sale already has the wanted values.
    if shown.as_ref().is_some_and(|shown| *shown != current) && *wanted != current {
        return refused(EditRefusal::Changed(current));
    }
    let lines = availability::with_listings(conn, locked, cause.at)?;
    let offers = lines.iter().map(|line| (line.sku.code.clone(), line.offer())).collect();
    // `max`, so that a request whose clock is behind cannot end the sale before it starts.
    let changes = match sale.diff(wanted, &offers, cause.at.max(promotion.starts_at)) {
        Ok(changes) => changes,
        Err(mut refusals) => {
            for refusal in &mut refusals {
                if let ChangeRefusal::Product(HoldRefusal::UnknownSku(unknown)) = refusal {
                    *unknown = alike_codes::unknown(conn, &unknown.sku)?;
                }
            }
            return refused(EditRefusal::Refused(refusals));
        }
    };
    let saving = Saving { cause, promotion: &promotion, sale: &sale, wanted };
    let mut entries = Vec::new();
    for change in &changes {
        entries.extend(saving.save(conn, change)?);
    }
    changes::append(conn, cause, id, &changes)?;
    ledger::record(conn, cause, lines.into_iter().map(|line| line.sku).collect(), entries)?;
    Ok(changes)
}

struct Saving<'a> {
    cause: &'a Cause,
    promotion: &'a Promotion,
    sale: &'a RunningSale,
    wanted: &'a SaleValues,
}

impl Saving<'_> {
    /// Saves one change and returns its ledger entries.
    fn save(&self, conn: &mut Conn, change: &Change) -> QueryResult<Vec<Entry>> {
        let id = self.promotion.id;
        Ok(match change {
            Change::Renamed { to, .. } => {
                promotions::rename(conn, id, to)?;
                Vec::new()
            }
            Change::EndMoved { from, to } => {
                promotions::move_end(conn, id, (*from, *to))?;
                holds::move_end(conn, id, *to)?;
                let mut entries = Vec::new();
                for (sku, _) in self.sale.current_products() {
                    if self.wanted.products.contains_key(sku) {
                        entries.push(self.entry(sku, EntryKind::HoldEndMoved, 0));
                    }
                }
                entries
            }
            Change::ProductAdded { sku, quantity } => {
                let store = self.promotion.store.clone();
                let row = HoldRow::new(sku.clone(), id, store, self.wanted.ends_at, *quantity);
                // A product that was removed before has a hold row, which is used again.
                if !holds::take_again(conn, &row)? {
                    holds::insert(conn, &[row])?;
                }
                let had = self.sale.products.get(sku).map_or(0, |product| product.quantity);
                vec![self.entry(sku, EntryKind::HoldTaken, quantity - had)]
            }
            Change::QuantityChanged { sku, from, to } => {
                holds::set_quantity(conn, sku, id, (*from, *to))?;
                let kind = if to > from { EntryKind::HoldRaised } else { EntryKind::HoldLowered };
                vec![self.entry(sku, kind, to - from)]
            }
            Change::ProductRemoved { sku, quantity, sold } => {
                holds::remove(conn, sku, id, self.cause.at.max(self.promotion.starts_at))?;
                vec![self.entry(sku, EntryKind::HoldRemoved, sold - quantity)]
            }
            Change::Created { .. } | Change::EndedEarly { .. } => panic!("no edit does this: {change:?}"),
        })
    }

    fn entry(&self, sku: &SkuCode, kind: EntryKind, held_change: i64) -> Entry {
        let store = self.promotion.store.clone();
        Entry { held_change, ..Entry::of_hold(sku.clone(), kind, self.promotion.id, store) }
    }
}
