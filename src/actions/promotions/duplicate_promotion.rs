//! Copies a promotion into a new draft: the same type, store, products, quantities and duration, from now on. Nothing is
//! held until the draft is created as a promotion.

use crate::{
    clock::new_id,
    db::{
        Conn, QueryResult,
        promotions::{
            self,
            drafts::{self, Draft},
        },
        stores,
    },
    domain::{
        id::PromotionId,
        moment::Moment,
        promotions::{
            promotion::name_of_copy,
            schedule::{field_value, whole_minute},
        },
        text::folded,
    },
};

/// Returns the id of the draft, or `None` if there is no such promotion.
pub fn run(conn: &mut Conn, now: Moment, by: &str, id: PromotionId) -> QueryResult<Option<PromotionId>> {
    let Some(promotion) = promotions::find(conn, id)? else { return Ok(None) };
    let store = stores::find(conn, &promotion.store)?.expect("promotions refer to stores that exist");
    let length = promotion.scheduled_ends_at.since(promotion.starts_at);
    let name = name_of_copy(&promotion.name);
    let draft = Draft {
        search_key: folded(&name),
        name,
        flash_sale_type: promotion.flash_sale_type.as_str().to_owned(),
        store: promotion.store.to_string(),
        end_typed: field_value(whole_minute(now.plus(length)), store.zone()),
        ..Draft::new(new_id(now), now, by.to_owned())
    };
    drafts::insert(conn, &draft)?;
    let products = promotions::sale(conn, &promotion)?.values().products;
    drafts::add_products(conn, draft.id, products.iter().map(|(sku, units)| (sku, units.to_string())))?;
    Ok(Some(draft.id))
}
