//! Gives a SKU another code. Its stock, holds, orders, listings and ledger stay as they are, under the new code; the old one
//! stays taken, and orders that name it are those of the SKU. Seller SKUs are the stores' own, and stay.

use crate::{
    db::{
        Conn, Failed,
        catalogue::{former_codes, ledger, rename, skus},
    },
    domain::{
        catalogue::ledger::{Cause, Entry, EntryKind},
        code::SkuCode,
    },
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameSkuRefusal {
    #[error("There is no SKU “{0}”.")]
    Unknown(SkuCode),
    #[error("Enter another code: “{0}” is its code now.")]
    Unchanged(SkuCode),
    #[error("Enter another code: “{0}” is taken. If both are the same thing, merge them instead.")]
    Taken(SkuCode),
    #[error("Enter another code: “{0}” differs only in upper and lower case.")]
    SpelledAlike(SkuCode),
    #[error("Enter another code: “{code}” was one of “{sku}” before.")]
    Former { code: SkuCode, sku: SkuCode },
    #[error("Rename “{0}”: this SKU was merged into it.")]
    Merged(SkuCode),
}

pub fn run(conn: &mut Conn, cause: &Cause, from: &SkuCode, to: &SkuCode) -> Result<(), Failed<RenameSkuRefusal>> {
    let refused = |refusal| Err(Failed::Refused(refusal));
    let Some(sku) = skus::lock(conn, [from])?.pop() else { return refused(RenameSkuRefusal::Unknown(from.clone())) };
    if from == to {
        return refused(RenameSkuRefusal::Unchanged(to.clone()));
    }
    let former = former_codes::of(conn, [from, to])?;
    if let Some(merged_into) = former.get(from) {
        return refused(RenameSkuRefusal::Merged(merged_into.clone()));
    }
    if let Some(alike) = skus::alike(conn, [to])?.into_iter().find(|alike| alike != from) {
        let is_same = alike == *to;
        return refused(if is_same { RenameSkuRefusal::Taken(alike) } else { RenameSkuRefusal::SpelledAlike(alike) });
    }
    match former.get(to) {
        Some(own) if own == from => former_codes::delete(conn, to)?,
        Some(other) => return refused(RenameSkuRefusal::Former { code: to.clone(), sku: other.clone() }),
        None => {}
    }
    rename::run(conn, from, &sku.name, to)?;
    former_codes::insert(conn, from, to, false, cause.at)?;
    let locked = skus::lock(conn, [to])?;
    let cause = Cause { reason: format!("“{from}” became “{to}”"), ..cause.clone() };
    ledger::record(conn, &cause, locked, vec![Entry::new(to.clone(), EntryKind::Renamed)])?;
    Ok(())
}
