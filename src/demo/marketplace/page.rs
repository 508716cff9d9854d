//! The page of the pretended marketplaces: what every shop shows now.

use super::{Change, ChangedBy, Marketplace, Product, ProductId};
use crate::domain::moment::Moment;
use actix_web::{HttpResponse, http::header, web::Data};
use askama::Template;

/// The most products of a shop, and the most changes, that are shown.
const MOST_PRODUCTS: usize = 200;
const MOST_CHANGES: usize = 20;

/// How often the page is asked for again.
const EVERY_SECONDS: u32 = 2;

#[derive(Template)]
#[template(path = "demo/marketplace.html")]
struct Page {
    shops: Vec<ShopShown>,
    changes: Vec<Change>,
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

/// Who did it, in words.
fn doer(by: ChangedBy) -> &'static str {
    match by {
        ChangedBy::Push => "pushed",
        ChangedBy::Sale => "sold",
        ChangedBy::Hand => "set by hand",
    }
}

/// A time of day.
fn clock(at: &Moment) -> String {
    at.utc().format("%H:%M:%S UTC").to_string()
}

/// `GET /`
pub(super) async fn show(marketplace: Data<Marketplace>) -> HttpResponse {
    let now = marketplace.now();
    let world = marketplace.world();
    let shops = world.shops.iter().map(|(code, shop)| ShopShown {
        code: code.clone(),
        marketplace: shop.kind.label(),
        products: shop.products.clone().into_iter().take(MOST_PRODUCTS).collect(),
        left_out: shop.products.len().saturating_sub(MOST_PRODUCTS),
        now,
    });
    let changes = world.journal.iter().rev().take(MOST_CHANGES).cloned().collect();
    let page = Page { shops: shops.collect(), changes };
    match page.render() {
        Ok(html) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((header::REFRESH, EVERY_SECONDS.to_string()))
            .body(html),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}
