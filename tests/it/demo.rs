//! The data of `flashsale demo`.

use crate::{
    marketplaces::simulated::Marketplaces,
    scene::{read, store_code, verified},
    support::{Browser, TestApp},
};
use actix_web::rt::System;
use chrono::TimeDelta;
use flashsale::{
    clock::Clock,
    db::{availability, catalogue::quantities, stores},
    demo,
    domain::{catalogue::availability::Availability, code::SkuCode, promotions::promotion::FlashSaleType},
    marketplaces::{HttpClient, Timeouts, seal::SealKey},
    sync::{
        access::Access,
        campaigns,
        push::{Pusher, Times},
    },
};
use std::{sync::Arc, time::Duration};

/// A server on the demo's data, which was made at the test's present.
fn demo() -> TestApp {
    demo_with(&[])
}

fn demo_with(settings: &[(&str, &str)]) -> TestApp {
    let app = TestApp::start_with(settings);
    let now = app.now();
    demo::fill(&app.database, &Clock::from_fn(move || now)).expect("the demo's data");
    app
}

/// The store that is left for the visitor to connect.
const LEFT: &str = "shopee-vn";

/// The stock of a SKU and its live holds.
fn stock_of(app: &TestApp, code: &str) -> Availability {
    let (code, now) = (SkuCode::parse(code).expect("a code"), app.now());
    app.write(|conn| availability::read(conn, [&code], now).expect("a read").remove(&code).expect("the demo has it"))
}

#[test]
fn the_article_s_products_show_100_on_every_store_and_are_free_to_be_held() {
    let app = demo();
    let catalogue = app.signed_in().get("/catalogue?flashsale=none&q=product");
    for code in ["Product1", "Product2"] {
        let shown = ["On hand", "Held", "Buffer", "Available now", "Lazada SG", "Shopee SG", "Zalora SG", "Lazada PH"]
            .map(|column| catalogue.cell(code, column));
        assert_eq!(shown[..7], ["100", "0", "0", "100", "100", "100", "100"], "{code}");
        assert!(shown[7].contains("not listed"), "{code}: {}", shown[7]);
    }
}

#[test]
fn the_list_has_a_draft_and_running_and_ended_sales_and_the_ledger_is_true() {
    let app = demo();
    let mut browser = app.signed_in();
    for (status, name) in [
        ("draft", "Midweek Style"),
        ("running", "Mega Brand Week"),
        ("running", "Style Edit"),
        ("ended", "Payday Sale"),
        ("ended", "Brand Day"),
    ] {
        let list = browser.get(&format!("/promotions?status={status}"));
        assert!(list.text().contains(name), "{status}: {}", list.text());
    }
    assert_eq!(verified(&app.database, app.now()).differences, []);
}

#[test]
fn stores_are_in_three_time_zones_and_two_of_them_hold_the_same_sku() {
    let app = demo();
    let mut zones: Vec<String> =
        app.write(|conn| stores::all(conn).expect("a read")).into_iter().map(|store| store.time_zone).collect();
    zones.sort();
    zones.dedup();
    assert!(zones.len() >= 3, "{zones:?}");
    let live = stock_of(&app, "TC-CAS-I15").holds;
    let mut kinds: Vec<_> = live.iter().map(|hold| (hold.store.as_str(), hold.flash_sale_type)).collect();
    kinds.sort_by_key(|(store, _)| *store);
    assert_eq!(kinds, [("lazada-sg", FlashSaleType::StockAllocation), ("shopee-sg", FlashSaleType::StockReservation)]);
}

#[test]
fn orders_are_in_the_currencies_of_their_stores() {
    let app = demo();
    let mut browser = app.signed_in();
    let list = browser.get("/stores");
    let currency = |store: &str| list.cell(store, "Currency");
    assert_eq!(
        ["Lazada SG", "Lazada PH", "Shopee ID", "Shopee VN", "Shopify EU"].map(currency),
        ["SGD", "PHP", "IDR", "VND", "EUR"]
    );
    for (store, number, price) in
        [("shopee-vn", "VN-220102", "VND 159,000"), ("shopee-id", "ID-730102", "IDR 45,000.00")]
    {
        let order = browser.get(&format!("/orders/{store}/{number}"));
        assert_eq!(order.all("td[data-label='Unit price']"), [price], "{number}");
    }
    assert_eq!(browser.get("/orders").all("label[for=from]"), ["Placed from (Asia/Singapore)"]);
}

#[test]
fn a_running_sale_is_short_and_another_ends_within_the_hour() {
    let app = demo();
    let availability = stock_of(&app, "WR-BAG-TOT-NAT");
    let position = availability.position();
    let backed = position.backed();
    assert_eq!(backed.map(|(hold, backed)| (hold.remaining(), backed)).collect::<Vec<_>>(), [(60, 45)]);
    assert_eq!(stock_of(&app, "TC-WAT-BND-M").holds.len(), 1, "it is held now");
    app.advance(TimeDelta::hours(1));
    assert_eq!(stock_of(&app, "TC-WAT-BND-M").holds.len(), 0, "and no longer in an hour");
}

#[test]
fn every_connected_store_pushes_to_its_simulated_marketplace_until_all_numbers_are_right() {
    let mut app = demo();
    app.stop();
    let now = app.now();
    let clock = Clock::from_fn(move || now);
    let (marketplaces, key) = (Marketplaces::start(clock.clone()), SealKey::random());
    let marketplace = &marketplaces.marketplace;
    demo::connect(&app.database, &clock, marketplace, &marketplaces.address, &key).expect("connected");
    let http = HttpClient::new(Timeouts::default(), clock.clone());
    let access = Access::new(app.database.clone(), clock, Some(key), http);
    let pusher = Pusher::new(Arc::new(access), Times::of_server(Duration::ZERO, Duration::from_secs(5), false));
    System::new().block_on(async { while pusher.run_once().await.expect("a push") {} });
    let shown: Vec<(String, String, Option<i64>)> = read(&app.database, stores::all)
        .iter()
        .flat_map(|store| {
            marketplace.products(store.code.as_str()).into_iter().map(move |(_, product)| (store, product))
        })
        .map(|(store, product)| (product.seller_sku, store.code.as_str().to_owned(), product.quantity))
        .collect();
    let page = read(&app.database, |conn| quantities::page(conn, &quantities::Filter::default(), now));
    let page = page.expect("the first page");
    assert_eq!(shown.len(), page.rows.len());
    for (sku, store, quantity) in shown.into_iter().filter(|(_, store, _)| store != LEFT) {
        let of_sku = |row: &&quantities::Row| match &row.listed {
            quantities::Listed::Sku(code) => code.as_str() == sku && row.store.as_str() == store,
            quantities::Listed::Kit { .. } => false,
        };
        let should = page.rows.iter().find(of_sku).expect("a row").quantity.total();
        assert_eq!(quantity, Some(should), "{sku} on {store}");
    }
}

#[test]
fn a_visitor_sees_campaigns_of_which_flash_sales_cover_one() {
    let app = demo_with(&[("FLASHSALE_PUSH", "no")]);
    let (marketplaces, key) = (Marketplaces::start(app.clock()), SealKey::random());
    let marketplace = &marketplaces.marketplace;
    demo::connect(&app.database, &app.clock(), marketplace, &marketplaces.address, &key).expect("connected");
    let http = HttpClient::new(Timeouts::default(), app.clock());
    let access = Access::new(app.database.clone(), app.clock(), Some(key), http);
    let mut browser = app.signed_in();
    for (store, all, covered) in [("shopee-sg", 2, 0), ("lazada-sg", 2, 1)] {
        let code = store_code(store);
        System::new().block_on(campaigns::read_all(&access, &code)).expect("no database error");
        let page = browser.get(&format!("/stores/{store}/campaigns"));
        let states = page.all("td[data-label='Flash sale'] .badge");
        let count = |word: &str| states.iter().filter(|state| *state == word).count();
        assert_eq!((states.len(), count("Covered"), count("None")), (all, covered, all - covered), "{}", page.text());
    }
}

#[test]
fn buyers_see_the_products_of_a_shop_with_their_pictures_prices_and_what_is_left() {
    let app = demo();
    let (marketplaces, key) = (Marketplaces::start(app.clock()), SealKey::random());
    let marketplace = &marketplaces.marketplace;
    demo::connect(&app.database, &app.clock(), marketplace, &marketplaces.address, &key).expect("connected");
    let mut buyer = Browser::at(&marketplaces.address);
    let all = buyer.get("/?stay=1");
    assert!(all.body.contains("href=\"/shops/lazada-sg\""), "{}", all.body);
    let shop = buyer.get("/shops/lazada-sg");
    assert_eq!(shop.all("h1"), ["Lazada SG"]);
    let first = &shop.all(".shelf li")[0];
    assert!(first.contains("Product1 SGD ") && first.contains("100 left"), "{first}");
    let picture = shop.attribute(".shelf img", "src").expect("a picture");
    let (status, _, bytes) = buyer.get_bytes(&picture);
    assert_eq!((status, &bytes[1..4]), (200, b"PNG".as_slice()));
    assert!(buyer.get("/shops/shopee-vn").text().contains("VND "), "in the currency of the shop");
    assert_eq!(buyer.get("/shops/nowhere").status, 404);
    // The server fetches the same pictures for the SKUs.
    let mut browser = app.signed_in();
    while browser.get("/catalogue/Product1").attribute("h1 img", "src").is_none() {
        std::thread::yield_now();
    }
}
