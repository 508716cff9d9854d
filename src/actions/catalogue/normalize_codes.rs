//! Renames SKUs whose codes earlier versions took in another Unicode form, or with other spaces: what people and programs type
//! is brought to one form now, and would not find them.

use super::rename_sku;
use crate::{
    db::{Conn, Error, Failed, catalogue::skus},
    domain::{catalogue::ledger::Cause, code::SkuCode},
};

/// Returns how many were renamed. A SKU whose code would be that of another stays as it is, for people to merge; so does one
/// with hidden characters.
pub fn run(conn: &mut Conn, cause: &Cause) -> Result<usize, Error> {
    let mut renamed = 0;
    for code in skus::not_ascii(conn)? {
        let Ok(wanted) = SkuCode::parse(code.as_str()) else { continue };
        if wanted == code {
            continue;
        }
        match rename_sku::run(conn, cause, &code, &wanted) {
            Ok(()) => renamed += 1,
            Err(Failed::Refused(_)) => {}
            Err(Failed::Database(error)) => return Err(error),
        }
    }
    Ok(renamed)
}
