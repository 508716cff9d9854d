//! Saves the steps of the draft of a flash sale. A draft holds no stock, and its fields may be invalid: they are checked
//! when the promotion is created.

use crate::{
    actions::catalogue::alike_codes,
    clock::new_id,
    db::{
        Conn, QueryResult,
        catalogue::skus,
        promotions::{
            draft_kits,
            drafts::{self, Draft},
        },
        stores::kits,
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{draft::TypedDetails, promotion::MAX_PRODUCTS},
        refusal::UnknownSku,
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
    /// The typed numbers of kits, by seller SKU.
    pub kit_quantities: Vec<(String, String)>,
    pub remove_kits: Vec<String>,
    /// The kits that were ticked, by seller SKU.
    pub ticked_kits: Vec<String>,
    /// The products that were ticked: each is added if it can be.
    pub ticked: Vec<SkuCode>,
    /// The products of rows, with their quantities: either all of them are added, or none. If the draft has a product
    /// already, its quantity is replaced. A code that is the seller SKU of a kit of the store means that kit.
    pub rows: Vec<(SkuCode, String)>,
    /// Whether the rows replace all products that the draft has.
    pub replaces: bool,
}

/// Why products of a [`ProductsEdit`] were not added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotAdded {
    pub ticked: Missing,
    pub rows: Missing,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    pub unknown: Vec<UnknownSku>,
    /// Whether the draft has no room for all of them.
    pub is_full: bool,
}

/// Returns `None` if there is no such draft.
pub fn edit_products(conn: &mut Conn, id: PromotionId, edit: &ProductsEdit) -> QueryResult<Option<NotAdded>> {
    let Some(draft) = drafts::lock(conn, id)? else { return Ok(None) };
    let (of_kits, rows) = split_rows(conn, &draft, edit)?;
    if edit.replaces && rows.is_empty() && !of_kits.is_empty() {
        for product in drafts::products(conn, id)? {
            drafts::remove_product(conn, id, &product.sku.code)?;
        }
    }
    let not_added = apply(conn, id, &ProductsEdit { rows, ..edit.clone() })?;
    if not_added.rows == Missing::default() {
        update_kits(conn, id, edit, &of_kits, not_added)
    } else {
        update_kits(conn, id, edit, &[], not_added)
    }
    .map(Some)
}

type Rows<Name> = Vec<(Name, String)>;

/// The rows that mean kits of the draft's store, and the others.
fn split_rows(conn: &mut Conn, draft: &Draft, edit: &ProductsEdit) -> QueryResult<(Rows<String>, Rows<SkuCode>)> {
    if edit.rows.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let store = StoreCode::trusted(draft.store.clone());
    let names: Vec<&SkuCode> = edit.rows.iter().map(|(name, _)| name).collect();
    let named = kits::named(conn, &store, &names)?;
    let mut of_kits = Vec::new();
    let mut of_products = Vec::new();
    for (name, typed) in &edit.rows {
        match named.get(name.as_str()).filter(|kit| kit.components.as_plain().is_none()) {
            Some(_) => of_kits.push((name.to_string(), typed.clone())),
            None => of_products.push((name.clone(), typed.clone())),
        }
    }
    Ok((of_kits, of_products))
}

/// Applies the part of `edit` that is about kits; `rows` are those of kits.
fn update_kits(
    conn: &mut Conn,
    id: PromotionId,
    edit: &ProductsEdit,
    rows: &[(String, String)],
    mut not_added: NotAdded,
) -> QueryResult<NotAdded> {
    for (seller_sku, typed) in &edit.kit_quantities {
        draft_kits::set_quantity(conn, id, seller_sku, typed)?;
    }
    for seller_sku in &edit.remove_kits {
        draft_kits::remove(conn, id, seller_sku)?;
    }
    let mut in_draft: BTreeSet<String> =
        draft_kits::of_draft(conn, id)?.into_iter().map(|kit| kit.seller_sku).collect();
    if edit.replaces && !edit.rows.is_empty() && not_added.rows == Missing::default() {
        for seller_sku in std::mem::take(&mut in_draft) {
            if rows.iter().any(|(of_row, _)| *of_row == seller_sku) {
                in_draft.insert(seller_sku);
            } else {
                draft_kits::remove(conn, id, &seller_sku)?;
            }
        }
    }
    let mut position = draft_kits::last_position(conn, id)?;
    let ticked = edit.ticked_kits.iter().map(|seller_sku| (seller_sku, None));
    let of_rows = rows.iter().map(|(seller_sku, typed)| (seller_sku, Some(typed.as_str())));
    for (seller_sku, typed) in ticked.chain(of_rows) {
        if in_draft.contains(seller_sku) {
            if let Some(typed) = typed {
                draft_kits::set_quantity(conn, id, seller_sku, typed)?;
            }
        } else if in_draft.len() < MAX_PRODUCTS {
            position += 1;
            draft_kits::add(conn, id, seller_sku, position, typed.unwrap_or_default())?;
            in_draft.insert(seller_sku.clone());
        } else if typed.is_some() {
            not_added.rows.is_full = true;
        } else {
            not_added.ticked.is_full = true;
        }
    }
    Ok(not_added)
}

/// Applies `edit` to the products of a draft, which the caller has locked.
pub(crate) fn apply(conn: &mut Conn, id: PromotionId, edit: &ProductsEdit) -> QueryResult<NotAdded> {
    // Kits are added to new sales alone: see `update_kits`.
    let ProductsEdit { quantities, remove, ticked, rows, replaces, kit_quantities: _, remove_kits: _, ticked_kits: _ } =
        edit;
    for (sku, typed) in quantities {
        drafts::set_quantity(conn, id, sku, typed)?;
    }
    for sku in remove {
        drafts::remove_product(conn, id, sku)?;
    }
    let asked = ticked.iter().chain(rows.iter().map(|(sku, _)| sku));
    let existing: BTreeSet<SkuCode> = skus::find_all(conn, asked)?.into_iter().map(|sku| sku.code).collect();
    let products = drafts::products(conn, id)?;
    let mut in_draft: BTreeSet<SkuCode> = products.into_iter().map(|product| product.sku.code).collect();
    let missing_ticks = missing(conn, ticked.iter(), &existing, &in_draft)?;
    let known_ticks = ticked.iter().filter(|sku| existing.contains(*sku)).map(|sku| (sku, None));
    add(conn, id, known_ticks, &mut in_draft)?;
    let of_rows: BTreeSet<&SkuCode> = rows.iter().map(|(sku, _)| sku).collect();
    if *replaces && !rows.is_empty() && of_rows.iter().all(|sku| existing.contains(*sku)) {
        for sku in std::mem::take(&mut in_draft) {
            if of_rows.contains(&sku) {
                in_draft.insert(sku);
            } else {
                drafts::remove_product(conn, id, &sku)?;
            }
        }
    }
    let missing_rows = missing(conn, rows.iter().map(|(sku, _)| sku), &existing, &in_draft)?;
    if missing_rows == Missing::default() {
        add(conn, id, rows.iter().map(|(sku, typed)| (sku, Some(typed.as_str()))), &mut in_draft)?;
    }
    drafts::touch(conn, id)?;
    Ok(NotAdded { ticked: missing_ticks, rows: missing_rows })
}

/// Which of these products do not exist, and whether the draft has too little room for the others.
fn missing<'a>(
    conn: &mut Conn,
    asked: impl Iterator<Item = &'a SkuCode>,
    existing: &BTreeSet<SkuCode>,
    in_draft: &BTreeSet<SkuCode>,
) -> QueryResult<Missing> {
    let mut new = BTreeSet::new();
    let mut unknown = Vec::new();
    for sku in asked {
        if !existing.contains(sku) {
            unknown.push(alike_codes::unknown(conn, sku)?);
        } else if !in_draft.contains(sku) {
            new.insert(sku);
        }
    }
    Ok(Missing { unknown, is_full: in_draft.len() + new.len() > MAX_PRODUCTS })
}

/// Adds products while the draft has room, and replaces the quantities of those that it has, where one is given.
fn add<'a>(
    conn: &mut Conn,
    id: PromotionId,
    products: impl Iterator<Item = (&'a SkuCode, Option<&'a str>)>,
    in_draft: &mut BTreeSet<SkuCode>,
) -> QueryResult<()> {
    let mut position = drafts::last_position(conn, id)?;
    for (sku, typed) in products {
        if in_draft.contains(sku) {
            if let Some(typed) = typed {
                drafts::set_quantity(conn, id, sku, typed)?;
            }
        } else if in_draft.len() < MAX_PRODUCTS {
            position += 1;
            drafts::add_product(conn, id, sku, position, typed.unwrap_or_default())?;
            in_draft.insert(sku.clone());
        }
    }
    Ok(())
}

pub fn discard(conn: &mut Conn, id: PromotionId) -> QueryResult<()> {
    drafts::delete(conn, id)
}
