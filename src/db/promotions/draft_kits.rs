//! The kits of a draft, by their seller SKU at the draft's store.

use crate::{
    db::{Conn, engine::schema::promotion_draft_kits as kits},
    domain::id::PromotionId,
};
use diesel::prelude::*;

/// A kit as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = kits)]
pub struct TypedKit {
    pub seller_sku: String,
    #[diesel(column_name = quantity_typed)]
    pub typed: String,
}

/// The kits of a draft in the order they were added.
pub fn of_draft(conn: &mut Conn, id: PromotionId) -> QueryResult<Vec<TypedKit>> {
    kits::table
        .filter(kits::draft_id.eq(id))
        .order((kits::position, kits::seller_sku))
        .select(TypedKit::as_select())
        .load(conn)
}

/// The position of the last kit of a draft; 0 when it has none.
pub fn last_position(conn: &mut Conn, id: PromotionId) -> QueryResult<i64> {
    let of_draft = kits::table.filter(kits::draft_id.eq(id)).order(kits::position.desc());
    Ok(of_draft.select(kits::position).first(conn).optional()?.unwrap_or(0))
}

pub fn add(conn: &mut Conn, id: PromotionId, seller_sku: &str, position: i64, typed: &str) -> QueryResult<()> {
    let row = (
        kits::draft_id.eq(id),
        kits::seller_sku.eq(seller_sku),
        kits::position.eq(position),
        kits::quantity_typed.eq(typed),
    );
    diesel::insert_into(kits::table).values(row).execute(conn).map(drop)
}

/// Saves the quantity that was typed for a kit, if the draft has it.
pub fn set_quantity(conn: &mut Conn, id: PromotionId, seller_sku: &str, typed: &str) -> QueryResult<()> {
    diesel::update(kits::table.find((id, seller_sku))).set(kits::quantity_typed.eq(typed)).execute(conn).map(drop)
}

pub fn remove(conn: &mut Conn, id: PromotionId, seller_sku: &str) -> QueryResult<()> {
    diesel::delete(kits::table.find((id, seller_sku))).execute(conn).map(drop)
}
