//! The rows of a store's mapping, as its page shows them.

use super::form::{TypedRow, field_id, label};
use crate::{
    domain::{
        code::SkuCode,
        id::ListingId,
        stores::{connection::ConnectorKind, mapping::IdField},
    },
    screens::catalogue,
    web::form::FormErrors,
};
use std::collections::HashMap;

pub(super) struct Row {
    pub(super) listing: String,
    /// The SKU or, of a kit, its seller SKU; a kit has no `sku_path`.
    pub(super) sku: String,
    pub(super) sku_path: String,
    /// The name of the SKU or, of a kit, what it is made of.
    pub(super) name: String,
    pub(super) is_mapped: bool,
    pub(super) cells: Vec<Cell>,
    /// Names and values of hidden inputs.
    pub(super) hidden: Vec<(String, String)>,
}

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
        index: usize,
        row: TypedRow,
        (names, made_of): (&HashMap<SkuCode, String>, &HashMap<ListingId, String>),
        kind: ConnectorKind,
        errors: &FormErrors,
    ) -> Self {
        let called = row.name().to_owned();
        let TypedRow { listing, sku, typed, shown } = row;
        let is_mapped = kind.is_mapped(shown.item_id.as_deref(), shown.variant_id.as_deref());
        let shown = [Some(shown.seller_sku), shown.item_id, shown.variant_id].map(Option::unwrap_or_default);
        let mut cells = Vec::new();
        let mut hidden = vec![("sku".to_owned(), sku.as_ref().map(ToString::to_string).unwrap_or_default())];
        for ((field, value), shown) in IdField::ALL.into_iter().zip(typed).zip(shown) {
            hidden.push((format!("shown_{}", field.as_str()), shown));
            match label(field, kind) {
                Some(column) => {
                    let id = field_id(field, index);
                    let label = format!("{column} of {called}");
                    let error = errors.at(&id).to_owned();
                    cells.push(Cell { id, name: field.as_str(), column, label, value, error });
                }
                // Sent back unchanged: the store may return to a marketindex that has this id.
                None => hidden.push((field.as_str().to_owned(), value)),
            }
        }
        let name = match &sku {
            Some(sku) => names.get(sku),
            None => made_of.get(&listing),
        };
        let name = name.cloned().unwrap_or_default();
        let sku_path = sku.as_ref().map(catalogue::path_of).unwrap_or_default();
        Self { listing: listing.to_string(), sku: called, sku_path, name, is_mapped, cells, hidden }
    }
}
