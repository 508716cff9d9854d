//! What files can be imported, and the columns of each.

use crate::domain::words::words;

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// SKUs with their stock and the stores that list them.
    Catalogue,
    /// Orders, a line of one in each row.
    Orders,
    /// By what the marketplaces know listings.
    Listings,
}

/// What came of a row that was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// It made something new, or a part of it.
    Created,
    /// It is about what was there: a SKU was brought up to date, an order was left as it is.
    Known,
}

words!(ImportKind {
    Catalogue => "catalogue", "Catalogue";
    Orders => "orders", "Orders";
    Listings => "listings", "Listings";
});

impl ImportKind {
    /// What people read for rows of which this came.
    #[must_use]
    pub fn label_of(self, imported: Imported) -> &'static str {
        match (self, imported) {
            (Self::Catalogue, Imported::Created) => "Created",
            (Self::Catalogue, Imported::Known) => "Updated",
            (Self::Orders, Imported::Created) => "Recorded",
            (Self::Orders, Imported::Known) => "Known already",
            (Self::Listings, Imported::Created) => "Mapped",
            (Self::Listings, Imported::Known) => "As before",
        }
    }

    /// The columns that a file must have.
    #[must_use]
    pub fn required_columns(self) -> &'static [&'static str] {
        match self {
            Self::Catalogue => &["sku", "name", "on_hand", "stores"],
            Self::Orders => &["store", "order_number", "placed_at", "sku", "quantity", "unit_price"],
            Self::Listings => &["store", "sku", "seller_sku", "item_id", "variant_id"],
        }
    }

    /// The columns that are read where a file has them; others are ignored.
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Catalogue => &["sku", "name", "on_hand", "stores", "buffer"],
            Self::Orders | Self::Listings => self.required_columns(),
        }
    }
}
