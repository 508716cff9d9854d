//! Saves the steps of the draft of a flash sale. A draft holds no stock, and its fields may be invalid: they are checked
//! when the promotion is created.

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

pub fn begin(conn: &mut Conn, now: Moment, by: &str) -> QueryResult<PromotionId> {
    let draft = Draft::new(new_id(now), now, by.to_owned());
    drafts::insert(conn, &draft)?;
    Ok(draft.id)
}

pub fn save_details(conn: &mut Conn, id: PromotionId, details: &TypedDetails) -> QueryResult<()> {
    drafts::save_details(conn, id, details)
}

/// A submitted form of the products step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductsEdit {
    /// The typed quantities by SKU. Products of the draft that are not here are not changed: another tab may have added
    /// them.
    pub quantities: Vec<(SkuCode, String)>,
    pub remove: Vec<SkuCode>,
    /// The products to add, each with a quantity if one was typed. If the draft has the product already, its quantity is
    /// replaced.
    pub add: Vec<(SkuCode, Option<String>)>,
    /// Add nothing unless everything can be added.
    pub all_or_none: bool,
}

/// Why products of a [`ProductsEdit`] were not added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotAdded {
    pub unknown: Vec<SkuCode>,
    /// Whether the draft has the maximum number of products.
    pub is_full: bool,
}

/// Returns `None` if there is no such draft.
pub fn edit_products(conn: &mut Conn, id: PromotionId, edit: &ProductsEdit) -> QueryResult<Option<NotAdded>> {
    if drafts::lock(conn, id)?.is_none() {
        return Ok(None);
    }
    apply(conn, id, edit).map(Some)
}

/// Applies `edit` to the products of a draft, which the caller has locked.
pub(crate) fn apply(conn: &mut Conn, id: PromotionId, edit: &ProductsEdit) -> QueryResult<NotAdded> {
    let ProductsEdit { quantities, remove, add, all_or_none } = edit;
    for (sku, typed) in quantities {
        drafts::set_quantity(conn, id, sku, typed)?;
    }
    for sku in remove {
        drafts::remove_product(conn, id, sku)?;
    }
    let existing = skus::find_all(conn, add.iter().map(|(sku, _)| sku))?;
    let existing: BTreeSet<SkuCode> = existing.into_iter().map(|sku| sku.code).collect();
    let products = drafts::products(conn, id)?;
    let mut in_draft: BTreeSet<SkuCode> = products.into_iter().map(|product| product.sku.code).collect();
    let (known, unknown): (Vec<_>, Vec<_>) = add.iter().partition(|(sku, _)| existing.contains(sku));
    let unknown = unknown.into_iter().map(|(sku, _)| sku.clone()).collect();
    let new: BTreeSet<&SkuCode> = known.iter().map(|(sku, _)| sku).filter(|sku| !in_draft.contains(*sku)).collect();
    let not_added = NotAdded { unknown, is_full: in_draft.len() + new.len() > MAX_PRODUCTS };
    if !all_or_none || not_added == NotAdded::default() {
        let mut position = drafts::last_position(conn, id)?;
        for (sku, typed) in known {
            if in_draft.contains(sku) {
                if let Some(typed) = typed {
                    drafts::set_quantity(conn, id, sku, typed)?;
                }
            } else if in_draft.len() < MAX_PRODUCTS {
                position += 1;
                drafts::add_product(conn, id, sku, position, typed.as_deref().unwrap_or_default())?;
                in_draft.insert(sku.clone());
            }
        }
    }
    drafts::touch(conn, id)?;
    Ok(not_added)
}

pub fn discard(conn: &mut Conn, id: PromotionId) -> QueryResult<()> {
    drafts::delete(conn, id)
}
