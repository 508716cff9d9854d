//! The codes that people and API clients use as identifiers: [`SkuCode`], [`StoreCode`], [`OrderNumber`].

use super::text::{TextRefusal, single_line};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $limit:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The largest length, in characters.
            pub const LIMIT: usize = $limit;

            /// Wraps a code from the database, which was checked when it was stored.
            #[must_use]
            pub fn trusted(stored: String) -> Self {
                Self(stored)
            }

            /// The code as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

codes! {
    /// The code of a SKU: up to 64 visible characters; upper and lower case are different.
    SkuCode, "SKU code", 64;
    /// The code of a store: letters, digits, `-`, `_` and `.`, up to 40.
    StoreCode, "store code", 40;
    /// The number of an order, as its store gave it: up to 64 visible characters.
    OrderNumber, "order number", 64;
}

impl SkuCode {
    /// Parses a SKU code.
    ///
    /// # Errors
    /// A [`TextRefusal`] if the text is empty, too long or has a hidden character.
    pub fn parse(text: &str) -> Result<Self, TextRefusal> {
        single_line("SKU code", text, Self::LIMIT).map(Self)
    }
}

impl OrderNumber {
    /// Parses an order number.
    ///
    /// # Errors
    /// A [`TextRefusal`] if the text is empty, too long or has a hidden character.
    pub fn parse(text: &str) -> Result<Self, TextRefusal> {
        single_line("order number", text, Self::LIMIT).map(Self)
    }
}

impl StoreCode {
    /// Parses a store code. The characters are restricted because store codes are part of URLs and are joined by `|` in
    /// CSV cells.
    ///
    /// # Errors
    /// A [`TextRefusal`] if the text is empty, too long or has another character.
    pub fn parse(text: &str) -> Result<Self, TextRefusal> {
        let code = single_line("store code", text, Self::LIMIT)?;
        match code.chars().find(|c| !matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.')) {
            Some(found) => {
                Err(TextRefusal::NotAllowed {
                    what: "store code", allowed: "letters, digits, “-”, “_” and “.”", found
                })
            }
            None => Ok(Self(code)),
        }
    }
}
