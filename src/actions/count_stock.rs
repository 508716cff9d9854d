//! Records a stocktake: what was counted is what is on hand, whatever was held or sold of it.

use crate::{
    db::{Conn, Failed, ledger, skus},
    domain::{
        code::SkuCode,
        ledger::{Cause, Entry},
        text::{TextRefusal, single_line},
    },
};

/// Why nothing was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountRefusal {
    /// There is no such SKU.
    #[error("There is no SKU “{0}”.")]
    UnknownSku(SkuCode),
}

/// Why stock was counted, from what somebody typed: one line of up to 200 characters, or nothing.
///
/// # Errors
/// A [`TextRefusal`] that says what to do.
pub fn parse_reason(text: &str) -> Result<String, TextRefusal> {
    match single_line("reason", text, 200) {
        Err(TextRefusal::Missing { .. }) => Ok(String::new()),
        parsed => parsed,
    }
}

/// Sets the units on hand of the SKU of `code` to `counted`. A count that changes nothing leaves no entry.
///
/// # Errors
/// A [`CountRefusal`], or the database.
pub fn run(conn: &mut Conn, cause: &Cause, code: &SkuCode, counted: i64) -> Result<(), Failed<CountRefusal>> {
    let locked = skus::lock(conn, [code])?;
    let Some(sku) = locked.first() else { return Err(Failed::Refused(CountRefusal::UnknownSku(code.clone()))) };
    let entry = Entry::stocktake(code, sku.on_hand, counted);
    Ok(ledger::record(conn, cause, locked, entry.into_iter().collect())?)
}
