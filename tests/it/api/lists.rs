//! The lists of the API: SKUs and orders, cursors, and filters that name what there is not.

use crate::{
    api::{
        calls::{article, sale},
        client::Api,
    },
    orders::api::order,
    support::TestApp,
};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// Every page of a list, as the values of one member of its rows.
fn pages(api: &Api, path: &str, rows: &str, member: &str) -> Vec<Vec<String>> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let body = api.get(&format!("{path}{separator}cursor={cursor}")).expect(200).body;
        let of_page = body[rows].as_array().expect("rows").iter();
        pages.push(of_page.map(|row| row[member].as_str().expect("a text").to_owned()).collect());
        match body["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return pages,
        }
    }
}

#[test]
fn a_sku_is_there_with_all_that_its_quantities_follow_from() {
    let app = TestApp::start();
    let api = article(&app);
    api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201);
    let orders = json!({"orders": [order("lazada", "1", 10), order("shopee", "2", 50)]});
    api.post("/orders", &orders).expect(200);
    api.put("/skus", &json!({"skus": [{"code": "Loose", "name": "Listed nowhere", "on_hand": 9, "buffer": 2}]}))
        .expect(200);
    let body = api.get("/skus").expect(200).body;
    let expected = json!({"skus": [
        {"code": "Loose", "name": "Listed nowhere", "on_hand": 9, "committed": 0, "held": 0, "oversold": 0, "buffer": 2,
            "available": 7, "listings": []},
        {"code": "Product1", "name": "Product 1", "on_hand": 100, "committed": 50, "held": 50, "oversold": 10,
            "buffer": 0, "available": 0, "listings": ["lazada", "shopee", "zalora"]},
    ], "next": null});
    assert_eq!(body, expected);
    assert_eq!(api.get("/skus?code=Product1").expect(200).body["skus"], json!([expected["skus"][1]]));
}

#[test]
fn skus_have_pages_by_code() {
    let app = TestApp::start();
    let api = article(&app);
    for thousand in 0..2 {
        let item = |n: i32| json!({"code": format!("S-{thousand}{n:03}"), "name": "Many", "on_hand": n});
        let skus: Vec<Value> = (0..1000).map(item).collect();
        api.put("/skus", &json!({"skus": skus})).expect(200);
    }
    let pages = pages(&api, "/skus", "skus", "code");
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1000, 1000, 1]);
    let codes = pages.concat();
    assert!(codes.is_sorted() && codes[0] == "Product1" && codes[2000] == "S-1999");
}

#[test]
fn orders_are_listed_the_latest_first_by_store_and_status() {
    let app = TestApp::start();
    let api = article(&app);
    for number in 0..130 {
        app.advance(TimeDelta::seconds(1));
        let store = if number % 2 == 0 { "lazada" } else { "shopee" };
        api.post("/orders", &json!({"orders": [order(store, &format!("{number:03}"), 1)]})).expect(200);
        if number % 10 == 0 {
            api.post(&format!("/orders/{store}/{number:03}/cancel"), &json!({})).expect(200);
        }
    }
    let list = |query: &str| pages(&api, &format!("/orders{query}"), "orders", "number");
    let expected = |wanted: &dyn Fn(i32) -> bool| -> Vec<String> {
        (0..130).rev().filter(|number| wanted(*number)).map(|number| format!("{number:03}")).collect()
    };
    let all = list("");
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [100, 30]);
    assert_eq!(all.concat(), expected(&|_| true));
    assert_eq!(list("?store=shopee").concat(), expected(&|number| number % 2 == 1));
    assert_eq!(list("?status=cancelled").concat(), expected(&|number| number % 10 == 0));
    assert_eq!(list("?store=lazada&status=open").concat(), expected(&|number| number % 2 == 0 && number % 10 != 0));
    assert_eq!(list("?status=shipped"), [[] as [String; 0]]);
    let first = &api.get("/orders?store=shopee").expect(200).body["orders"][0];
    assert_eq!(*first, api.get("/orders/shopee/129").expect(200).body);
    assert_eq!((&first["known"], &first["lines"][0]["quantity"]), (&json!(true), &json!(1)));
}

#[test]
fn a_cursor_is_refused_by_another_list_and_by_another_filter() {
    let app = TestApp::start();
    let api = article(&app);
    let many: Vec<Value> = (0..999)
        .map(|n| json!({"code": format!("S-{n:03}"), "name": "S", "on_hand": 1, "listings": ["lazada"]}))
        .collect();
    api.put("/skus", &json!({"skus": many})).expect(200);
    let text =
        |body: &Value, name: &str| body[name].as_str().unwrap_or_else(|| panic!("{name}: {body:.200}")).to_owned();
    let quantities = api.get("/quantities?store=lazada").expect(200).body;
    let changes = text(&quantities, "changes");
    let all = api.get("/quantities").expect(200).body;
    let next = text(&all, "next");
    for (path, cursor) in [
        ("/quantities?", &changes),
        ("/quantities?store=shopee&", &changes),
        ("/quantities?store=lazada&sku=Product1&", &changes),
        ("/quantities?sku=Product1&", &next),
        ("/skus?", &next),
        ("/skus?code=Product1&", &next),
        ("/orders?", &next),
        ("/orders?store=lazada&", &changes),
        ("/promotions?", &next),
        ("/pushes?", &next),
        ("/push-log?", &next),
    ] {
        let refused = api.get(&format!("{path}cursor={cursor}")).expect(422);
        assert_eq!(refused.code(), "cursor_of_another_list", "{path}");
    }
    api.get(&format!("/quantities?store=lazada&cursor={changes}")).expect(200);
    api.get(&format!("/quantities?cursor={next}")).expect(200);
}

#[test]
fn a_filter_that_names_what_there_is_not_is_refused_and_not_an_empty_list() {
    let app = TestApp::start();
    let api = article(&app);
    for (path, code) in [
        ("/quantities?store=typo", "unknown_store"),
        ("/quantities?store=LAZADA", "unknown_store"),
        ("/quantities?sku=product1", "unknown_sku"),
        ("/skus?code=product1", "unknown_sku"),
        ("/orders?store=typo", "unknown_store"),
        ("/promotions?store=typo", "unknown_store"),
        ("/promotions?store=typo&status=running", "unknown_store"),
        ("/pushes?store=typo", "unknown_store"),
        ("/pushes?sku=typo", "unknown_sku"),
        ("/push-log?store=typo", "unknown_store"),
        ("/push-log?sku=typo", "unknown_sku"),
    ] {
        let refused = api.get(path).expect(422);
        assert_eq!(refused.code(), code, "{path}");
        let (parameter, _) = path.split_once('?').and_then(|(_, query)| query.split_once('=')).expect("a parameter");
        assert_eq!(refused.pointer(), format!("?{parameter}"), "{path}");
        let value = if code == "unknown_store" { &refused.body["store"] } else { &refused.body["sku"] };
        assert!(value.is_string(), "{}", refused.body);
    }
    for path in [
        "/orders?status=Open",
        "/orders?status=running",
        "/orders?stores=lazada",
        "/orders?store=a%20b",
        "/orders?status=open&status=open",
        "/skus?sku=Product1",
        "/skus?code=a%00b",
        "/promotions?sort=name",
    ] {
        assert_eq!(api.get(path).expect(400).code(), "bad_query", "{path}");
    }
}
