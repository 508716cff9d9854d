//! Edits one SKU: its name, its buffer and the stores that list it. What is on hand stays as it is, whoever changed it
//! meanwhile; what the edit would overwrite has to be as its form showed it.

use super::save_skus::{self, SkuInput, SkuRefusal};
use crate::{
    db::{Conn, Failed, catalogue::skus, stores::listings},
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
    },
};
use std::collections::BTreeSet;

/// What an edit overwrites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuValues {
    /// What people call it.
    pub name: String,
    /// Units kept back from every store.
    pub buffer: i64,
    /// Every store that lists it.
    pub listings: BTreeSet<StoreCode>,
}

/// What a SKU is to be, and what it was when that was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuEdit {
    /// What the form showed.
    pub shown: SkuValues,
    /// What came back.
    pub wanted: SkuValues,
}

/// Why a SKU was not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditSkuRefusal {
    /// There is no such SKU.
    #[error("There is no SKU “{0}”.")]
    UnknownSku(SkuCode),
    /// It is not as it was shown any more, but as it is here.
    #[error("Someone changed this SKU meanwhile.")]
    Changed(SkuValues),
    /// It cannot be saved.
    #[error(transparent)]
    Save(SkuRefusal),
}

/// Brings the SKU of `code` up to date.
///
/// # Errors
/// An [`EditSkuRefusal`], or the database.
pub fn run(conn: &mut Conn, cause: &Cause, code: SkuCode, edit: SkuEdit) -> Result<(), Failed<EditSkuRefusal>> {
    let Some(sku) = skus::lock(conn, [&code])?.pop() else {
        return Err(Failed::Refused(EditSkuRefusal::UnknownSku(code)));
    };
    let listed = listings::stores_of(conn, [&code])?.remove(&code).unwrap_or_default();
    let now = SkuValues { name: sku.name, buffer: sku.buffer, listings: listed.into_iter().collect() };
    let SkuEdit { shown, wanted } = edit;
    // What is as it is wanted already is overwritten by nothing: sending a form twice is no conflict.
    if now != shown && now != wanted {
        return Err(Failed::Refused(EditSkuRefusal::Changed(now)));
    }
    let SkuValues { name, buffer, listings } = wanted;
    let listings = Some(listings.into_iter().collect());
    let input = SkuInput { code, name, on_hand: None, buffer: Some(buffer), listings };
    save_skus::run_one(conn, cause, input)?.map(drop).map_err(|refusal| Failed::Refused(EditSkuRefusal::Save(refusal)))
}
