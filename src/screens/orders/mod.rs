//! Orders: the list, the page of each, and what ships and cancels them.

pub mod close;
pub mod export;
mod lines;
pub mod list;
pub mod new;
pub mod selected;
pub mod show;

use crate::{
    actions::orders::close_order::Closing,
    db::orders::{Order, OrderKey},
    domain::{
        code::{OrderNumber, StoreCode},
        orders::order::{OrderStatus, price_in_words},
    },
    web::page::{name_in, segment},
};

/// The address of an order's page.
#[must_use]
pub fn path_of(store: &StoreCode, number: &OrderNumber) -> String {
    format!("/orders/{}/{}", segment(store.as_str()), segment(number.as_str()))
}

/// The order that two segments of a path name, if they can name one.
fn key_in(store: &str, number: &str) -> Option<OrderKey> {
    Some((StoreCode::parse(name_in(store)).ok()?, OrderNumber::parse(name_in(number)).ok()?))
}

/// Where an order stands: the tone of its badge and the words.
fn state(order: &Order) -> (&'static str, &'static str) {
    match order.status {
        OrderStatus::Open => ("neutral", OrderStatus::Open.label()),
        OrderStatus::Shipped => ("success", OrderStatus::Shipped.label()),
        OrderStatus::Cancelled if order.is_cancelled_before_arrival() => ("ended", "Cancelled before it came in"),
        OrderStatus::Cancelled => ("ended", OrderStatus::Cancelled.label()),
    }
}

/// An amount of money; a dash where it is not known.
fn amount(minor: Option<i64>) -> String {
    minor.map_or_else(|| "–".to_owned(), price_in_words)
}

/// The word for a closing in addresses and buttons.
fn word_of(closing: Closing) -> &'static str {
    match closing {
        Closing::Ship => "ship",
        Closing::Cancel => "cancel",
    }
}

/// What was done to an order, in a word.
fn done_word(closing: Closing) -> &'static str {
    match closing {
        Closing::Ship => "shipped",
        Closing::Cancel => "cancelled",
    }
}
