//! Drafts: what the create form stores between its steps, and what the form of an edit stores until it is submitted.
//! Every change increments the draft's revision.

use crate::{
    db::{
        Conn,
        catalogue::skus::Sku,
        engine::{
            connection::lock_first,
            schema::{promotion_draft_products as products, promotion_drafts as drafts, promotions, skus},
        },
    },
    domain::{
        code::SkuCode,
        id::PromotionId,
        moment::Moment,
        promotions::{
            draft::TypedDetails,
            edit::{TypedEdit, TypedProduct},
        },
        text::folded,
    },
    insert_rows,
};
use diesel::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = drafts, treat_none_as_default_value = false)]
pub struct Draft {
    /// Its id. The promotion that is created from it has another.
    pub id: PromotionId,
    pub name: String,
    pub search_key: String,
    /// The word of the flash sale type, or empty.
    pub flash_sale_type: String,
    /// The code of the store, or empty.
    pub store: String,
    /// The start as it was typed; empty for now.
    pub start_typed: String,
    pub end_typed: String,
    /// Incremented by each change, so that a form can tell whether it shows the current draft.
    pub revision: i64,
    pub created_at: Moment,
    pub created_by: String,
    /// The running promotion that it edits; `None` for the draft of a new one.
    pub edits_id: Option<PromotionId>,
    /// Of an edit, the name that its form showed.
    pub shown_name: Option<String>,
    /// Of an edit, the end that its form showed.
    pub shown_ends_at: Option<Moment>,
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = products)]
pub struct DraftProduct {
    #[diesel(embed)]
    pub sku: Sku,
    #[diesel(column_name = quantity_typed)]
    pub typed: String,
    /// Of an edit, the quantity that its form showed; none for a product that is being added.
    #[diesel(column_name = shown_quantity)]
    pub shown: Option<i64>,
    /// Of an edit, whether the product is to be removed.
    pub removing: bool,
}

impl Draft {
    pub fn new(id: PromotionId, created_at: Moment, created_by: String) -> Self {
        Self {
            id,
            name: String::new(),
            search_key: String::new(),
            flash_sale_type: String::new(),
            store: String::new(),
            start_typed: String::new(),
            end_typed: String::new(),
            revision: 0,
            created_at,
            created_by,
            edits_id: None,
            shown_name: None,
            shown_ends_at: None,
        }
    }

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

/// A draft of a new promotion.
#[diesel::dsl::auto_type]
fn of_new(id: PromotionId) -> _ {
    let draft: diesel::dsl::Find<drafts::table, PromotionId> = drafts::table.find(id);
    draft.filter(drafts::edits_id.is_null())
}

/// The edit of `promotion` that `by` began.
#[diesel::dsl::auto_type]
fn of_edit<'a>(promotion: PromotionId, by: &'a str) -> _ {
    drafts::table.filter(drafts::edits_id.eq(promotion)).filter(drafts::created_by.eq(by))
}

pub fn find(conn: &mut Conn, id: PromotionId) -> QueryResult<Option<Draft>> {
    of_new(id).select(Draft::as_select()).first(conn).optional()
}

pub fn lock(conn: &mut Conn, id: PromotionId) -> QueryResult<Option<Draft>> {
    lock_first!(conn, of_new(id).select(Draft::as_select()))
}

pub fn find_edit(conn: &mut Conn, promotion: PromotionId, by: &str) -> QueryResult<Option<Draft>> {
    of_edit(promotion, by).select(Draft::as_select()).first(conn).optional()
}

pub fn lock_edit(conn: &mut Conn, promotion: PromotionId, by: &str) -> QueryResult<Option<Draft>> {
    lock_first!(conn, of_edit(promotion, by).select(Draft::as_select()))
}

pub fn insert(conn: &mut Conn, draft: &Draft) -> QueryResult<()> {
    diesel::insert_into(drafts::table).values(draft).execute(conn).map(drop)
}

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

/// Saves the fields of the form of an edit, apart from its products, with the values that it showed.
pub fn save_edit(conn: &mut Conn, id: PromotionId, typed: &TypedEdit) -> QueryResult<()> {
    let TypedEdit { name, end, shown_name, shown_ends_at, products: _ } = typed;
    diesel::update(drafts::table.find(id))
        .set((
            drafts::name.eq(name),
            drafts::end_typed.eq(end),
            drafts::shown_name.eq(shown_name),
            drafts::shown_ends_at.eq(shown_ends_at),
            drafts::revision.eq(drafts::revision + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// Deletes the edits of promotions that had ended by `at`: they cannot be submitted any more.
pub fn forget_edits(conn: &mut Conn, at: Moment) -> QueryResult<()> {
    // The end of each edit's promotion, because there are few edits, and more promotions have ended every day.
    let of_edit = promotions::table.filter(promotions::id.nullable().eq(drafts::edits_id));
    let end = of_edit.select(promotions::ends_at).single_value();
    diesel::delete(drafts::table.filter(drafts::edits_id.is_not_null().and(end.le(at)))).execute(conn).map(drop)
}

pub fn touch(conn: &mut Conn, id: PromotionId) -> QueryResult<()> {
    diesel::update(drafts::table.find(id)).set(drafts::revision.eq(drafts::revision + 1)).execute(conn).map(drop)
}

pub fn delete(conn: &mut Conn, id: PromotionId) -> QueryResult<()> {
    diesel::delete(drafts::table.find(id)).execute(conn).map(drop)
}

/// The products of a draft in the order they were added.
pub fn products(conn: &mut Conn, id: PromotionId) -> QueryResult<Vec<DraftProduct>> {
    products::table
        .inner_join(skus::table)
        .filter(products::draft_id.eq(id))
        .order((products::position, products::sku))
        .select(DraftProduct::as_select())
        .load(conn)
}

/// The position of the last product of a draft; 0 when it has none.
pub fn last_position(conn: &mut Conn, id: PromotionId) -> QueryResult<i64> {
    let of_draft = products::table.filter(products::draft_id.eq(id)).order(products::position.desc());
    Ok(of_draft.select(products::position).first(conn).optional()?.unwrap_or(0))
}

pub fn add_product(conn: &mut Conn, id: PromotionId, sku: &SkuCode, position: i64, typed: &str) -> QueryResult<()> {
    let row = (
        products::draft_id.eq(id),
        products::sku.eq(sku),
        products::position.eq(position),
        products::quantity_typed.eq(typed),
    );
    diesel::insert_into(products::table).values(row).execute(conn).map(drop)
}

/// Adds the products of a draft that has none yet.
pub fn add_products<'a>(
    conn: &mut Conn,
    id: PromotionId,
    of_draft: impl IntoIterator<Item = (&'a SkuCode, String)>,
) -> QueryResult<()> {
    let rows: Vec<_> = (1_i64..)
        .zip(of_draft)
        .map(|(position, (sku, typed))| {
            (
                products::draft_id.eq(id),
                products::sku.eq(sku.clone()),
                products::position.eq(position),
                products::quantity_typed.eq(typed),
            )
        })
        .collect();
    insert_rows!(conn, products::table, rows)
}

/// Saves the quantity that was typed for a product, if the draft has it, and clears its mark of removal.
pub fn set_quantity(conn: &mut Conn, id: PromotionId, sku: &SkuCode, typed: &str) -> QueryResult<()> {
    diesel::update(products::table.find((id, sku)))
        .set((products::quantity_typed.eq(typed), products::removing.eq(false)))
        .execute(conn)
        .map(drop)
}

/// Saves a product of an edit as it is in the form. Returns whether the draft has it; if not, it has to be added first.
pub fn save_product(conn: &mut Conn, id: PromotionId, product: &TypedProduct) -> QueryResult<bool> {
    let TypedProduct { sku, quantity, shown, is_removed } = product;
    let saved = diesel::update(products::table.find((id, sku)))
        .set((
            products::quantity_typed.eq(quantity),
            products::shown_quantity.eq(shown),
            products::removing.eq(is_removed),
        ))
        .execute(conn)?;
    Ok(saved == 1)
}

pub fn remove_product(conn: &mut Conn, id: PromotionId, sku: &SkuCode) -> QueryResult<()> {
    diesel::delete(products::table.find((id, sku))).execute(conn).map(drop)
}
