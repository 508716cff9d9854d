//! Archives a SKU, which is kept for its history alone, and brings it back.

use crate::{
    actions::stores::retire_listings,
    db::{
        Conn, Failed, QueryResult, availability,
        catalogue::{former_codes, ledger, skus},
        stores::{self, listings},
    },
    domain::{
        catalogue::ledger::{Cause, Entry, EntryKind},
        code::SkuCode,
    },
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveRefusal {
    #[error("There is no SKU “{0}”.")]
    Unknown(SkuCode),
    #[error("End “{0}” first: that flash sale holds this SKU.")]
    Held(String),
    #[error("Ship or cancel its open orders first: {committed} units are committed and {oversold} are owed.")]
    Ordered { committed: i64, oversold: i64 },
    #[error("Take it out of “{seller_sku}” on {store} first: that kit is made of it.")]
    InKit { seller_sku: String, store: String },
    #[error("It was merged into “{0}”: use that one.")]
    Merged(SkuCode),
}

/// Takes the SKU off every store, and out of the catalogue. A second time changes nothing.
pub fn archive(conn: &mut Conn, cause: &Cause, code: &SkuCode) -> Result<(), Failed<ArchiveRefusal>> {
    let locked = skus::lock(conn, [code])?;
    let Some(sku) = locked.first() else { return Err(Failed::Refused(ArchiveRefusal::Unknown(code.clone()))) };
    if sku.archived_at.is_some() {
        return Ok(());
    }
    let available = availability::of(conn, &locked, skus::effective_now(&locked, cause.at))?;
    if let Some(hold) = available[code].holds.first() {
        return Err(Failed::Refused(ArchiveRefusal::Held(hold.promotion_name.clone())));
    }
    let (committed, oversold) = (sku.committed, sku.oversold);
    if committed + oversold > 0 {
        return Err(Failed::Refused(ArchiveRefusal::Ordered { committed, oversold }));
    }
    if let Some(kit) = listings::kits_with(conn, [code])?.remove(code).and_then(|kits| kits.into_iter().next()) {
        let store = stores::find(conn, &kit.store)?.map_or_else(|| kit.store.to_string(), |store| store.name);
        return Err(Failed::Refused(ArchiveRefusal::InKit { seller_sku: kit.seller_sku, store }));
    }
    unlist_everywhere(conn, cause, code)?;
    skus::archive(conn, code, Some(cause.at))?;
    ledger::record(conn, cause, locked, vec![Entry::new(code.clone(), EntryKind::Archived)])?;
    Ok(())
}

fn unlist_everywhere(conn: &mut Conn, cause: &Cause, code: &SkuCode) -> QueryResult<()> {
    let listed = listings::of_skus(conn, [code])?.remove(code).unwrap_or_default();
    retire_listings::run(conn, cause, &listed).map(drop)
}

/// Brings the SKU back into the catalogue. No store lists it then. A second time changes nothing.
pub fn restore(conn: &mut Conn, cause: &Cause, code: &SkuCode) -> Result<(), Failed<ArchiveRefusal>> {
    let locked = skus::lock(conn, [code])?;
    let Some(sku) = locked.first() else { return Err(Failed::Refused(ArchiveRefusal::Unknown(code.clone()))) };
    if sku.archived_at.is_none() {
        return Ok(());
    }
    if let Some(into) = former_codes::of(conn, [code])?.remove(code) {
        return Err(Failed::Refused(ArchiveRefusal::Merged(into)));
    }
    skus::archive(conn, code, None)?;
    ledger::record(conn, cause, locked, vec![Entry::new(code.clone(), EntryKind::Restored)])?;
    Ok(())
}
