//! The list of all marketplaces. A new one is a folder beside this file, its `mod` line, and a line in [`ALL`].

use super::{
    app::Connecting, credentials::Credentials, description::Description, file, lazada, shopee, webhook, zalora,
};
use crate::domain::{stores::connection::ConnectorKind, text::folded};
use secrecy::SecretString;

/// In the order in which forms offer them.
pub static ALL: &[&Description] =
    &[&lazada::DESCRIPTION, &shopee::DESCRIPTION, &zalora::DESCRIPTION, &webhook::DESCRIPTION, &file::DESCRIPTION];

pub fn kinds() -> impl Iterator<Item = ConnectorKind> {
    ALL.iter().map(|description| description.kind)
}

pub fn find(code: &str) -> Option<ConnectorKind> {
    kinds().find(|kind| kind.as_str() == code)
}

pub fn describe(kind: ConnectorKind) -> &'static Description {
    ALL.iter()
        .find(|description| description.kind == kind)
        .unwrap_or_else(|| panic!("{kind:?} is not in the list of marketplaces"))
}

/// The credentials that [`Credentials::to_json`] wrote. `None` if they are of no known marketplace or incomplete.
pub fn credentials_of(json: &SecretString) -> Option<Credentials> {
    Credentials::from_json(json, |code| {
        let description = ALL.iter().find(|description| description.kind.as_str() == code)?;
        Some((description.kind, description.fields))
    })
}

/// The keys of an app that [`Credentials::to_json`] wrote.
pub(super) fn app_keys_of(json: &SecretString) -> Option<Credentials> {
    Credentials::from_json(json, |code| {
        let description = ALL.iter().find(|description| description.kind.as_str() == code)?;
        Some((description.kind, description.app()?.fields))
    })
}

/// The marketplaces whose stores are connected through an app.
pub fn with_apps() -> impl Iterator<Item = ConnectorKind> {
    ALL.iter().filter(|description| description.app().is_some()).map(|description| description.kind)
}

/// The marketplaces whose stores are connected with keys that are typed: the name of each, and what to do.
pub fn without_apps() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter().filter_map(|description| match description.connecting {
        Connecting::ByApp(_) => None,
        Connecting::ByKeys(words) => Some((description.kind.label(), words)),
    })
}

/// The kind that a store is likely to be connected to, by the name of its marketplace.
pub fn likely_for(marketplace: &str) -> Option<ConnectorKind> {
    let name = folded(marketplace);
    kinds().find(|kind| name.contains(&folded(kind.label())))
}

/// The kind by which a store is mapped while it is not connected. One on a marketplace that is not in the list would be
/// connected by a webhook.
pub fn unconnected(marketplace: &str) -> ConnectorKind {
    likely_for(marketplace).unwrap_or(webhook::KIND)
}

/// The marketplaces with an API, for sentences: "Lazada, Shopee, Zalora".
pub fn names() -> String {
    let known = kinds().filter(|kind| kind.default_api_url().is_some());
    known.map(ConnectorKind::label).collect::<Vec<_>>().join(", ")
}

/// The name of the product's id at each marketplace, for sentences: "ItemId of Lazada, item_id of Shopee".
pub fn item_labels() -> String {
    labels(ConnectorKind::item_label)
}

pub fn variant_labels() -> String {
    labels(ConnectorKind::variant_label)
}

fn labels(label: fn(ConnectorKind) -> Option<&'static str>) -> String {
    let labels = kinds().filter_map(|kind| Some(format!("{} of {}", label(kind)?, kind.label())));
    labels.collect::<Vec<_>>().join(", ")
}

/// The id that means "no variant", and the marketplace that has it.
pub fn without_variant() -> impl Iterator<Item = (&'static str, &'static str)> {
    kinds().filter_map(|kind| Some((kind.facts().variant.as_ref()?.none?, kind.label())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{place::Country, stores::api_address::ApiAddress};

    #[test]
    fn every_marketplace_is_found_by_its_word() {
        for kind in kinds() {
            assert_eq!(find(kind.as_str()), Some(kind));
            assert_eq!(describe(kind).kind, kind);
        }
        assert_eq!(find("Lazada"), None);
        let words: std::collections::BTreeSet<_> = kinds().map(ConnectorKind::as_str).collect();
        assert_eq!(words.len(), ALL.len(), "each has a word of its own");
    }

    #[test]
    fn what_a_marketplace_says_of_itself_fits_together() {
        for description in ALL {
            let kind = description.kind;
            assert_eq!(kind.is_pushed(), description.connect.is_some(), "{kind:?}");
            assert_eq!(kind.item_label().is_some(), kind.needs_item_id(), "{kind:?}");
            assert!(!kind.needs_item_id() || kind.default_api_url().is_some(), "{kind:?}");
            for (country, address) in kind.facts().addresses {
                let parsed = ApiAddress::parse(kind, address).map(|parsed| parsed.as_str().to_owned());
                assert!(parsed.is_ok(), "{kind:?} {country}: {parsed:?}");
            }
            if let Some(app) = description.app() {
                assert!(app.fields.len() >= 2 && !app.countries.is_empty(), "{kind:?}");
                assert!(app.countries.iter().all(|code| Country::parse(code).is_ok()), "{kind:?}");
                let sandbox = app.sandbox.is_none_or(|address| ApiAddress::parse(kind, address).is_ok());
                assert!(sandbox, "{kind:?}");
            }
            for (_, name) in description.refused_fields {
                assert!(description.fields.iter().any(|field| field.name == *name), "{kind:?} has no field {name}");
            }
        }
    }

    #[test]
    fn the_kind_is_guessed_by_the_name_of_the_marketplace() {
        for (marketplace, kind) in
            [("Lazada", Some(lazada::KIND)), ("SHOPEE Mall", Some(shopee::KIND)), ("Shopify", None), ("", None)]
        {
            assert_eq!(likely_for(marketplace), kind, "{marketplace}");
        }
    }

    #[test]
    fn the_marketplaces_are_named_in_sentences() {
        assert_eq!(names(), "Lazada, Shopee, Zalora");
        assert_eq!(item_labels(), "ItemId of Lazada, item_id of Shopee, productId of Zalora");
        assert_eq!(variant_labels(), "SkuId of Lazada, model_id of Shopee");
        assert_eq!(without_variant().collect::<Vec<_>>(), [("0", "Shopee")]);
    }
}
