//! The kinds of files that can be imported, and their columns.

use crate::domain::words::words;

/// The kind of a file's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// SKUs with their stock and the stores that list them.
    Catalogue,
    /// Orders: one order line in each row.
    Orders,
    /// The marketplace ids of listings.
    Listings,
}

/// The result of a row that was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// The row created a SKU, an order (or a line of one) or a mapping.
    Created,
    /// The SKU, order or mapping existed. A SKU was updated; an order was not changed.
    Known,
}

words!(ImportKind {
    Catalogue => "catalogue", "Catalogue";
    Orders => "orders", "Orders";
    Listings => "listings", "Listings";
});

impl ImportKind {
    /// The label of the rows with this result.
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
    pub fn required_columns(self) -> &'static [&'static str] {
        match self {
            Self::Catalogue => &["sku", "name", "on_hand", "stores"],
            Self::Orders => &["store", "order_number", "placed_at", "sku", "quantity", "unit_price"],
            Self::Listings => &["store", "sku", "seller_sku", "item_id", "variant_id"],
        }
    }

    /// All columns that are read, including optional ones. Others are ignored.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Catalogue => &["sku", "name", "on_hand", "stores", "buffer"],
            Self::Orders => &["store", "order_number", "placed_at", "sku", "quantity", "unit_price", "currency"],
            Self::Listings => self.required_columns(),
        }
    }
}
