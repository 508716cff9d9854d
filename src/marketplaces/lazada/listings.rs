//! Reads all that the seller lists: `/products/get`, which skips no more than 10,000 products ("It is recommended to use
//! date for scrolling query"). No page says in which order they come, so the dates only bound what is read: windows of the time of
//! creation, each of so few products that all of them can be skipped to.

use super::{
    Lazada,
    call::{Parameters, Refused},
    stock::Sku,
};
use crate::{
    domain::{
        moment::Moment,
        stores::{
            failure::Failure,
            found::{FoundListing, FoundPage, FoundPrice, SaleStatus, seller_sku, title},
        },
    },
    marketplaces::loose::{self, Readable},
};
use chrono::DateTime;
use futures_util::future::join_all;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;

const PRODUCTS: &str = "/products/get";

/// "The maximum is 50."
const LIMIT: usize = 50;

/// "The maximum offset is 10000."
const MOST_OF_A_WINDOW: usize = 10_000;

/// Requests that wait for their answers at the same time. All wait for the store's pace.
const AT_ONCE: usize = 4;

/// A longer answer is read in halves.
const ANSWER_BYTES: usize = 4 << 20;

/// 2010-01-01: no product is older.
const FIRST_SECOND: i64 = 1_262_304_000;

/// So far ahead the clock of Lazada may be.
const CLOCK_SECONDS: i64 = 86_400;

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    data: Option<Products>,
}

#[derive(Default, Deserialize)]
struct Products {
    #[serde(default, deserialize_with = "loose::number")]
    total_products: Option<i64>,
    #[serde(default)]
    products: Readable<Product>,
}

#[derive(Deserialize)]
struct Product {
    #[serde(default, deserialize_with = "loose::text")]
    item_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    status: String,
    #[serde(default)]
    attributes: Option<Attributes>,
    /// A list, although the page calls it a text.
    #[serde(default)]
    images: Value,
    #[serde(default)]
    skus: Readable<Variant>,
}

#[derive(Default, Deserialize)]
struct Attributes {
    #[serde(default, deserialize_with = "loose::text")]
    name: String,
    #[serde(default, deserialize_with = "loose::text")]
    name_en: String,
}

#[derive(Deserialize)]
struct Variant {
    #[serde(rename = "SellerSku", default, deserialize_with = "loose::text")]
    seller_sku: String,
    #[serde(rename = "Status", default, deserialize_with = "loose::text")]
    status: String,
    #[serde(rename = "Images", default)]
    images: Value,
    /// The value of each of the properties in which the variants differ.
    #[serde(rename = "saleProp", default)]
    properties: Value,
    #[serde(default, deserialize_with = "loose::text")]
    price: String,
    #[serde(flatten)]
    stock: Sku,
}

/// A part of all products: those that were made in some seconds, without the first ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    from: i64,
    until: i64,
    /// The last second of all windows.
    end: i64,
    offset: usize,
    /// How many products the window has; 0 while that is not known.
    total: usize,
}

impl Window {
    fn all(now: Moment) -> Self {
        let end = now.utc().timestamp() + CLOCK_SECONDS;
        Self { from: FIRST_SECOND, until: end, end, offset: 0, total: 0 }
    }

    fn parse(text: &str) -> Option<Self> {
        let numbers: Vec<i64> = text.split(',').filter_map(|number| number.parse().ok()).collect();
        let [from, until, end, offset, total] = numbers[..] else { return None };
        Some(Self { from, until, end, offset: usize::try_from(offset).ok()?, total: usize::try_from(total).ok()? })
    }

    /// The first half of the seconds. `None` if there is only one.
    fn half(self) -> Option<Self> {
        let until = self.from + (self.until - self.from) / 2;
        (self.until > self.from).then_some(Self { until, ..self })
    }

    /// What is left after so many more products; `None` if nothing is.
    fn rest(self, read: usize, total: usize) -> Option<Self> {
        let offset = self.offset + read;
        if offset < total.min(MOST_OF_A_WINDOW) {
            return Some(Self { offset, total, ..self });
        }
        let from = self.until + 1;
        let seconds = self.until - self.from + 1;
        let until = self.end.min(from + 2 * seconds);
        (from <= self.end).then_some(Self { from, until, offset: 0, total: 0, ..self })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, until, end, offset, total } = self;
        write!(f, "{from},{until},{end},{offset},{total}")
    }
}

impl Lazada {
    pub(super) async fn list_part(&self, cursor: Option<&str>) -> Result<FoundPage, Failure> {
        let mut window = cursor.and_then(Window::parse).unwrap_or_else(|| Window::all(self.api.now()));
        while window.total == 0 {
            let (page, total) = self.list_products(window, 0).await?;
            match window.half().filter(|_| total > MOST_OF_A_WINDOW) {
                Some(half) => window = half,
                None => return Ok(FoundPage { next: window.rest(LIMIT, total).map(|rest| rest.to_string()), ..page }),
            }
        }
        let left = window.total.min(MOST_OF_A_WINDOW) - window.offset;
        let requests: Vec<_> =
            (0..AT_ONCE.min(left.div_ceil(LIMIT))).map(|nth| self.list_products(window, nth * LIMIT)).collect();
        let read = requests.len() * LIMIT;
        let mut found = FoundPage::default();
        let mut total = window.total;
        for part in join_all(requests).await {
            let (page, total_now) = part?;
            found.listings.extend(page.listings);
            found.unreadable += page.unreadable;
            total = total_now;
        }
        found.next = window.rest(read, total).map(|rest| rest.to_string());
        Ok(found)
    }

    /// Up to [`LIMIT`] products of a window, and how many it has in all. What is too much for one answer is read in halves.
    async fn list_products(&self, window: Window, after: usize) -> Result<(FoundPage, usize), Failure> {
        let mut found = FoundPage::default();
        let mut total = 0;
        let mut parts = vec![(window.offset + after, LIMIT)];
        while let Some((offset, limit)) = parts.pop() {
            match self.ask_for_products(window, offset, limit).await {
                Ok(products) => {
                    let listed = products.products.entries.len() + products.products.unreadable;
                    let at_least = offset + listed + usize::from(listed == limit);
                    total = products.total_products.and_then(|total| usize::try_from(total).ok()).unwrap_or(at_least);
                    self.add(products, &mut found);
                }
                Err(refused) if refused.is_too_much && limit > 1 => {
                    let half = limit / 2;
                    parts.extend([(offset + half, limit - half), (offset, half)]);
                }
                Err(refused) if refused.is_too_much => found.unreadable += 1,
                Err(refused) => return Err(*refused.failure),
            }
        }
        // The number that was known before, if nothing could be read.
        Ok((found, total.max(window.total.min(window.offset + after + LIMIT))))
    }

    async fn ask_for_products(&self, window: Window, offset: usize, limit: usize) -> Result<Products, Refused> {
        let parameters = Parameters::from([
            ("filter", "all".to_owned()),
            ("limit", limit.to_string()),
            ("offset", offset.to_string()),
            ("create_after", date(window.from)),
            ("create_before", date(window.until)),
            ("options", "1".to_owned()),
        ]);
        let answer = self.call::<Answer>(Method::GET, PRODUCTS, parameters, ANSWER_BYTES).await?;
        Ok(answer.content.data.unwrap_or_default())
    }

    fn add(&self, products: Products, found: &mut FoundPage) {
        found.unreadable += products.products.unreadable;
        for product in products.products.entries {
            found.unreadable += product.skus.unreadable;
            let attributes = product.attributes.unwrap_or_default();
            let name = if attributes.name.is_empty() { attributes.name_en } else { attributes.name };
            for variant in product.skus.entries {
                if product.item_id.is_empty() || variant.stock.sku_id.is_empty() {
                    found.unreadable += 1;
                    continue;
                }
                let picture = first_of(&variant.images).or_else(|| first_of(&product.images));
                found.listings.push(FoundListing {
                    item_id: product.item_id.clone(),
                    variant_id: Some(variant.stock.sku_id.clone()),
                    seller_sku: seller_sku(&variant.seller_sku),
                    title: title(&name, &values(&variant.properties)),
                    status: status(&product.status, &variant.status),
                    picture: picture.unwrap_or_default(),
                    price: Some(FoundPrice { amount: variant.price, currency: None }),
                    shown: variant.stock.quantity(self.warehouse.as_deref()).ok(),
                });
            }
        }
    }
}

/// `2018-01-01T00:00:00+0000`, as the samples have it.
fn date(second: i64) -> String {
    let at = DateTime::from_timestamp(second, 0).unwrap_or_default();
    at.format("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

fn first_of(images: &Value) -> Option<String> {
    let first = images.get(0).unwrap_or(images);
    first.as_str().filter(|address| !address.is_empty()).map(str::to_owned)
}

/// The names of a variant: its value of each property.
fn values(properties: &Value) -> String {
    let values = properties.as_object().into_iter().flat_map(|properties| properties.values());
    values.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

fn status(of_product: &str, of_variant: &str) -> SaleStatus {
    let product = of_product.to_ascii_lowercase();
    let variant = of_variant.to_ascii_lowercase();
    if product.starts_with("delete") || variant.starts_with("delete") {
        SaleStatus::Deleted
    } else if product.starts_with("reject") || product.starts_with("suspend") {
        SaleStatus::Rejected
    } else if product.starts_with("pending") {
        SaleStatus::Pending
    } else if product.starts_with("inactive") || variant.starts_with("inactive") {
        SaleStatus::Inactive
    } else {
        SaleStatus::Live
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_every_second_once_and_their_place_is_a_text() {
        let all = Window { from: 0, until: 99, end: 99, offset: 0, total: 0 };
        let half = all.half().expect("two halves");
        assert_eq!((half.from, half.until), (0, 49));
        let more = half.rest(LIMIT, 120).expect("more of it");
        assert_eq!((more.from, more.offset, more.total), (0, 50, 120));
        assert_eq!(Window::parse(&more.to_string()), Some(more));
        let next = Window { offset: 100, ..more }.rest(LIMIT, 120).expect("the next window");
        assert_eq!((next.from, next.until, next.offset, next.total), (50, 99, 0, 0));
        assert_eq!(next.rest(LIMIT, 3), None, "it was the last");
        assert_eq!(Window { until: 0, ..all }.half(), None);
        assert_eq!(["1,2", "1,2,3,-4,5", ""].map(Window::parse), [None; 3]);
    }

    #[test]
    fn a_variant_is_what_it_and_its_product_are() {
        for (product, variant, expected) in [
            ("Active", "active", SaleStatus::Live),
            ("Active", "inactive", SaleStatus::Inactive),
            ("InActive", "active", SaleStatus::Inactive),
            ("Pending QC", "active", SaleStatus::Pending),
            ("Rejected", "active", SaleStatus::Rejected),
            ("Suspended", "active", SaleStatus::Rejected),
            ("Active", "deleted", SaleStatus::Deleted),
            ("Deleted", "active", SaleStatus::Deleted),
            ("", "", SaleStatus::Live),
        ] {
            assert_eq!(status(product, variant), expected, "{product} {variant}");
        }
    }
}
