//! Edits one SKU: its name, its buffer and the stores that list it. The units on hand are not part of the form. An
//! edit is refused if someone else changed one of its values after the form was shown.

use super::save_skus::{self, SkuInput, SkuRefusal};
use crate::{
    db::{Conn, Failed, catalogue::skus, stores::listings},
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
    },
};
use std::collections::BTreeSet;

/// The values that an edit overwrites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuValues {
    pub name: String,
    pub buffer: i64,
    pub listings: BTreeSet<StoreCode>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuEdit {
    /// The values that the form showed.
    pub shown: SkuValues,
    /// The values that were submitted.
    pub wanted: SkuValues,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditSkuRefusal {
    #[error("There is no SKU “{0}”.")]
    UnknownSku(SkuCode),
    /// The values that the SKU has now.
    #[error("Someone changed this SKU meanwhile.")]
    Changed(SkuValues),
    #[error(transparent)]
    Save(SkuRefusal),
}

pub fn run(conn: &mut Conn, cause: &Cause, code: SkuCode, edit: SkuEdit) -> Result<(), Failed<EditSkuRefusal>> {
    let Some(sku) = skus::lock(conn, [&code])?.pop() else {
        return Err(Failed::Refused(EditSkuRefusal::UnknownSku(code)));
    };
    let listed = listings::plain_stores_of(conn, [&code])?.remove(&code).unwrap_or_default();
    let current = SkuValues { name: sku.name, buffer: sku.buffer, listings: listed.into_iter().collect() };
    let SkuEdit { shown, wanted } = edit;
    // Sending the same form twice is no conflict: the SKU already has the wanted values.
    if current != shown && current != wanted {
        return Err(Failed::Refused(EditSkuRefusal::Changed(current)));
    }
    let SkuValues { name, buffer, listings } = wanted;
    let listings = Some(listings.into_iter().collect());
    let input = SkuInput { code, name: Some(name), on_hand: None, buffer: Some(buffer), listings };
    save_skus::run_one(conn, cause, input)?.map(drop).map_err(|refusal| Failed::Refused(EditSkuRefusal::Save(refusal)))
}
