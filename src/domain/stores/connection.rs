//! The facts about a marketplace that the rules need. The marketplaces themselves are not here: each describes itself
//! in its folder under `marketplaces/`, and `marketplaces/registry.rs` lists them.

use crate::domain::place::Country;
use std::{
    fmt,
    hash::{Hash, Hasher},
    num::NonZeroU32,
};

/// The facts about a marketplace.
#[derive(Debug)]
pub struct MarketplaceFacts {
    /// The word that the database, the API and forms use.
    pub code: &'static str,
    /// The label on pages.
    pub label: &'static str,
    /// The addresses of its API, with their countries. The first one is the default. The country is empty if one
    /// address serves all countries.
    pub addresses: &'static [(&'static str, &'static str)],
    /// Whether the address of the API may have a query string. For most, paths are appended to the address.
    pub address_may_have_query: bool,
    /// The maximum of requests per second for one store, unless staff enter another number.
    pub default_rate: NonZeroU32,
    /// Whether quantities are sent to it. For a file they are not: a client fetches them.
    pub is_pushed: bool,
    /// Whether what it lists for a store can be read.
    pub has_list: bool,
    /// The id of a product, if a listing needs one.
    pub item: Option<IdFacts>,
    /// The id of a variant of a product, if there are variants.
    pub variant: Option<IdFacts>,
}

/// The facts about an id of a marketplace.
#[derive(Debug)]
pub struct IdFacts {
    /// The marketplace's name for the id.
    pub label: &'static str,
    /// Whether the id is required.
    pub is_needed: bool,
    /// Whether the id is always a number.
    pub is_number: bool,
    /// The value that means no id, if there is one.
    pub none: Option<&'static str>,
}

/// The marketplace of a connection: a reference to its facts in the registry.
#[derive(Clone, Copy)]
pub struct ConnectorKind(&'static MarketplaceFacts);

impl ConnectorKind {
    /// Wraps the facts of a marketplace.
    pub const fn new(facts: &'static MarketplaceFacts) -> Self {
        Self(facts)
    }

    /// All facts about the marketplace.
    pub const fn facts(self) -> &'static MarketplaceFacts {
        self.0
    }

    /// The word that the database, the API and forms use.
    pub fn as_str(self) -> &'static str {
        self.0.code
    }

    /// The country whose address of the API this is. `None` for an address that is not known, or that serves all countries.
    pub fn country_of(self, api_url: &str) -> Option<Country> {
        let (country, _) = self.0.addresses.iter().find(|(_, address)| *address == api_url)?;
        Country::parse(country).ok()
    }

    /// The label on pages.
    pub fn label(self) -> &'static str {
        self.0.label
    }

    /// The address of the API, unless staff enter another one.
    pub fn default_api_url(self) -> Option<&'static str> {
        self.0.addresses.first().map(|(_, address)| *address)
    }

    /// See [`MarketplaceFacts::default_rate`].
    pub fn default_rate(self) -> NonZeroU32 {
        self.0.default_rate
    }

    /// See [`MarketplaceFacts::is_pushed`].
    pub fn is_pushed(self) -> bool {
        self.0.is_pushed
    }

    /// See [`MarketplaceFacts::has_list`].
    pub fn has_list(self) -> bool {
        self.0.has_list
    }

    /// Whether a listing must have an id of its product.
    pub fn needs_item_id(self) -> bool {
        self.0.item.as_ref().is_some_and(|item| item.is_needed)
    }

    /// Whether a listing must have an id of its variant as well.
    pub fn needs_variant_id(self) -> bool {
        self.0.variant.as_ref().is_some_and(|variant| variant.is_needed)
    }

    /// The marketplace's name for the id of a product, if it has one.
    pub fn item_label(self) -> Option<&'static str> {
        self.0.item.as_ref().map(|item| item.label)
    }

    /// The marketplace's name for the id of a variant, if it has one.
    pub fn variant_label(self) -> Option<&'static str> {
        self.0.variant.as_ref().map(|variant| variant.label)
    }

    /// Whether a listing with these ids has all that are required for a push.
    pub fn is_mapped(self, item_id: Option<&str>, variant_id: Option<&str>) -> bool {
        (!self.needs_item_id() || item_id.is_some()) && (!self.needs_variant_id() || variant_id.is_some())
    }
}

impl PartialEq for ConnectorKind {
    fn eq(&self, other: &Self) -> bool {
        self.0.code == other.0.code
    }
}

impl Eq for ConnectorKind {}

impl Hash for ConnectorKind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.code.hash(state);
    }
}

impl fmt::Debug for ConnectorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.label)
    }
}
