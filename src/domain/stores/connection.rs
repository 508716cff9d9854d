//! Which marketplace a store is connected to, as far as the rules ask. Not here: the marketplaces. Each describes itself
//! in its folder under `marketplaces/`, and `marketplaces/registry.rs` lists them.

use std::{
    fmt,
    hash::{Hash, Hasher},
    num::NonZeroU32,
};

/// What the rules know of a marketplace.
#[derive(Debug)]
pub struct MarketplaceFacts {
    /// The word that the database, the API and forms use.
    pub code: &'static str,
    /// The name that people read.
    pub label: &'static str,
    /// Where its API is, by country. The first one is the default; the country is empty where one address is for all.
    pub addresses: &'static [(&'static str, &'static str)],
    /// Whether the address of its API may have a query. Most put their paths behind the address.
    pub address_may_have_query: bool,
    /// Requests a second that one store is sent at most, unless staff enter another number.
    pub default_rate: NonZeroU32,
    /// Whether quantities are sent to it. Those of a file wait until they are fetched.
    pub is_pushed: bool,
    /// Its id of a product, if a listing needs one.
    pub item: Option<IdFacts>,
    /// Its id of a variant of a product, if it has variants.
    pub variant: Option<IdFacts>,
}

/// What the rules know of an id of a marketplace.
#[derive(Debug)]
pub struct IdFacts {
    /// What the marketplace calls it.
    pub label: &'static str,
    /// Whether it may not be left out.
    pub is_needed: bool,
    /// Whether it is always a number.
    pub is_number: bool,
    /// What stands for no id, if anything does.
    pub none: Option<&'static str>,
}

/// The marketplace of a connection: the facts of one that is in the registry.
#[derive(Clone, Copy)]
pub struct ConnectorKind(&'static MarketplaceFacts);

impl ConnectorKind {
    /// The kind with these facts.
    #[must_use]
    pub const fn new(facts: &'static MarketplaceFacts) -> Self {
        Self(facts)
    }

    /// What is known of it.
    #[must_use]
    pub const fn facts(self) -> &'static MarketplaceFacts {
        self.0
    }

    /// The word that the database, the API and forms use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0.code
    }

    /// The name that people read.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.0.label
    }

    /// Where its API is unless staff enter another address.
    #[must_use]
    pub fn default_api_url(self) -> Option<&'static str> {
        self.0.addresses.first().map(|(_, address)| *address)
    }

    /// Requests a second that a store is sent at most, unless staff enter another number.
    #[must_use]
    pub fn default_rate(self) -> NonZeroU32 {
        self.0.default_rate
    }

    /// Whether quantities are sent to the store. Those of a file wait until they are fetched.
    #[must_use]
    pub fn is_pushed(self) -> bool {
        self.0.is_pushed
    }

    /// Whether a listing has to be mapped to the marketplace's id of the product.
    #[must_use]
    pub fn needs_item_id(self) -> bool {
        self.0.item.as_ref().is_some_and(|item| item.is_needed)
    }

    /// Whether a listing has to be mapped to the marketplace's id of the variant as well.
    #[must_use]
    pub fn needs_variant_id(self) -> bool {
        self.0.variant.as_ref().is_some_and(|variant| variant.is_needed)
    }

    /// What the marketplace calls its id of the product, if listings are mapped to it.
    #[must_use]
    pub fn item_label(self) -> Option<&'static str> {
        self.0.item.as_ref().map(|item| item.label)
    }

    /// What the marketplace calls its id of a variant of the product, if it has variants.
    #[must_use]
    pub fn variant_label(self) -> Option<&'static str> {
        self.0.variant.as_ref().map(|variant| variant.label)
    }

    /// Whether a listing with these ids can be pushed: it has those that the marketplace needs.
    #[must_use]
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
