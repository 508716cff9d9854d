//! The form of an edit, as it arrives: one form carries everything, so that whichever button is pressed, nothing that
//! was typed is lost; and what its page showed, so that nothing is overwritten unseen.

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
    screens::promotions::draft::keepable,
    web::error::PageError,
};
use serde::Deserialize;

/// The form, as it was typed. The lists `sku`, `quantity` and `shown` have an item for each product of the page.
#[derive(Debug, Clone, Default, Deserialize)]
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
    /// The products that the page showed as to be removed.
    removing: Vec<String>,
    /// The product whose button takes it out.
    remove: String,
    /// The product whose button keeps it after all.
    keep: String,
    /// What was searched for.
    pub q: String,
    /// The products that were ticked.
    pub add: Vec<String>,
    /// The rows that were pasted.
    pub rows: String,
    /// The button that was pressed.
    pub press: String,
}

impl EditForm {
    /// What was typed, and the revision that the page showed; with what the button of a row does to it.
    ///
    /// # Errors
    /// When what the page showed is not there as it was sent.
    pub fn typed(&self) -> Result<(TypedEdit, i64), PageError> {
        let unreadable = || PageError::Unreadable("Load the page again.");
        let typed = TypedEdit {
            name: keepable(&self.name),
            end: keepable(&self.end),
            shown_name: keepable(&self.shown_name),
            shown_ends_at: parse_rfc3339(&self.shown_end).map_err(|_| unreadable())?,
            products: self.products().ok_or_else(unreadable)?,
        };
        Ok((typed, self.revision.parse().map_err(|_| unreadable())?))
    }

    fn products(&self) -> Option<Vec<TypedProduct>> {
        let rows = self.sku.iter().zip(&self.quantity).zip(&self.shown).take(MAX_PRODUCTS);
        let product = |((code, quantity), shown): ((&String, &String), &String)| {
            let is_removed = self.removing.contains(code) && self.keep != *code || self.remove == *code;
            let shown = if shown.is_empty() { None } else { Some(shown.parse().ok()?) };
            Some(TypedProduct { sku: SkuCode::parse(code).ok()?, quantity: keepable(quantity), shown, is_removed })
        };
        let products: Vec<TypedProduct> = rows.map(product).collect::<Option<_>>()?;
        // One that was only being added is gone when it is taken out.
        Some(products.into_iter().filter(|product| product.shown.is_some() || !product.is_removed).collect())
    }

    /// What its buttons do to the products beside that. `add` is what was picked.
    pub fn edit(&self, add: Vec<(SkuCode, Option<String>)>) -> ProductsEdit {
        // One that was only being added is taken out of what is kept.
        let is_new = |code: &SkuCode| {
            let at = self.sku.iter().position(|sku| sku == code.as_str());
            at.and_then(|at| self.shown.get(at)).is_some_and(String::is_empty)
        };
        ProductsEdit {
            quantities: Vec::new(),
            remove: SkuCode::parse(&self.remove).ok().into_iter().filter(is_new).collect(),
            add,
            all_or_none: self.press == "rows",
        }
    }
}
