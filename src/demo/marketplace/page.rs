//! The page of the simulated marketplaces: what every shop shows now.

use super::{Change, ChangedBy, Marketplace, Product, ProductId, shop::World};
use crate::domain::moment::Moment;
use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;

/// The most products of a shop, and the most changes, that are shown.
const MOST_PRODUCTS: usize = 200;
const MOST_CHANGES: usize = 10;

/// How often the page is asked for again.
const EVERY_SECONDS: u32 = 2;

#[derive(Template)]
#[template(path = "demo/marketplace.html")]
struct Page {
    shops: Vec<ShopShown>,
    changes: Vec<ChangeShown>,
    is_renewed: bool,
}

struct ShopShown {
    code: String,
    marketplace: &'static str,
    products: Vec<(ProductId, Product)>,
    left_out: usize,
    now: Moment,
}

impl ShopShown {
    /// What campaigns keep of a product, if anything.
    fn kept(&self, product: &Product) -> Option<i64> {
        Some(product.kept(self.now)).filter(|kept| *kept > 0)
    }
}

struct ChangeShown {
    at: Moment,
    shop: String,
    name: String,
    from: Option<i64>,
    to: i64,
    doer: &'static str,
}

impl Product {
    /// The seller's code of it, or the marketplace's if it has none.
    fn name<'a>(&'a self, id: &'a ProductId) -> &'a str {
        if self.seller_sku.is_empty() { &id.item } else { &self.seller_sku }
    }
}

/// A time of day.
fn clock(at: &Moment) -> String {
    at.utc().format("%H:%M:%S UTC").to_string()
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// Whether the page is to stay as it is.
    #[serde(default)]
    stay: Option<String>,
}

/// `GET /`
pub(super) async fn show(marketplace: Data<Marketplace>, asked: Query<Asked>) -> HttpResponse {
    let page = page(&marketplace.world(), marketplace.now(), asked.stay.is_none());
    let mut response = HttpResponse::Ok();
    if page.is_renewed {
        response.insert_header((header::REFRESH, EVERY_SECONDS.to_string()));
    }
    match page.render() {
        Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

fn page(world: &World, now: Moment, is_renewed: bool) -> Page {
    let shops = world.shops.iter().map(|(code, shop)| ShopShown {
        code: code.clone(),
        marketplace: shop.kind.label(),
        products: shop.products.clone().into_iter().take(MOST_PRODUCTS).collect(),
        left_out: shop.products.len().saturating_sub(MOST_PRODUCTS),
        now,
    });
    let changes = world.journal.iter().rev().take(MOST_CHANGES);
    Page { shops: shops.collect(), changes: changes.map(|change| shown(world, change)).collect(), is_renewed }
}

fn shown(world: &World, change: &Change) -> ChangeShown {
    let Change { number: _, at, shop, product: id, from, to, by } = change.clone();
    let product = world.shops.get(&shop).and_then(|shop| shop.products.get(&id));
    let name = product.map_or(id.item.as_str(), |product| product.name(&id)).to_owned();
    let doer = match by {
        ChangedBy::Push => "pushed",
        ChangedBy::Sale => "sold",
        ChangedBy::Hand => "set by hand",
    };
    ChangeShown { at, shop, name, from, to, doer }
}
