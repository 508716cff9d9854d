//! Listings that go away: their stores are set to 0 first, whoever takes them off, or a person leaves what they show.

use crate::{
    api::client::Api,
    scene::{
        LAZADA, SHOPEE, ZALORA, add_sku, add_stores, assert_verified, at, cause, connect, create, list, read, sale,
        sku_code, stock, store_code, take,
    },
    seller::{STORES, Seller, product},
    support::TestApp,
    sync::pushes::Shop,
};
use flashsale::{
    actions::{
        orders::take_orders::Outcome,
        stores::{connect_store::ConnectionInput, pause_store},
    },
    db::{
        catalogue::{detail, detail::Wanted},
        engine::paging::Place,
        stores::{listings, retiring},
    },
    domain::{
        catalogue::ledger::EntryKind, promotions::promotion::FlashSaleType::StockAllocation, stores::failure::Failure,
    },
    marketplaces::file,
};
use serde_json::{Value, json};

/// The stores that are retiring Product1.
fn retiring(app: &TestApp) -> Vec<String> {
    let found = read(&app.database, |conn| retiring::of_skus(conn, [&sku_code("Product1")]));
    found.into_values().flatten().map(|listing| listing.store.to_string()).collect()
}

fn listed(app: &TestApp) -> Vec<String> {
    let found = read(&app.database, |conn| listings::stores_of(conn, [&sku_code("Product1")]));
    found.into_values().flatten().map(|store| store.to_string()).collect()
}

fn unlist_lazada(shop: &Shop) {
    list(&shop.app.database, at(0), "Product1", &[SHOPEE, ZALORA]).expect("unlisted");
    shop.scan(at(0));
}

#[test]
fn every_kind_of_store_shows_0_before_a_listing_is_gone() {
    let seller = Seller::open(1);
    let pusher = seller.pusher();
    seller.push(&pusher);
    assert_eq!(seller.shown(0), [100; 4]);
    for (nth, (store, _)) in STORES.iter().enumerate() {
        let left: Vec<&str> = STORES.iter().map(|(store, _)| *store).skip(nth + 1).collect();
        list(&seller.app.database, at(0), &product(0), &left).expect("unlisted");
        assert_verified(&seller.app.database, at(0));
        seller.push(&pusher);
        assert_eq!(seller.shown(0)[nth], 0, "{store}");
        let found = read(&seller.app.database, |conn| retiring::count_of(conn, &store_code(store)));
        assert_eq!(found, 0, "{store}");
        assert_verified(&seller.app.database, at(0));
    }
    assert_eq!(seller.shown(0), [0; 4]);
}

#[test]
fn a_listing_stays_in_the_lists_until_its_store_has_acknowledged_0() {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    let api = shop.app.api();
    unlist_lazada(&shop);
    assert_eq!((retiring(&shop.app), listed(&shop.app)), (vec![LAZADA.to_owned()], vec![SHOPEE.into(), ZALORA.into()]));
    let push = &api.get("/pushes?store=lazada-sg&state=retiring").expect(200).body["pushes"][0];
    let members = ["sku", "quantity", "acknowledged", "state", "exposed"];
    assert_eq!(
        members.map(|member| push[member].clone()),
        [json!("Product1"), json!(0), json!(100), json!("retiring"), json!(100)]
    );
    assert_eq!(api.get("/pushes?sku=Product1").expect(200).body["pushes"].as_array().map(Vec::len), Some(3));
    let none = api.get("/quantities?sku=Product1&store=lazada-sg").expect(200).body["quantities"].clone();
    assert_eq!(none, json!([]), "nothing can be promised there");

    let mut browser = shop.app.signed_in();
    let page = browser.get("/stores/lazada-sg");
    assert!(page.text().contains("It goes once it shows 0."), "{}", page.text());
    assert!(page.text().contains("Taken off"), "{}", page.text());
    let page = browser.get("/catalogue/Product1");
    assert!(page.text().contains("Retiring"), "{}", page.text());
    assert_eq!(page.cell("lazada-sg", "Quantity to push"), "0");

    // Its store does not answer, is paused, and is resumed.
    let leased = shop.lease(LAZADA, "one", at(0));
    assert_eq!(leased.iter().map(|leased| leased.quantity).collect::<Vec<_>>(), [0]);
    shop.answer(LAZADA, at(0), leased, &Err(Failure::temporary("No answer.")));
    assert_eq!(retiring(&shop.app), [LAZADA]);
    shop.app
        .database
        .write_blocking(|conn| pause_store::pause(conn, &cause(at(0)), &store_code(LAZADA)))
        .expect("paused");
    let dashboard = browser.get("/").text();
    assert!(dashboard.contains("lazada-sg") && dashboard.contains("Paused"), "{dashboard}");
    shop.app
        .database
        .write_blocking(|conn| pause_store::resume(conn, &cause(at(0)), &store_code(LAZADA)))
        .expect("resumed");
    assert_eq!(shop.send(LAZADA, at(0)), [0]);
    assert_eq!(retiring(&shop.app), Vec::<String>::new());
    assert_eq!(api.get("/pushes?sku=Product1").expect(200).body["pushes"].as_array().map(Vec::len), Some(2));
    assert!(!browser.get("/catalogue/Product1").text().contains("Retiring"));
    assert_verified(&shop.app.database, at(0));
}

#[test]
fn the_other_stores_are_raised_only_after_a_retiring_listing_shows_0() {
    let shop = Shop::open();
    shop.settle(at(0));
    unlist_lazada(&shop);
    stock(&shop.app.database, at(1), "Product1", 150, 0);
    shop.scan(at(1));
    assert_eq!(shop.send(SHOPEE, at(1)), Vec::<i64>::new(), "Lazada may sell 100 of them");
    assert_eq!(shop.send(LAZADA, at(1)), [0]);
    assert_eq!(shop.send(SHOPEE, at(1)), [150]);
}

#[test]
fn a_listing_that_comes_back_goes_on_with_what_its_store_shows() {
    let shop = Shop::open();
    shop.settle(at(0));
    unlist_lazada(&shop);
    let leased = shop.lease(LAZADA, "one", at(0));
    list(&shop.app.database, at(1), "Product1", &[LAZADA, SHOPEE, ZALORA]).expect("listed");
    assert_eq!(retiring(&shop.app), Vec::<String>::new());
    shop.answer(LAZADA, at(1), leased, &Ok(0));
    assert_eq!(shop.acknowledged()[0], Some(0));
    shop.settle(at(1));
    assert_eq!(shop.acknowledged(), [Some(100); 3]);
    assert_verified(&shop.app.database, at(1));
}

#[test]
fn a_listing_of_which_nothing_was_sent_goes_at_once() {
    let shop = Shop::open();
    shop.scan(at(0));
    unlist_lazada(&shop);
    assert_eq!((retiring(&shop.app), shop.acknowledged()[0]), (Vec::new(), None));
    shop.settle(at(0));
    // A store that shows 0 has nothing to be set to.
    stock(&shop.app.database, at(1), "Product1", 0, 0);
    shop.settle(at(1));
    list(&shop.app.database, at(1), "Product1", &[]).expect("unlisted");
    assert_eq!(retiring(&shop.app), Vec::<String>::new());
    // A store that is not connected is sent nothing.
    add_stores(&shop.app.database, &["other"]);
    list(&shop.app.database, at(2), "Product1", &["other"]).expect("listed");
    list(&shop.app.database, at(2), "Product1", &[]).expect("unlisted");
    assert_eq!(retiring(&shop.app), Vec::<String>::new());
    assert_verified(&shop.app.database, at(2));
}

#[test]
fn an_order_of_a_retiring_listing_is_recorded_and_a_sale_keeps_its_listing() {
    let shop = Shop::open();
    shop.settle(at(0));
    unlist_lazada(&shop);
    let taken = take(&shop.app.database, at(1), LAZADA, "1", &[("Product1", 5)]);
    assert!(matches!(taken, Outcome::Accepted(_)), "{taken:?}");
    let refused = create(&shop.app.database, at(1), &sale(at(1), LAZADA, StockAllocation, &[("Product1", 10)]));
    assert!(refused.is_err(), "{refused:?}");
    create(&shop.app.database, at(1), &sale(at(1), SHOPEE, StockAllocation, &[("Product1", 10)])).expect("a sale");
    let refused = list(&shop.app.database, at(1), "Product1", &[ZALORA]).expect_err("held there");
    assert!(refused.to_string().starts_with("Keep it listed on shopee-sg"), "{refused}");
}

#[test]
fn a_person_may_leave_what_a_store_shows_and_the_ledger_says_who() {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    unlist_lazada(&shop);
    let mut browser = shop.app.signed_in();
    let page = browser.get("/stores/lazada-sg");
    let href = page.attribute("a[href*='/retiring?sku=']", "href").expect("a link");
    let asked = browser.get(&href);
    assert!(asked.text().contains("the store may go on selling what it shows"), "{}", asked.text());
    assert_eq!(retiring(&shop.app), [LAZADA], "it only asked");
    let page = asked.submit_form("form[action='/stores/lazada-sg/retiring']", &[]).follow();
    assert!(page.text().contains("Left as it is."), "{}", page.text());
    assert_eq!(retiring(&shop.app), Vec::<String>::new());
    let wanted = Wanted::Kind(EntryKind::ListingLeft);
    let ledger = read(&shop.app.database, |conn| detail::ledger(conn, &sku_code("Product1"), wanted, &Place::Start));
    let (entry, _) = &ledger.rows[0];
    assert_eq!(
        (entry.actor.as_str(), entry.reason.as_str(), entry.store.as_ref().map(|store| store.as_str())),
        ("ops@example.com", "Left as it is: the store showed 100", Some(LAZADA))
    );
    assert_eq!(shop.send(LAZADA, at(0)), Vec::<i64>::new());
    assert_verified(&shop.app.database, shop.app.now());
    // All of a store at once; nothing is left to ask about then.
    list(&shop.app.database, at(0), "Product1", &[ZALORA]).expect("unlisted");
    let asked = browser.get("/stores/shopee-sg/retiring");
    asked.submit_form("form[action='/stores/shopee-sg/retiring']", &[]).follow();
    assert_eq!((retiring(&shop.app), browser.get("/stores/shopee-sg/retiring").status), (Vec::new(), 303));
}

#[test]
fn a_store_that_is_disconnected_says_what_stays_as_it_is() {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    unlist_lazada(&shop);
    let mut browser = shop.app.signed_in();
    let asked = browser.get("/stores/lazada-sg/disconnect");
    assert!(asked.text().contains("1 retiring listing"), "{}", asked.text());
    asked.submit_form("form[action='/stores/lazada-sg/disconnect']", &[]).follow();
    assert_eq!(retiring(&shop.app), Vec::<String>::new());
    assert!(
        browser.get("/catalogue/Product1?kind=listing_left").text().contains("Left as it is: the store showed 100")
    );
    assert_verified(&shop.app.database, shop.app.now());
}

#[test]
fn the_file_of_a_store_has_a_retiring_listing_with_0_until_a_person_leaves_it() {
    let app = TestApp::start_with(&[("FLASHSALE_PUSH", "no")]);
    add_stores(&app.database, &["plain"]);
    connect(
        &app.database,
        &ConnectionInput {
            store: store_code("plain"),
            kind: file::KIND,
            api_url: String::new(),
            credentials: Some("none".to_owned()),
            rate: 5,
            warehouse: None,
            shop: None,
        },
    );
    for code in ["A", "Product1", "Z"] {
        add_sku(&app.database, code, code, 7, &["plain"]);
    }
    list(&app.database, at(0), "Product1", &[]).expect("unlisted");
    let mut browser = app.signed_in();
    let rows: Vec<String> =
        browser.get("/stores/plain/quantities.csv").body.lines().skip(1).map(str::to_owned).collect();
    assert_eq!(rows, ["A,A,,,7", "Product1,Product1,,,0", "Z,Z,,,7"]);
    assert!(browser.get("/stores/plain").text().contains("Nobody answers a file"));
    browser.get("/stores/plain/retiring").submit_form("form[action='/stores/plain/retiring']", &[]).follow();
    assert_eq!(browser.get("/stores/plain/quantities.csv").body.lines().count(), 3);
}

fn delete(api: &Api, path: &str) -> (u16, Value) {
    let answer = api.delete(path);
    (answer.status, answer.body)
}

#[test]
fn a_program_takes_a_listing_off_by_its_seller_sku() {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    let api = shop.app.api();
    let body = |state| json!({"store": LAZADA, "seller_sku": "Product1", "sku": "Product1", "state": state});
    assert_eq!(delete(&api, "/stores/lazada-sg/listings/Product1"), (202, body("retiring")));
    assert_eq!(delete(&api, "/stores/lazada-sg/listings/Product1"), (202, body("retiring")), "a second time");
    shop.settle(at(0));
    for path in [
        "lazada-sg/listings/Product1",
        "lazada-sg/listings/None",
        "lazada-sg/listings/a%00b",
        "nowhere/listings/Product1",
    ] {
        let (status, body) = delete(&api, &format!("/stores/{path}"));
        assert_eq!((status, &body["code"]), (404, &json!("not_found")), "{path}");
    }
    create(&shop.app.database, at(1), &sale(at(1), SHOPEE, StockAllocation, &[("Product1", 10)])).expect("a sale");
    let (status, body) = delete(&api, "/stores/shopee-sg/listings/Product1");
    assert_eq!((status, &body["code"], &body["sku"]), (409, &json!("held_there"), &json!("Product1")));
}
