//! Codes that a SKU had before it was renamed, and codes of SKUs that were merged into another. They stay taken: an order or a
//! file that names one is about the SKU of today.

use crate::{
    db::{
        Conn,
        engine::{among::among, schema::former_codes},
    },
    domain::{code::SkuCode, moment::Moment},
};
use diesel::prelude::*;
use std::collections::HashMap;

/// The SKUs of those of `codes` that are former codes.
pub fn of<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<HashMap<SkuCode, SkuCode>> {
    let pairs: Vec<(SkuCode, SkuCode)> = former_codes::table
        .filter(among(conn, "former_codes.code", codes))
        .select((former_codes::code, former_codes::sku))
        .load(conn)?;
    Ok(pairs.into_iter().collect())
}

/// The former codes of a SKU, and whether each was that of a SKU merged into it.
pub fn of_sku(conn: &mut Conn, sku: &SkuCode) -> QueryResult<Vec<(SkuCode, bool)>> {
    former_codes::table
        .filter(former_codes::sku.eq(sku))
        .order(former_codes::code)
        .select((former_codes::code, former_codes::is_merged))
        .load(conn)
}

/// `code` is that of `sku` from now on, and so are its former codes.
pub fn insert(conn: &mut Conn, code: &SkuCode, sku: &SkuCode, is_merged: bool, at: Moment) -> QueryResult<()> {
    diesel::update(former_codes::table.filter(former_codes::sku.eq(code)))
        .set(former_codes::sku.eq(sku))
        .execute(conn)?;
    diesel::insert_into(former_codes::table)
        .values((
            former_codes::code.eq(code),
            former_codes::sku.eq(sku),
            former_codes::is_merged.eq(is_merged),
            former_codes::changed_at.eq(at),
        ))
        .execute(conn)
        .map(drop)
}

pub fn delete(conn: &mut Conn, code: &SkuCode) -> QueryResult<()> {
    diesel::delete(former_codes::table.find(code)).execute(conn).map(drop)
}
