//! Edits one SKU: its name, its buffer and the stores that list it. What is on hand stays as it is, whoever changed it
//! meanwhile.

use super::save_skus::{self, SkuInput, SkuRefusal};
use crate::{
    db::{Conn, Failed, skus},
    domain::{
        code::{SkuCode, StoreCode},
        ledger::Cause,
    },
};

/// What a SKU is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuEdit {
    /// What people call it.
    pub name: String,
    /// Units kept back from every store.
    pub buffer: i64,
    /// Every store that lists it.
    pub listings: Vec<StoreCode>,
}

/// Why a SKU was not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditSkuRefusal {
    /// There is no such SKU.
    #[error("There is no SKU “{0}”.")]
    UnknownSku(SkuCode),
    /// It cannot be saved.
    #[error(transparent)]
    Save(SkuRefusal),
}

/// Brings the SKU of `code` up to date.
///
/// # Errors
/// An [`EditSkuRefusal`], or the database.
pub fn run(conn: &mut Conn, cause: &Cause, code: SkuCode, edit: SkuEdit) -> Result<(), Failed<EditSkuRefusal>> {
    if skus::find(conn, &code)?.is_none() {
        return Err(Failed::Refused(EditSkuRefusal::UnknownSku(code)));
    }
    let SkuEdit { name, buffer, listings } = edit;
    let input = SkuInput { code, name, on_hand: None, buffer: Some(buffer), listings: Some(listings) };
    save_skus::run_one(conn, cause, input)?.map(drop).map_err(|refusal| Failed::Refused(EditSkuRefusal::Save(refusal)))
}
