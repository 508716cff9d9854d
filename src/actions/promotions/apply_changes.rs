//! Changes a flash sale while it runs: its name, its end, how much it holds of which products. All of it or nothing,
//! checked like a creation; the history of the sale has a line of each change.

use crate::{
    db::{
        Conn, Failed, QueryResult,
        catalogue::{ledger, skus},
        promotions::{
            self, Promotion, changes,
            draft_detail::shelf,
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
            sale_changes::{RunningSale, SaleValues, SteerRefusal},
        },
    },
};

/// What a flash sale is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionEdit {
    /// What it was when that was decided, if that is to be compared with what it is.
    pub shown: Option<SaleValues>,
    /// What it is to be.
    pub wanted: SaleValues,
}

/// Why a flash sale was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditRefusal {
    /// There is no such promotion.
    #[error("There is no such promotion.")]
    NotFound,
    /// It is over.
    #[error("It has ended: a flash sale that has ended cannot be changed.")]
    AlreadyEnded,
    /// It is not as it was shown any more, but as it is here.
    #[error("Someone changed this flash sale meanwhile.")]
    Changed(SaleValues),
    /// It cannot be changed that way.
    #[error("It cannot be changed that way.")]
    Refused(Vec<SteerRefusal>),
}

/// Changes the promotion of `id`, and answers what was changed: nothing, if it is as it is wanted.
///
/// # Errors
/// An [`EditRefusal`], and then nothing was changed; or the database.
pub fn run(
    conn: &mut Conn,
    cause: &Cause,
    id: PromotionId,
    edit: &PromotionEdit,
) -> Result<Vec<Change>, Failed<EditRefusal>> {
    let refused = |refusal| Err(Failed::Refused(refusal));
    let Some(promotion) = promotions::lock(conn, id)? else { return refused(EditRefusal::NotFound) };
    let PromotionEdit { shown, wanted } = edit;
    let concerned = promotions::sale(conn, &promotion)?.concerned(wanted);
    let locked = skus::lock(conn, &concerned)?;
    // What was sold may have changed until the SKUs were locked.
    let sale = promotions::sale(conn, &promotion)?;
    let is = sale.values();
    // One that asked before the sale was created, by its clock, changes it all the same; one that asked before somebody
    // ended it does not.
    let now = skus::now_for(&locked, cause.at).max(promotion.starts_at);
    if promotion.ended_by.is_some() || promotion.status(now) == Status::Ended {
        return refused(EditRefusal::AlreadyEnded);
    }
    // What is as it is wanted already is overwritten by nothing: sending a form twice is no conflict.
    if shown.as_ref().is_some_and(|shown| *shown != is) && *wanted != is {
        return refused(EditRefusal::Changed(is));
    }
    let lines = shelf(conn, locked, cause.at)?;
    let offers = lines.iter().map(|line| (line.sku.code.clone(), line.offer())).collect();
    // No sale ends before it starts, also for a request whose clock is behind.
    let changes = match sale.steer(wanted, &offers, cause.at.max(promotion.starts_at)) {
        Ok(changes) => changes,
        Err(refusals) => return refused(EditRefusal::Refused(refusals)),
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

/// An edit that was accepted.
struct Saving<'a> {
    cause: &'a Cause,
    promotion: &'a Promotion,
    sale: &'a RunningSale,
    wanted: &'a SaleValues,
}

impl Saving<'_> {
    /// Saves one change, and answers what the ledger is to say of it.
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
                let stays = self.sale.kept().filter(|(sku, _)| self.wanted.products.contains_key(*sku));
                stays.map(|(sku, _)| self.entry(sku, EntryKind::HoldEndMoved, 0)).collect()
            }
            Change::ProductAdded { sku, quantity } => {
                self.take(conn, sku, *quantity)?;
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

    /// Takes the hold of a product that is added, or added again.
    fn take(&self, conn: &mut Conn, sku: &SkuCode, quantity: i64) -> QueryResult<()> {
        let row = HoldRow {
            sku: sku.clone(),
            promotion_id: self.promotion.id,
            store: self.promotion.store.clone(),
            ends_at: self.wanted.ends_at,
            quantity,
            sold: 0,
            removed: false,
        };
        if holds::take_again(conn, &row)? { Ok(()) } else { holds::insert(conn, &[row]) }
    }

    fn entry(&self, sku: &SkuCode, kind: EntryKind, held_change: i64) -> Entry {
        let (id, store) = (self.promotion.id, self.promotion.store.clone());
        Entry { held_change, ..Entry::of_hold(sku.clone(), kind, id, store) }
    }
}
