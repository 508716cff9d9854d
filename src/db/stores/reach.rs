//! How the quantities of some SKUs get to the stores that list them.

use crate::{
    db::{
        Conn,
        stores::{
            Store,
            connections::{self, Connection},
            listings::{self, Listing},
        },
    },
    domain::{
        code::SkuCode,
        stores::reach::{Reach, Way},
    },
};
use diesel::QueryResult;
use std::collections::HashMap;

/// A store, and the listings of some SKUs on it.
#[derive(Debug, Clone)]
pub struct StoreReach {
    pub store: Store,
    pub connection: Option<Connection>,
    /// The first plain listing of each SKU.
    pub listings: HashMap<SkuCode, Listing>,
}

impl StoreReach {
    fn way(&self) -> Way {
        match &self.connection {
            None => Way::NotConnected,
            Some(connection) if !connection.kind.is_pushed() => Way::File,
            Some(connection) if connection.paused_at.is_some() => {
                Way::Paused(connection.pause_reason.clone().unwrap_or_default())
            }
            Some(_) => Way::Sent,
        }
    }

    /// Whether the listing of a SKU has the ids that the store needs.
    pub fn is_mapped(&self, sku: &SkuCode) -> bool {
        let listing = self.listings.get(sku);
        self.connection.as_ref().zip(listing).is_some_and(|(connection, listing)| listing.is_pushed_by(connection.kind))
    }

    /// Whether the quantity of a SKU that it lists has to be typed there by somebody.
    pub fn is_by_hand(&self, sku: &SkuCode) -> bool {
        self.listings.contains_key(sku) && !(self.way() == Way::Sent && self.is_mapped(sku))
    }

    pub fn reach(&self) -> Reach {
        let is_sent = self.connection.as_ref().is_some_and(|connection| connection.kind.is_pushed());
        let not_mapped = self.listings.keys().filter(|sku| is_sent && !self.is_mapped(sku)).count();
        Reach { store: self.store.name.clone(), way: self.way(), listed: self.listings.len(), not_mapped }
    }
}

/// Those of `stores` that list any of `codes`, in their order.
pub fn of<'a>(
    conn: &mut Conn,
    stores: &[Store],
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<Vec<StoreReach>> {
    let connections = connections::all(conn)?;
    let of_skus = listings::of_skus(conn, codes)?;
    let mut reached = Vec::new();
    for store in stores {
        let mut listings: HashMap<SkuCode, Listing> = HashMap::new();
        for (sku, of_sku) in &of_skus {
            if let Some(first) = of_sku.iter().find(|listing| listing.store == store.code) {
                listings.insert(sku.clone(), first.clone());
            }
        }
        if listings.is_empty() {
            continue;
        }
        let connection = connections.iter().find(|connection| connection.store == store.code).cloned();
        reached.push(StoreReach { store: store.clone(), connection, listings });
    }
    Ok(reached)
}
