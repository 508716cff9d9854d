//! A row of the list.

use super::form::Typed;
use crate::{
    db::stores::{found::Found, listings::Listing},
    domain::{
        id::ListingId,
        money::{Amount, decimals_of},
        stores::matching::FoundState,
    },
    web::query::href,
};
use std::collections::HashMap;

pub(super) struct Row {
    pub(super) key: String,
    pub(super) id: String,
    pub(super) seller_sku: String,
    /// What screen readers call it.
    pub(super) name: String,
    pub(super) title: String,
    pub(super) ids: String,
    pub(super) status: &'static str,
    pub(super) price: String,
    pub(super) shown: String,
    pub(super) tone: &'static str,
    pub(super) state: &'static str,
    pub(super) note: String,
    /// What our listing is called; empty if there is none.
    pub(super) listed: String,
    /// Whether something can be done with it.
    pub(super) is_open: bool,
    pub(super) is_ticked: bool,
    /// The SKU that it is matched with or would be, and what was typed instead.
    pub(super) matched: String,
    pub(super) sku: String,
    pub(super) error: String,
    pub(super) kit_href: String,
}

impl Row {
    pub(super) fn new(
        nth: usize,
        found: &Found,
        listings: &HashMap<ListingId, Listing>,
        typed: &Typed,
        store_path: &str,
    ) -> Self {
        let amount = |minor: i64| Amount { minor: minor.into(), decimals: decimals_of(found.currency) };
        let matched = found.sku.as_ref().map_or_else(String::new, ToString::to_string);
        let variant = found.variant_id.as_deref().unwrap_or_default();
        let ids = if variant.is_empty() { found.item_id.clone() } else { format!("{} / {variant}", found.item_id) };
        let listing = found.listing.and_then(|id| listings.get(&id));
        let name = if found.seller_sku.is_empty() { ids.clone() } else { found.seller_sku.clone() };
        Self {
            id: format!("sku-{nth}"),
            is_ticked: typed.ticks.contains(&found.key),
            sku: typed.skus.get(&found.key).unwrap_or(&matched).clone(),
            error: typed.errors.get(&found.key).cloned().unwrap_or_default(),
            key: found.key.clone(),
            seller_sku: found.seller_sku.clone(),
            title: found.title.clone(),
            status: found.status.label(),
            price: found.price_minor.map_or_else(|| "–".to_owned(), |minor| amount(minor).in_words(found.currency)),
            shown: found.shown.map_or_else(|| "–".to_owned(), |shown| shown.to_string()),
            tone: tone(found.state),
            state: found.state.label(),
            note: found.note.clone(),
            listed: listing.map(|listing| listing.name().to_owned()).unwrap_or_default(),
            is_open: !matches!(found.state, FoundState::Listed | FoundState::Gone),
            kit_href: href(
                &format!("{store_path}/listings/new"),
                &[("seller_sku", &found.seller_sku), ("item_id", &found.item_id), ("variant_id", variant)],
            ),
            name,
            ids,
            matched,
        }
    }
}

fn tone(state: FoundState) -> &'static str {
    match state {
        FoundState::Matched | FoundState::Listed => "success",
        FoundState::Suggested | FoundState::Ambiguous | FoundState::Gone => "warning",
        FoundState::Unmatched => "neutral",
        FoundState::Ignored => "ended",
    }
}
