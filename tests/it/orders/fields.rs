//! What programs send by mistake or by malice in the fields of orders: each is answered with where it is, and nothing is
//! taken.

use crate::{
    api::{
        calls::{article, sale, shown},
        client::Answer,
        fields::{VISIBLE_TEXTS, hidden_texts, no_texts, no_times, no_units, refuse_at, with},
    },
    scene::assert_verified,
    support::TestApp,
};
use flashsale::web::page::encoded;
use serde_json::{Value, json};

fn order() -> Value {
    json!({"store": "lazada", "number": "1", "placed_at": "2026-11-10T12:00:00Z", "lines": [line()]})
}

fn line() -> Value {
    json!({"sku": "Product1", "quantity": 1, "unit_price_minor": 1250})
}

#[test]
fn every_field_of_an_order_is_held_to_what_an_order_keeps() {
    let app = TestApp::start();
    let api = article(&app);
    let send = |order: &Value| api.post("/orders", &json!({"orders": [order]}));
    for field in ["store", "number", "lines"] {
        let missing = send(&with(&order(), field, None)).expect(422);
        assert_eq!((missing.code(), missing.pointer()), ("bad_field", "/orders/0"));
        assert!(missing.body["detail"].as_str().is_some_and(|detail| detail.contains(field)), "{}", missing.body);
    }
    refuse_at("/orders/0", send, &order(), "store", [no_texts(), hidden_texts()].concat());
    refuse_at(
        "/orders/0",
        send,
        &order(),
        "number",
        [no_texts(), hidden_texts(), vec![json!("x".repeat(65))]].concat(),
    );
    let no_moment = [no_texts(), no_times()].concat().into_iter().filter(|value| !value.is_null()).collect();
    refuse_at("/orders/0", send, &order(), "placed_at", no_moment);
    let many = json!(vec![line(); 1001]);
    refuse_at(
        "/orders/0",
        send,
        &order(),
        "lines",
        vec![json!(null), json!("x"), json!(1), json!({}), json!([]), many],
    );
    assert_eq!(send(&with(&order(), "colour", Some(json!("red")))).expect(422).pointer(), "/orders/0/colour");

    let send_line = |line: &Value| send(&with(&order(), "lines", Some(json!([line]))));
    refuse_at("/orders/0/lines/0", send_line, &line(), "sku", [no_texts(), hidden_texts()].concat());
    refuse_at("/orders/0/lines/0", send_line, &line(), "quantity", [no_units(), vec![json!(0), Value::Null]].concat());
    let no_price = no_units().into_iter().filter(|value| *value != json!(1_000_000_001));
    let no_price = no_price.chain([json!(1_000_000_000_000_001_i64)]).collect();
    refuse_at("/orders/0/lines/0", send_line, &line(), "unit_price_minor", no_price);
    for no_line in [json!(null), json!(1), json!("Product1"), json!([])] {
        assert_eq!(send_line(&no_line).expect(422).code(), "bad_field", "{no_line}");
    }

    let send_whole = |body: &Value| api.post("/orders", body);
    let whole = json!({"orders": [order()], "if_short": "record"});
    let words = ["", "Record", "yes", "record\u{0}"].map(Value::from).to_vec();
    refuse_at("", send_whole, &whole, "if_short", [words, vec![json!(1), json!(true), json!([]), json!({})]].concat());
    refuse_at("", send_whole, &whole, "orders", vec![json!(null), json!({}), json!("x"), json!([])]);
    let too_many = send_whole(&json!({"orders": vec![order(); 1001]})).expect(422);
    assert_eq!((too_many.code(), &too_many.body["limit"]), ("too_many_items", &json!(1000)));

    // One order that cannot be read refuses all that came with it: half of them would be a surprise.
    let half = api.post("/orders", &json!({"orders": [order(), with(&order(), "number", Some(json!("")))]}));
    assert_eq!(half.expect(422).pointer(), "/orders/1/number");
    api.get("/orders/lazada/1").expect(404);
    assert!(shown(&api).iter().all(|(_, units)| *units == 100), "nothing was taken");
    assert_verified(&app.database, app.now());
}

#[test]
fn an_order_may_be_called_anything_that_can_be_read() {
    let app = TestApp::start();
    let api = article(&app);
    api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201);
    for text in VISIBLE_TEXTS {
        let named = with(&order(), "number", Some(json!(text)));
        let result = |answer: Answer| answer.expect(200).body["results"][0].clone();
        assert_eq!(result(api.post("/orders", &json!({"orders": [named]})))["status"], "accepted", "{text}");
        let path = format!("/orders/lazada/{}", encoded(text));
        assert_eq!(api.get(&path).expect(200).body["number"], text);
        assert_eq!(api.post(&format!("{path}/cancel"), &json!({})).expect(200).body["status"], "cancelled");
        for field in ["store", "sku"] {
            let other = match field {
                "store" => with(&order(), "store", Some(json!(text))),
                _ => with(&order(), "lines", Some(json!([with(&line(), "sku", Some(json!(text)))]))),
            };
            let rejected = result(api.post("/orders", &json!({"orders": [other]})));
            assert_eq!(
                (&rejected["status"], &rejected["code"]),
                (&json!("rejected"), &json!(format!("unknown_{field}")))
            );
        }
    }
    let long = format!("nowhere/{}", "x".repeat(4_000));
    // A cancel that comes before its order is remembered, so one of a store that exists finds nothing amiss.
    api.post("/orders/lazada/nothing/ship", &json!({})).expect(404);
    for name in ["nowhere/1", "LAZADA/1", "%00/1", "lazada/%00", "lazada/%FF", "..%2F/1", long.as_str()] {
        for (method, what) in [("GET", ""), ("POST", "/cancel"), ("POST", "/ship")] {
            let answer = match method {
                "GET" => api.get(&format!("/orders/{name}")),
                _ => api.post(&format!("/orders/{name}{what}"), &json!({})),
            };
            assert_eq!(answer.status, 404, "{name}{what}: {}", answer.body);
        }
    }
    assert_verified(&app.database, app.now());
}
