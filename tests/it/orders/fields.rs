//! What programs send by mistake or by malice in the fields of orders: each is answered with where it is, and nothing is
//! taken.

use crate::{
    api::{
        calls::{article, sale, shown},
        client::{Answer, JSON},
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

/// Prices that nothing has: the same as [`no_units`], but for how high they may be.
fn no_prices() -> Vec<Value> {
    let no_price = no_units().into_iter().filter(|value| *value != 1_000_000_001);
    no_price.chain([json!(1_000_000_000_000_001_i64)]).collect()
}

fn line() -> Value {
    json!({"sku": "Product1", "quantity": 1, "unit_price_minor": 1250})
}

#[test]
fn every_field_of_an_order_is_held_to_what_an_order_keeps() {
    let app = TestApp::start();
    let api = article(&app);
    // An order that cannot be read is rejected alone, with where it goes wrong.
    let rejected = |order: &Value, pointer: &str| {
        let answer = api.post("/orders", &json!({"orders": [order, order]})).expect(200);
        let result = &answer.body["results"][1];
        let found = (result["status"].as_str(), result["code"].as_str(), result["pointer"].as_str());
        let pointer = format!("/orders/1{pointer}");
        assert_eq!(found, (Some("rejected"), Some("bad_field"), Some(pointer.as_str())), "{order:.300}");
        assert!(result["detail"].as_str().is_some_and(|detail| !detail.is_empty() && detail.len() < 1000), "{result}");
        assert_eq!(result["lines"], json!([]));
    };
    let rejected_with = |field: &str, values: Vec<Value>| {
        for value in values {
            rejected(&with(&order(), field, Some(value)), &format!("/{field}"));
        }
    };
    for field in ["store", "number", "lines"] {
        rejected(&with(&order(), field, None), "");
    }
    rejected_with("store", [no_texts(), hidden_texts()].concat());
    rejected_with("number", [no_texts(), hidden_texts(), vec![json!("x".repeat(65))]].concat());
    let no_moment = [no_texts(), no_times()].concat().into_iter().filter(|value| !value.is_null()).collect();
    rejected_with("placed_at", no_moment);
    let many = json!(vec![line(); 1001]);
    rejected_with("lines", vec![json!(null), json!("x"), json!(1), json!({}), json!([]), many]);
    rejected_with("colour", vec![json!("red")]);
    for no_order in [json!(null), json!("1"), json!(1), json!([]), json!(["lazada", "1", null, []])] {
        rejected(&no_order, "");
    }

    let rejected_line = |line: &Value, pointer: &str| {
        rejected(&with(&order(), "lines", Some(json!([line]))), &format!("/lines/0{pointer}"));
    };
    for (field, values) in [
        ("sku", [no_texts(), hidden_texts()].concat()),
        ("quantity", [no_units(), vec![json!(0), Value::Null]].concat()),
        ("unit_price_minor", no_prices()),
    ] {
        for value in values {
            rejected_line(&with(&line(), field, Some(value)), &format!("/{field}"));
        }
    }
    for no_line in [json!(null), json!(1), json!("Product1"), json!([])] {
        rejected_line(&no_line, "");
    }

    let send_whole = |body: &Value| api.post("/orders", body);
    let whole = json!({"orders": [order()], "if_short": "record"});
    let words = ["", "Record", "yes", "record\u{0}"].map(Value::from).to_vec();
    refuse_at("", send_whole, &whole, "if_short", [words, vec![json!(1), json!(true), json!([]), json!({})]].concat());
    refuse_at("", send_whole, &whole, "orders", vec![json!(null), json!({}), json!("x"), json!([])]);
    let too_many = send_whole(&json!({"orders": vec![order(); 1001]})).expect(422);
    assert_eq!((too_many.code(), &too_many.body["limit"]), ("too_many_items", &json!(1000)));

    api.get("/orders/lazada/1").expect(404);
    assert!(shown(&api).iter().all(|(_, units)| *units == 100), "nothing was taken");
    assert_verified(&app.database, app.now());
}

#[test]
fn orders_that_cannot_be_read_are_rejected_at_their_place_and_the_others_are_taken() {
    let app = TestApp::start();
    let api = article(&app);
    let lines = |lines: Value| with(&order(), "lines", Some(lines));
    let named = |number: &str, order: &Value| with(order, "number", Some(json!(number)));
    let no_units = lines(json!([line(), {"sku": "Product1", "quantity": 0}]));
    let absurd = lines(json!([{"sku": "Product1", "quantity": 1, "unit_price_minor": 9_000_000_000_000_000_000_u64}]));
    let orders = json!({"orders": [
        named("G1", &order()),
        named("G2", &no_units),
        named(&"9".repeat(65), &order()),
        named("G4", &order()),
        named("G5", &lines(json!([with(&line(), "sku", Some(json!("")))]))),
        named("G6", &lines(json!([with(&line(), "unit_price_minor", Some(json!(-1)))]))),
        named("G7", &absurd),
        with(&order(), "store", Some(json!("nowhere"))),
        with(&order(), "lines", None),
        7,
        named("G11", &order()),
    ]});
    for answer in [api.post("/orders", &orders), api.post_once("key", "/orders", &orders)] {
        let results = answer.expect(200).body["results"].clone();
        let results = results.as_array().expect("results");
        let codes: Vec<&str> = results.iter().map(|result| result["code"].as_str().unwrap_or("")).collect();
        let bad = "bad_field";
        assert_eq!(codes, ["", bad, bad, "", bad, bad, bad, "unknown_store", bad, bad, ""]);
        assert_eq!((&results[1]["number"], &results[1]["store"]), (&json!("G2"), &json!("lazada")));
        assert_eq!(results[1]["pointer"], "/orders/1/lines/1/quantity");
        assert_eq!((&results[1]["detail"], &results[9]["number"]), (&json!("Enter 1 or more."), &json!("")));
    }
    for (number, status) in [("G1", 200), ("G2", 404), ("G4", 200), ("G5", 404), ("G7", 404), ("G11", 200)] {
        api.get(&format!("/orders/lazada/{number}")).expect(status);
    }
    assert!(shown(&api).iter().all(|(_, units)| *units == 97), "{:?}", shown(&api));
    // Numbers that no JSON number type holds, and texts that are no Unicode, are of one order as well.
    let odd = format!(
        r#"{{"orders": [{}, {{"store": "lazada", "number": "O2", "lines": [{{"sku": "Product1", "quantity": 1e999}}]}},
            {{"store": "lazada", "number": "\ud800", "lines": []}}]}}"#,
        named("O1", &order())
    );
    let results = api.send("POST", "/orders", &[JSON], Some(odd.as_bytes())).expect(200).body["results"].clone();
    let statuses: Vec<&Value> = results.as_array().expect("results").iter().map(|result| &result["status"]).collect();
    assert_eq!(statuses, ["accepted", "rejected", "rejected"]);
    assert_verified(&app.database, app.now());
}

#[test]
fn what_is_wrong_with_many_lines_is_said_once() {
    let app = TestApp::start();
    let api = article(&app);
    let bad = json!({"sku": "", "quantity": 0});
    let orders = json!({"orders": [{"store": "lazada", "number": "1", "lines": [bad, bad, bad]}]});
    let answer = api.post("/orders", &orders).expect(200).body;
    assert_eq!(answer["results"][0]["detail"], "Enter a SKU code. Enter 1 or more.");
    assert_eq!(answer["results"][0]["pointer"], "/orders/0/lines/0/sku");
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
