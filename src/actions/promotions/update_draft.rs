//! Edits the draft of a flash sale, step by step. No stock is held; nothing is refused but what cannot be kept.

use crate::{
    clock::new_id,
    db::{
        Conn, QueryResult,
        catalogue::skus,
        promotions::drafts::{self, Draft},
    },
    domain::{
        code::SkuCode,
        id::PromotionId,
        moment::Moment,
        promotions::{draft::TypedDetails, promotion::MAX_PRODUCTS},
    },
};
use std::collections::BTreeSet;

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
    /// Whether nothing is added unless everything can be.
    pub all_or_none: bool,
}

/// What of a [`ProductsEdit`] could not be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotAdded {
    /// SKUs that do not exist.
    pub unknown: Vec<SkuCode>,
    /// Whether the draft is full.
    pub is_full: bool,
}

/// Applies `edit` to the products of a draft; `None` when there is no such draft.
///
/// # Errors
/// When the database fails.
pub fn edit_products(conn: &mut Conn, id: PromotionId, edit: &ProductsEdit) -> QueryResult<Option<NotAdded>> {
    if drafts::lock(conn, id)?.is_none() {
        return Ok(None);
    }
    apply(conn, id, edit).map(Some)
}

/// Applies `edit` to the products of a draft that is locked.
///
/// # Errors
/// When the database fails.
pub(crate) fn apply(conn: &mut Conn, id: PromotionId, edit: &ProductsEdit) -> QueryResult<NotAdded> {
    let ProductsEdit { quantities, remove, add, all_or_none } = edit;
    quantities.iter().try_for_each(|(sku, typed)| drafts::set_quantity(conn, id, sku, typed))?;
    remove.iter().try_for_each(|sku| drafts::remove_product(conn, id, sku))?;
    let existing: BTreeSet<SkuCode> =
        skus::find_all(conn, add.iter().map(|(sku, _)| sku))?.into_iter().map(|sku| sku.code).collect();
    let mut held: BTreeSet<SkuCode> = drafts::products(conn, id)?.into_iter().map(|product| product.sku.code).collect();
    let (known, unknown): (Vec<_>, Vec<_>) = add.iter().partition(|(sku, _)| existing.contains(sku));
    let unknown = unknown.into_iter().map(|(sku, _)| sku.clone()).collect();
    let new: BTreeSet<&SkuCode> = known.iter().map(|(sku, _)| sku).filter(|sku| !held.contains(*sku)).collect();
    let not_added = NotAdded { unknown, is_full: held.len() + new.len() > MAX_PRODUCTS };
    if !all_or_none || not_added == NotAdded::default() {
        add_products(conn, id, &known, &mut held)?;
    }
    drafts::touch(conn, id)?;
    Ok(not_added)
}

/// Adds products behind those that the draft has, up to as many as it may have.
fn add_products(
    conn: &mut Conn,
    id: PromotionId,
    add: &[&(SkuCode, Option<String>)],
    held: &mut BTreeSet<SkuCode>,
) -> QueryResult<()> {
    let mut position = drafts::last_position(conn, id)?;
    for (sku, typed) in add {
        if held.contains(sku) {
            typed.iter().try_for_each(|typed| drafts::set_quantity(conn, id, sku, typed))?;
        } else if held.len() < MAX_PRODUCTS {
            position += 1;
            drafts::add_product(conn, id, sku, position, typed.as_deref().unwrap_or_default())?;
            held.insert(sku.clone());
        }
    }
    Ok(())
}

/// Throws a draft away.
///
/// # Errors
/// When the database fails.
pub fn discard(conn: &mut Conn, id: PromotionId) -> QueryResult<()> {
    drafts::delete(conn, id)
}
