//! Requests that carry an Idempotency-Key.

use crate::{
    api::{
        calls::{article, sale, shown, together},
        client::JSON,
    },
    orders::api::order,
    support::{NOON, TestApp, moment},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use flashsale::{
    db::{
        KeyHash, RecentKeys,
        engine::schema::idempotent_answers as answers,
        idempotency::{self, NewAnswer},
    },
    domain::id::TokenId,
};
use serde_json::{Value, json};

const REPLAYED: &str = "idempotency-replayed";

fn count(api: &crate::api::client::Api) -> usize {
    api.get("/promotions").expect(200).body["promotions"].as_array().expect("a list").len()
}

#[test]
fn the_same_key_again_gets_the_first_answer_and_creates_nothing_more() {
    let app = TestApp::start();
    let api = article(&app);
    let body = sale("stock_allocation", "lazada", 60);
    let first = api.post_once("key-1", "/promotions", &body).expect(201);
    app.advance(TimeDelta::hours(23));
    api.post(&format!("/promotions/{}/end", first.body["id"].as_str().expect("an id")), &json!({})).expect(200);
    let again = api.post_once("key-1", "/promotions", &body).expect(201);
    assert_eq!((first.header(REPLAYED), again.header(REPLAYED)), (None, Some("true")));
    assert_eq!(first.body, again.body);
    assert_eq!(count(&api), 1);
    let store = json!({"code": "new", "name": "New", "marketplace": "Lazada", "time_zone": "Asia/Manila"});
    for replayed in [None, Some("true")] {
        assert_eq!(api.post_once("key-2", "/stores", &store).expect(201).header(REPLAYED), replayed);
    }
}

#[test]
fn a_refusal_is_an_answer_like_any_other() {
    let app = TestApp::start();
    let api = article(&app);
    let body = sale("stock_allocation", "lazada", 101);
    let first = api.post_once("key", "/promotions", &body).expect(422);
    let more = json!({"skus": [{"code": "Product1", "name": "Product 1", "on_hand": 200}]});
    api.put("/skus", &more).expect(200);
    let again = api.post_once("key", "/promotions", &body).expect(422);
    assert_eq!((first.body, again.header(REPLAYED)), (again.body.clone(), Some("true")));
    api.post_once("another", "/promotions", &body).expect(201);
}

#[test]
fn a_body_that_was_never_tried_does_not_use_up_its_key() {
    let app = TestApp::start();
    let api = article(&app);
    api.post_once("key", "/promotions", &sale("stock_allocation", "lazada", "sixty")).expect(422);
    api.post_once("key", "/promotions", &sale("stock_allocation", "lazada", 0)).expect(422);
    assert_eq!(
        api.post_once("key", "/promotions", &sale("stock_allocation", "lazada", 60)).expect(201).header(REPLAYED),
        None
    );
}

#[test]
fn a_key_belongs_to_one_request_of_one_token() {
    let app = TestApp::start();
    let api = article(&app);
    api.post_once("key", "/promotions", &sale("stock_allocation", "lazada", 10)).expect(201);
    let other_body = api.post_once("key", "/promotions", &sale("stock_allocation", "lazada", 11)).expect(422);
    assert_eq!(other_body.code(), "idempotency_key_reused");
    let store = json!({"code": "new", "name": "New", "marketplace": "Lazada", "time_zone": "Asia/Manila"});
    assert_eq!(api.post_once("key", "/stores", &store).expect(422).code(), "idempotency_key_reused");
    let stranger = app.api();
    let theirs = stranger.post_once("key", "/promotions", &sale("stock_allocation", "shopee", 10)).expect(201);
    assert_eq!((theirs.header(REPLAYED), count(&api)), (None, 2));
}

#[test]
fn a_key_is_visible_ascii_of_up_to_255_characters() {
    let app = TestApp::start();
    let api = article(&app);
    let body = sale("stock_allocation", "lazada", 1).to_string();
    let send = |key: &str| api.send("POST", "/promotions", &[JSON, ("idempotency-key", key)], Some(body.as_bytes()));
    for key in ["", "a b", "é", "🎉", &"k".repeat(256)] {
        assert_eq!(send(key).expect(400).code(), "bad_idempotency_key", "{key}");
    }
    let two = [JSON, ("idempotency-key", "one"), ("idempotency-key", "two")];
    let refused = api.send("POST", "/promotions", &two, Some(body.as_bytes())).expect(400);
    assert_eq!(refused.code(), "bad_idempotency_key", "it cannot be told which of the two is meant");
    send(&"k".repeat(255)).expect(201);
    assert_eq!(
        send("'; DROP TABLE idempotent_answers; --".replace(' ', "_").as_str()).expect(409).code(),
        "already_held"
    );
}

#[test]
fn an_answer_is_kept_for_a_day() {
    let app = TestApp::start();
    let api = article(&app);
    let long = |quantity: i64| {
        let mut body = sale("stock_allocation", "lazada", quantity);
        body["ends_at"] = json!("2026-12-31T00:00:00Z");
        body
    };
    api.post_once("key", "/promotions", &long(10)).expect(201);
    app.advance(TimeDelta::hours(24));
    assert_eq!(api.post_once("key", "/promotions", &long(10)).expect(201).header(REPLAYED), Some("true"));
    app.advance(TimeDelta::microseconds(1));
    let refused = api.post_once("key", "/promotions", &long(10)).expect(409);
    assert_eq!((refused.code(), refused.header(REPLAYED)), ("already_held", None));
}

/// A day of many orders leaves more answers than one call could delete.
#[test]
fn old_answers_go_some_at_a_time_and_a_key_is_free_before_its_answer_is_gone() {
    let app = TestApp::start();
    let api = article(&app);
    let order_of = |number: &str| json!({"orders": [order("lazada", number, 1)]});
    api.post_once("old", "/orders", &order_of("old")).expect(200);
    let count =
        || -> i64 { app.database.read_blocking(|conn| answers::table.count().get_result(conn)).expect("a read") };
    app.write(|conn| {
        let token: TokenId = answers::table.select(answers::token_id).first(conn).expect("an answer");
        let keys: Vec<String> = (1..=6_000).map(|nth| format!("of-yesterday-{nth}")).collect();
        let mut rows = Vec::new();
        for (nth, key) in (1..).zip(&keys) {
            rows.push(NewAnswer {
                token_id: token,
                key,
                key_hash: KeyHash::new(token, key),
                request_hash: "",
                status: 200,
                body: "{}".to_owned(),
                // A microsecond apart, and all before that of the order.
                created_at: moment(NOON).plus(-TimeDelta::microseconds(nth)),
            });
        }
        idempotency::insert(conn, &RecentKeys::default(), &rows).expect("an insert");
    });
    app.advance(TimeDelta::hours(24) + TimeDelta::microseconds(1));
    let free = api.post_once("old", "/orders", &order_of("new")).expect(200);
    assert_eq!((&free.body["results"][0]["status"], free.header(REPLAYED)), (&json!("accepted"), None));
    assert!(count() > 3_000, "not all were deleted by one call");
    for nth in 0..32 {
        api.post_once(&nth.to_string(), "/orders", &order_of(&nth.to_string())).expect(200);
    }
    assert_eq!(count(), 33, "those of today");
}

#[test]
fn of_many_with_the_same_key_at_once_one_creates_and_the_others_get_its_answer() {
    let app = TestApp::start();
    let api = article(&app);
    let body = sale("stock_allocation", "lazada", 60);
    let answers = together(&[(); 16], |()| api.post_once("key", "/promotions", &body).expect(201));
    let created = answers.iter().filter(|answer| answer.header(REPLAYED).is_none()).count();
    let ids: std::collections::HashSet<String> = answers.iter().map(|answer| answer.body["id"].to_string()).collect();
    assert_eq!((created, ids.len(), count(&api)), (1, 1, 1));
    assert_eq!(shown(&api)[1], ("shopee".to_owned(), 40));
    let quantities: Vec<i64> = (1..=16).collect();
    let codes: Vec<Value> = together(&quantities, |quantity| {
        let answer = api.post_once("another", "/promotions", &sale("stock_reservation", "shopee", *quantity));
        answer.body["code"].clone()
    });
    let reused = codes.iter().filter(|code| **code == "idempotency_key_reused").count();
    assert_eq!((codes.iter().filter(|code| code.is_null()).count(), reused), (1, 15), "{codes:?}");
}
