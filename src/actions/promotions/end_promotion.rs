//! Ends a flash sale before its scheduled end. The unsold units of its holds are shared again from that moment. Ending is
//! final.

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndRefusal {
    #[error("There is no such promotion.")]
    NotFound,
    #[error("It has ended already.")]
    AlreadyEnded,
}

pub fn run(conn: &mut Conn, cause: &Cause, id: PromotionId) -> Result<Promotion, Failed<EndRefusal>> {
    let promotion = promotions::lock(conn, id)?.ok_or(Failed::Refused(EndRefusal::NotFound))?;
    let rows: Vec<HoldRow> = holds::of_promotion(conn, id)?.into_iter().filter(|row| !row.removed).collect();
    let locked = skus::lock(conn, rows.iter().map(|hold| &hold.sku))?;
    // The clock of this request may be behind that of the request that created the sale: the sale then ends when it
    // starts.
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
