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
struct Page<'a> {
    world: &'a World,
    now: Moment,
    is_reloading: bool,
}

impl Page<'_> {
    /// How many orders an hour there are by themselves, if there are any.
    fn orders_an_hour(&self) -> Option<u32> {
        let rates = self.world.buyers.rates;
        rates.are_buying.then_some(rates.orders_an_hour)
    }

    /// The units that campaigns have locked, if there are any.
    fn locked(&self, product: &Product) -> Option<i64> {
        Some(product.locked(self.now)).filter(|units| *units > 0)
    }

    fn name_of<'a>(&'a self, change: &'a Change) -> &'a str {
        let product = self.world.shops.get(&change.shop).and_then(|shop| shop.products.get(&change.product));
        product.map_or(&change.product.item, |product| product.name(&change.product))
    }
}

impl Product {
    /// The seller SKU, or the marketplace's id if there is none.
    pub(super) fn name<'a>(&'a self, id: &'a ProductId) -> &'a str {
        if self.seller_sku.is_empty() { &id.item } else { &self.seller_sku }
    }
}

impl ChangedBy {
    fn label(self) -> &'static str {
        match self {
            Self::Push => "pushed",
            Self::Sale => "sold",
            Self::Hand => "set by hand",
        }
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
    let is_reloading = query.stay.is_none();
    let rendered = Page { world: &marketplace.world(), now: marketplace.now(), is_reloading }.render();
    let mut response = HttpResponse::Ok();
    if is_reloading {
        response.insert_header((header::REFRESH, RELOAD_SECONDS.to_string()));
    }
    match rendered {
        Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}
