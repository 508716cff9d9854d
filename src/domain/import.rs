//! What files can be imported, and the columns of each.

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// SKUs with their stock and the stores that list them.
    Catalogue,
}

impl ImportKind {
    /// All kinds, in the order forms offer them.
    pub const ALL: [Self; 1] = [Self::Catalogue];

    /// The word that the database, forms and the command line use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
        }
    }

    /// What people read.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Catalogue => "Catalogue",
        }
    }

    /// The kind that `text` (see [`Self::as_str`]) names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The columns that a file must have.
    #[must_use]
    pub fn required_columns(self) -> &'static [&'static str] {
        match self {
            Self::Catalogue => &["sku", "name", "on_hand", "stores"],
        }
    }

    /// The columns that are read where a file has them; others are ignored.
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Catalogue => &["sku", "name", "on_hand", "stores", "buffer"],
        }
    }
}
