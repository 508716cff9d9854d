//! Ends a flash sale before its time. What its holds still keep is shared again from that moment; ending is final.

use crate::{
    db::{
        Conn, Failed,
        catalogue::{ledger, skus},
        promotions::{
            self, Promotion, changes,
            holds::{self, HoldRow},
        },
    },
    domain::{
        catalogue::ledger::{Cause, Entry, EntryKind},
        id::PromotionId,
        promotions::history::Change,
    },
};

/// Why a flash sale was not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndRefusal {
    /// There is no such promotion.
    #[error("There is no such promotion.")]
    NotFound,
    /// It is over: by schedule, or because somebody ended it.
    #[error("It has ended already.")]
    AlreadyEnded,
}

/// Ends the promotion of `id` now.
///
/// # Errors
/// An [`EndRefusal`], or the database.
pub fn run(conn: &mut Conn, cause: &Cause, id: PromotionId) -> Result<Promotion, Failed<EndRefusal>> {
    let promotion = promotions::lock(conn, id)?.ok_or(Failed::Refused(EndRefusal::NotFound))?;
    let rows: Vec<HoldRow> = holds::of_promotion(conn, id)?.into_iter().filter(|row| !row.removed).collect();
    let locked = skus::lock(conn, rows.iter().map(|hold| &hold.sku))?;
    // A request that asked before the sale was created, by its clock, ends it all the same: it ran for no time.
    let ends_at = cause.at.max(promotion.starts_at);
    if !promotions::end_early(conn, id, ends_at, &cause.actor)? {
        return Err(Failed::Refused(EndRefusal::AlreadyEnded));
    }
    holds::end(conn, id, ends_at)?;
    let entries =
        rows.into_iter().map(|row| Entry::of_hold(row.sku, EntryKind::HoldEndedEarly, id, row.store)).collect();
    ledger::record(conn, cause, locked, entries)?;
    let ended = Change::EndedEarly { scheduled: promotion.scheduled_ends_at, at: ends_at };
    changes::append(conn, cause, id, &[ended])?;
    Ok(Promotion { ends_at, ended_by: Some(cause.actor.clone()), ..promotion })
}
