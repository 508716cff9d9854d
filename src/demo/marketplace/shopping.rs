//! Buying in a shop of the simulated marketplaces: `POST /shops/{code}` orders, and `/shops/{code}/orders/{number}` is the order
//! as its buyer sees it, who may pay it later or cancel it.

use super::{
    orders::{Order, UnitState},
    shop::{ProductId, Shop},
    simulation::Marketplace,
    storefront::{Page as Storefront, field_of, title_of},
};
use crate::{demo::data, web::form::FormErrors};
use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Bytes, Data, Path},
};
use askama::Template;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;

/// The most units of a line.
const MAX_UNITS: i64 = 1_000;

/// The choice between paying now and later, with what it is for an order that is not paid.
pub(super) const PAYMENT: &str = "payment";
pub(super) const LATER: &str = "later";

/// What was typed, by the name of its field.
pub(super) type Typed = BTreeMap<String, String>;

fn typed(body: &[u8]) -> Typed {
    form_urlencoded::parse(body).into_owned().collect()
}

/// `POST /shops/{code}`
pub(super) async fn buy(code: Path<String>, body: Bytes, marketplace: Data<Marketplace>) -> HttpResponse {
    let typed = typed(&body);
    let wanted = {
        let world = marketplace.world();
        let Some(shop) = world.shops.get(code.as_str()).filter(|shop| Storefront::is_for_buyers(shop)) else {
            return HttpResponse::NotFound().body("There is no such shop.");
        };
        wanted(shop, &typed)
    };
    let is_paid = typed.get(PAYMENT).is_none_or(|chosen| chosen != LATER);
    let placed = wanted.and_then(|lines| {
        let sold_out = || FormErrors::of("", "Somebody else was faster. Look at what is left.");
        marketplace.place_order(&code, &lines, is_paid).ok_or_else(sold_out)
    });
    match placed {
        Ok(number) => to_order(&code, &number),
        Err(errors) => Storefront::respond(&marketplace, &code, typed, errors),
    }
}

fn to_order(code: &str, number: &str) -> HttpResponse {
    let place = format!("/shops/{}/orders/{}", encoded(code), encoded(number));
    HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish()
}

fn encoded(text: &str) -> String {
    const NOT_PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
    utf8_percent_encode(text, NOT_PLAIN).to_string()
}

/// The products with so many units each.
fn wanted(shop: &Shop, typed: &Typed) -> Result<Vec<(ProductId, i64)>, FormErrors> {
    let mut errors = FormErrors::default();
    let mut lines = Vec::new();
    for (id, product) in &shop.products {
        let field = field_of(id);
        let text = typed.get(&field).map_or("", |text| text.trim());
        if text.is_empty() {
            continue;
        }
        let left = product.quantity.unwrap_or(0).max(0);
        match text.parse::<i64>() {
            Ok(0) => {}
            Ok(units) if (1..=left.min(MAX_UNITS)).contains(&units) => lines.push((id.clone(), units)),
            Ok(1..) if left == 0 => errors.push(field, "Leave it empty: it is sold out."),
            Ok(_) | Err(_) => errors.push(field, format!("Enter a whole number from 1 to {}.", left.min(MAX_UNITS))),
        }
    }
    if lines.is_empty() && errors.is_empty() {
        errors.push("", "Enter a quantity for what you want to buy.");
    }
    if errors.is_empty() { Ok(lines) } else { Err(errors) }
}

#[derive(Template)]
#[template(path = "demo/order.html")]
struct Page {
    code: String,
    shop: String,
    marketplace: &'static str,
    number: String,
    lines: Vec<Line>,
    is_unpaid: bool,
    can_be_cancelled: bool,
    /// The address of the order in flashsale; empty if the shop is none of a store there.
    address: String,
}

/// Units of a product in the same state.
struct Line {
    title: String,
    units: usize,
    state: &'static str,
    /// The address of its SKU in flashsale.
    address: String,
}

impl UnitState {
    fn in_words(self) -> &'static str {
        match self {
            Self::Unpaid => "not paid yet",
            Self::Paid => "paid",
            Self::Packed => "packed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Returned => "sent back",
        }
    }
}

impl Page {
    fn of(code: &str, shop: &Shop, order: &Order, program: &str) -> Self {
        let is_of_store = !program.is_empty() && data::STORES.iter().any(|(store, ..)| *store == code);
        let program = if is_of_store { program } else { "" };
        let address = |path: String| if program.is_empty() { String::new() } else { format!("{program}{path}") };
        let mut lines: Vec<Line> = Vec::new();
        for unit in &order.units {
            let (title, state) = (title_of(&unit.seller_sku).to_owned(), unit.state.in_words());
            match lines.iter_mut().find(|line| line.title == title && line.state == state) {
                Some(line) => line.units += 1,
                None => {
                    let address = address(format!("/catalogue/{}", encoded(&unit.seller_sku)));
                    lines.push(Line { title, units: 1, state, address });
                }
            }
        }
        Self {
            code: code.to_owned(),
            shop: shop.name(code).to_owned(),
            marketplace: shop.kind.label(),
            number: order.number.clone(),
            lines,
            is_unpaid: order.is_any(UnitState::Unpaid),
            can_be_cancelled: order.units.iter().any(|unit| unit.state.is_waiting()),
            address: address(format!("/orders/{}/{}", encoded(code), encoded(&order.number))),
        }
    }
}

/// `GET /shops/{code}/orders/{number}`
pub(super) async fn show(path: Path<(String, String)>, marketplace: Data<Marketplace>) -> HttpResponse {
    let (code, number) = path.into_inner();
    let page = {
        let world = marketplace.world();
        let shop = world.shops.get(&code);
        let found = shop.and_then(|shop| Some((shop, shop.orders.find(&number)?)));
        found.map(|(shop, order)| Page::of(&code, shop, order, &world.program))
    };
    match page {
        Some(page) => rendered(StatusCode::OK, &page),
        None => HttpResponse::NotFound().body("There is no such order."),
    }
}

/// `POST /shops/{code}/orders/{number}`: `change` is `pay` or `cancel`. Units that have been sent stay as they are.
pub(super) async fn change(path: Path<(String, String)>, body: Bytes, marketplace: Data<Marketplace>) -> HttpResponse {
    use UnitState::{Cancelled, Packed, Paid, Unpaid};
    let (code, number) = path.into_inner();
    let typed = typed(&body);
    match typed.get("change").map_or("", String::as_str) {
        "pay" => marketplace.change_order(&code, &number, |order| order.move_units(&[Unpaid], Paid)),
        "cancel" => marketplace.change_order(&code, &number, |order| {
            order.move_units(&[Unpaid, Paid, Packed], Cancelled);
        }),
        _ => return HttpResponse::BadRequest().body("Send pay or cancel as the change."),
    }
    to_order(&code, &number)
}

pub(super) fn rendered(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}
