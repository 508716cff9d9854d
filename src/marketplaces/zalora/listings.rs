//! Reads all that the seller lists: a page of product sets, and the products, the stock and the prices of each. A product of a set
//! is what other marketplaces call a variant.
//!
//! Source: `GET /v2/product-sets` (“Maximum limit is 100”), `/v2/product-sets/images`, `/v2/product-set/{id}/products`,
//! `/v2/stock/product-set/{id}` and `/v2/product-set/{id}/prices`.

use super::{
    Zalora,
    refusal::Asked,
    stock::{RawStock, STOCK_OF_SET, stock_of},
};
use crate::{
    domain::{
        money::Currency,
        place::Country,
        stores::{
            failure::{Failure, FailureClass},
            found::{FoundListing, FoundPage, FoundPrice, SaleStatus, seller_sku, title},
        },
    },
    marketplaces::loose::{self, Readable},
};
use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::HashMap;

const SETS: &str = "/v2/product-sets";
const IMAGES: &str = "/v2/product-sets/images";
const SET: &str = "/v2/product-set";

/// Of a page. Each of them takes three requests, so a page of 100 would take long to read again after a failure.
const SETS_OF_A_PAGE: usize = 20;

/// Sets that are read at the same time. All their requests wait for the store's pace.
const AT_ONCE: usize = 4;

#[derive(Deserialize)]
struct Sets {
    #[serde(default)]
    items: Readable<Set>,
    #[serde(default)]
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
struct Pagination {
    #[serde(rename = "totalCount", default, deserialize_with = "loose::number")]
    total_count: Option<i64>,
}

#[derive(Deserialize)]
struct Set {
    #[serde(default, deserialize_with = "loose::text")]
    id: String,
    #[serde(default, deserialize_with = "loose::text")]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetImages {
    #[serde(default, deserialize_with = "loose::text")]
    product_set_id: String,
    #[serde(default, deserialize_with = "loose::list")]
    images: Vec<Image>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    #[serde(default, deserialize_with = "loose::text")]
    display_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(default, deserialize_with = "loose::text")]
    id: String,
    #[serde(default, deserialize_with = "loose::text")]
    seller_sku: String,
    #[serde(default, deserialize_with = "loose::text")]
    status: String,
    #[serde(default, deserialize_with = "loose::text")]
    approval_status: String,
    #[serde(default, deserialize_with = "loose::text")]
    variation: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Price {
    #[serde(default, deserialize_with = "loose::text")]
    product_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    price: String,
    #[serde(default, deserialize_with = "loose::text")]
    country: String,
}

impl Zalora {
    /// `cursor` is the offset of the page.
    pub(super) async fn list_part(&self, cursor: Option<&str>) -> Result<FoundPage, Failure> {
        let offset: usize = cursor.unwrap_or("0").parse().unwrap_or_default();
        // In the order of their creation, a new one is after all others.
        let query = [
            ("limit", SETS_OF_A_PAGE.to_string()),
            ("offset", offset.to_string()),
            ("orderBy", "createdAt".to_owned()),
            ("orderDirection", "ASC".to_owned()),
        ];
        let answer = self.send(self.request(Method::GET, SETS)?.query(&query), Asked::Api).await?;
        let sets: Sets = answer.json(self.api.name())?;
        let listed = sets.items.entries.len() + sets.items.unreadable;
        let mut found = FoundPage { unreadable: sets.items.unreadable, ..FoundPage::default() };
        let pictures = self.read_pictures(&sets.items.entries).await?;
        for some in sets.items.entries.chunks(AT_ONCE) {
            let requests: Vec<_> = some.iter().map(|set| self.list_set(set)).collect();
            for (set, read) in some.iter().zip(join_all(requests).await) {
                let Some((listings, unreadable)) = read? else {
                    found.unreadable += 1;
                    continue;
                };
                found.unreadable += unreadable;
                let picture = pictures.get(&set.id).cloned().unwrap_or_default();
                found.listings.extend(listings.into_iter().map(|it| FoundListing { picture: picture.clone(), ..it }));
            }
        }
        let total = sets.pagination.and_then(|pagination| pagination.total_count);
        let is_more = match total.and_then(|total| usize::try_from(total).ok()) {
            Some(total) => offset + listed < total,
            None => listed == SETS_OF_A_PAGE,
        };
        found.next = (is_more && listed > 0).then(|| (offset + listed).to_string());
        Ok(found)
    }

    /// The address of the first picture of each set.
    async fn read_pictures(&self, sets: &[Set]) -> Result<HashMap<String, String>, Failure> {
        if sets.is_empty() {
            return Ok(HashMap::new());
        }
        let query: Vec<(&str, &str)> = sets.iter().map(|set| ("productSetIds[]", set.id.as_str())).collect();
        let read: Option<Readable<SetImages>> = self.ask(self.request(Method::GET, IMAGES)?.query(&query)).await?;
        let mut pictures = HashMap::new();
        for SetImages { product_set_id, images } in read.unwrap_or_default().entries {
            pictures.extend(images.into_iter().next().map(|image| (product_set_id, image.display_url)));
        }
        Ok(pictures)
    }

    /// The products of a set, and how many could not be read. `None` if the set was deleted meanwhile or cannot be read.
    async fn list_set(&self, set: &Set) -> Result<Option<(Vec<FoundListing>, usize)>, Failure> {
        let id = &set.id;
        let products: Option<Readable<Listed>> =
            self.ask(self.request(Method::GET, &format!("{SET}/{id}/products"))?).await?;
        let Some(products) = products else { return Ok(None) };
        let stocks: Option<Readable<RawStock>> =
            self.ask(self.request(Method::GET, &format!("{STOCK_OF_SET}/{id}"))?).await?;
        let stocks = stocks.unwrap_or_default().entries;
        let prices: Option<Readable<Price>> =
            self.ask(self.request(Method::GET, &format!("{SET}/{id}/prices"))?).await?;
        let prices = prices.unwrap_or_default().entries;
        let mut listings = Vec::new();
        for product in products.entries {
            let mut of_product = stocks.iter().filter(|stock| stock.seller_sku == product.seller_sku);
            // A seller SKU is unique, the document says: of two, neither is known to be this product's.
            let stock = of_product.next().filter(|_| of_product.next().is_none());
            let stock = stock.and_then(|stock| stock_of(&product.id, stock).ok());
            listings.push(FoundListing {
                title: title(&set.name, &product.variation),
                seller_sku: seller_sku(&product.seller_sku),
                status: status(&product.status, &product.approval_status),
                price: self.price_of(&prices, &product.id),
                shown: stock.filter(|stock| stock.consigned == 0).map(|stock| stock.available),
                item_id: product.id,
                variant_id: None,
                picture: String::new(),
            });
        }
        Ok(Some((listings, products.unreadable)))
    }

    /// The price in the country of the store, or the first one where that is not known.
    fn price_of(&self, prices: &[Price], id: &str) -> Option<FoundPrice> {
        let addresses = super::FACTS.addresses.iter();
        let country = addresses.filter(|(_, address)| self.api.url() == *address).map(|(country, _)| *country).next();
        let mut of_product = prices.iter().filter(|price| price.product_id == id);
        let here = of_product.clone().find(|price| country.is_some_and(|country| country == price.country));
        let price = here.or_else(|| of_product.next())?;
        let currency = Country::parse(&price.country).ok().and_then(Currency::of);
        Some(FoundPrice { amount: price.price.clone(), currency })
    }

    /// The answer to a request about a set. `None` if it is refused for a reason of its own: the set may have been deleted.
    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<Option<T>, Failure> {
        match self.send(request, Asked::Api).await {
            Ok(answer) => Ok(answer.json_of_listing(self.api.name())?.ok()),
            // 403 is also the answer about sets of other sellers.
            Err(failure) if failure.class.is_store_wide() && failure.class != FailureClass::PermissionEnded => {
                Err(failure)
            }
            Err(_) => Ok(None),
        }
    }
}

fn status(status: &str, approval: &str) -> SaleStatus {
    match (status, approval) {
        ("deleted", _) => SaleStatus::Deleted,
        (_, "rejected") => SaleStatus::Rejected,
        (_, "pending") => SaleStatus::Pending,
        ("inactive", _) => SaleStatus::Inactive,
        _ => SaleStatus::Live,
    }
}
