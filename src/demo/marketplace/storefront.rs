//! `/shops/{code}`: a shop of the simulated marketplaces as its buyers see it, and the pictures of its products.

use super::{
    shop::{Product, ProductId, Shop},
    shopping::{LATER, PAYMENT, Typed, rendered},
    simulation::Marketplace,
};
use crate::{
    demo::data::SKUS,
    domain::{
        money::{Amount, Currency, decimals_of},
        place::Country,
    },
    marketplaces,
    web::form::FormErrors,
};
use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// The products of a shop that are shown.
const MAX_PRODUCTS: usize = 200;

/// The side of a picture, in dots.
const SIDE: i32 = 240;

/// What a unit of SGD is worth in minor units of other currencies, more or less.
const MINOR_PER_DOLLAR: [(&str, i128); 7] =
    [("EUR", 70), ("IDR", 1_200_000), ("MYR", 340), ("PHP", 4_300), ("SGD", 100), ("THB", 2_600), ("VND", 19_000)];

#[derive(Template)]
#[template(path = "demo/storefront.html")]
pub(super) struct Page {
    code: String,
    name: String,
    marketplace: &'static str,
    country: String,
    products: Vec<Shown>,
    /// Those that are not shown.
    more: usize,
    /// Whether there is a form to buy.
    is_for_buyers: bool,
    is_paid_later: bool,
    errors: FormErrors,
}

struct Shown {
    /// The name of the field for its quantity, and what was typed there.
    field: String,
    typed: String,
    title: String,
    picture: String,
    price: String,
    left: i64,
}

/// The path of the picture of a product with this seller SKU.
pub fn picture_path(seller_sku: &str) -> String {
    format!("/pictures/{}.png", utf8_percent_encode(seller_sku, NON_ALPHANUMERIC))
}

impl Page {
    fn of(code: &str, shop: &Shop, typed: &Typed, errors: FormErrors) -> Self {
        let country = shop.country();
        let currency = shop.currency();
        let mut products = Vec::new();
        for (id, product) in shop.products.iter().take(MAX_PRODUCTS) {
            products.push(Shown::new(id, product, currency, typed));
        }
        Self {
            code: code.to_owned(),
            is_for_buyers: Self::is_for_buyers(shop),
            is_paid_later: typed.get(PAYMENT).is_some_and(|chosen| chosen == LATER),
            errors,
            name: shop.name(code).to_owned(),
            marketplace: shop.kind.label(),
            country: country.map(Country::name).unwrap_or_default(),
            more: shop.products.len() - products.len(),
            products,
        }
    }

    /// Whether the orders of such a shop are read: a shop of the seller's own would send them itself.
    pub(super) fn is_for_buyers(shop: &Shop) -> bool {
        marketplaces::registry::describe(shop.kind).pulling.is_some()
    }

    /// The shop with what was typed and why it was refused, if it was.
    pub(super) fn respond(marketplace: &Marketplace, code: &str, typed: Typed, errors: FormErrors) -> HttpResponse {
        let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let page = marketplace.world().shops.get(code).map(|shop| Self::of(code, shop, &typed, errors));
        match page {
            Some(page) => rendered(status, &page),
            None => HttpResponse::NotFound().body("There is no such shop."),
        }
    }
}

/// The name of the field for the quantity of a product.
pub(super) fn field_of(id: &ProductId) -> String {
    format!("quantity-{}-{}", id.item, id.variant)
}

/// The name of a product of the demo, or its seller SKU.
pub(super) fn title_of(seller_sku: &str) -> &str {
    SKUS.iter().find(|row| row.0 == seller_sku).map_or(seller_sku, |row| row.1)
}

impl Shown {
    fn new(id: &ProductId, product: &Product, currency: Option<Currency>, typed: &Typed) -> Self {
        let code = product.name(id);
        let field = field_of(id);
        Self {
            typed: typed.get(&field).cloned().unwrap_or_default(),
            field,
            title: title_of(code).to_owned(),
            picture: picture_path(code),
            price: price(code, currency).in_words(currency),
            left: product.quantity.unwrap_or(0).max(0),
        }
    }
}

/// Bytes that are always the same for a product, and look as if they were chosen.
fn chosen_for(code: &str) -> [u8; 32] {
    Sha256::digest(code).into()
}

/// From 4.90 to 99.90 dollars.
fn price_in_tenths(code: &str) -> u32 {
    49 + u32::from(chosen_for(code)[0]) * 950 / 255
}

/// The price of a product of the demo in hundredths of the currency of the shop, as its page shows it.
pub(super) fn price_cents(seller_sku: &str, currency: Option<Currency>) -> Option<u32> {
    SKUS.iter().find(|row| row.0 == seller_sku)?;
    let Amount { minor, decimals } = price(seller_sku, currency);
    u32::try_from(minor * 100 / 10_i128.pow(decimals)).ok()
}

/// In the currency of the shop.
fn price(code: &str, currency: Option<Currency>) -> Amount {
    let tenths = i128::from(price_in_tenths(code));
    let known = MINOR_PER_DOLLAR.iter().find(|(of, _)| currency.is_some_and(|currency| currency.code() == *of));
    let minor = tenths * known.map_or(100, |(_, minor)| *minor) / 10;
    Amount { minor, decimals: decimals_of(currency) }
}

/// `GET /shops/{code}`
pub(super) async fn show(code: Path<String>, marketplace: Data<Marketplace>) -> HttpResponse {
    Page::respond(&marketplace, &code, Typed::new(), FormErrors::default())
}

/// `/pictures/{seller SKU}.png`
pub(super) async fn picture(name: Path<String>) -> HttpResponse {
    let Some(code) = name.strip_suffix(".png") else { return HttpResponse::NotFound().finish() };
    HttpResponse::Ok().content_type("image/png").body(drawn(code))
}

/// A shape in one of many colours: a disc, a square or a ring, on a light ground.
fn drawn(code: &str) -> Vec<u8> {
    let chosen = chosen_for(code);
    let dark = [0, 1, 2].map(|at| 40 + chosen[at] / 2);
    let light = dark.map(|colour| 215 + colour / 6);
    let size = 60 + i32::from(chosen[3] % 40);
    let mut dots = Vec::new();
    for y in 0..SIDE {
        for x in 0..SIDE {
            let [right, down] = [x, y].map(|at| at - SIDE / 2);
            let distance = right * right + down * down;
            let is_inside = match chosen[4] % 3 {
                0 => distance < size * size,
                1 => right.abs().max(down.abs()) < size * 4 / 5,
                _ => (size * size / 4..size * size).contains(&distance),
            };
            dots.extend(if is_inside { dark } else { light });
        }
    }
    let mut bytes = Vec::new();
    let side = SIDE.unsigned_abs();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a vector takes everything");
    writer.write_image_data(&dots).expect("there are as many dots as the header says");
    writer.finish().expect("a vector takes everything");
    bytes
}
