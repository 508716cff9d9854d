//! The kinds of files that can be imported, and their columns.

use crate::domain::words::words;

/// The kind of a file's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportKind {
    /// SKUs with their stock and the stores that list them.
    Catalogue,
    /// Orders: one order line in each row.
    Orders,
    /// The components and the marketplace ids of listings.
    Listings,
    /// Differences of stock: what was received, returned or damaged.
    StockChanges,
}

/// The result of a row that was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// The row created a SKU, an order (or a line of one) or a mapping.
    Created,
    /// The SKU, order or mapping existed. A SKU was updated; an order was not changed.
    Known,
    /// The SKU existed and is what the row says already. It is one of those that are known.
    Unchanged,
    /// The listing exists, and the row leaves it without the ids that its marketplace needs.
    Unmapped,
}

words!(ImportKind {
    Catalogue => "catalogue", "Catalogue";
    Orders => "orders", "Orders";
    Listings => "listings", "Listings";
    StockChanges => "stock_changes", "Stock changes";
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
            (Self::StockChanges, Imported::Created) => "Applied",
            (Self::StockChanges, Imported::Known) => "Without effect",
            (_, Imported::Unchanged) => "Unchanged",
            (_, Imported::Unmapped) => "Unmapped",
        }
    }

    /// The columns that a file must have.
    pub fn required_columns(self) -> &'static [&'static str] {
        match self {
            Self::Catalogue => &["sku"],
            Self::Orders => &["store", "order_number", "placed_at", "sku", "quantity", "unit_price"],
            Self::Listings => &["store", "sku", "seller_sku", "item_id", "variant_id"],
            Self::StockChanges => &["sku", "change", "reason"],
        }
    }

    /// The other columns that are read. Any further column is ignored.
    pub fn optional_columns(self) -> &'static [&'static str] {
        match self {
            Self::Catalogue => &["name", "on_hand", "stores", "buffer", "on_hand_shown", "counted_at"],
            Self::Orders => &["currency", "seller_sku"],
            Self::Listings => &[],
            Self::StockChanges => &["note"],
        }
    }

    /// The columns as a message names them.
    pub fn usual_columns(self) -> &'static [&'static str] {
        match self {
            Self::Catalogue => &["sku", "name", "on_hand", "stores"],
            Self::Orders | Self::Listings | Self::StockChanges => self.required_columns(),
        }
    }

    /// Required columns that a file may have another column instead of: an order names SKUs or seller SKUs.
    pub fn columns_instead(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Orders => &[("sku", "seller_sku")],
            Self::Catalogue | Self::Listings | Self::StockChanges => &[],
        }
    }

    /// Names that other programs have for a column of ours, with ours. A file with such a name and without ours is refused,
    /// because the column would be left out.
    pub fn mistakable_columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Catalogue => &[
                ("stock", "on_hand"),
                ("in_stock", "on_hand"),
                ("qty", "on_hand"),
                ("quantity", "on_hand"),
                ("inventory", "on_hand"),
                ("available", "on_hand"),
                ("units", "on_hand"),
                ("store", "stores"),
                ("title", "name"),
                ("product_name", "name"),
                ("safety_stock", "buffer"),
            ],
            Self::Orders | Self::Listings | Self::StockChanges => &[],
        }
    }

    /// The kind of a file by its columns: `has` says whether it has one.
    pub fn recognize(has: impl Fn(&str) -> bool) -> Option<Self> {
        if has("seller_sku") && has("components") {
            return Some(Self::Listings);
        }
        let names_orders = has("order_number") && has("seller_sku");
        if !(has("sku") || names_orders) {
            return None;
        }
        let has_any = |columns: &[&str]| columns.iter().any(|column| has(column));
        if has("order_number") {
            Some(Self::Orders)
        } else if has("change") {
            Some(Self::StockChanges)
        } else if has_any(&["seller_sku", "item_id", "variant_id"]) {
            Some(Self::Listings)
        } else if has_any(&["name", "on_hand", "stores", "buffer"]) {
            Some(Self::Catalogue)
        } else if has("reason") {
            // Its change has another name: taken for a catalogue, it would be told to call that on_hand.
            Some(Self::StockChanges)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_recognized_by_its_columns() {
        for (columns, kind) in [
            ("sku,name,on_hand,stores", Some(ImportKind::Catalogue)),
            ("sku,on_hand", Some(ImportKind::Catalogue)),
            ("sku,name,on_hand,committed,held,buffer,available_now,stores,lazada-sg", Some(ImportKind::Catalogue)),
            ("store,order_number,placed_at,sku,quantity,unit_price,status", Some(ImportKind::Orders)),
            ("store,order_number,placed_at,seller_sku,quantity,unit_price", Some(ImportKind::Orders)),
            ("store,sku,seller_sku,item_id,variant_id,name", Some(ImportKind::Listings)),
            ("store,seller_sku,components", Some(ImportKind::Listings)),
            ("sku,change,reason,note", Some(ImportKind::StockChanges)),
            ("sku,qty,reason", Some(ImportKind::StockChanges)),
            ("sku,on_hand,reason", Some(ImportKind::Catalogue)),
            ("sku,quantity", None),
            ("store,order_number,units", None),
            ("code,title", None),
        ] {
            let has = |name: &str| columns.split(',').any(|column| column == name);
            assert_eq!(ImportKind::recognize(has), kind, "{columns}");
        }
        for kind in ImportKind::ALL {
            let has = |name: &str| kind.usual_columns().contains(&name);
            assert_eq!(ImportKind::recognize(has), Some(kind));
        }
    }
}
