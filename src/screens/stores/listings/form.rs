//! The form of a store's mapping: a row for each listing, as it was typed, and what its page had shown.

use super::rows::field_id;
use crate::{
    actions::stores::save_mappings::{MappingConflict, MappingEdit},
    db::stores::listings::Listing,
    domain::{
        code::SkuCode,
        stores::{
            connection::ConnectorKind,
            mapping::{IdField, ListingIds},
        },
    },
    web::{error::PageError, form::FormErrors, lists::PAGE_ROWS},
};
use serde::Deserialize;

/// The form, as it was typed. Each list has an entry for each row.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct MappingForm {
    sku: Vec<String>,
    seller_sku: Vec<String>,
    item_id: Vec<String>,
    variant_id: Vec<String>,
    shown_seller_sku: Vec<String>,
    shown_item_id: Vec<String>,
    shown_variant_id: Vec<String>,
}

/// One row of it.
#[derive(Debug, Clone)]
pub struct TypedRow {
    pub sku: SkuCode,
    /// The three ids as they were typed: the seller's, the item's, the variant's.
    pub typed: [String; 3],
    /// What they were when the page was shown.
    pub shown: ListingIds,
}

impl TypedRow {
    /// What is stored of a listing, to be edited.
    pub fn of(listing: &Listing) -> Self {
        let shown = listing.ids();
        Self { sku: listing.sku.clone(), typed: texts(&shown), shown }
    }

    /// Whether anything else stands in it than it showed.
    fn is_changed(&self) -> bool {
        let shown = texts(&self.shown);
        self.typed.iter().zip(&shown).any(|(typed, shown)| typed.trim() != shown)
    }
}

fn texts(ids: &ListingIds) -> [String; 3] {
    let ListingIds { seller_sku, item_id, variant_id } = ids.clone();
    [seller_sku, item_id.unwrap_or_default(), variant_id.unwrap_or_default()]
}

impl MappingForm {
    /// Its rows.
    ///
    /// # Errors
    /// When it is not as our page sends it.
    pub fn rows(self) -> Result<Vec<TypedRow>, PageError> {
        const NOT_OURS: PageError = PageError::Unreadable("Load the page again.");
        let Self { sku, seller_sku, item_id, variant_id, shown_seller_sku, shown_item_id, shown_variant_id } = self;
        let lists = [&seller_sku, &item_id, &variant_id, &shown_seller_sku, &shown_item_id, &shown_variant_id];
        if sku.len() > PAGE_ROWS || lists.iter().any(|list| list.len() != sku.len()) {
            return Err(NOT_OURS);
        }
        let id = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let row = |nth: usize| {
            let shown = ListingIds {
                seller_sku: shown_seller_sku[nth].clone(),
                item_id: id(&shown_item_id[nth]),
                variant_id: id(&shown_variant_id[nth]),
            };
            let typed = [&seller_sku, &item_id, &variant_id].map(|list| list[nth].clone());
            SkuCode::parse(&sku[nth]).map(|sku| TypedRow { sku, typed, shown }).map_err(|_| NOT_OURS)
        };
        (0..sku.len()).map(row).collect()
    }
}

/// What the rows change, each with its place among them; or everything that is to be mended.
pub fn edits(kind: ConnectorKind, rows: &[TypedRow]) -> Result<Vec<(usize, MappingEdit)>, FormErrors> {
    let (mut edits, mut errors) = (Vec::new(), FormErrors::default());
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| row.is_changed()) {
        match ListingIds::parse(kind, &row.sku, row.typed.each_ref().map(String::as_str)) {
            Ok(wanted) => edits.push((place, MappingEdit { sku: row.sku.clone(), shown: row.shown.clone(), wanted })),
            Err(problems) => {
                for (field, refusal) in problems {
                    errors.push(field_id(field, place), format!("{}: {refusal}", row.sku));
                }
            }
        }
    }
    if errors.is_empty() { Ok(edits) } else { Err(errors) }
}

/// Says at the rows what stands against them. What somebody else made of a row meanwhile is what it shows from now on;
/// what was typed stays, and what was not touched is as the other made it.
pub fn refuse(
    rows: &mut [TypedRow],
    conflicts: Vec<(usize, MappingConflict)>,
    store: &str,
    kind: ConnectorKind,
) -> FormErrors {
    let mut errors = FormErrors::default();
    for (place, conflict) in conflicts {
        let row = &mut rows[place];
        let (field, words) = match conflict {
            MappingConflict::NotListed => (IdField::SellerSku, format!("{store} no longer lists it.")),
            MappingConflict::Taken(taken) => (IdField::Item, taken.to_string()),
            MappingConflict::Changed(now) => {
                let words = format!(
                    "Someone else mapped it meanwhile: {}. Check what you typed and save again.",
                    in_words(&now, kind)
                );
                merge(row, now);
                (IdField::SellerSku, words)
            }
        };
        errors.push(field_id(field, place), format!("{}: {words}", row.sku));
    }
    errors
}

fn merge(row: &mut TypedRow, now: ListingIds) {
    let (before, theirs) = (texts(&row.shown), texts(&now));
    for ((typed, before), theirs) in row.typed.iter_mut().zip(before).zip(theirs) {
        if typed.trim() == before {
            *typed = theirs;
        }
    }
    row.shown = now;
}

/// The ids of a listing, each with its name.
fn in_words(ids: &ListingIds, kind: ConnectorKind) -> String {
    let words = IdField::ALL.into_iter().zip(texts(ids)).filter_map(|(field, text)| {
        let label = super::rows::label(field, kind)?;
        Some(format!("{label} {}", if text.is_empty() { "none".to_owned() } else { text }))
    });
    words.collect::<Vec<_>>().join(", ")
}
