//! Messages that Shopee could not deliver: they are fetched, and their orders read before the next sweep.

use super::pulling::{open_with_messages_of, status_of, unread};
use crate::{
    scene::{at, cause, read},
    seller::{Seller, product_id},
};
use flashsale::{
    actions::stores::save_app::{self, AppInput},
    db::stores::apps,
    domain::orders::order::OrderStatus,
    marketplaces::shopee,
};

const STORE: &str = "shopee-sg";

/// Enters where the marketplace of the app is: without it, nobody knows whom to ask.
fn enter_address(seller: &Seller) {
    let app = read(&seller.app.database, |conn| apps::find(conn, shopee::KIND)).expect("an app");
    let input = AppInput { kind: shopee::KIND, address: seller.market.address.clone(), app_keys: app.app_keys };
    seller.app.write(|conn| save_app::run(conn, &cause(at(0)), input.clone(), |_| None).expect("saved"));
}

#[test]
fn messages_that_did_not_arrive_are_fetched_once() {
    let (seller, puller) = open_with_messages_of(2);
    enter_address(&seller);
    seller.fetch_lost();
    assert_eq!(unread(&seller, STORE), 0, "nothing is lost yet");
    let market = &seller.market.marketplace;
    let number = market.place_order(STORE, &[(product_id(shopee::KIND, 0), 1)], true).expect("it shows as many");
    market.lose_messages();
    seller.fetch_lost();
    assert_eq!(unread(&seller, STORE), 1);
    seller.pull(&puller);
    assert_eq!(status_of(&seller, STORE, &number), Some(OrderStatus::Open), "before the next sweep");
    seller.fetch_lost();
    assert_eq!(unread(&seller, STORE), 0, "it was confirmed");
}

#[test]
fn a_hundred_are_given_out_at_a_time() {
    let (seller, puller) = open_with_messages_of(2);
    enter_address(&seller);
    let market = &seller.market.marketplace;
    let mut numbers = Vec::new();
    for _ in 0..101 {
        market.add_product(STORE, &product_id(shopee::KIND, 0), "Product0", 100);
        numbers.push(market.place_order(STORE, &[(product_id(shopee::KIND, 0), 1)], true).expect("an order"));
    }
    market.lose_messages();
    seller.fetch_lost();
    seller.pull(&puller);
    let read = numbers.iter().filter(|number| status_of(&seller, STORE, number).is_some()).count();
    assert_eq!(read, numbers.len());
}
