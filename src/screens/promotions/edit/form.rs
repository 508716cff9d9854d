//! The form of an edit. It has all fields of the page, so that no button loses any of them, and the values that the
//! page showed, so that a value that was changed meanwhile is not overwritten unseen.

use crate::{
    actions::promotions::update_draft::ProductsEdit,
    domain::{
        code::SkuCode,
        promotions::{
            edit::{TypedEdit, TypedProduct},
            promotion::MAX_PRODUCTS,
            schedule::parse_rfc3339,
        },
    },
    screens::promotions::{draft::storable, part::PartFields, picking::Picked},
    web::error::PageError,
};
use serde::Deserialize;

/// The lists `sku`, `quantity` and `shown` have an item for each product of the page. The others are not changed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct EditForm {
    name: String,
    end: String,
    shown_name: String,
    shown_end: String,
    revision: String,
    sku: Vec<String>,
    quantity: Vec<String>,
    /// The quantities that the page showed; empty for a product that is being added.
    shown: Vec<String>,
    /// The products that the page marked as removed.
    removing: Vec<String>,
    /// The product whose Remove was pressed.
    remove: String,
    /// The product whose Keep was pressed.
    keep: String,
    pub q: String,
    /// The products that were ticked.
    pub add: Vec<String>,
    /// The rows that were pasted.
    pub rows: String,
    #[serde(flatten)]
    pub part: PartFields,
    /// Set where the page showed only a part of the products.
    is_part: String,
    /// The button that was pressed.
    pub press: String,
}

impl EditForm {
    /// Whether the sale has products that the page did not show.
    pub fn is_part(&self) -> bool {
        !self.is_part.is_empty()
    }

    /// The fields, with Remove or Keep applied, and the revision that the page showed.
    pub fn typed(&self) -> Result<(TypedEdit, i64), PageError> {
        let unreadable = || PageError::Unreadable("Load the page again.");
        let typed = TypedEdit {
            name: storable(&self.name),
            end: storable(&self.end),
            shown_name: storable(&self.shown_name),
            shown_ends_at: parse_rfc3339(&self.shown_end).map_err(|_| unreadable())?,
            products: self.products().ok_or_else(unreadable)?,
        };
        Ok((typed, self.revision.parse().map_err(|_| unreadable())?))
    }

    fn products(&self) -> Option<Vec<TypedProduct>> {
        let mut products = Vec::new();
        for ((code, quantity), shown) in self.sku.iter().zip(&self.quantity).zip(&self.shown).take(MAX_PRODUCTS) {
            let is_removed = self.removing.contains(code) && self.keep != *code || self.remove == *code;
            let shown = if shown.is_empty() { None } else { Some(shown.parse().ok()?) };
            let sku = SkuCode::parse(code).ok()?;
            // A product that the sale does not have yet is dropped when it is removed.
            if shown.is_some() || !is_removed {
                products.push(TypedProduct { sku, quantity: storable(quantity), shown, is_removed });
            }
        }
        Some(products)
    }

    /// The products to add to the stored edit, and to delete from it.
    pub fn edit(&self, Picked { ticked, rows }: Picked) -> ProductsEdit {
        // Only a product that the sale does not have yet is deleted; the others are marked as removed.
        let is_new = |code: &SkuCode| {
            let at = self.sku.iter().position(|sku| sku == code.as_str());
            at.and_then(|at| self.shown.get(at)).is_some_and(String::is_empty)
        };
        ProductsEdit {
            remove: SkuCode::parse(&self.remove).ok().into_iter().filter(is_new).collect(),
            ticked,
            rows,
            ..ProductsEdit::default()
        }
    }
}
