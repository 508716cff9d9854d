//! Keeps what the form of an edit of a running sale holds, until it is saved: searching, adding products, going back, a
//! second tab, signing out and a restart lose nothing. The sale itself stays as it is.

use super::update_draft::{self, NotAdded, ProductsEdit};
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
        promotions::edit::{TypedEdit, TypedProduct},
    },
};
use std::collections::BTreeSet;

/// Whose edit of which promotion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditKey {
    /// The promotion.
    pub promotion: PromotionId,
    /// Who edits it.
    pub by: String,
}

/// What came of keeping it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEdit {
    /// The revision it has now.
    pub revision: i64,
    /// Whether it was at another revision than its page showed: another tab had changed it.
    pub was_changed: bool,
    /// What could not be added.
    pub not_added: NotAdded,
}

/// Keeps `typed`, which was shown at `revision`, and applies `edit` to its products. Products that `typed` does not name
/// stay as they are: another tab may have added them.
///
/// # Errors
/// When the database fails.
pub fn run(
    conn: &mut Conn,
    now: Moment,
    key: &EditKey,
    (typed, revision): (&TypedEdit, i64),
    edit: &ProductsEdit,
) -> QueryResult<KeptEdit> {
    let known = drafts::lock_edit(conn, key.promotion, &key.by)?;
    let was_changed = known.as_ref().is_some_and(|draft| draft.revision != revision);
    let id = match known {
        Some(draft) => draft.id,
        None => begin(conn, now, key)?,
    };
    save(conn, id, typed)?;
    let not_added = update_draft::apply(conn, id, edit)?;
    let draft = drafts::find_edit(conn, key.promotion, &key.by)?.expect("it was kept just now");
    Ok(KeptEdit { revision: draft.revision, was_changed, not_added })
}

/// Keeps `typed` instead of what there is.
///
/// # Errors
/// When the database fails.
pub fn replace(conn: &mut Conn, now: Moment, key: &EditKey, typed: &TypedEdit) -> QueryResult<()> {
    discard(conn, key)?;
    let id = begin(conn, now, key)?;
    save(conn, id, typed)
}

/// Throws an edit away, if there is one.
///
/// # Errors
/// When the database fails.
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

fn save(conn: &mut Conn, id: PromotionId, typed: &TypedEdit) -> QueryResult<()> {
    drafts::save_edit(conn, id, typed)?;
    // Our own pages name none but SKUs that exist.
    let known = skus::find_all(conn, typed.products.iter().map(|product| &product.sku))?;
    let known: BTreeSet<SkuCode> = known.into_iter().map(|sku| sku.code).collect();
    let mut position = drafts::last_position(conn, id)?;
    let keep = |product: &TypedProduct| {
        if drafts::save_product(conn, id, product)? {
            return Ok(());
        }
        position += 1;
        drafts::add_product(conn, id, &product.sku, position, &product.quantity)?;
        drafts::save_product(conn, id, product).map(drop)
    };
    typed.products.iter().filter(|product| known.contains(&product.sku)).try_for_each(keep)
}
