//! The form of a store's mapping: a row for each listing, as it was typed, and what its page had shown.

use crate::{
    actions::stores::save_mappings::{MappingConflict, MappingEdit},
    db::stores::listings::{Listing, name_of},
    domain::{
        code::SkuCode,
        id::ListingId,
        stores::{
            connection::ConnectorKind,
            mapping::{IdField, ListingIds},
        },
    },
    web::{error::PageError, form::FormErrors, lists::PAGE_ROWS},
};
use serde::Deserialize;

/// Each list has an entry for each row.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MappingForm {
    listing: Vec<String>,
    /// Empty for a kit.
    sku: Vec<String>,
    seller_sku: Vec<String>,
    item_id: Vec<String>,
    variant_id: Vec<String>,
    shown_seller_sku: Vec<String>,
    shown_item_id: Vec<String>,
    shown_variant_id: Vec<String>,
    /// The filters of the list, which are in the same form, so that no button loses what was typed.
    pub q: Option<String>,
    pub mapping: Option<String>,
    /// The button that was pressed; empty for Enter.
    pub press: String,
}

#[derive(Debug, Clone)]
pub struct TypedRow {
    pub listing: ListingId,
    /// The SKU of a plain listing.
    pub sku: Option<SkuCode>,
    /// In the order of [`IdField::ALL`].
    pub typed: [String; 3],
    pub shown: ListingIds,
}

impl TypedRow {
    pub fn of(listing: &Listing) -> Self {
        let shown = listing.ids();
        Self { listing: listing.id, sku: listing.sku.clone(), typed: texts(&shown), shown }
    }

    /// What the page calls it: its SKU or, of a kit, its seller SKU.
    pub fn name(&self) -> &str {
        name_of(self.sku.as_ref(), &self.shown.seller_sku)
    }

    pub fn is_changed(&self) -> bool {
        let shown = texts(&self.shown);
        self.typed.iter().zip(&shown).any(|(typed, shown)| typed.trim() != shown)
    }
}

/// The id of the input in the row with this index.
pub fn field_id(field: IdField, index: usize) -> String {
    format!("{}-{}", field.as_str(), index + 1)
}

/// The heading of a column; none where the marketplace has no such id.
pub fn label(field: IdField, kind: ConnectorKind) -> Option<&'static str> {
    match field {
        IdField::SellerSku => Some("Seller SKU"),
        IdField::Item => kind.item_label(),
        IdField::Variant => kind.variant_label(),
    }
}

fn texts(ids: &ListingIds) -> [String; 3] {
    let ListingIds { seller_sku, item_id, variant_id } = ids.clone();
    [seller_sku, item_id.unwrap_or_default(), variant_id.unwrap_or_default()]
}

impl MappingForm {
    pub fn rows(&self) -> Result<Vec<TypedRow>, PageError> {
        const NOT_OURS: PageError = PageError::Unreadable("Load the page again.");
        let Self { listing, sku, seller_sku, item_id, variant_id, .. } = self;
        let Self { shown_seller_sku, shown_item_id, shown_variant_id, .. } = self;
        let lists = [sku, seller_sku, item_id, variant_id, shown_seller_sku, shown_item_id, shown_variant_id];
        if listing.len() > PAGE_ROWS || lists.iter().any(|list| list.len() != listing.len()) {
            return Err(NOT_OURS);
        }
        let id = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let mut rows = Vec::new();
        for (index, listing) in listing.iter().enumerate() {
            let shown = ListingIds {
                seller_sku: shown_seller_sku[index].clone(),
                item_id: id(&shown_item_id[index]),
                variant_id: id(&shown_variant_id[index]),
            };
            let typed = [seller_sku, item_id, variant_id].map(|list| list[index].clone());
            let listing = listing.parse().map_err(|_| NOT_OURS)?;
            let sku = match sku[index].as_str() {
                "" => None,
                sku => Some(SkuCode::in_address(sku).ok_or(NOT_OURS)?),
            };
            rows.push(TypedRow { listing, sku, typed, shown });
        }
        Ok(rows)
    }
}

/// The changed rows, each with its index.
pub fn edits(kind: ConnectorKind, rows: &[TypedRow]) -> Result<Vec<(usize, MappingEdit)>, FormErrors> {
    let mut edits = Vec::new();
    let mut errors = FormErrors::default();
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.is_changed()) {
        match ListingIds::parse(kind, row.name(), row.typed.each_ref().map(String::as_str)) {
            Ok(wanted) => edits.push((index, MappingEdit { listing: row.listing, shown: row.shown.clone(), wanted })),
            Err(problems) => {
                for (field, refusal) in problems {
                    errors.push(field_id(field, index), format!("{}: {refusal}", row.name()));
                }
            }
        }
    }
    if errors.is_empty() { Ok(edits) } else { Err(errors) }
}

/// The errors of the rows in conflict. A row that someone else changed meanwhile gets the stored ids where the form left
/// them as they were, and keeps what was typed.
pub fn refuse(
    rows: &mut [TypedRow],
    conflicts: Vec<(usize, MappingConflict)>,
    store: &str,
    kind: ConnectorKind,
) -> FormErrors {
    let mut errors = FormErrors::default();
    for (index, conflict) in conflicts {
        let row = &mut rows[index];
        let (field, words) = match conflict {
            MappingConflict::NotListed => (IdField::SellerSku, format!("{store} no longer lists it.")),
            MappingConflict::Taken(taken) => (taken.field(), taken.to_string()),
            MappingConflict::Changed(now) => {
                let words = format!(
                    "Someone else mapped it meanwhile: {}. Check what you typed and save again.",
                    in_words(&now, kind)
                );
                merge(row, now);
                (IdField::SellerSku, words)
            }
        };
        errors.push(field_id(field, index), format!("{}: {words}", row.name()));
    }
    errors
}

fn merge(row: &mut TypedRow, now: ListingIds) {
    for ((typed, shown), now) in row.typed.iter_mut().zip(texts(&row.shown)).zip(texts(&now)) {
        if typed.trim() == shown {
            *typed = now;
        }
    }
    row.shown = now;
}

fn in_words(ids: &ListingIds, kind: ConnectorKind) -> String {
    let mut words = Vec::new();
    for (field, text) in IdField::ALL.into_iter().zip(texts(ids)) {
        if let Some(label) = label(field, kind) {
            words.push(format!("{label} {}", if text.is_empty() { "none" } else { &text }));
        }
    }
    words.join(", ")
}
