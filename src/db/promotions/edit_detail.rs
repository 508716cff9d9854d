//! A running sale with everything that the form of its edit shows.

use super::draft_detail::{ShelfLine, shelf};
use crate::{
    db::{
        Conn,
        catalogue::skus,
        promotions::{
            self, Promotion,
            drafts::{self, Draft, DraftProduct},
        },
        stores::{self, Store, Stores},
    },
    domain::{
        code::SkuCode,
        id::PromotionId,
        moment::Moment,
        promotions::{
            edit::{TypedEdit, TypedProduct},
            sale_changes::RunningSale,
        },
    },
};
use diesel::QueryResult;
use std::collections::HashMap;

/// A sale, the stores there are, and what is typed of its edit, as things stand now.
#[derive(Debug, Clone)]
pub struct EditSheet {
    /// The promotion.
    pub promotion: Promotion,
    /// What it is, with its products.
    pub sale: RunningSale,
    /// Every store.
    pub stores: Stores,
    /// What its form holds.
    pub typed: TypedEdit,
    /// The revision of what was kept; 0 where nothing is.
    pub revision: i64,
    /// The products of the form.
    pub lines: HashMap<SkuCode, ShelfLine>,
    /// The moment it stands at.
    pub now: Moment,
}

impl EditSheet {
    /// The store of the sale.
    #[must_use]
    pub fn store(&self) -> &Store {
        self.stores.get(&self.promotion.store).expect("promotions refer to stores that exist")
    }
}

/// The promotion of `id` with the edit of it that `by` began, as things stand at `now`.
///
/// # Errors
/// When the database fails.
pub fn sheet(conn: &mut Conn, id: PromotionId, by: &str, now: Moment) -> QueryResult<Option<EditSheet>> {
    let Some(promotion) = promotions::find(conn, id)? else { return Ok(None) };
    let sale = promotions::sale(conn, &promotion)?;
    let stores = stores::all(conn)?;
    let draft = drafts::find_edit(conn, id, by)?;
    let typed = match &draft {
        Some(draft) => typed(conn, draft)?,
        None => {
            let store = stores.get(&promotion.store);
            TypedEdit::of(&sale.values(), store.map_or(chrono_tz::UTC, Store::zone))
        }
    };
    let rows = skus::find_all(conn, typed.products.iter().map(|product| &product.sku))?;
    let lines = shelf(conn, rows, now)?.into_iter().map(|line| (line.sku.code.clone(), line)).collect();
    let revision = draft.map_or(0, |draft| draft.revision);
    Ok(Some(EditSheet { promotion, sale, stores, typed, revision, lines, now }))
}

/// What the form of the edit `draft` holds.
///
/// # Errors
/// When the database fails.
///
/// # Panics
/// When it is no edit.
pub fn typed(conn: &mut Conn, draft: &Draft) -> QueryResult<TypedEdit> {
    let product = |product: DraftProduct| {
        let DraftProduct { sku, typed: quantity, shown, removing: is_removed } = product;
        TypedProduct { sku: sku.code, quantity, shown, is_removed }
    };
    Ok(TypedEdit {
        name: draft.name.clone(),
        end: draft.end_typed.clone(),
        shown_name: draft.shown_name.clone().expect("an edit showed a name"),
        shown_ends_at: draft.shown_ends_at.expect("an edit showed an end"),
        products: drafts::products(conn, draft.id)?.into_iter().map(product).collect(),
    })
}
