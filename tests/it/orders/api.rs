//! Orders, as shops and middleware send them.

use crate::{
    api::{
        calls::{article, sale, shown, together},
        client::{Answer, Api},
    },
    scene::{self, LAZADA, SHOPEE, article_shop, assert_every_hold_fitted, assert_verified, create, take},
    support::{NOON, TestApp, moment},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use flashsale::{
    actions::orders::take_orders::Outcome, db::engine::schema::idempotent_answers as answers,
    domain::promotions::promotion::FlashSaleType::StockAllocation,
};
use serde_json::{Value, json};

/// An order of some units of the article's product.
pub fn order(store: &str, number: &str, units: i64) -> Value {
    json!({"store": store, "number": number, "lines": [{"sku": "Product1", "quantity": units}]})
}

/// What became of one order: the word, and where the units of its first line came from.
fn taken(api: &Api, order: Value) -> (String, [i64; 3]) {
    let answer = api.post("/orders", &json!({"orders": [order]})).expect(200);
    let result = &answer.body["results"][0];
    let line = &result["lines"][0];
    let units = ["from_hold", "from_shared", "oversold"].map(|name| line[name].as_i64().unwrap_or_default());
    (result["status"].as_str().expect("a status").to_owned(), units)
}

fn accepted(units: [i64; 3]) -> (String, [i64; 3]) {
    ("accepted".to_owned(), units)
}

fn shows(api: &Api) -> [i64; 3] {
    let shown = shown(api);
    ["lazada", "shopee", "zalora"].map(|code| shown.iter().find(|(store, _)| store == code).expect("a listing").1)
}

fn asked_to(api: &Api, what: &str, number: &str) -> u16 {
    api.post(&format!("/orders/shopee/{number}/{what}"), &json!({})).status
}

#[test]
fn orders_eat_the_hold_of_their_store_and_then_what_is_shared() {
    for (kind, store, units, from, stores) in [
        ("stock_allocation", "lazada", 10, [10, 0, 0], [50, 40, 40]),
        ("stock_reservation", "lazada", 70, [60, 10, 0], [30, 30, 30]),
        ("stock_allocation", "shopee", 5, [0, 5, 0], [60, 35, 35]),
        ("stock_allocation", "lazada", 60, [60, 0, 0], [0, 40, 40]),
        ("stock_allocation", "shopee", 45, [0, 40, 5], [60, 0, 0]),
    ] {
        let app = TestApp::start();
        let api = article(&app);
        let created = api.post("/promotions", &sale(kind, "lazada", 60)).expect(201).body;
        assert_eq!(taken(&api, order(store, "1", units)), accepted(from), "{kind} {store} {units}");
        assert_eq!(shows(&api), stores, "{kind} {store} {units}");
        let path = format!("/promotions/{}", created["id"].as_str().expect("an id"));
        let product = &api.get(&path).expect(200).body["products"][0];
        assert_eq!((&product["sold"], &product["remaining"]), (&json!(from[0]), &json!(60 - from[0])));
        assert_verified(&app.database, moment(NOON));
    }
}

#[test]
fn a_stocktake_pays_the_debts_first() {
    let app = TestApp::start();
    let api = article(&app);
    api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201);
    taken(&api, order("shopee", "1", 45));
    api.put("/skus", &json!({"skus": [{"code": "Product1", "name": "Product1", "on_hand": 110}]})).expect(200);
    assert_eq!(shows(&api), [60, 5, 5]);
}

#[test]
fn the_same_order_again_changes_nothing_and_says_so() {
    let app = TestApp::start();
    let api = article(&app);
    assert_eq!(taken(&api, order("lazada", "1", 10)), accepted([0, 10, 0]));
    let other = order("lazada", "1", 99);
    assert_eq!(taken(&api, other.clone()), ("duplicate".to_owned(), [0, 10, 0]));
    let said = |order: Value| {
        let body = api.post("/orders", &json!({"orders": [order]})).expect(200).body;
        body["results"][0].get("detail").cloned()
    };
    assert_eq!(said(other), Some(json!("It is already recorded with different lines, which stay as they are.")));
    assert_eq!(said(order("lazada", "1", 10)), None);
    let both = api.post(
        "/orders",
        &json!({"orders": [order("lazada", "2", 1), order("lazada", "2", 1), order("shopee", "2", 1)]}),
    );
    let words: Vec<_> =
        both.expect(200).body["results"].as_array().expect("results").iter().map(|r| r["status"].clone()).collect();
    assert_eq!(words, ["accepted", "duplicate", "accepted"]);
    assert_eq!(shows(&api), [88, 88, 88]);
    assert_verified(&app.database, moment(NOON));
}

#[test]
fn a_bad_order_is_rejected_alone() {
    let app = TestApp::start();
    let api = article(&app);
    let unknown_sku = json!({"store": "lazada", "number": "2", "lines": [{"sku": "Product1", "quantity": 1}, {"sku": "Nothing", "quantity": 1}]});
    let future = json!({"store": "lazada", "number": "4", "placed_at": "2026-11-12T12:00:00Z", "lines": [{"sku": "Product1", "quantity": 1}]});
    let orders = json!({"orders": [order("nowhere", "1", 1), unknown_sku, order("Not a code", "3", 1), future, order("lazada", "5", 1)]});
    let answer = api.post("/orders", &orders).expect(200).body;
    let codes: Vec<Value> = answer["results"].as_array().expect("results").iter().map(|r| r["code"].clone()).collect();
    assert_eq!(
        codes,
        [json!("unknown_store"), json!("unknown_sku"), json!("unknown_store"), json!("placed_in_future"), Value::Null]
    );
    assert_eq!(answer["results"][1]["sku"], "Nothing");
    let pointers: Vec<&Value> =
        answer["results"].as_array().expect("results").iter().map(|result| &result["pointer"]).collect();
    let [store, sku, placed_at] = ["/orders/0/store", "/orders/1/lines/1/sku", "/orders/3/placed_at"].map(Value::from);
    assert_eq!(pointers, [&store, &sku, &json!("/orders/2/store"), &placed_at, &Value::Null]);
    assert_eq!(shows(&api), [99, 99, 99]);
    api.get("/orders/lazada/2").expect(404);
    api.get("/orders/lazada/5").expect(200);
}

#[test]
fn a_shop_that_asks_first_is_refused_what_it_is_not_shown() {
    let app = TestApp::start();
    let api = article(&app);
    api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201);
    let ask = |orders: Value| api.post("/orders", &json!({"orders": orders, "if_short": "reject"})).expect(200).body;
    let twice = json!([{"store": "shopee", "number": "1", "lines": [{"sku": "Product1", "quantity": 30}, {"sku": "Product1", "quantity": 11}]}]);
    let refused = &ask(twice)["results"][0];
    assert_eq!((&refused["status"], &refused["code"]), (&json!("rejected"), &json!("not_enough_stock")));
    assert_eq!((&refused["asked"], &refused["available"]), (&json!(41), &json!(40)));
    assert_eq!(refused["pointer"], "/orders/0/lines/0/quantity");
    assert_eq!(ask(json!([order("lazada", "1", 61)]))["results"][0]["available"], 60);
    assert_eq!(shows(&api), [60, 40, 40], "nothing was taken");
    assert_eq!(ask(json!([order("lazada", "1", 60)]))["results"][0]["status"], "accepted", "the number is still free");
    api.put("/skus", &json!({"skus": [{"code": "Loose", "name": "Listed nowhere", "on_hand": 5}]})).expect(200);
    let loose = json!([{"store": "shopee", "number": "9", "lines": [{"sku": "Loose", "quantity": 1}]}]);
    assert_eq!(ask(loose)["results"][0]["code"], "not_listed");
}

#[test]
fn a_cancelled_order_gives_back_to_where_it_took_from() {
    let app = TestApp::start();
    let api = article(&app);
    api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201);
    taken(&api, order("lazada", "1", 70));
    taken(&api, order("shopee", "1", 35));
    assert_eq!(shows(&api), [0, 0, 0]);
    for _ in 0..2 {
        let cancelled = api.post("/orders/lazada/1/cancel", &json!({})).expect(200).body;
        assert_eq!(cancelled["status"], "cancelled");
        assert_eq!(shows(&api), [60, 5, 5], "what was shared pays the five that are owed first");
    }
    assert_eq!(api.get("/orders/shopee/1").expect(200).body["lines"][0]["oversold"], 5);
    assert_eq!(api.post("/orders/lazada/1/ship", &json!({})).expect(409).code(), "already_cancelled");
    assert_verified(&app.database, moment(NOON));
}

#[test]
fn a_cancelled_order_of_a_sale_that_is_over_gives_back_to_all() {
    let app = TestApp::start();
    let api = article(&app);
    api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201);
    taken(&api, order("lazada", "1", 20));
    app.advance(TimeDelta::days(2));
    assert_eq!(shows(&api), [80, 80, 80]);
    api.post("/orders/lazada/1/cancel", &json!({})).expect(200);
    assert_eq!(shows(&api), [100, 100, 100]);
    assert_verified(&app.database, moment(NOON).plus(TimeDelta::days(2)));
}

#[test]
fn an_order_ships_once_and_not_what_is_not_there() {
    let app = TestApp::start();
    let api = article(&app);
    taken(&api, order("shopee", "1", 30));
    taken(&api, order("shopee", "2", 90));
    assert_eq!([asked_to(&api, "ship", "1"), asked_to(&api, "ship", "1")], [200, 200]);
    let short = api.post("/orders/shopee/2/ship", &json!({})).expect(409);
    assert_eq!((short.code(), &short.body["asked"], &short.body["available"]), ("not_on_hand", &json!(90), &json!(70)));
    assert_eq!(api.post("/orders/shopee/1/cancel", &json!({})).expect(409).code(), "already_shipped");
    api.put("/skus", &json!({"skus": [{"code": "Product1", "name": "Product1", "on_hand": 90}]})).expect(200);
    assert_eq!(asked_to(&api, "ship", "2"), 200);
    assert_eq!(shows(&api), [0, 0, 0]);
    assert_verified(&app.database, moment(NOON));
}

#[test]
fn a_cancel_that_comes_before_its_order_is_remembered() {
    let app = TestApp::start();
    let api = article(&app);
    let early = api.post("/orders/shopee/7/cancel", &json!({})).expect(200).body;
    assert_eq!((&early["status"], &early["lines"]), (&json!("cancelled"), &json!([])));
    assert_eq!(early["known"], false, "in case the number was a typing error");
    assert_eq!(api.post("/orders/shopee/7/cancel", &json!({})).expect(200).body["known"], false);
    assert_eq!(api.get("/orders/shopee/7").expect(200).body["known"], false);
    assert_eq!(asked_to(&api, "ship", "7"), 409);
    let late = api.post("/orders", &json!({"orders": [order("shopee", "7", 10)]})).expect(200).body;
    let detail = "It was cancelled before it arrived: nothing was taken for it.";
    assert_eq!((&late["results"][0]["status"], &late["results"][0]["detail"]), (&json!("accepted"), &json!(detail)));
    assert_eq!(taken(&api, order("shopee", "7", 10)), ("duplicate".to_owned(), [0, 0, 0]));
    let order = api.get("/orders/shopee/7").expect(200).body;
    assert_eq!(order["known"], true);
    assert_eq!((&order["status"], &order["lines"][0]["quantity"]), (&json!("cancelled"), &json!(10)));
    assert_eq!(shows(&api), [100, 100, 100]);
    assert_eq!(asked_to(&api, "ship", "8"), 404, "an unknown order cannot be shipped");
    api.post("/orders/nowhere/8/cancel", &json!({})).expect(404);
    assert_verified(&app.database, moment(NOON));
}

#[test]
fn when_an_order_was_placed_decides_whether_it_is_of_the_sale() {
    let app = TestApp::start();
    let api = article(&app);
    app.advance(TimeDelta::hours(1));
    api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201);
    let placed = |number: &str, at: &str| json!({"store": "lazada", "number": number, "placed_at": at, "lines": [{"sku": "Product1", "quantity": 10}]});
    assert_eq!(taken(&api, placed("before", "2026-11-10T12:30:00Z")), accepted([0, 10, 0]));
    assert_eq!(taken(&api, placed("during", "2026-11-10T13:00:00Z")), accepted([10, 0, 0]));
    app.advance(TimeDelta::days(2));
    // It was placed in the sale and came in after it: nothing is held any more.
    assert_eq!(taken(&api, placed("late", "2026-11-10T13:30:00Z")), accepted([0, 10, 0]));
    assert_eq!(shows(&api), [70, 70, 70]);
}

#[test]
fn the_second_in_which_a_sale_begins_is_of_the_sale_as_a_whole() {
    let app = TestApp::start();
    let api = article(&app);
    app.advance(TimeDelta::milliseconds(800));
    api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201);
    let placed = |number: &str, at: &str| json!({"store": "lazada", "number": number, "placed_at": at, "lines": [{"sku": "Product1", "quantity": 10}]});
    assert_eq!(taken(&api, placed("a second before", "2026-11-10T11:59:59Z")), accepted([0, 10, 0]));
    assert_eq!(taken(&api, placed("as marketplaces say it", "2026-11-10T12:00:00Z")), accepted([10, 0, 0]));
}

#[test]
fn an_order_with_the_clock_from_before_an_end_takes_nothing_that_was_held_again_since() {
    let (app, _) = article_shop();
    let (database, at) = (&app.database, app.now());
    let ending = scene::sale(at, LAZADA, StockAllocation, &[("Product1", 60)]);
    create(database, at, &ending).expect("60 of 100 fit");
    // Another store holds everything as soon as the sale is over; the order read the clock just before.
    let over = ending.ends_at;
    create(database, over, &scene::sale(over, SHOPEE, StockAllocation, &[("Product1", 100)])).expect("all is free");
    let Outcome::Accepted(lines) =
        take(database, over.plus(-TimeDelta::milliseconds(5)), LAZADA, "1", &[("Product1", 10)])
    else {
        panic!("an order is a fact")
    };
    assert_eq!((lines[0].from_hold, lines[0].from_shared, lines[0].oversold), (0, 0, 10));
    assert_every_hold_fitted(database);
    assert_verified(database, over);
}

#[test]
fn a_key_gets_the_first_answer_again() {
    let app = TestApp::start();
    let api = article(&app);
    app.advance(TimeDelta::hours(1));
    api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201);
    api.post("/orders/shopee/7/cancel", &json!({})).expect(200);
    let nothing = json!({"store": "lazada", "number": "9", "lines": []});
    let calls = [
        vec![order("lazada", "1", 10)],
        vec![order("lazada", "2", 70), order("shopee", "2", 50), order("shopee", "7", 10)],
        vec![order("lazada", "3", 1), order("lazada", "1", 10)],
        vec![nothing, order("lazada", "4", 1)],
    ];
    let once = |key: usize| api.post_once(&key.to_string(), "/orders", &json!({"orders": calls[key]})).expect(200);
    let first: Vec<Answer> = (0..calls.len()).map(once).collect();
    let second = &first[1].body["results"];
    assert_eq!((&second[0]["lines"][0]["from_hold"], &second[1]["lines"][0]["oversold"]), (&json!(50), &json!(30)));
    assert_eq!(second[2]["detail"], "It was cancelled before it arrived: nothing was taken for it.");
    assert_eq!(first[2].body["results"][1]["status"], "duplicate");
    // What becomes of them later changes no answer.
    for number in ["1", "2", "3"] {
        api.post(&format!("/orders/lazada/{number}/cancel"), &json!({})).expect(200);
    }
    for (key, first) in first.iter().enumerate().take(3) {
        let again = once(key);
        assert_eq!((&again.body, again.header("idempotency-replayed")), (&first.body, Some("true")));
        assert_eq!(again.header("content-type"), first.header("content-type"));
    }
    let tried_again = once(3);
    assert_eq!((&tried_again.body, tried_again.header("idempotency-replayed")), (&first[3].body, None));
    assert_verified(&app.database, app.now());
}

/// For a day, there are answers that the release before has stored.
#[test]
fn an_answer_that_was_stored_whole_is_sent_as_it_is() {
    let app = TestApp::start();
    let api = article(&app);
    let body = json!({"orders": [order("lazada", "1", 10)]});
    let first = api.post_once("key", "/orders", &body).expect(200);
    let whole = first.body.to_string();
    app.write(|conn| diesel::update(answers::table).set(answers::body.eq(&whole)).execute(conn).expect("an answer"));
    let again = api.post_once("key", "/orders", &body).expect(200);
    assert_eq!((&again.body, again.header("idempotency-replayed")), (&first.body, Some("true")));
}

#[test]
fn an_order_that_named_what_there_was_not_is_tried_again_with_its_key() {
    let app = TestApp::start();
    let api = article(&app);
    let gift = json!({"store": "lazada", "number": "2", "lines": [{"sku": "Gift", "quantity": 1}]});
    let new_store = order("tiktok", "3", 1);
    let body = json!({"orders": [order("lazada", "1", 10), gift, new_store]});
    let send = || api.post_once("day-1", "/orders", &body).expect(200);
    let statuses = |answer: &Answer| -> Vec<Value> {
        let results = answer.body["results"].as_array().expect("results");
        results
            .iter()
            .map(|result| if result["code"].is_null() { &result["status"] } else { &result["code"] }.clone())
            .collect()
    };
    let first = send();
    assert_eq!(statuses(&first), ["accepted", "unknown_sku", "unknown_store"]);
    api.put("/skus", &json!({"skus": [{"code": "Gift", "name": "Gift", "on_hand": 5}]})).expect(200);
    let second = send();
    assert_eq!(statuses(&second), ["accepted", "accepted", "unknown_store"], "the first keeps its result");
    assert_eq!(second.body["results"][2]["pointer"], "/orders/2/store", "its place in the body");
    assert_eq!((&second.body["results"][0], second.header("idempotency-replayed")), (&first.body["results"][0], None));
    let store = json!({"code": "tiktok", "name": "TikTok", "marketplace": "TikTok", "time_zone": "Asia/Singapore"});
    api.post("/stores", &store).expect(201);
    let third = send();
    assert_eq!(statuses(&third), ["accepted", "accepted", "accepted"]);
    let fourth = send();
    assert_eq!((&fourth.body, fourth.header("idempotency-replayed")), (&third.body, Some("true")));
    assert_eq!(shows(&api), [89, 89, 89]);
    let other = json!({"orders": [order("lazada", "9", 1)]});
    assert_eq!(api.post_once("day-1", "/orders", &other).expect(422).code(), "idempotency_key_reused");
    assert_verified(&app.database, app.now());
}

#[test]
fn a_key_that_nothing_was_done_for_is_free_and_a_refusal_for_want_of_stock_is_kept() {
    let app = TestApp::start();
    let api = article(&app);
    let wrong = json!({"orders": [{"store": "lazada", "number": "1", "lines": [{"sku": "Product1", "quantity": 0}]}]});
    let rejected = api.post_once("order-1", "/orders", &wrong).expect(200).body;
    assert_eq!(rejected["results"][0]["code"], "bad_field");
    let mended = json!({"orders": [order("lazada", "1", 1)]});
    let taken = api.post_once("order-1", "/orders", &mended).expect(200).body;
    assert_eq!(taken["results"][0]["status"], "accepted", "the number of the order is its key");
    let asked = json!({"orders": [order("lazada", "2", 500)], "if_short": "reject"});
    for replayed in [None, Some("true")] {
        let refused = api.post_once("order-2", "/orders", &asked).expect(200);
        assert_eq!(refused.body["results"][0]["code"], "not_enough_stock");
        assert_eq!(refused.header("idempotency-replayed"), replayed);
        api.put("/skus", &json!({"skus": [{"code": "Product1", "on_hand": 1000}]})).expect(200);
    }
}

#[test]
fn stock_alone_or_a_name_alone_is_brought_up_to_date() {
    let app = TestApp::start();
    let api = article(&app);
    for (sku, name, on_hand) in [
        (json!({"code": "Product1", "on_hand": 70}), "Product 1", 70),
        (json!({"code": "Product1", "name": "Tee"}), "Tee", 70),
        (json!({"code": "Product1", "buffer": 5, "name": null, "on_hand": null}), "Tee", 70),
        (json!({"code": "Product1"}), "Tee", 70),
    ] {
        let answer = api.put("/skus", &json!({"skus": [sku]})).expect(200).body;
        assert_eq!(answer, json!({"created": 0, "updated": 1, "failed": []}));
        let stored = api.get("/skus?code=Product1").expect(200).body["skus"][0].clone();
        assert_eq!((&stored["name"], &stored["on_hand"]), (&json!(name), &json!(on_hand)));
        assert_eq!(stored["listings"], json!(["lazada", "shopee", "zalora"]), "the stores stay");
    }
    assert_eq!(shows(&api), [65, 65, 65]);
    assert_verified(&app.database, app.now());
}

#[test]
fn of_many_with_keys_at_once_each_is_taken_once_and_the_same_key_gets_the_first_answer() {
    let app = TestApp::start();
    let api = article(&app);
    let servers = [api.also_at(app.address.clone()), api.also_at(app.start_another())];
    // Each of twelve orders with a key of its own, twice at once from each of two servers.
    let mut calls: Vec<(usize, usize)> = Vec::new();
    for nth in 0..12 {
        calls.extend([(nth, 0), (nth, 1), (nth, 0), (nth, 1)]);
    }
    let answers = together(&calls, |(nth, server)| {
        let number = nth.to_string();
        let body = json!({"orders": [order("lazada", &number, 1)]});
        (*nth, servers[*server].post_once(&format!("key-{nth}"), "/orders", &body).expect(200))
    });
    for nth in 0..12 {
        let of_one: Vec<_> = answers.iter().filter(|(of, _)| *of == nth).map(|(_, answer)| answer).collect();
        let first = of_one.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count();
        assert_eq!(first, 1, "{nth}");
        for answer in of_one {
            assert_eq!(answer.body["results"][0]["status"], "accepted", "{nth}");
        }
    }
    let other = json!({"orders": [order("lazada", "100", 1)]});
    assert_eq!(api.post_once("key-0", "/orders", &other).expect(422).code(), "idempotency_key_reused");
    let theirs = app.api().post_once("key-0", "/orders", &other).expect(200);
    assert_eq!(theirs.body["results"][0]["status"], "accepted", "the key of another token");
    assert_eq!(shows(&api), [87, 87, 87]);
    assert_verified(&app.database, app.now());
}

#[test]
fn one_order_with_many_keys_is_taken_once_and_each_key_keeps_its_own_answer() {
    let app = TestApp::start();
    let api = article(&app);
    let keys: Vec<String> = (0..8).map(|nth| format!("key-{nth}")).collect();
    let body = json!({"orders": [order("lazada", "1", 1)]});
    let send = |key: &String| api.post_once(key, "/orders", &body).expect(200);
    let first = together(&keys, send);
    let accepted = first.iter().filter(|answer| answer.body["results"][0]["status"] == "accepted").count();
    assert_eq!(accepted, 1);
    for (key, first) in keys.iter().zip(first) {
        let again = send(key);
        assert_eq!(again.body, first.body, "{key}");
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{key}");
    }
    assert_eq!(shows(&api), [99, 99, 99]);
}

#[test]
fn of_calls_that_are_taken_together_those_with_a_used_key_get_its_answer_and_the_others_are_taken() {
    let app = TestApp::start();
    let api = article(&app);
    let used = json!({"orders": [order("lazada", "0", 1)]});
    let first = api.post_once("key-0", "/orders", &used).expect(200);
    let numbers: Vec<usize> = (0..12).map(|nth| nth % 6).collect();
    let answers = together(&numbers, |nth| {
        let body = json!({"orders": [order("lazada", &nth.to_string(), 1)]});
        (*nth, api.post_once(&format!("key-{nth}"), "/orders", &body).expect(200))
    });
    for (nth, answer) in &answers {
        assert_eq!(answer.body["results"][0]["status"], "accepted", "{nth}");
        if *nth == 0 {
            assert_eq!((&answer.body, answer.header("idempotency-replayed")), (&first.body, Some("true")));
        }
    }
    assert_eq!(shows(&api), [94, 94, 94]);
    assert_verified(&app.database, app.now());
}

#[test]
fn a_key_is_used_once_whichever_call_it_came_with_first() {
    let app = TestApp::start();
    let api = article(&app);
    let orders = json!({"orders": [order("lazada", "1", 1)]});
    let store = json!({"code": "new", "name": "New", "marketplace": "Lazada", "time_zone": "Asia/Manila"});
    api.post_once("of-a-store", "/stores", &store).expect(201);
    assert_eq!(api.post_once("of-a-store", "/orders", &orders).expect(422).code(), "idempotency_key_reused");
    api.post_once("of-orders", "/orders", &orders).expect(200);
    assert_eq!(api.post_once("of-orders", "/stores", &store).expect(422).code(), "idempotency_key_reused");
    assert_eq!(shows(&api), [99, 99, 99]);
    app.advance(TimeDelta::hours(24) + TimeDelta::microseconds(1));
    let late = api.post_once("of-orders", "/orders", &orders).expect(200);
    assert_eq!(late.body["results"][0]["status"], "duplicate", "the key is free, and the order is known");
}

#[test]
fn whoever_has_no_token_learns_nothing_about_a_key() {
    let app = TestApp::start();
    article(&app);
    let orders = json!({"orders": [order("lazada", "1", 1)]});
    for key in ["", "a good one"] {
        let refused = app.stranger(Some("nobody".to_owned())).post_once(key, "/orders", &orders);
        assert_eq!((refused.status, refused.code()), (401, "unauthorized"), "{key}");
    }
    let wrong = app.api().post_once("a b", "/orders", &orders).expect(400);
    assert_eq!(wrong.code(), "bad_idempotency_key");
}
