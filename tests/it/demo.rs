//! The data of `flashsale demo`.

use crate::{
    marketplaces::simulated::Marketplaces,
    scene::{read, store_code, verified},
    support::{Browser, NOON, Page, TestApp, moment},
};
use actix_web::rt::System;
use chrono::TimeDelta;
use flashsale::{
    clock::Clock,
    db::{
        availability,
        catalogue::quantities,
        stores::{self, pulls},
    },
    demo::{
        self,
        marketplace::{ChangedBy, Marketplace, Rates, UnitState},
    },
    domain::{
        catalogue::availability::Availability,
        code::{SkuCode, StoreCode},
        promotions::promotion::FlashSaleType,
    },
    marketplaces::{HttpClient, Timeouts, lazada, seal::SealKey, zalora},
    sync::{
        access::Access,
        campaigns,
        push::{Pusher, Times},
    },
};
use secrecy::ExposeSecret;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

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

/// A demo with a server that pushes and reads orders, whose marketplaces send every message at once, and where buyers do not buy by
/// themselves.
fn demo_for_a_buyer() -> (TestApp, Marketplaces) {
    let key = SealKey::random();
    let written = key.to_base64();
    let app = TestApp::start_with(&[("FLASHSALE_CREDENTIALS_KEY", written.expose_secret())]);
    let now = app.now();
    demo::fill(&app.database, &Clock::from_fn(move || now)).expect("the demo's data");
    let marketplaces = Marketplaces::start(app.clock());
    let marketplace = &marketplaces.marketplace;
    demo::connect(&app.database, &app.clock(), marketplace, &marketplaces.address, &key).expect("connected");
    demo::sell(marketplace, &app.address, &key);
    marketplace.set_rates(Rates { late_messages: 0, double_messages: 0, lost_messages: 0, ..Rates::default() });
    (app, marketplaces)
}

/// Opens a page until it is what is waited for. Time passes meanwhile: what failed is tried again.
fn until(app: &TestApp, browser: &mut Browser, path: &str, is_it: impl Fn(&Page) -> bool) -> Page {
    loop {
        let page = browser.get(path);
        if is_it(&page) {
            return page;
        }
        app.advance(TimeDelta::milliseconds(20));
    }
}

#[test]
fn what_is_bought_at_a_simulated_marketplace_arrives_by_its_message() {
    let (app, marketplaces) = demo_for_a_buyer();
    let mut buyer = Browser::at(&marketplaces.address);
    let mut staff = app.signed_in();
    for (store, product, left) in [
        ("lazada-sg", "Product1", "100 left"),
        ("shopee-sg", "Product1", "98 left"),
        ("zalora-sg", "Product1", "96 left"),
        // In pesos and in rupiah.
        ("lazada-ph", "Cotton cap, navy", " left"),
        ("shopee-id", "Cotton cap, navy", " left"),
    ] {
        let store = StoreCode::parse(store).expect("a code");
        let pull = || read(&app.database, |conn| pulls::find(conn, &store));
        // Little time passes, so that what comes after the first sweep comes by a message. A store whose access was renewed
        // meanwhile is tried again a second later.
        while pull().is_none_or(|pull| pull.complete_until.is_none() || pull.lease.is_some()) {
            if let Some(wait) = pull().map(|pull| pull.due_at.since(app.now())).filter(|wait| *wait > TimeDelta::zero())
            {
                app.advance(wait);
            }
            std::thread::yield_now();
        }
        let is_product = |page: &Page| {
            page.all(".shelf li").first().is_some_and(|item| item.starts_with(product) && item.contains(left))
        };
        let shop = until(&app, &mut buyer, &format!("/shops/{store}"), is_product);
        let field = shop.attribute(".shelf li input", "name").expect("a field");
        let ordered = shop.submit(&[(&field, "2"), ("payment", "later")]);
        assert_eq!(ordered.status, 303, "{}", ordered.text());
        let order = ordered.follow();
        assert!(order.text().contains(&format!("2 × {product} , not paid yet")), "{}", order.text());
        let address = order.attribute("h2 + p a", "href").expect("a link");
        let path = address.strip_prefix(&app.address).expect("to flashsale");
        let arrived = until(&app, &mut staff, path, |page| page.status == 200);
        assert!(arrived.text().contains("The customer has not paid yet"), "{}", arrived.text());
        let price = shop.all(".shelf li strong")[0].clone();
        assert_eq!(arrived.all("td[data-label='Unit price']")[0], price, "{store}");
        assert!(pull().expect("it was read").last_webhook_at.is_some(), "{store}");
        let paid = order.submit(&[("change", "pay")]).follow();
        assert!(paid.text().contains(&format!("2 × {product} , paid")), "{}", paid.text());
        until(&app, &mut staff, path, |page| !page.text().contains("The customer has not paid yet"));
    }
    let last = marketplaces.marketplace.orders("zalora-sg").remove(0);
    let order = buyer.get(&format!("/shops/zalora-sg/orders/{}", last.number));
    let cancelled = order.submit(&[("change", "cancel")]).follow();
    assert!(cancelled.text().contains("2 × Product1 , cancelled") && cancelled.all("form").is_empty());
    until(&app, &mut buyer, "/shops/lazada-sg", |page| page.all(".shelf li")[0].contains("96 left"));
}

#[test]
fn an_order_of_nothing_or_of_too_much_is_refused_with_what_was_typed() {
    let (_app, marketplaces) = demo_for_a_buyer();
    let mut buyer = Browser::at(&marketplaces.address);
    let shop = buyer.get("/shops/lazada-sg");
    let field = shop.attribute(".shelf li input", "name").expect("a field");
    for (typed, words) in [
        ("", "Enter a quantity for what you want to buy."),
        ("101", "Enter a whole number from 1 to 100."),
        ("-1", "Enter a whole number from 1 to 100."),
        ("two", "Enter a whole number from 1 to 100."),
    ] {
        let refused = shop.submit(&[(&field, typed), ("payment", "later")]);
        assert_eq!(refused.status, 422, "{typed}");
        assert!(refused.title().starts_with("Error: ") && refused.all(".error-summary li")[0] == words, "{typed}");
        assert_eq!(refused.attribute(".shelf li input", "value").as_deref(), Some(typed));
        assert!(refused.attribute("#payment-later", "checked").is_some(), "{typed}");
    }
    assert_eq!(marketplaces.marketplace.orders("lazada-sg").len(), 0);
    let own = buyer.get("/shops/shopify-eu");
    assert!(own.all("input").is_empty() && own.text().contains("sends its orders through the API"), "{}", own.text());
    assert_eq!(buyer.post("/shops/shopify-eu", &[]).status, 404);
    assert_eq!(buyer.get("/shops/lazada-sg/orders/1").status, 404);
}

#[test]
fn buyers_are_turned_on_and_off_and_their_rates_are_changed_on_a_page() {
    let (_app, marketplaces) = demo_for_a_buyer();
    let mut browser = Browser::at(&marketplaces.address);
    assert!(browser.get("/?stay=1").text().contains("Nobody buys by themselves."));
    let page = browser.get("/buyers");
    let refused = page.submit(&[("orders_an_hour", "many"), ("are_buying", "yes")]);
    assert_eq!(refused.status, 422);
    assert_eq!(refused.all(".error-summary li"), ["Enter a whole number from 0 to 100000."]);
    assert_eq!(page.submit(&[("orders_an_hour", "7"), ("are_buying", "yes")]).status, 303);
    let rates = marketplaces.marketplace.rates();
    assert_eq!((rates.are_buying, rates.orders_an_hour, rates.lost_messages), (true, 7, 0));
    assert!(browser.get("/?stay=1").text().contains("Buyers buy by themselves: 7 orders an hour."));
}

/// What happened in a day at two shops.
fn lived_through(seed: u64) -> (String, Vec<UnitState>) {
    let seconds = Arc::new(AtomicI64::new(0));
    let shown = seconds.clone();
    let start = moment(NOON);
    let clock = Clock::from_fn(move || start.plus(TimeDelta::seconds(shown.load(Ordering::SeqCst))));
    let marketplace = Marketplace::new(clock);
    for (shop, kind) in [("lazada", lazada::KIND), ("zalora", zalora::KIND)] {
        marketplace.open_shop(shop, kind);
        marketplace.add_products(shop, 20, 50, |nth| format!("SKU-{nth}"));
    }
    marketplace.set_buyers(&["lazada", "zalora"], &["SKU-0"], seed);
    marketplace.set_rates(Rates { orders_an_hour: 20, ..Rates::default() });
    for _ in 0..24 * 60 {
        seconds.fetch_add(60, Ordering::SeqCst);
        marketplace.step();
    }
    let orders: Vec<_> = ["lazada", "zalora"].into_iter().flat_map(|shop| marketplace.orders(shop)).collect();
    let units: Vec<_> = orders.iter().flat_map(|order| order.units.clone()).collect();
    assert!(units.iter().all(|unit| unit.seller_sku != "SKU-0"), "it is left");
    let journal = marketplace.journal(0);
    assert!(journal.iter().any(|change| change.by == ChangedBy::Hand && change.from.is_some()), "somebody types");
    (format!("{orders:?} {journal:?}"), units.iter().map(|unit| unit.state).collect())
}

#[test]
fn what_buyers_do_is_the_same_for_the_same_seed_and_has_every_state_of_an_order() {
    let (first, states) = lived_through(1);
    assert!(first == lived_through(1).0 && first != lived_through(2).0);
    for state in [UnitState::Cancelled, UnitState::Shipped, UnitState::Returned] {
        assert!(states.contains(&state), "{state:?}");
    }
}
