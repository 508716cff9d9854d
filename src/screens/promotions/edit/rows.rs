//! The table of products in the form of an edit.

use crate::{
    db::{availability::ListedSku, promotions::edit_detail::EditSheet},
    domain::{
        catalogue::availability::Availability,
        promotions::{draft::parse_quantity, edit::TypedProduct, hold::Hold, sale_changes::HeldProduct},
    },
    screens::{
        catalogue::path_of,
        promotions::picking::{quantity_id, shown_after},
    },
};

pub struct EditRow {
    pub sku: String,
    pub picture: Option<String>,
    pub href: String,
    pub name: String,
    /// The current hold; `None` for a product that is being added.
    pub held: Option<HeldProduct>,
    pub available: i64,
    pub field_id: String,
    pub field_label: String,
    pub quantity: String,
    /// The quantity that the form showed when the edit began; empty for a product that is being added.
    pub shown: String,
    pub is_removed: bool,
    pub this_store: String,
    pub other_stores: String,
}

impl EditRow {
    pub fn new(index: usize, product: &TypedProduct, sheet: &EditSheet) -> Self {
        let sku = product.sku.to_string();
        let line = &sheet.lines[&product.sku];
        let held = sheet.sale.products.get(&product.sku).copied();
        let (this_store, other_stores) = match planned(product, held, line, sheet) {
            Some(after) => shown_after(line, &after, &sheet.promotion.store, &sheet.stores),
            None => ("–".to_owned(), "–".to_owned()),
        };
        Self {
            href: path_of(&product.sku),
            picture: sheet.pictures.of(&product.sku),
            name: line.sku.name.clone(),
            held: held.filter(|held| !held.is_removed || held.sold > 0),
            available: line.position().shared(),
            field_id: quantity_id(index),
            field_label: format!("Quantity of {sku}"),
            quantity: product.quantity.clone(),
            shown: product.shown.map_or_else(String::new, |units| units.to_string()),
            is_removed: product.is_removed,
            this_store,
            other_stores,
            sku,
        }
    }
}

/// The availability of `line` after the edit is saved; `None` if the quantity cannot be saved.
fn planned(
    product: &TypedProduct,
    held: Option<HeldProduct>,
    line: &ListedSku,
    sheet: &EditSheet,
) -> Option<Availability> {
    let promotion = &sheet.promotion;
    let mut after = line.availability.clone();
    let holds = &mut after.holds;
    if product.is_removed {
        holds.retain(|hold| hold.promotion != promotion.id);
        return Some(after);
    }
    let quantity = parse_quantity(&product.quantity).ok()?;
    sheet.sale.hold(&product.sku, quantity, Some(&line.offer())).ok()?;
    match holds.iter().position(|hold| hold.promotion == promotion.id) {
        Some(own) => holds[own].quantity = quantity,
        None => {
            // Holds are ordered by age, and this promotion may be older than others that hold the SKU.
            let at =
                holds.partition_point(|hold| (hold.starts_at, hold.promotion) < (promotion.starts_at, promotion.id));
            let hold = Hold {
                promotion: promotion.id,
                promotion_name: promotion.name.clone(),
                flash_sale_type: promotion.flash_sale_type,
                store: promotion.store.clone(),
                starts_at: promotion.starts_at,
                quantity,
                sold: held.map_or(0, |held| held.sold),
            };
            holds.insert(at, hold);
        }
    }
    Some(after)
}
