//! The warehouses that a seller has at a marketplace. The stock of one of them is set for a store.

/// A warehouse of the seller, as the marketplace names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warehouse {
    /// The marketplace's code of it: Shopee's `location_id`, Lazada's `warehouseCode`.
    pub code: String,
    /// Its name there; empty if it has none.
    pub name: String,
}

impl Warehouse {
    /// How pages name it: its name and its code.
    pub fn label(&self) -> String {
        if self.name.is_empty() { self.code.clone() } else { format!("{} ({})", self.name, self.code) }
    }
}
