//! A running sale with everything that the form of its edit shows.

use crate::{
    db::{
        Conn,
        availability::{self, ListedSku},
        catalogue::{pictures::Pictures, skus},
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

#[derive(Debug, Clone)]
pub struct EditSheet {
    pub promotion: Promotion,
    pub sale: RunningSale,
    pub stores: Stores,
    pub typed: TypedEdit,
    /// The revision of the stored edit; 0 if there is none.
    pub revision: i64,
    pub lines: HashMap<SkuCode, ListedSku>,
    pub pictures: Pictures,
    pub now: Moment,
}

impl EditSheet {
    pub fn store(&self) -> &Store {
        self.stores.get(&self.promotion.store).expect("promotions refer to stores that exist")
    }
}

/// The promotion of `id` at `now`, with the edit of it that `by` began.
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
    let lines = availability::with_listings(conn, rows, now)?;
    let pictures = Pictures::read(conn, lines.iter().map(|line| &line.sku.code))?;
    let lines = lines.into_iter().map(|line| (line.sku.code.clone(), line)).collect();
    let revision = draft.map_or(0, |draft| draft.revision);
    Ok(Some(EditSheet { promotion, sale, stores, typed, revision, lines, pictures, now }))
}

pub fn typed(conn: &mut Conn, draft: &Draft) -> QueryResult<TypedEdit> {
    let mut products = Vec::new();
    for DraftProduct { sku, typed, shown, removing } in drafts::products(conn, draft.id)? {
        products.push(TypedProduct { sku: sku.code, quantity: typed, shown, is_removed: removing });
    }
    Ok(TypedEdit {
        name: draft.name.clone(),
        end: draft.end_typed.clone(),
        shown_name: draft.shown_name.clone().expect("an edit showed a name"),
        shown_ends_at: draft.shown_ends_at.expect("an edit showed an end"),
        products,
    })
}
