//! Edits the draft of a flash sale, step by step. No stock is held; nothing is refused but what cannot be kept.

use crate::{
    clock::new_id,
    db::{
        Conn, QueryResult,
        drafts::{self, Draft},
        skus,
    },
    domain::{code::SkuCode, draft::TypedDetails, id::PromotionId, moment::Moment, promotion::MAX_PRODUCTS},
};
use std::collections::{BTreeMap, BTreeSet};

/// Begins an empty draft.
///
/// # Errors
/// When the database fails.
pub fn begin(conn: &mut Conn, now: Moment, by: &str) -> QueryResult<PromotionId> {
    let draft = Draft::new(new_id(now), now, by.to_owned());
    drafts::insert(conn, &draft)?;
    Ok(draft.id)
}

/// Keeps what the details step holds.
///
/// # Errors
/// When the database fails.
pub fn save_details(conn: &mut Conn, id: PromotionId, details: &TypedDetails) -> QueryResult<()> {
    drafts::save_details(conn, id, details)
}

/// One change of the products step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductsEdit {
    /// The quantities that stood in the fields, by SKU. Products of the draft that are not named stay as they are:
    /// another tab may have added them.
    pub quantities: Vec<(SkuCode, String)>,
    /// The products to take out.
    pub remove: Vec<SkuCode>,
    /// The products to add, each with a quantity if one was given. One that the draft has takes the new quantity.
    pub add: Vec<(SkuCode, Option<String>)>,
}

/// What came of a [`ProductsEdit`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductsEdited {
    /// SKUs that do not exist and were not added.
    pub unknown: Vec<SkuCode>,
    /// Whether some were not added because the draft is full.
    pub is_full: bool,
}

/// Applies `edit` to the products of a draft.
///
/// # Errors
/// When the database fails.
pub fn edit_products(conn: &mut Conn, id: PromotionId, edit: &ProductsEdit) -> QueryResult<ProductsEdited> {
    let ProductsEdit { quantities, remove, add } = edit;
    quantities.iter().try_for_each(|(sku, typed)| drafts::set_quantity(conn, id, sku, typed))?;
    remove.iter().try_for_each(|sku| drafts::remove_product(conn, id, sku))?;
    let added = add_products(conn, id, add)?;
    drafts::touch(conn, id)?;
    Ok(added)
}

fn add_products(conn: &mut Conn, id: PromotionId, add: &[(SkuCode, Option<String>)]) -> QueryResult<ProductsEdited> {
    let mut edited = ProductsEdited::default();
    let existing: BTreeSet<SkuCode> =
        skus::find_all(conn, add.iter().map(|(sku, _)| sku))?.into_iter().map(|sku| sku.code).collect();
    let mut positions: BTreeMap<SkuCode, i64> =
        drafts::products(conn, id)?.into_iter().zip(0..).map(|((sku, _), position)| (sku.code, position)).collect();
    for (sku, typed) in add {
        if !existing.contains(sku) {
            edited.unknown.push(sku.clone());
        } else if positions.contains_key(sku) {
            typed.iter().try_for_each(|typed| drafts::set_quantity(conn, id, sku, typed))?;
        } else if positions.len() >= MAX_PRODUCTS {
            edited.is_full = true;
        } else {
            let position = positions.values().max().map_or(0, |last| last + 1);
            drafts::add_product(conn, id, sku, position, typed.as_deref().unwrap_or_default())?;
            positions.insert(sku.clone(), position);
        }
    }
    Ok(edited)
}

/// Throws a draft away.
///
/// # Errors
/// When the database fails.
pub fn discard(conn: &mut Conn, id: PromotionId) -> QueryResult<()> {
    drafts::delete(conn, id)
}
