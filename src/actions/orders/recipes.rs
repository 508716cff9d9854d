//! What the listings that orders name are made of.

use crate::{
    db::{Conn, QueryResult, stores::listings},
    domain::{
        code::{SellerSku, SkuCode, StoreCode},
        orders::{
            order::NewOrder,
            parts::{self, SoldPart},
        },
        stores::components::Components,
    },
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The components of listings, by store and seller SKU. One that no listing has, or that several share, is not in it.
#[derive(Debug, Default)]
pub struct Recipes(HashMap<(StoreCode, SellerSku), Components>);

impl Recipes {
    /// Those of the listings that `orders` name. Nothing is read for lines that name SKUs.
    pub fn of<'a>(conn: &mut Conn, orders: impl IntoIterator<Item = &'a NewOrder>) -> QueryResult<Self> {
        let mut named: BTreeSet<(&StoreCode, &SellerSku)> = BTreeSet::new();
        for order in orders {
            for seller_sku in order.lines.iter().filter_map(|line| line.item.seller_sku()) {
                named.insert((&order.store, seller_sku));
            }
        }
        Self::of_listings(conn, named)
    }

    pub fn of_listings(conn: &mut Conn, named: BTreeSet<(&StoreCode, &SellerSku)>) -> QueryResult<Self> {
        let mut of_stores: BTreeMap<&StoreCode, Vec<&SellerSku>> = BTreeMap::new();
        for (store, seller_sku) in named {
            of_stores.entry(store).or_default().push(seller_sku);
        }
        let mut recipes = HashMap::new();
        for (store, seller_skus) in of_stores {
            let mut shared = BTreeSet::new();
            for listing in listings::with_seller_skus(conn, store, &seller_skus)? {
                let key = (store.clone(), SellerSku::trusted(listing.seller_sku));
                if recipes.insert(key.clone(), Components::plain(listing.sku)).is_some() {
                    shared.insert(key);
                }
            }
            recipes.retain(|key, _| !shared.contains(key));
        }
        Ok(Self(recipes))
    }

    pub fn components(&self, store: &StoreCode, seller_sku: &SellerSku) -> Option<&Components> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&(store.clone(), seller_sku.clone()))
    }

    /// What `order` has of each SKU; or the first seller SKU that no listing has.
    pub fn parts(&self, order: &NewOrder) -> Result<Vec<SoldPart>, SellerSku> {
        let mut found = Vec::with_capacity(order.lines.len());
        for line in &order.lines {
            let components = match line.item.seller_sku() {
                None => None,
                Some(named) => Some(self.components(&order.store, named).ok_or_else(|| named.clone())?),
            };
            found.extend(parts::parts(&line.item, line.quantity, line.unit_price_minor, components));
        }
        Ok(found)
    }

    /// Every SKU of a listing.
    pub fn skus(&self) -> impl Iterator<Item = &SkuCode> {
        self.0.values().flat_map(Components::iter).map(|component| &component.sku)
    }
}
