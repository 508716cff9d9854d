//! What the kinds of imports share: their columns, and what a chunk of rows came to.

use crate::{
    csv_file::{Columns, Header},
    db::stores::Stores,
    domain::{
        code::StoreCode,
        imports::import::{ImportKind, Imported},
        text::first_named,
    },
};

/// The stores that a message names.
const NAMED_STORES: usize = 20;

/// What to do about a row with a store that nobody has added.
pub fn unknown_store(code: &StoreCode, stores: &Stores) -> String {
    if stores.is_empty() {
        return format!("Add the store first: there is no “{code}”, and no other store.");
    }
    let mut codes: Vec<&str> = stores.iter().map(|store| store.code.as_str()).collect();
    codes.sort_unstable();
    let named = first_named(codes, NAMED_STORES);
    format!("Choose a store: there is no “{code}”. There are {named}.")
}

/// The columns of a file of this kind.
pub fn columns_of(kind: ImportKind) -> Columns {
    Columns {
        required: kind.required_columns(),
        optional: kind.optional_columns(),
        complete: kind.usual_columns(),
        mistakable: kind.mistakable_columns(),
        instead: kind.columns_instead(),
    }
}

/// The columns of a file of this kind with this first line: a file that says what listings are made of names them by
/// their seller SKU.
pub fn columns_in(kind: ImportKind, header: &Header) -> Columns {
    if kind != ImportKind::Listings || header.position("components").is_none() {
        return columns_of(kind);
    }
    let required: &[&str] = &["store", "seller_sku", "components"];
    Columns { required, optional: &["sku", "item_id", "variant_id"], complete: required, mistakable: &[], instead: &[] }
}

/// What was done with some rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// For each row what was done, or how to fix it.
    pub results: Vec<Result<Imported, String>>,
    pub orders: OrderCount,
    /// What a person may want to know although nothing failed.
    pub notes: Vec<String>,
}

impl Applied {
    pub fn of(results: Vec<Result<Imported, String>>) -> Self {
        Self { results, ..Self::default() }
    }
}

/// Orders and units of a file of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrderCount {
    pub recorded: i64,
    pub known: i64,
    /// Units of the recorded ones.
    pub units: i64,
    /// Recorded ones that stock did not cover, and the units that were missing.
    pub short: i64,
    pub units_short: i64,
}
