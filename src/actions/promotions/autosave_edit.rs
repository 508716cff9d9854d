//! Autosaves the edit form of a running sale as a draft, so that searching, adding products, going back, a second tab,
//! signing out and a restart lose nothing. The sale itself is not changed until the edit is submitted.

use super::update_draft::{self, NotAdded, ProductsEdit};
use crate::{
    clock::new_id,
    db::{
        Conn, QueryResult,
        catalogue::skus,
        promotions::{
            self,
            drafts::{self, Draft},
        },
    },
    domain::{code::SkuCode, id::PromotionId, moment::Moment, promotions::edit::TypedEdit},
};
use std::collections::BTreeSet;

/// Each member of staff has one edit of a promotion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditKey {
    pub promotion: PromotionId,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutosavedEdit {
    pub revision: i64,
    /// Whether another tab had saved the edit after this page was shown.
    pub was_changed: bool,
    pub not_added: NotAdded,
}

/// The form as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentEdit {
    pub typed: TypedEdit,
    /// The revision that it was shown at.
    pub revision: i64,
    /// Whether its page showed only a part of the products.
    pub is_part: bool,
}

/// Saves the form `sent` and applies `edit` to the products. Products that are not in the form are not changed: another
/// tab may have added them, or its page showed only a part.
pub fn run(
    conn: &mut Conn,
    now: Moment,
    key: &EditKey,
    sent: &SentEdit,
    edit: &ProductsEdit,
) -> QueryResult<AutosavedEdit> {
    let known = drafts::lock_edit(conn, key.promotion, &key.by)?;
    let was_changed = known.as_ref().is_some_and(|draft| draft.revision != sent.revision);
    let id = match known {
        Some(draft) => draft.id,
        None => {
            let id = begin(conn, now, key)?;
            if sent.is_part {
                save_all(conn, id, key.promotion)?;
            }
            id
        }
    };
    save(conn, id, &sent.typed)?;
    let not_added = update_draft::apply(conn, id, edit)?;
    let draft = drafts::find_edit(conn, key.promotion, &key.by)?.expect("the edit was saved above");
    Ok(AutosavedEdit { revision: draft.revision, was_changed, not_added })
}

/// Replaces the saved edit by `typed`.
pub fn replace(conn: &mut Conn, now: Moment, key: &EditKey, typed: &TypedEdit) -> QueryResult<()> {
    discard(conn, key)?;
    let id = begin(conn, now, key)?;
    save(conn, id, typed)
}

pub fn discard(conn: &mut Conn, key: &EditKey) -> QueryResult<()> {
    match drafts::lock_edit(conn, key.promotion, &key.by)? {
        Some(draft) => drafts::delete(conn, draft.id),
        None => Ok(()),
    }
}

fn begin(conn: &mut Conn, now: Moment, key: &EditKey) -> QueryResult<PromotionId> {
    let draft = Draft { edits_id: Some(key.promotion), ..Draft::new(new_id(now), now, key.by.clone()) };
    drafts::insert(conn, &draft)?;
    Ok(draft.id)
}

/// Saves the products that the sale has now, of which the page of the form showed a part.
fn save_all(conn: &mut Conn, id: PromotionId, promotion: PromotionId) -> QueryResult<()> {
    let Some(promotion) = promotions::find(conn, promotion)? else { return Ok(()) };
    let values = promotions::sale(conn, &promotion)?.values();
    // The end is a text in the time zone of the store: the form has it.
    save(conn, id, &TypedEdit::of(&values, chrono_tz::UTC))
}

fn save(conn: &mut Conn, id: PromotionId, typed: &TypedEdit) -> QueryResult<()> {
    drafts::save_edit(conn, id, typed)?;
    // Unknown SKUs can only come from a manipulated request: they are ignored.
    let known = skus::find_all(conn, typed.products.iter().map(|product| &product.sku))?;
    let known: BTreeSet<SkuCode> = known.into_iter().map(|sku| sku.code).collect();
    let mut position = drafts::last_position(conn, id)?;
    for product in typed.products.iter().filter(|product| known.contains(&product.sku)) {
        let is_in_draft = drafts::save_product(conn, id, product)?;
        if !is_in_draft {
            position += 1;
            drafts::add_product(conn, id, &product.sku, position, &product.quantity)?;
            drafts::save_product(conn, id, product)?;
        }
    }
    Ok(())
}
