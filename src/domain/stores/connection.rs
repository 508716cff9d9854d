//! How a store is connected to its marketplace: which protocol is spoken, and what that protocol needs to be told.

use crate::domain::text::folded;
use std::num::NonZeroU32;

/// How a store's quantities reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectorKind {
    /// Lazada Open Platform.
    Lazada,
    /// Shopee Open Platform, version 2.
    Shopee,
    /// Zalora's Seller Center API, version 2.
    Zalora,
    /// JSON to an address of one's own, signed.
    Webhook,
    /// A CSV file that is fetched; nothing is pushed.
    File,
}

impl ConnectorKind {
    /// All of them, in the order forms offer them.
    pub const ALL: [Self; 5] = [Self::Lazada, Self::Shopee, Self::Zalora, Self::Webhook, Self::File];

    /// The word that the database, the API and forms use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lazada => "lazada",
            Self::Shopee => "shopee",
            Self::Zalora => "zalora",
            Self::Webhook => "webhook",
            Self::File => "file",
        }
    }

    /// What people read.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Lazada => "Lazada",
            Self::Shopee => "Shopee",
            Self::Zalora => "Zalora",
            Self::Webhook => "Webhook",
            Self::File => "CSV file",
        }
    }

    /// The connector that `text` (see [`Self::as_str`]) names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Where the marketplace's API is unless somebody says otherwise. Lazada and Zalora have an address for each
    /// country.
    #[must_use]
    pub fn default_api_url(self) -> Option<&'static str> {
        match self {
            Self::Lazada => Some("https://api.lazada.sg/rest"),
            Self::Shopee => Some("https://partner.shopeemobile.com"),
            Self::Zalora => Some("https://sellercenter-api.zalora.com"),
            Self::Webhook | Self::File => None,
        }
    }

    /// Requests a second that a store is sent at most. Lazada documents 50 for one seller, which its other programs
    /// share; Shopee and Zalora publish no number, so these are careful ones.
    #[must_use]
    pub fn default_rate(self) -> NonZeroU32 {
        let requests_a_second = match self {
            Self::Lazada => 20,
            Self::Shopee | Self::Webhook => 10,
            Self::Zalora | Self::File => 5,
        };
        NonZeroU32::new(requests_a_second).expect("no connector has a rate of 0")
    }

    /// Whether quantities are sent to the store. Those of a file wait until somebody fetches them.
    #[must_use]
    pub fn is_pushed(self) -> bool {
        self != Self::File
    }

    /// Whether a listing has to be mapped to the marketplace's id of the product (Lazada's ItemId, Shopee's item_id,
    /// Zalora's productId).
    #[must_use]
    pub fn needs_item_id(self) -> bool {
        match self {
            Self::Lazada | Self::Shopee | Self::Zalora => true,
            Self::Webhook | Self::File => false,
        }
    }

    /// Whether a listing has to be mapped to the marketplace's id of the variant as well (Lazada's SkuId). Shopee's
    /// model_id may be left out: a product without models has none.
    #[must_use]
    pub fn needs_variant_id(self) -> bool {
        self == Self::Lazada
    }

    /// What the marketplace calls its id of the product, if listings are mapped to it.
    #[must_use]
    pub fn item_label(self) -> Option<&'static str> {
        match self {
            Self::Lazada => Some("ItemId"),
            Self::Shopee => Some("item_id"),
            Self::Zalora => Some("productId"),
            Self::Webhook | Self::File => None,
        }
    }

    /// What the marketplace calls its id of a variant of the product, if it has variants.
    #[must_use]
    pub fn variant_label(self) -> Option<&'static str> {
        match self {
            Self::Lazada => Some("SkuId"),
            Self::Shopee => Some("model_id"),
            Self::Zalora | Self::Webhook | Self::File => None,
        }
    }

    /// Whether the marketplace's ids are numbers, and nothing else is worth sending.
    #[must_use]
    pub fn has_numbers_for_ids(self) -> bool {
        match self {
            Self::Lazada | Self::Shopee | Self::Zalora => true,
            Self::Webhook | Self::File => false,
        }
    }

    /// The kind that a marketplace is likely to be of, by what people call it.
    #[must_use]
    pub fn likely_for(marketplace: &str) -> Option<Self> {
        let called = folded(marketplace);
        Self::ALL.into_iter().find(|kind| called.contains(&folded(kind.label())))
    }

    /// Whether a listing with these ids can be pushed: it has those that the marketplace needs.
    #[must_use]
    pub fn is_mapped(self, item_id: Option<&str>, variant_id: Option<&str>) -> bool {
        (!self.needs_item_id() || item_id.is_some()) && (!self.needs_variant_id() || variant_id.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connector_is_found_by_its_word() {
        for kind in ConnectorKind::ALL {
            assert_eq!(ConnectorKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).expect("JSON"), kind.as_str());
        }
        assert_eq!(ConnectorKind::parse("Lazada"), None);
    }

    #[test]
    fn whoever_is_pushed_to_a_marketplace_has_an_address_and_ids() {
        for kind in [ConnectorKind::Lazada, ConnectorKind::Shopee, ConnectorKind::Zalora] {
            assert!(kind.is_pushed() && kind.needs_item_id() && kind.default_api_url().is_some(), "{kind:?}");
        }
        assert!(!ConnectorKind::File.is_pushed());
    }

    #[test]
    fn the_kind_is_guessed_by_the_name_of_the_marketplace() {
        for (marketplace, kind) in [
            ("Lazada", Some(ConnectorKind::Lazada)),
            ("SHOPEE Mall", Some(ConnectorKind::Shopee)),
            ("Shopify", None),
            ("", None),
        ] {
            assert_eq!(ConnectorKind::likely_for(marketplace), kind, "{marketplace}");
        }
    }

    #[test]
    fn an_id_that_is_needed_has_a_name() {
        for kind in ConnectorKind::ALL {
            assert_eq!(kind.item_label().is_some(), kind.needs_item_id());
            assert!(kind.variant_label().is_some() || !kind.needs_variant_id());
        }
    }

    #[test]
    fn a_listing_is_mapped_by_the_ids_that_its_marketplace_needs() {
        for (kind, without, with_item, with_both) in [
            (ConnectorKind::Lazada, false, false, true),
            (ConnectorKind::Shopee, false, true, true),
            (ConnectorKind::Zalora, false, true, true),
            (ConnectorKind::Webhook, true, true, true),
            (ConnectorKind::File, true, true, true),
        ] {
            let found = [(None, None), (Some("1"), None), (Some("1"), Some("2"))];
            assert_eq!(found.map(|(item, variant)| kind.is_mapped(item, variant)), [without, with_item, with_both]);
        }
    }
}
