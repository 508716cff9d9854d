//! Adds one SKU, as a person does: the code must be new. (Rows that may be of either kind go to
//! [`super::save_skus`].)

use super::save_skus::{self, SkuInput, SkuRefusal};
use crate::{
    db::{Conn, Failed, catalogue::skus},
    domain::{catalogue::ledger::Cause, code::SkuCode},
};

/// Why a SKU was not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddSkuRefusal {
    /// The code is taken.
    #[error("Choose another SKU code: “{0}” is taken.")]
    CodeTaken(SkuCode),
    /// There is one of that code in other letters of upper and lower case: more likely the same SKU than another.
    #[error("Choose another SKU code: “{0}” already exists, and differs only in upper and lower case.")]
    SpelledAlike(SkuCode),
    /// It cannot be saved.
    #[error(transparent)]
    Save(SkuRefusal),
}

/// Adds `input`.
///
/// # Errors
/// An [`AddSkuRefusal`], or the database.
pub fn run(conn: &mut Conn, cause: &Cause, input: SkuInput) -> Result<(), Failed<AddSkuRefusal>> {
    let code = input.code.clone();
    if skus::find(conn, &code)?.is_some() {
        return Err(Failed::Refused(AddSkuRefusal::CodeTaken(code)));
    }
    if let Some(other) = skus::spelled_alike(conn, &code)? {
        return Err(Failed::Refused(AddSkuRefusal::SpelledAlike(other)));
    }
    // Where somebody else adds it between the two, the transaction is tried again and finds it.
    save_skus::run_one(conn, cause, input)?.map(drop).map_err(|refusal| Failed::Refused(AddSkuRefusal::Save(refusal)))
}
