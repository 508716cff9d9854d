//! Orders: the list, the page of each, and what ships and cancels them.

pub mod close;
pub mod export;
mod lines;
pub mod list;
pub mod new;
pub mod returns;
pub mod selected;
pub mod show;
pub mod unmatched;

use crate::{
    actions::orders::close_order::Closing,
    db::orders::{Order, OrderKey},
    domain::{
        code::{OrderNumber, StoreCode},
        money::{Amount, Currency},
        orders::order::{OrderStatus, Payment},
    },
    web::page::{name_in, segment},
};

pub fn path_of(store: &StoreCode, number: &OrderNumber) -> String {
    format!("/orders/{}/{}", segment(store.as_str()), segment(number.as_str()))
}

fn key_in(store: &str, number: &str) -> Option<OrderKey> {
    Some((StoreCode::parse(name_in(store)).ok()?, OrderNumber::in_address(name_in(number))?))
}

/// The value of an order's checkbox. No store's code has a slash.
fn choice((store, number): &OrderKey) -> String {
    format!("{store}/{number}")
}

fn chosen(choice: &str) -> Option<OrderKey> {
    let (store, number) = choice.split_once('/')?;
    Some((StoreCode::parse(store).ok()?, OrderNumber::in_address(number)?))
}

/// The tone of a badge, and its words.
fn state(order: &Order) -> (&'static str, &'static str) {
    match order.status {
        OrderStatus::Open if order.payment == Payment::Pending => ("warning", Payment::Pending.label()),
        OrderStatus::Open => ("neutral", OrderStatus::Open.label()),
        OrderStatus::Shipped => ("success", OrderStatus::Shipped.label()),
        OrderStatus::Cancelled if order.is_cancelled_before_arrival() => ("ended", "Cancelled before it arrived"),
        OrderStatus::Cancelled => ("ended", OrderStatus::Cancelled.label()),
    }
}

/// A dash where the amount is unknown.
fn amount(amount: Option<Amount>, currency: Option<Currency>) -> String {
    amount.map_or_else(|| "–".to_owned(), |amount| amount.in_words(currency))
}

/// The word in addresses and buttons.
fn word_of(closing: Closing) -> &'static str {
    match closing {
        Closing::Ship => "ship",
        Closing::Cancel => "cancel",
    }
}

/// The word in notices.
fn done_word(closing: Closing) -> &'static str {
    match closing {
        Closing::Ship => "shipped",
        Closing::Cancel => "cancelled",
    }
}
