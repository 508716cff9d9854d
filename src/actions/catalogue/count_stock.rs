//! Records a stocktake: sets the units on hand to the counted number. The count is refused if the units on hand have
//! changed since the form was shown, because the person compared the count with the old number.

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

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountRefusal {
    #[error("There is no SKU “{0}”.")]
    UnknownSku(SkuCode),
    #[error(
        "Someone changed this SKU meanwhile: the books now say {on_hand} on hand. Check what you counted and record it \
         again."
    )]
    Changed { on_hand: i64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The units on hand that the form showed.
    pub shown: i64,
    /// The units that were found in the warehouse.
    pub counted: i64,
}

/// The reason of a stocktake: one line of up to 200 characters, or nothing.
pub fn parse_reason(text: &str) -> Result<String, TextRefusal> {
    match single_line("reason", text, 200) {
        Err(TextRefusal::Missing { .. }) => Ok(String::new()),
        parsed => parsed,
    }
}

/// A count that changes nothing leaves no ledger entry.
pub fn run(conn: &mut Conn, cause: &Cause, code: &SkuCode, count: Count) -> Result<(), Failed<CountRefusal>> {
    let locked = skus::lock(conn, [code])?;
    let Some(sku) = locked.first() else { return Err(Failed::Refused(CountRefusal::UnknownSku(code.clone()))) };
    let Count { shown, counted } = count;
    let on_hand = sku.on_hand;
    if on_hand != shown && on_hand != counted {
        return Err(Failed::Refused(CountRefusal::Changed { on_hand }));
    }
    let entry = Entry::stocktake(code, on_hand, counted);
    Ok(ledger::record(conn, cause, locked, entry.into_iter().collect())?)
}
