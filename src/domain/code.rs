//! The codes that people and API clients use as identifiers: [`SkuCode`], [`StoreCode`],
//! [`OrderNumber`], and what stores call the lines of an order: [`LineId`], [`SellerSku`].

use super::text::{TextRefusal, identifier};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $limit:literal, $check:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Parses a code of one line without hidden characters, in the Unicode form NFC.
            pub fn parse(text: &str) -> Result<Self, TextRefusal> {
                let code = identifier($what, text, $limit)?;
                $check($what, &code)?;
                Ok(Self(code))
            }

            /// Wraps a code from the database, which was checked when it was stored.
            pub fn trusted(stored: String) -> Self {
                Self(stored)
            }

            /// The code that an address names. It is taken as it is, because links to what is stored have it from the database,
            /// and earlier versions took other codes. `None` if no database has such a text.
            pub fn in_address(text: &str) -> Option<Self> {
                (!text.is_empty() && !text.contains('\0')).then(|| Self(text.to_owned()))
            }

            /// The code as text.
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
    SkuCode, "SKU code", 64, any_character;
    /// The code of a store: letters, digits, `-`, `_` and `.`, up to 40.
    StoreCode, "store code", 40, characters_of_urls;
    /// The number of an order, as its store gave it: up to 64 visible characters.
    OrderNumber, "order number", 64, any_character;
    /// The store's id of a line of an order: up to 100 visible characters.
    LineId, "line id", 100, any_character;
    /// The seller's own code of a listing on a store: up to 100 visible characters.
    SellerSku, "seller SKU", 100, any_character;
}

fn any_character(_what: &'static str, _code: &str) -> Result<(), TextRefusal> {
    Ok(())
}

/// Store codes are part of URLs and are joined by `|` in CSV cells.
fn characters_of_urls(what: &'static str, code: &str) -> Result<(), TextRefusal> {
    match code.chars().find(|c| !matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.')) {
        Some(found) => {
            Err(TextRefusal::NotAllowed { what, allowed: "letters, digits, “-”, “_” and “.”", found })
        }
        None if !code.contains(|c: char| c.is_ascii_alphanumeric()) => Err(TextRefusal::OnlySigns { what }),
        None => Ok(()),
    }
}
