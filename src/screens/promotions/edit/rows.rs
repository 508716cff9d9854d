//! The products of an edit as its table shows them.

use crate::{
    db::{availability::ListedSku, promotions::edit_detail::EditSheet},
    domain::{
        catalogue::availability::Availability,
        promotions::{draft::parse_quantity, edit::TypedProduct, hold::Hold, sale_changes::HeldProduct},
    },
    screens::{catalogue::path_of, promotions::picking::shown_after},
};

/// One product: what is held of it now, what is typed, and what the stores would show.
pub struct EditRow {
    pub sku: String,
    pub href: String,
    pub name: String,
    /// Units that are held now; of a product that is being added there are none.
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

/// The id of the input of the product at `index`.
pub fn field_id(index: usize) -> String {
    format!("quantity-{}", index + 1)
}

impl EditRow {
    /// The row of the product at `index` of the form.
    pub fn new(index: usize, product: &TypedProduct, sheet: &EditSheet) -> Self {
        let (sku, line) = (product.sku.to_string(), &sheet.lines[&product.sku]);
        let held = sheet.sale.products.get(&product.sku).copied();
        let (this_store, other_stores) = match planned(product, held, line, sheet) {
            Some(after) => shown_after(line, &after, &sheet.promotion.store, &sheet.stores),
            None => ("–".to_owned(), "–".to_owned()),
        };
        Self {
            href: path_of(&product.sku),
            name: line.sku.name.clone(),
            held: held.filter(|held| !held.is_removed || held.sold > 0),
            available: line.position().shared(),
            field_id: field_id(index),
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

/// What is available of `line` once the edit is saved; `None` if it cannot be saved as it is typed.
fn planned(
    product: &TypedProduct,
    held: Option<HeldProduct>,
    line: &ListedSku,
    sheet: &EditSheet,
) -> Option<Availability> {
    let promotion = &sheet.promotion;
    let mut after = line.availability.clone();
    let holds = &mut after.holds;
    let own = holds.iter().position(|hold| hold.promotion == promotion.id);
    if product.is_removed {
        holds.retain(|hold| hold.promotion != promotion.id);
        return Some(after);
    }
    let quantity = parse_quantity(&product.quantity).ok()?;
    sheet.sale.hold(&product.sku, quantity, Some(&line.offer())).ok()?;
    match own {
        Some(own) => holds[own].quantity = quantity,
        None => {
            // Its promotion may be older than others that hold the SKU.
            let older = |hold: &Hold| (hold.starts_at, hold.promotion) < (promotion.starts_at, promotion.id);
            let hold = Hold {
                promotion: promotion.id,
                promotion_name: promotion.name.clone(),
                flash_sale_type: promotion.flash_sale_type,
                store: promotion.store.clone(),
                starts_at: promotion.starts_at,
                quantity,
                sold: held.map_or(0, |held| held.sold),
            };
            holds.insert(holds.partition_point(older), hold);
        }
    }
    Some(after)
}
