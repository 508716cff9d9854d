//! Reads all that the shop lists: a page of items, what is known of each, and the models of those that have some.
//!
//! Source: `v2.product.get_item_list` (up to 100), `get_item_base_info` (up to 50), `get_model_list` (of one item).

use super::{
    Shopee,
    stock::{ITEMS, MODELS, StockInfo},
};
use crate::{
    domain::{
        money::Currency,
        stores::{
            failure::Failure,
            found::{FoundListing, FoundPage, FoundPrice, SaleStatus, seller_sku, title},
        },
    },
    marketplaces::loose,
};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::Value;

const LIST: &str = "/api/v2/product/get_item_list";

const ITEMS_OF_A_PAGE: &str = "100";

/// What was deleted is not asked for: it is gone.
const STATUSES: [&str; 4] = ["NORMAL", "BANNED", "UNLIST", "REVIEWING"];

const ITEMS_OF_A_REQUEST: usize = 50;

/// Requests that wait for their answers at the same time. All wait for the store's pace.
const AT_ONCE: usize = 8;

#[derive(Deserialize)]
struct Listed {
    #[serde(default, deserialize_with = "loose::list")]
    item: Vec<ListedItem>,
    #[serde(default)]
    has_next_page: bool,
    #[serde(default, deserialize_with = "loose::text")]
    next_offset: String,
}

#[derive(Deserialize)]
struct ListedItem {
    #[serde(default, deserialize_with = "loose::text")]
    item_id: String,
}

#[derive(Default, Deserialize)]
struct Items {
    #[serde(default, deserialize_with = "loose::list")]
    item_list: Vec<Value>,
}

#[derive(Clone, Deserialize)]
struct Item {
    #[serde(default, deserialize_with = "loose::text")]
    item_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    item_name: String,
    #[serde(default, deserialize_with = "loose::text")]
    item_sku: String,
    #[serde(default, deserialize_with = "loose::text")]
    item_status: String,
    /// A boolean; other booleans of this answer are texts in its sample.
    #[serde(default)]
    has_model: Value,
    #[serde(default)]
    image: Option<Images>,
    /// Of an item without models.
    #[serde(default, deserialize_with = "loose::list")]
    price_info: Vec<Price>,
    #[serde(default)]
    stock_info_v2: Option<StockInfo>,
}

#[derive(Clone, Deserialize)]
struct Images {
    #[serde(default, deserialize_with = "loose::list")]
    image_url_list: Vec<String>,
}

#[derive(Clone, Deserialize)]
struct Price {
    #[serde(default, deserialize_with = "loose::text")]
    currency: String,
    #[serde(default, deserialize_with = "loose::text")]
    current_price: String,
}

#[derive(Default, Deserialize)]
struct Models {
    #[serde(default, deserialize_with = "loose::list")]
    tier_variation: Vec<Tier>,
    #[serde(default, deserialize_with = "loose::list")]
    model: Vec<Value>,
}

#[derive(Deserialize)]
struct Tier {
    #[serde(default, deserialize_with = "loose::list")]
    option_list: Vec<TierOption>,
}

#[derive(Deserialize)]
struct TierOption {
    #[serde(default, deserialize_with = "loose::text")]
    option: String,
    #[serde(default)]
    image: Option<TierImage>,
}

#[derive(Deserialize)]
struct TierImage {
    #[serde(default, deserialize_with = "loose::text")]
    image_url: String,
}

#[derive(Deserialize)]
struct Model {
    #[serde(default, deserialize_with = "loose::text")]
    model_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    model_sku: String,
    #[serde(default, deserialize_with = "loose::text")]
    model_status: String,
    /// Which option of each variation it has.
    #[serde(default, deserialize_with = "loose::list")]
    tier_index: Vec<usize>,
    #[serde(default, deserialize_with = "loose::list")]
    price_info: Vec<Price>,
    #[serde(default)]
    stock_info_v2: Option<StockInfo>,
}

impl Item {
    fn has_models(&self) -> bool {
        self.has_model == Value::Bool(true) || self.has_model == "true"
    }
}

impl Shopee {
    /// `cursor` is the offset of the page.
    pub(super) async fn list_part(&self, cursor: Option<&str>) -> Result<FoundPage, Failure> {
        let offset = cursor.unwrap_or("0");
        let mut query = vec![("offset", offset), ("page_size", ITEMS_OF_A_PAGE)];
        query.extend(STATUSES.map(|status| ("item_status", status)));
        let listed: Listed = self.read_response(LIST, &query).await?;
        let ids: Vec<String> = listed.item.into_iter().map(|item| item.item_id).filter(|id| !id.is_empty()).collect();
        let mut found = FoundPage::default();
        let requests: Vec<_> = ids.chunks(ITEMS_OF_A_REQUEST).map(|some| self.read_items(some)).collect();
        let mut with_models = Vec::new();
        for part in join_all(requests).await {
            let (items, unreadable) = part?;
            found.unreadable += unreadable;
            for item in items {
                match item.has_models() {
                    true => with_models.push(item),
                    false => found.listings.push(self.found_item(&item)),
                }
            }
        }
        for some in with_models.chunks(AT_ONCE) {
            let requests: Vec<_> = some.iter().map(|item| self.read_models(item)).collect();
            for models in join_all(requests).await {
                match models? {
                    Some((listings, unreadable)) => {
                        found.listings.extend(listings);
                        found.unreadable += unreadable;
                    }
                    None => found.unreadable += 1,
                }
            }
        }
        // An answer that says that there is more, from where it began, would be read for ever.
        let next = Some(listed.next_offset).filter(|next| listed.has_next_page && next != offset && !next.is_empty());
        Ok(FoundPage { next, ..found })
    }

    /// What is known of items, and how many could not be read. What is too much for one answer is read in halves.
    async fn read_items(&self, ids: &[String]) -> Result<(Vec<Item>, usize), Failure> {
        let mut items = Vec::new();
        let mut unreadable = 0;
        let mut parts = vec![ids];
        while let Some(part) = parts.pop() {
            let query = [("item_id_list", part.join(","))];
            let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
            match self.read_long_response::<Items>(ITEMS, &query).await? {
                Some(found) => {
                    let (read, others) = loose::each(found.item_list);
                    items.extend(read);
                    unreadable += others;
                }
                None if part.len() > 1 => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
                None => unreadable += 1,
            }
        }
        Ok((items, unreadable))
    }

    /// The models of an item, and how many could not be read. `None` if the item was deleted meanwhile or cannot be read.
    async fn read_models(&self, item: &Item) -> Result<Option<(Vec<FoundListing>, usize)>, Failure> {
        let models = match self.read_long_response::<Models>(MODELS, &[("item_id", &item.item_id)]).await {
            Ok(Some(models)) => models,
            Ok(None) => return Ok(None),
            Err(failure) if failure.class.is_store_wide() => return Err(failure),
            Err(_) => return Ok(None),
        };
        let (read, unreadable) = loose::each::<Model>(models.model);
        let mut listings = Vec::new();
        for model in read {
            listings.push(self.found_model(item, &model, &models.tier_variation));
        }
        Ok(Some((listings, unreadable)))
    }

    fn found_item(&self, item: &Item) -> FoundListing {
        FoundListing {
            item_id: item.item_id.clone(),
            variant_id: None,
            seller_sku: seller_sku(&item.item_sku),
            title: title(&item.item_name, ""),
            status: status(&item.item_status, ""),
            picture: picture_of(item),
            price: price(&item.price_info),
            shown: self.shown(item.stock_info_v2.as_ref()),
        }
    }

    fn found_model(&self, item: &Item, model: &Model, tiers: &[Tier]) -> FoundListing {
        let mut names = Vec::new();
        let mut picture = String::new();
        for (tier, index) in tiers.iter().zip(&model.tier_index) {
            let Some(option) = tier.option_list.get(*index) else { continue };
            names.push(option.option.as_str());
            if let Some(image) = option.image.as_ref().filter(|_| picture.is_empty()) {
                picture.clone_from(&image.image_url);
            }
        }
        FoundListing {
            item_id: item.item_id.clone(),
            variant_id: Some(model.model_id.clone()),
            seller_sku: seller_sku(&model.model_sku),
            title: title(&item.item_name, &names.join(", ")),
            status: status(&item.item_status, &model.model_status),
            picture: if picture.is_empty() { picture_of(item) } else { picture },
            price: price(&model.price_info),
            shown: self.shown(model.stock_info_v2.as_ref()),
        }
    }

    fn shown(&self, stock: Option<&StockInfo>) -> Option<i64> {
        let stock = stock?.checked(self.warehouse.as_deref()).ok()?;
        stock.quantity(self.warehouse.as_deref()).ok()
    }
}

fn picture_of(item: &Item) -> String {
    let images = item.image.as_ref().map(|image| image.image_url_list.as_slice()).unwrap_or_default();
    images.first().cloned().unwrap_or_default()
}

fn price(prices: &[Price]) -> Option<FoundPrice> {
    let Price { currency, current_price } = prices.first()?;
    Some(FoundPrice { amount: current_price.clone(), currency: Currency::parse(currency).ok() })
}

fn status(of_item: &str, of_model: &str) -> SaleStatus {
    match (of_item, of_model) {
        ("SELLER_DELETE" | "SHOPEE_DELETE", _) => SaleStatus::Deleted,
        ("BANNED", _) => SaleStatus::Rejected,
        ("REVIEWING", _) => SaleStatus::Pending,
        ("UNLIST", _) | (_, "MODEL_UNAVAILABLE") => SaleStatus::Inactive,
        _ => SaleStatus::Live,
    }
}
