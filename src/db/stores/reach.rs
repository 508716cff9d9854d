//! How the quantities of some SKUs get to the stores that list them.

use crate::{
    db::{
        Conn,
        stores::{
            Store,
            connections::{self, Connection},
            kits::{self, Kit},
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
    /// The kits that have one of the SKUs among their components.
    pub kits: Vec<Kit>,
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

    /// Whether a listing has the ids that the store needs.
    pub fn is_mapped(&self, listing: &Listing) -> bool {
        self.connection.as_ref().is_some_and(|connection| listing.is_pushed_by(connection.kind))
    }

    /// Whether the quantity of a listing has to be typed there by a person.
    pub fn is_by_hand(&self, listing: &Listing) -> bool {
        !(self.way() == Way::Sent && self.is_mapped(listing))
    }

    pub fn reach(&self) -> Reach {
        let is_sent = self.connection.as_ref().is_some_and(|connection| connection.kind.is_pushed());
        let all = self.listings.values().chain(self.kits.iter().map(|kit| &kit.listing));
        let not_mapped = all.filter(|listing| is_sent && !self.is_mapped(listing)).count();
        let listed = self.listings.len() + self.kits.len();
        Reach { store: self.store.name.clone(), way: self.way(), listed, not_mapped }
    }
}

/// Those of `stores` that list any of `codes`, in their order.
pub fn of<'a>(
    conn: &mut Conn,
    stores: &[Store],
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<Vec<StoreReach>> {
    let connections = connections::all(conn)?;
    let codes: Vec<&SkuCode> = codes.into_iter().collect();
    let of_skus = listings::of_skus(conn, codes.iter().copied())?;
    let of_kits = kits::with_skus(conn, codes, usize::MAX)?;
    let mut reached = Vec::new();
    for store in stores {
        let mut listings: HashMap<SkuCode, Listing> = HashMap::new();
        for (sku, of_sku) in &of_skus {
            if let Some(first) = of_sku.iter().find(|listing| listing.store == store.code) {
                listings.insert(sku.clone(), first.clone());
            }
        }
        let kits: Vec<Kit> = of_kits.iter().filter(|kit| kit.listing.store == store.code).cloned().collect();
        if listings.is_empty() && kits.is_empty() {
            continue;
        }
        let connection = connections.iter().find(|connection| connection.store == store.code).cloned();
        reached.push(StoreReach { store: store.clone(), connection, listings, kits });
    }
    Ok(reached)
}
