//! Drafts of promotions: what the create form keeps between its steps. Every change counts the draft's revision up.

use super::{
    Conn,
    schema::{promotion_draft_products as products, promotion_drafts as drafts, skus},
    skus::Sku,
};
use crate::domain::{code::SkuCode, draft::TypedDetails, id::PromotionId, moment::Moment, text::folded};
use diesel::prelude::*;

/// One draft.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = drafts)]
pub struct Draft {
    /// Its id. The promotion that is made of it has another.
    pub id: PromotionId,
    /// The name as it was typed.
    pub name: String,
    /// The name, folded.
    pub search_key: String,
    /// The word of the flash sale type, or nothing.
    pub flash_sale_type: String,
    /// The code of the store, or nothing.
    pub store: String,
    /// The start as it was typed; empty for now.
    pub start_typed: String,
    /// The end as it was typed.
    pub end_typed: String,
    /// Counts the changes, so that a page knows whether it shows the draft as it is.
    pub revision: i64,
    /// When it was begun.
    pub created_at: Moment,
    /// Who began it.
    pub created_by: String,
}

impl Draft {
    /// An empty one.
    #[must_use]
    pub fn new(id: PromotionId, created_at: Moment, created_by: String) -> Self {
        let empty = String::new;
        Self {
            id,
            name: empty(),
            search_key: empty(),
            flash_sale_type: empty(),
            store: empty(),
            start_typed: empty(),
            end_typed: empty(),
            revision: 0,
            created_at,
            created_by,
        }
    }

    /// What the details step holds.
    #[must_use]
    pub fn details(&self) -> TypedDetails {
        TypedDetails {
            name: self.name.clone(),
            flash_sale_type: self.flash_sale_type.clone(),
            store: self.store.clone(),
            start: self.start_typed.clone(),
            end: self.end_typed.clone(),
        }
    }
}

/// The draft of `id`.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn, id: PromotionId) -> QueryResult<Option<Draft>> {
    drafts::table.find(id).select(Draft::as_select()).first(conn).optional()
}

/// The draft of `id`, locked until the transaction ends.
///
/// # Errors
/// When the database fails.
pub fn lock(conn: &mut Conn, id: PromotionId) -> QueryResult<Option<Draft>> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => {
            drafts::table.find(id).select(Draft::as_select()).for_no_key_update().first(conn).optional()
        }
        Conn::Sqlite(_) => find(conn, id),
    }
}

/// Adds a draft.
///
/// # Errors
/// When the database fails.
pub fn insert(conn: &mut Conn, draft: &Draft) -> QueryResult<()> {
    diesel::insert_into(drafts::table).values(draft).execute(conn).map(drop)
}

/// Saves what the details step holds.
///
/// # Errors
/// When the database fails.
pub fn save_details(conn: &mut Conn, id: PromotionId, details: &TypedDetails) -> QueryResult<()> {
    let TypedDetails { name, flash_sale_type, store, start, end } = details;
    diesel::update(drafts::table.find(id))
        .set((
            drafts::name.eq(name),
            drafts::search_key.eq(folded(name)),
            drafts::flash_sale_type.eq(flash_sale_type),
            drafts::store.eq(store),
            drafts::start_typed.eq(start),
            drafts::end_typed.eq(end),
            drafts::revision.eq(drafts::revision + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// Counts the revision up.
///
/// # Errors
/// When the database fails.
pub fn touch(conn: &mut Conn, id: PromotionId) -> QueryResult<()> {
    diesel::update(drafts::table.find(id)).set(drafts::revision.eq(drafts::revision + 1)).execute(conn).map(drop)
}

/// Deletes a draft with its products.
///
/// # Errors
/// When the database fails.
pub fn delete(conn: &mut Conn, id: PromotionId) -> QueryResult<()> {
    diesel::delete(drafts::table.find(id)).execute(conn).map(drop)
}

/// The products of a draft in the order they were added, each with the quantity that was typed.
///
/// # Errors
/// When the database fails.
pub fn products(conn: &mut Conn, id: PromotionId) -> QueryResult<Vec<(Sku, String)>> {
    products::table
        .inner_join(skus::table)
        .filter(products::draft_id.eq(id))
        .order((products::position, products::sku))
        .select((Sku::as_select(), products::quantity_typed))
        .load(conn)
}

/// The position of the last product of a draft; 0 when it has none.
///
/// # Errors
/// When the database fails.
pub fn last_position(conn: &mut Conn, id: PromotionId) -> QueryResult<i64> {
    let of_draft = products::table.filter(products::draft_id.eq(id)).order(products::position.desc());
    Ok(of_draft.select(products::position).first(conn).optional()?.unwrap_or(0))
}

/// Adds a product at `position`.
///
/// # Errors
/// When the database fails.
pub fn add_product(conn: &mut Conn, id: PromotionId, sku: &SkuCode, position: i64, typed: &str) -> QueryResult<()> {
    let row = (
        products::draft_id.eq(id),
        products::sku.eq(sku),
        products::position.eq(position),
        products::quantity_typed.eq(typed),
    );
    diesel::insert_into(products::table).values(row).execute(conn).map(drop)
}

/// Saves the quantity that was typed for a product, if the draft has it.
///
/// # Errors
/// When the database fails.
pub fn set_quantity(conn: &mut Conn, id: PromotionId, sku: &SkuCode, typed: &str) -> QueryResult<()> {
    diesel::update(products::table.find((id, sku))).set(products::quantity_typed.eq(typed)).execute(conn).map(drop)
}

/// Takes a product out.
///
/// # Errors
/// When the database fails.
pub fn remove_product(conn: &mut Conn, id: PromotionId, sku: &SkuCode) -> QueryResult<()> {
    diesel::delete(products::table.find((id, sku))).execute(conn).map(drop)
}
