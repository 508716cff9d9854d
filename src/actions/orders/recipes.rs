//! What the listings that orders name are made of.

use crate::{
    db::{
        Conn, QueryResult,
        stores::{
            components,
            listings::{self, Listing},
            retiring::{self, RetiringListing},
        },
    },
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
        let mut recipes = Self::default();
        for (store, seller_skus) in of_stores {
            let listed = listings::with_seller_skus(conn, store, &seller_skus)?;
            recipes.add(conn, listed)?;
            let is_missing = |seller_sku: &&SellerSku| recipes.components(store, seller_sku).is_none();
            let missing: Vec<&SellerSku> = seller_skus.into_iter().filter(is_missing).collect();
            if !missing.is_empty() {
                // Orders of a listing that was taken off still come in.
                let retiring = retiring::with_seller_skus(conn, store, &missing)?;
                recipes.add(conn, retiring.into_iter().map(RetiringListing::into_listing).collect())?;
            }
        }
        Ok(recipes)
    }

    /// Adds what `listings` of one store are made of. Some have shared a seller SKU since before it had to be unique.
    fn add(&mut self, conn: &mut Conn, listings: Vec<Listing>) -> QueryResult<()> {
        let mut made_of = components::of(conn, &listings)?;
        let mut shared = BTreeSet::new();
        for listing in listings {
            let Some(components) = made_of.remove(&listing.id) else { continue };
            let key = (listing.store, SellerSku::trusted(listing.seller_sku));
            if self.0.insert(key.clone(), components).is_some() {
                shared.insert(key);
            }
        }
        self.0.retain(|key, _| !shared.contains(key));
        Ok(())
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
