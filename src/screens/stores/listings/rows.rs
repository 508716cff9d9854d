//! The rows of a store's mapping, as its page shows them.

use super::form::TypedRow;
use crate::{
    domain::{
        code::SkuCode,
        stores::{connection::ConnectorKind, mapping::IdField},
    },
    screens::catalogue,
    web::form::FormErrors,
};
use std::collections::HashMap;

/// The id of the input in the row at a place.
pub fn field_id(field: IdField, place: usize) -> String {
    format!("{}-{}", field.as_str(), place + 1)
}

/// The heading of a column; nothing where the marketplace has no such id.
pub fn label(field: IdField, kind: ConnectorKind) -> Option<&'static str> {
    match field {
        IdField::SellerSku => Some("Seller SKU"),
        IdField::Item => kind.item_label(),
        IdField::Variant => kind.variant_label(),
    }
}

/// The headings of the columns with inputs.
pub fn columns(kind: ConnectorKind) -> Vec<&'static str> {
    IdField::ALL.into_iter().filter_map(|field| label(field, kind)).collect()
}

/// One listing.
pub(super) struct Row {
    pub(super) sku: String,
    pub(super) sku_path: String,
    pub(super) name: String,
    pub(super) is_mapped: bool,
    /// The inputs.
    pub(super) cells: Vec<Cell>,
    /// What the form sends beside them: names and values.
    pub(super) hidden: Vec<(String, String)>,
}

/// An input.
pub(super) struct Cell {
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) column: &'static str,
    pub(super) label: String,
    pub(super) value: String,
    pub(super) error: String,
}

impl Row {
    pub(super) fn new(
        place: usize,
        row: TypedRow,
        names: &HashMap<SkuCode, String>,
        kind: ConnectorKind,
        errors: &FormErrors,
    ) -> Self {
        let TypedRow { sku, typed, shown } = row;
        let is_mapped = kind.is_mapped(shown.item_id.as_deref(), shown.variant_id.as_deref());
        let shown = [Some(shown.seller_sku), shown.item_id, shown.variant_id].map(Option::unwrap_or_default);
        let (mut cells, mut hidden) = (Vec::new(), Vec::new());
        for ((field, value), shown) in IdField::ALL.into_iter().zip(typed).zip(shown) {
            hidden.push((format!("shown_{}", field.as_str()), shown));
            match label(field, kind) {
                Some(column) => {
                    let id = field_id(field, place);
                    let (label, error) = (format!("{column} of {sku}"), errors.at(&id).to_owned());
                    cells.push(Cell { id, name: field.as_str(), column, label, value, error });
                }
                // It is kept: the store may be on another marketplace again.
                None => hidden.push((field.as_str().to_owned(), value)),
            }
        }
        let name = names.get(&sku).cloned().unwrap_or_default();
        Self { sku_path: catalogue::path_of(&sku), sku: sku.to_string(), name, is_mapped, cells, hidden }
    }
}
