//! Identifiers that the application generates: UUIDs of version 7, which sort in the order of their creation.

use uuid::{Uuid, fmt::Hyphenated};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        // Stored as text, because databases, URLs and JSON all need the text.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; Hyphenated::LENGTH]);

        impl $name {
            /// The id as text, in lower case with hyphens.
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).expect("a UUID is ASCII")
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                let mut text = [0; Hyphenated::LENGTH];
                id.hyphenated().encode_lower(&mut text);
                Self(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self::from)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )+};
}

ids! {
    /// A promotion, or the draft of one.
    PromotionId;
    /// A member of staff who can sign in.
    UserId;
    /// An API token.
    TokenId;
    /// One import of a file.
    ImportId;
    /// One run of the verification, which recomputes everything from the ledger.
    VerificationId;
    /// A listing: one thing that a store sells.
    ListingId;
    /// One row of the push log: a quantity that was sent to a store.
    LoggedPushId;
    /// What a store showed once and nothing explained.
    DriftId;
}
