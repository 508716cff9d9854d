//! Flash sales over the nights on which clocks change, and stores in different zones on one page.

use crate::{
    api::client::Api,
    scene::{add_sku, assert_verified},
    support::{Page, TestApp, article_stores, moment},
};
use serde_json::json;

const STORES: [&str; 2] = ["lazada-sg", "shop-berlin"];

/// A shop at `now` with 100 pieces of a SKU that a store in Singapore and one in Berlin list.
fn shop_at(now: &str) -> TestApp {
    let app = TestApp::start();
    article_stores(&app);
    add_sku(&app.database, "Product1", "Product 1", 100, &STORES);
    app.advance(moment(now).since(app.now()));
    app
}

/// Creates a sale of 60 for the store in Berlin that ends at a time of its clocks, step by step; answers the details if
/// they are refused, else the review.
fn review_in_berlin(app: &TestApp, end: &str) -> Page {
    let details = app.signed_in().get("/promotions/new").submit(&[]).follow();
    let typed = [("name", "Night sale"), ("type", "stock_allocation"), ("store", "shop-berlin"), ("end", end)];
    let sent = details.submit(&typed);
    if sent.status != 303 {
        return sent;
    }
    sent.follow()
        .submit(&[("press", "rows"), ("rows", "Product1,60")])
        .follow()
        .submit(&[("press", "continue")])
        .follow()
}

/// What Singapore is shown, to the microsecond before `end` and at it.
fn around(app: &TestApp, end: &str) -> [String; 2] {
    let end = moment(end);
    [end.plus(-chrono::TimeDelta::microseconds(1)), end].map(|at| {
        app.advance(at.since(app.now()));
        app.signed_in().get("/catalogue").cell("Product1", "Lazada SG")
    })
}

#[test]
fn a_sale_that_ends_in_the_hour_that_occurs_twice_ends_in_the_first_of_the_two() {
    let app = shop_at("2027-10-30T20:00:00Z");
    let review = review_in_berlin(&app, "2027-10-31T02:30");
    assert!(review.text().contains("Lasts 4 hours 30 minutes"), "{}", review.text());
    let created = review.submit(&[]).follow();
    assert!(created.text().contains("31 Oct 2027, 02:30 (UTC+02:00) Europe/Berlin"), "{}", created.text());
    assert_eq!(around(&app, "2027-10-31T00:30:00Z"), ["40", "100"]);
    assert_verified(&app.database, app.now());
}

#[test]
fn a_program_may_end_a_sale_in_the_second_of_the_two_and_people_can_tell() {
    let app = shop_at("2027-10-30T20:00:00Z");
    let api: Api = app.api();
    let sale = |ends_at: &str| {
        json!({"name": "Night sale", "type": "stock_allocation", "store": "shop-berlin", "ends_at": ends_at,
            "products": [{"sku": "Product1", "quantity": 60}]})
    };
    api.post("/promotions", &sale("2027-10-31T02:30:00+01:00")).expect(201);
    let list = app.signed_in().get("/promotions");
    assert_eq!(list.cell("Night sale", "End"), "31 Oct 2027, 02:30 (UTC+01:00) Europe/Berlin");
    assert_eq!(list.cell("Night sale", "Start"), "30 Oct 2027, 22:00 Europe/Berlin");
    assert_eq!(around(&app, "2027-10-31T01:30:00Z"), ["40", "100"]);
}

#[test]
fn an_end_in_the_second_of_the_two_stays_there_when_something_else_is_edited() {
    let app = shop_at("2027-10-30T20:00:00Z");
    let sale = json!({"name": "Night sale", "type": "stock_allocation", "store": "shop-berlin",
        "ends_at": "2027-10-31T02:30:00+01:00", "products": [{"sku": "Product1", "quantity": 60}]});
    let created = app.api().post("/promotions", &sale).expect(201);
    let path = format!("/promotions/{}", created.body["id"].as_str().expect("an id"));
    let form = app.signed_in().get(&format!("{path}/edit"));
    assert_eq!(form.attribute("#end", "value").as_deref(), Some("2027-10-31T02:30"));
    let untouched = form.submit(&[("press", "save")]).follow();
    assert!(untouched.text().contains("There was nothing to change."), "{}", untouched.text());
    // The typed text is stored when a button is pressed, and is still not another end.
    let kept = app.signed_in().get(&format!("{path}/edit")).submit(&[("press", "update"), ("name", "Later")]).follow();
    let renamed = kept.submit(&[("press", "save")]).follow();
    assert!(renamed.text().contains("31 Oct 2027, 02:30 (UTC+01:00) Europe/Berlin"), "{}", renamed.text());
    assert_eq!(app.signed_in().get("/promotions").cell("Later", "End"), "31 Oct 2027, 02:30 (UTC+01:00) Europe/Berlin");
    assert_eq!(around(&app, "2027-10-31T01:30:00Z"), ["40", "100"]);
    assert_verified(&app.database, app.now());
}

#[test]
fn a_sale_does_not_end_in_the_hour_that_is_left_out_and_is_shorter_across_it() {
    let app = shop_at("2027-03-27T23:00:00Z");
    for end in ["2027-03-28T02:00", "2027-03-28T02:30", "2027-03-28T02:59"] {
        let refused = review_in_berlin(&app, end);
        assert_eq!(refused.status, 422);
        let words = format!("{} does not exist in Europe/Berlin", end.replace('T', " "));
        assert!(refused.all("#end-error")[0].contains(&words), "{}", refused.text());
        assert_eq!(refused.attribute("#end", "value").as_deref(), Some(end), "what was typed is kept");
    }
    let review = review_in_berlin(&app, "2027-03-28T03:30");
    assert!(review.text().contains("Lasts 2 hours 30 minutes"), "midnight to half past three: {}", review.text());
    assert_eq!(review.submit(&[]).status, 303);
    assert_eq!(around(&app, "2027-03-28T01:30:00Z"), ["40", "100"]);
}

#[test]
fn stores_in_different_zones_stand_on_one_page_each_in_its_own_time() {
    let app = shop_at("2026-11-10T12:00:00Z");
    let api = app.api();
    for (store, quantity) in [("lazada-sg", 30), ("shop-berlin", 20)] {
        let sale = json!({"name": format!("Sale {store}"), "type": "stock_allocation", "store": store,
            "ends_at": "2026-11-10T18:30:00Z", "products": [{"sku": "Product1", "quantity": quantity}]});
        api.post("/promotions", &sale).expect(201);
    }
    for path in ["/promotions", "/"] {
        let page = app.signed_in().get(path);
        assert_eq!(page.cell("Sale lazada-sg", "End"), "11 Nov 2026, 02:30 Asia/Singapore", "{path}");
        assert_eq!(page.cell("Sale shop-berlin", "End"), "10 Nov 2026, 19:30 Europe/Berlin", "{path}");
    }
    assert_eq!(around(&app, "2026-11-10T18:30:00Z"), ["30", "100"], "both end at the same moment");
}
