//! The page of the simulated marketplaces: what every shop shows now.

use super::{
    shop::{Change, ChangedBy, Product, ProductId, World},
    simulation::Marketplace,
};
use crate::domain::moment::Moment;
use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;

/// The products of a shop that are shown.
const MAX_PRODUCTS: usize = 200;
const MAX_CHANGES: usize = 10;

const RELOAD_SECONDS: u32 = 2;

#[derive(Template)]
#[template(path = "demo/marketplace.html")]
struct Page {
    shops: Vec<ShopShown>,
    changes: Vec<ChangeShown>,
    is_reloading: bool,
}

struct ShopShown {
    code: String,
    marketplace: &'static str,
    products: Vec<(ProductId, Product)>,
    left_out: usize,
    now: Moment,
}

impl ShopShown {
    /// The units that campaigns have locked, if there are any.
    fn locked(&self, product: &Product) -> Option<i64> {
        Some(product.locked(self.now)).filter(|units| *units > 0)
    }
}

struct ChangeShown {
    at: Moment,
    shop: String,
    name: String,
    from: Option<i64>,
    to: i64,
    by: &'static str,
}

impl Product {
    /// The seller SKU, or the marketplace's id if there is none.
    fn name<'a>(&'a self, id: &'a ProductId) -> &'a str {
        if self.seller_sku.is_empty() { &id.item } else { &self.seller_sku }
    }
}

fn clock(at: &Moment) -> String {
    at.utc().format("%H:%M:%S UTC").to_string()
}

#[derive(Deserialize)]
pub(super) struct PageQuery {
    /// If present, the page does not reload itself.
    #[serde(default)]
    stay: Option<String>,
}

/// `GET /`
pub(super) async fn show(marketplace: Data<Marketplace>, query: Query<PageQuery>) -> HttpResponse {
    let page = page(&marketplace.world(), marketplace.now(), query.stay.is_none());
    let mut response = HttpResponse::Ok();
    if page.is_reloading {
        response.insert_header((header::REFRESH, RELOAD_SECONDS.to_string()));
    }
    match page.render() {
        Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

fn page(world: &World, now: Moment, is_reloading: bool) -> Page {
    let shops = world.shops.iter().map(|(code, shop)| ShopShown {
        code: code.clone(),
        marketplace: shop.kind.label(),
        products: shop.products.clone().into_iter().take(MAX_PRODUCTS).collect(),
        left_out: shop.products.len().saturating_sub(MAX_PRODUCTS),
        now,
    });
    let changes = world.journal.iter().rev().take(MAX_CHANGES);
    Page { shops: shops.collect(), changes: changes.map(|change| shown(world, change)).collect(), is_reloading }
}

fn shown(world: &World, change: &Change) -> ChangeShown {
    let Change { number: _, at, shop, product: id, from, to, by } = change.clone();
    let product = world.shops.get(&shop).and_then(|shop| shop.products.get(&id));
    let name = product.map_or(id.item.as_str(), |product| product.name(&id)).to_owned();
    let by = match by {
        ChangedBy::Push => "pushed",
        ChangedBy::Sale => "sold",
        ChangedBy::Hand => "set by hand",
    };
    ChangeShown { at, shop, name, from, to, by }
}
