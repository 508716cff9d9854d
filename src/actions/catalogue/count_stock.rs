//! Records a stocktake: what was counted is what is on hand, whatever was held or sold of it. What the books said when
//! it was counted has to be what they still say.

use crate::{
    db::{
        Conn, Failed,
        catalogue::{ledger, skus},
    },
    domain::{
        catalogue::ledger::{Cause, Entry},
        code::SkuCode,
        text::{TextRefusal, single_line},
    },
};

/// Why nothing was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountRefusal {
    /// There is no such SKU.
    #[error("There is no SKU “{0}”.")]
    UnknownSku(SkuCode),
    /// The books do not say what they were shown to say.
    #[error(
        "Someone changed this SKU meanwhile: the books now say {on_hand} on hand. Check what you counted and record it \
         again."
    )]
    Changed {
        /// Units on hand now.
        on_hand: i64,
    },
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The units on hand that the form showed.
    pub shown: i64,
    /// The units that are there.
    pub counted: i64,
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

/// Sets the units on hand of the SKU of `code` to what was counted. A count that changes nothing leaves no entry.
///
/// # Errors
/// A [`CountRefusal`], or the database.
pub fn run(conn: &mut Conn, cause: &Cause, code: &SkuCode, count: Count) -> Result<(), Failed<CountRefusal>> {
    let locked = skus::lock(conn, [code])?;
    let Some(sku) = locked.first() else { return Err(Failed::Refused(CountRefusal::UnknownSku(code.clone()))) };
    let (Count { shown, counted }, on_hand) = (count, sku.on_hand);
    if on_hand != shown && on_hand != counted {
        return Err(Failed::Refused(CountRefusal::Changed { on_hand }));
    }
    let entry = Entry::stocktake(code, on_hand, counted);
    Ok(ledger::record(conn, cause, locked, entry.into_iter().collect())?)
}
