//! Reads what Zalora shows, in as few requests as its API allows.
//!
//! Stock is read by product (`GET /v2/stock/product/{id}`) or for all products of a set
//! (`GET /v2/stock/product-set/{id}`). One request finds the sets of a batch (`GET /v2/products?productIds[]=…`); they never
//! change (“IDs of object are never changed”), and are cached for as long as the connection is open. A set is read once for all
//! its products in the batch; a product that is alone in the batch is read by itself, without looking for its set.

use super::{Zalora, refusal::Asked};
use crate::{
    domain::stores::failure::{Failure, FailureClass},
    marketplaces::{
        http::HttpAnswer,
        loose::{self, Readable},
        target::{Seen, Target},
    },
};
use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, de::IgnoredAny};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

pub(super) const STOCK: &str = "/v2/stock/product";
pub(super) const STOCK_OF_SET: &str = "/v2/stock/product-set";
const PRODUCTS: &str = "/v2/products";

/// Requests that wait for their answers at the same time. All wait for the store's pace.
const AT_ONCE: usize = 4;

/// `shipmentTypeId` of a product in Zalora's warehouse: “1 - warehouse; 2 - dropshipping; 3 - crossdocking”.
const IN_ZALORAS_WAREHOUSE: i64 = 1;

/// What the list of products says of one.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Product {
    #[serde(default, deserialize_with = "loose::text")]
    id: String,
    #[serde(default, deserialize_with = "loose::text")]
    seller_sku: String,
    #[serde(default, deserialize_with = "loose::text")]
    product_set_id: String,
    #[serde(default, deserialize_with = "loose::number")]
    shipment_type_id: Option<i64>,
}

/// The products that were looked up, by their ids.
pub(super) type Products = Mutex<HashMap<String, Product>>;

/// The stock of a product.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawStock {
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) seller_sku: String,
    #[serde(default, deserialize_with = "loose::number")]
    quantity: Option<i64>,
    #[serde(default, deserialize_with = "loose::number")]
    available: Option<i64>,
    #[serde(default, deserialize_with = "loose::number")]
    sellable_stock: Option<i64>,
    #[serde(default, deserialize_with = "loose::list")]
    warehouses: Vec<IgnoredAny>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stock {
    /// Units that sellers set.
    pub(super) quantity: i64,
    /// Units that buyers can order: the quantity, with the units in Zalora's warehouse and without those of open orders
    /// (`reservedStock`, or `preVerificationStock` where that is more).
    pub(super) available: i64,
    /// Units in Zalora's own warehouse, which are sold as well.
    pub(super) consigned: i64,
    /// The seller's warehouses that have units of it, where the seller has several.
    pub(super) warehouses: usize,
}

impl Stock {
    /// What buyers can order, and what is added to a quantity that is written: the reserved units, without those in Zalora's
    /// warehouse.
    pub(super) fn seen(&self) -> Seen {
        let reserved = self.quantity.saturating_sub(self.available);
        Seen { shown: Some(self.available.max(0)), reserved, ..Seen::default() }
    }
}

/// One request, and the rows that it is about.
enum Reading {
    Product(usize),
    Set(String, Vec<usize>),
}

type Found = Vec<(usize, Option<Result<Stock, Failure>>)>;

impl Zalora {
    /// What each row shows.
    pub(super) async fn read(&self, rows: &[&Target]) -> Result<Vec<Result<Stock, Failure>>, Failure> {
        if rows.len() > 1 {
            self.look_up(rows).await?;
        }
        let mut stocks: Vec<Option<Result<Stock, Failure>>> = vec![None; rows.len()];
        let mut readings = self.plan(rows);
        while !readings.is_empty() {
            let mut unanswered = Vec::new();
            for some in readings.chunks(AT_ONCE) {
                let requests: Vec<_> = some.iter().map(|reading| self.read_one(reading, rows)).collect();
                for found in join_all(requests).await {
                    for (index, stock) in found? {
                        if stock.is_none() {
                            unanswered.push(Reading::Product(index));
                        }
                        stocks[index] = stock;
                    }
                }
            }
            // What is missing in its set is read by itself, and a product that is read by itself always has an answer.
            readings = unanswered;
        }
        Ok(stocks.into_iter().map(|stock| stock.expect("every row was read")).collect())
    }

    /// The requests that read the rows: one for each set of which there are several, and one for each other product.
    fn plan(&self, rows: &[&Target]) -> Vec<Reading> {
        let products = self.products.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sets: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut readings = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            match products.get(id_of(row)).filter(|product| !product.product_set_id.is_empty()) {
                Some(product) => sets.entry(product.product_set_id.clone()).or_default().push(index),
                None => readings.push(Reading::Product(index)),
            }
        }
        for (set, indices) in sets {
            readings.push(match indices[..] {
                [only] => Reading::Product(only),
                _ => Reading::Set(set, indices),
            });
        }
        readings
    }

    async fn read_one(&self, reading: &Reading, rows: &[&Target]) -> Result<Found, Failure> {
        match reading {
            Reading::Product(index) => Ok(vec![(*index, Some(self.read_product(rows[*index]).await?))]),
            Reading::Set(set, indices) => {
                let in_set = self.read_set(set).await?;
                Ok(indices.iter().map(|index| (*index, self.find_in(&in_set, rows[*index]))).collect())
            }
        }
    }

    async fn read_product(&self, row: &Target) -> Result<Result<Stock, Failure>, Failure> {
        let id = id_of(row);
        let failure = match self.get(self.request(Method::GET, &format!("{STOCK}/{id}"))?).await {
            Ok(answer) => {
                let stock = answer.json_of_listing::<RawStock>(self.api.name())?;
                return Ok(stock.and_then(|stock| stock_of(id, &stock)));
            }
            Err(failure) => failure,
        };
        if failure.class == FailureClass::PermissionEnded {
            // 403 is also the answer about products of other sellers: “if you request data about product set that you don't
            // have permissions to view, then result will be 403 error”. It is about the application if other requests are
            // refused as well.
            self.check_settings().await?;
            return Ok(Err(Failure { class: FailureClass::Mapping, ..failure }));
        }
        if failure.class.is_store_wide() { Err(failure) } else { Ok(Err(failure)) }
    }

    /// The stocks of a set, without those that cannot be read. Empty if it is refused for a reason of its own, or is of another
    /// shape: each product that is missing is asked by itself.
    async fn read_set(&self, set: &str) -> Result<Vec<RawStock>, Failure> {
        match self.get(self.request(Method::GET, &format!("{STOCK_OF_SET}/{set}"))?).await {
            Ok(answer) => Ok(answer.json_of_listing::<Readable<_>>(self.api.name())?.unwrap_or_default().entries),
            Err(failure) if failure.class == FailureClass::PermissionEnded => Ok(Vec::new()),
            Err(failure) if failure.class.is_store_wide() => Err(failure),
            Err(_) => Ok(Vec::new()),
        }
    }

    /// The stock of a row among those of its set, which have no `productId`: by the seller SKU that Zalora has for it. `None` if
    /// there is none or more than one.
    fn find_in(&self, in_set: &[RawStock], row: &Target) -> Option<Result<Stock, Failure>> {
        let id = id_of(row);
        let products = self.products.lock().unwrap_or_else(PoisonError::into_inner);
        let seller_sku = &products.get(id)?.seller_sku;
        let mut found = in_set.iter().filter(|stock| !seller_sku.is_empty() && stock.seller_sku == *seller_sku);
        let stock = found.next()?;
        found.next().is_none().then(|| stock_of(id, stock))
    }

    /// Looks up the products that are not known yet. One that the list lacks is read by itself.
    pub(super) async fn look_up(&self, rows: &[&Target]) -> Result<(), Failure> {
        let mut missing = Vec::new();
        {
            let products = self.products.lock().unwrap_or_else(PoisonError::into_inner);
            for id in rows.iter().map(|row| id_of(row)) {
                if !products.contains_key(id) {
                    missing.push(id);
                }
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        // The documents name no limit of ids: a batch has 100.
        let query: Vec<(&str, &str)> = missing.iter().map(|id| ("productIds[]", *id)).collect();
        let listed: Readable<Product> = match self.get(self.request(Method::GET, PRODUCTS)?.query(&query)).await {
            Ok(answer) => answer.json(self.api.name())?,
            // 403 may be about one product, as in the other calls.
            Err(failure) if failure.class.is_store_wide() && failure.class != FailureClass::PermissionEnded => {
                return Err(failure);
            }
            Err(_) => Readable::default(),
        };
        let mut products = self.products.lock().unwrap_or_else(PoisonError::into_inner);
        for id in missing {
            products.insert(id.to_owned(), Product::default());
        }
        for product in listed.entries {
            products.insert(product.id.clone(), product);
        }
        Ok(())
    }

    /// Whether Zalora sells the product from its own warehouse, as far as the list of products says so.
    pub(super) fn is_in_zaloras_warehouse(&self, row: &Target) -> bool {
        let products = self.products.lock().unwrap_or_else(PoisonError::into_inner);
        products.get(id_of(row)).is_some_and(|product| product.shipment_type_id == Some(IN_ZALORAS_WAREHOUSE))
    }

    async fn get(&self, request: RequestBuilder) -> Result<HttpAnswer, Failure> {
        self.send(request, Asked::Api).await
    }
}

fn id_of(row: &Target) -> &str {
    row.item_id.as_deref().unwrap_or_default()
}

pub(super) fn stock_of(id: &str, raw: &RawStock) -> Result<Stock, Failure> {
    let (Some(quantity), Some(available)) = (raw.quantity, raw.available) else {
        return Err(Failure::temporary(format!("Zalora does not say how much of the product {id} is available.")));
    };
    let consigned = raw.sellable_stock.unwrap_or_default();
    Ok(Stock { quantity, available, consigned, warehouses: raw.warehouses.len() })
}
