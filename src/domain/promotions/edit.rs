//! The edit form of a running sale: the typed fields, the values that the form showed when the edit began, and the
//! parsed result.

use super::{
    draft::parse_quantity,
    promotion::parse_name,
    sale_changes::SaleValues,
    schedule::{field_value, parse_local},
};
use crate::domain::{code::SkuCode, compared::Compared, moment::Moment};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// The state of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedEdit {
    /// The name as it was typed.
    pub name: String,
    /// The end as it was typed, a local time of the store.
    pub end: String,
    /// The name that was shown.
    pub shown_name: String,
    /// The end that was shown.
    pub shown_ends_at: Moment,
    /// The products in the order of the form.
    pub products: Vec<TypedProduct>,
}

/// A product of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedProduct {
    /// The product's SKU.
    pub sku: SkuCode,
    /// The quantity as it was typed.
    pub quantity: String,
    /// The quantity that was shown; `None` for a product that is being added.
    pub shown: Option<i64>,
    /// Whether the edit removes the product from the sale.
    pub is_removed: bool,
}

impl TypedProduct {
    /// An unchanged product of the sale.
    fn held(sku: &SkuCode, quantity: i64) -> Self {
        Self { sku: sku.clone(), quantity: quantity.to_string(), shown: Some(quantity), is_removed: false }
    }

    /// Whether the product has the quantity that was shown.
    pub fn is_untouched(&self) -> bool {
        !self.is_removed && self.shown.is_some_and(|shown| shown.to_string() == self.quantity.trim())
    }
}

/// A field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditField {
    /// The promotion's name.
    Name,
    /// The end of the schedule.
    End,
    /// The quantity of this product.
    Quantity(SkuCode),
}

impl TypedEdit {
    /// The form for a sale with `values` before anything is typed. `zone` is the time zone of the store.
    pub fn of(values: &SaleValues, zone: Tz) -> Self {
        let SaleValues { name, ends_at, products } = values;
        Self {
            name: name.clone(),
            end: field_value(*ends_at, zone),
            shown_name: name.clone(),
            shown_ends_at: *ends_at,
            products: products.iter().map(|(sku, quantity)| TypedProduct::held(sku, *quantity)).collect(),
        }
    }

    /// The values that the form showed.
    pub fn shown(&self) -> SaleValues {
        let mut products = BTreeMap::new();
        for product in &self.products {
            if let Some(quantity) = product.shown {
                products.insert(product.sku.clone(), quantity);
            }
        }
        SaleValues { name: self.shown_name.clone(), ends_at: self.shown_ends_at, products }
    }

    /// Compares the name with `now`, the current name of the sale.
    pub fn compared_name<'a>(&'a self, now: &'a str) -> Compared<'a, str> {
        Compared { shown: &self.shown_name, typed: self.name.trim(), now }
    }

    /// Whether another end was typed. The texts are compared, because a field cannot express every moment: it has whole
    /// minutes, and when clocks go back, two moments have the same text.
    pub fn moves_end(&self, zone: Tz) -> bool {
        self.end.trim() != field_value(self.shown_ends_at, zone)
    }

    /// Whether anything was typed that the form did not show. `zone` is the time zone of the store.
    pub fn is_begun(&self, zone: Tz) -> bool {
        let is_renamed = self.name.trim() != self.shown_name;
        is_renamed || self.moves_end(zone) || self.products.iter().any(|product| !product.is_untouched())
    }

    /// Parses the form for a store in `zone`.
    /// Fails with every invalid field, in the order of the form, with a message that says what to do.
    pub fn wanted(&self, zone: Tz) -> Result<SaleValues, Vec<(EditField, String)>> {
        let mut errors = Vec::new();
        let name = parse_name(&self.name).map_err(|why| errors.push((EditField::Name, why.to_string())));
        let ends_at = if self.moves_end(zone) {
            parse_local("end", &self.end, zone).map_err(|why| errors.push((EditField::End, why.to_string())))
        } else {
            Ok(self.shown_ends_at)
        };
        let mut products = BTreeMap::new();
        for product in self.products.iter().filter(|product| !product.is_removed) {
            match parse_quantity(&product.quantity) {
                Ok(quantity) => {
                    products.insert(product.sku.clone(), quantity);
                }
                Err(message) => errors.push((EditField::Quantity(product.sku.clone()), message)),
            }
        }
        match (name, ends_at) {
            (Ok(name), Ok(ends_at)) if errors.is_empty() => Ok(SaleValues { name, ends_at, products }),
            _ => Err(errors),
        }
    }

    /// The form after someone else has changed the sale to `current`: typed fields stay as they are, and unchanged
    /// fields take the current values.
    #[must_use]
    pub fn rebased(self, current: &SaleValues, zone: Tz) -> Self {
        let was_renamed = self.compared_name(&current.name).was_typed();
        let moves_end = self.moves_end(zone);
        let mut products: Vec<TypedProduct> = Vec::new();
        for product in self.products {
            let TypedProduct { sku, shown, is_removed, .. } = &product;
            match current.products.get(sku) {
                Some(quantity) if product.is_untouched() => products.push(TypedProduct::held(sku, *quantity)),
                Some(quantity) => products.push(TypedProduct { shown: Some(*quantity), ..product }),
                // Someone else removed the product. If a quantity was typed here, it can be added again.
                None if shown.is_none() || !*is_removed && !product.is_untouched() => {
                    products.push(TypedProduct { shown: None, is_removed: false, ..product });
                }
                None => {}
            }
        }
        for (sku, quantity) in &current.products {
            if products.iter().all(|product| product.sku != *sku) {
                products.push(TypedProduct::held(sku, *quantity));
            }
        }
        Self {
            name: if was_renamed { self.name } else { current.name.clone() },
            end: if moves_end { self.end } else { field_value(current.ends_at, zone) },
            shown_name: current.name.clone(),
            shown_ends_at: current.ends_at,
            products,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::noon;
    use chrono::TimeDelta;

    const ZONE: Tz = Tz::Asia__Singapore;

    fn sku(code: &str) -> SkuCode {
        SkuCode::trusted(code.to_owned())
    }

    fn seconds(seconds: i64) -> Moment {
        noon().plus(TimeDelta::seconds(seconds))
    }

    fn values(name: &str, ends_at: Moment, products: &[(&str, i64)]) -> SaleValues {
        let products = products.iter().map(|(code, units)| (sku(code), *units)).collect();
        SaleValues { name: name.to_owned(), ends_at, products }
    }

    fn typed(edit: &mut TypedEdit, code: &str) -> usize {
        edit.products.iter().position(|product| product.sku == sku(code)).expect("a product of the form")
    }

    #[test]
    fn a_form_that_nobody_touched_wants_what_it_showed_to_the_second() {
        let is = values("11.11", seconds(59), &[("A", 40)]);
        let edit = TypedEdit::of(&is, ZONE);
        assert_eq!((edit.wanted(ZONE), edit.shown()), (Ok(is.clone()), is));
        assert_eq!(edit.end, "2025-11-11T20:00");
    }

    #[test]
    fn every_invalid_field_is_named() {
        let mut edit = TypedEdit::of(&values("11.11", seconds(0), &[("A", 40), ("B", 1)]), ZONE);
        (edit.name, edit.end) = (" ".to_owned(), "soon".to_owned());
        edit.products[0].quantity = "-1".to_owned();
        let errors = edit.wanted(ZONE).expect_err("refused");
        let fields: Vec<EditField> = errors.into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, [EditField::Name, EditField::End, EditField::Quantity(sku("A"))]);
        edit.products[0].is_removed = true;
        assert_eq!(edit.wanted(ZONE).expect_err("refused").len(), 2, "what is removed needs no quantity");
    }

    #[test]
    fn what_was_typed_stays_and_what_others_made_of_the_rest_comes_in() {
        let mut edit = TypedEdit::of(&values("11.11", seconds(0), &[("A", 1), ("B", 2), ("C", 3), ("D", 4)]), ZONE);
        edit.name = "mine".to_owned();
        let at = ["B", "C", "D"].map(|code| typed(&mut edit, code));
        edit.products[at[0]].quantity = "20".to_owned();
        edit.products[at[1]].is_removed = true;
        let new = TypedProduct { sku: sku("E"), quantity: "5".to_owned(), shown: None, is_removed: false };
        edit.products.push(new);
        // Someone else renamed it, moved the end, changed A, B and C, removed D and added F.
        let is = values("theirs", seconds(120), &[("A", 9), ("B", 9), ("C", 9), ("F", 6)]);
        let edit = edit.rebased(&is, ZONE);
        assert_eq!((edit.name.as_str(), edit.end.as_str()), ("mine", "2025-11-11T20:02"));
        assert_eq!(edit.shown(), is);
        let wanted = values("mine", seconds(120), &[("A", 9), ("B", 20), ("E", 5), ("F", 6)]);
        assert_eq!(edit.wanted(ZONE), Ok(wanted));
    }

    #[test]
    fn a_product_that_someone_else_removed_can_be_added_again_if_a_quantity_was_typed() {
        let mut edit = TypedEdit::of(&values("11.11", seconds(0), &[("A", 1), ("B", 2), ("C", 3)]), ZONE);
        edit.products[1].quantity = "20".to_owned();
        edit.products[2].is_removed = true;
        let edit = edit.rebased(&values("11.11", seconds(0), &[("A", 1)]), ZONE);
        assert_eq!(edit.wanted(ZONE).map(|wanted| wanted.products), Ok([(sku("A"), 1), (sku("B"), 20)].into()));
        assert_eq!(edit.shown().products, [(sku("A"), 1)].into());
    }
}
