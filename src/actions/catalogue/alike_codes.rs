//! Points out codes that people may take for others: they differ from another in nothing but upper and lower case.

use crate::{
    db::{Conn, QueryResult, catalogue::skus},
    domain::{code::SkuCode, refusal::UnknownSku},
};
use std::collections::{BTreeMap, BTreeSet};

/// A new code and one that it is easily taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{new}” is a new SKU, and differs from “{other}” only in upper and lower case. If it is the same thing, merge the two."
)]
pub struct Alike {
    pub new: SkuCode,
    pub other: SkuCode,
}

/// Those of `codes` that are no SKUs yet and resemble a SKU, or another of `codes`. Call it before they are saved.
pub fn run(conn: &mut Conn, codes: &[SkuCode]) -> QueryResult<Vec<Alike>> {
    let lower = |code: &SkuCode| code.as_str().to_ascii_lowercase();
    let mut known: BTreeMap<String, SkuCode> = BTreeMap::new();
    let mut stored = BTreeSet::new();
    for code in skus::alike(conn, codes)? {
        known.entry(lower(&code)).or_insert_with(|| code.clone());
        stored.insert(code);
    }
    let mut alike = Vec::new();
    for code in codes {
        let other = known.entry(lower(code)).or_insert_with(|| code.clone());
        if other != code && !stored.contains(code) {
            alike.push(Alike { new: code.clone(), other: other.clone() });
        }
    }
    Ok(alike)
}

/// The refusal of `sku`, which is not in the catalogue.
pub fn unknown(conn: &mut Conn, sku: &SkuCode) -> QueryResult<UnknownSku> {
    let meant = skus::alike(conn, [sku])?.into_iter().next();
    Ok(UnknownSku { sku: sku.clone(), meant })
}
