//! Adds one SKU from the form. Its code must be new; [`super::save_skus`] takes new and known codes alike.

use super::save_skus::{self, SkuInput, SkuRefusal};
use crate::{
    db::{Conn, Failed, catalogue::skus},
    domain::{catalogue::ledger::Cause, code::SkuCode},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddSkuRefusal {
    #[error("Choose another SKU code: “{0}” is taken.")]
    CodeTaken(SkuCode),
    /// The codes differ only in upper and lower case, so this is more likely a typing error than another SKU.
    #[error("Choose another SKU code: “{0}” already exists, and differs only in upper and lower case.")]
    SpelledAlike(SkuCode),
    #[error(transparent)]
    Save(SkuRefusal),
}

pub fn run(conn: &mut Conn, cause: &Cause, input: SkuInput) -> Result<(), Failed<AddSkuRefusal>> {
    let code = input.code.clone();
    if skus::find(conn, &code)?.is_some() {
        return Err(Failed::Refused(AddSkuRefusal::CodeTaken(code)));
    }
    if let Some(other) = skus::spelled_alike(conn, &code)? {
        return Err(Failed::Refused(AddSkuRefusal::SpelledAlike(other)));
    }
    // If another transaction adds the same SKU after this check, this one is retried and finds it.
    save_skus::run_one(conn, cause, input)?.map(drop).map_err(|refusal| Failed::Refused(AddSkuRefusal::Save(refusal)))
}
