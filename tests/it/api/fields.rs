//! What programs send by mistake or by malice: every field with everything that it should not have. Each is answered
//! with a problem that says where, and nothing is applied.

use crate::{
    api::{
        calls::{article, sale, shown},
        client::{Answer, Api, JSON},
    },
    support::TestApp,
};
use serde_json::{Map, Value, json};

/// The answers that a field may get to a value: all else is a fault of the program.
type Allowed = &'static [u16];

const REFUSED: Allowed = &[422];

fn store() -> Value {
    json!({"code": "new", "name": "New", "marketplace": "Lazada", "time_zone": "Asia/Singapore"})
}

fn sku() -> Value {
    json!({"code": "New", "name": "New", "on_hand": 1, "buffer": 0, "listings": ["lazada"]})
}

/// Values of the wrong type for a field that takes a text.
pub fn no_texts() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1e300),
        json!(9_223_372_036_854_775_808_u64),
        json!([]),
        json!({}),
    ]
}

/// Texts that every field refuses.
pub fn hidden_texts() -> Vec<Value> {
    let mut texts: Vec<Value> = [
        "",
        " ",
        "\u{3000}",
        "a\0b",
        "a\u{7}b",
        "a\nb",
        "a\u{1b}[31mb",
        "a\u{202E}b",
        "\u{200F}a\u{200F}b",
        "a\u{2066}b",
    ]
    .map(Value::from)
    .to_vec();
    texts.extend([json!("x".repeat(201)), json!("é".repeat(100_000))]);
    texts
}

/// Texts that resemble attacks and are valid names.
pub const VISIBLE_TEXTS: [&str; 6] =
    ["双十一 🎉", "حملة", "<script>alert(1)</script>", "'; DROP TABLE skus; --", "=1+1", "${7*7} {{7*7}} %s %00"];

/// Numbers of units that nothing has.
pub fn no_units() -> Vec<Value> {
    let mut values =
        vec![json!("60"), json!(""), json!(true), json!([1]), json!({}), json!(-1), json!(1.5), json!(60.0)];
    values.extend([
        json!(1e300),
        json!(-1e300),
        json!(9_223_372_036_854_775_808_u64),
        json!(i64::MIN),
        json!(1_000_000_001),
    ]);
    values
}

/// Texts that are no valid time.
pub fn no_times() -> Vec<Value> {
    [
        "tomorrow",
        "2026-11-11",
        "2026-11-11T23:59:00",
        "2026-02-30T00:00:00Z",
        "2026-11-11T24:00:00Z",
        "2026-12-31T23:59:60Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00Z",
        "+12026-11-11T00:00:00Z",
        "20261111T235900Z",
        "1762876800",
        "2026-11-11T23:59:00+99:00",
    ]
    .map(Value::from)
    .to_vec()
}

pub fn with(body: &Value, field: &str, value: Option<Value>) -> Value {
    let mut changed: Map<String, Value> = body.as_object().expect("an object").clone();
    match value {
        Some(value) => changed.insert(field.to_owned(), value),
        None => changed.remove(field),
    };
    Value::Object(changed)
}

/// Sends `body` with every invalid value of `field`, which is below `at`, and expects an error for it.
pub fn refuse_at(at: &str, send: impl Fn(&Value) -> Answer, body: &Value, field: &str, values: Vec<Value>) {
    for value in values {
        let answer = send(&with(body, field, Some(value.clone())));
        assert!(REFUSED.contains(&answer.status), "{field}: {value}: {}", answer.body);
        assert_eq!((answer.code(), answer.pointer()), ("bad_field", format!("{at}/{field}").as_str()), "{value}");
        assert!(answer.body["detail"].as_str().is_some_and(|detail| detail.len() < 1000), "{}", answer.body);
    }
}

/// The same without the field, which has to be there, and with every wrong value of it.
fn refuse(send: impl Fn(&Value) -> Answer, body: &Value, field: &str, values: Vec<Value>) {
    let missing = send(&with(body, field, None)).expect(422);
    assert_eq!(missing.code(), "bad_field");
    assert!(missing.body["detail"].as_str().is_some_and(|detail| detail.contains(field)), "{}", missing.body);
    refuse_at("", send, body, field, values);
}

#[test]
fn every_field_of_a_store_is_held_to_what_a_store_keeps() {
    let app = TestApp::start();
    let api = article(&app);
    let send = |body: &Value| api.post("/stores", body);
    for field in ["code", "name", "marketplace", "time_zone"] {
        refuse(send, &store(), field, [no_texts(), hidden_texts()].concat());
    }
    let codes = ["a b", "ab/c", "a|b", "ü", "🎉", "<b>", "'--"].map(Value::from).to_vec();
    refuse(send, &store(), "code", codes);
    refuse(send, &store(), "time_zone", ["Singapore SG", "+08:00", "../../etc/passwd"].map(Value::from).to_vec());
    assert_eq!(api.post("/stores", &with(&store(), "colour", Some(json!("red")))).expect(422).pointer(), "/colour");
    let several = api.post("/stores", &json!({"code": "A b", "name": "", "marketplace": " ", "time_zone": "x"}));
    assert_eq!(several.expect(422).body["errors"].as_array().map(Vec::len), Some(4));
    for (n, name) in VISIBLE_TEXTS.iter().enumerate() {
        let body = with(&with(&store(), "name", Some(json!(name))), "code", Some(json!(format!("new-{n}"))));
        assert_eq!(api.post("/stores", &body).expect(201).body["name"], *name);
    }
    assert_eq!(api.post("/stores", &store()).expect(201).body["code"], "new", "none of the refused ones was kept");
    for code in ["new", "NEW"] {
        let again = with(&with(&store(), "name", Some(json!("Another"))), "code", Some(json!(code)));
        assert_eq!(api.post("/stores", &again).expect(409).code(), "code_taken", "{code}");
    }
    let upper = with(&with(&store(), "name", Some(json!("Big"))), "code", Some(json!("Big-SG")));
    assert_eq!(api.post("/stores", &upper).expect(201).body["code"], "Big-SG");
    let namesake = with(&with(&store(), "name", Some(json!("LAZADA SG"))), "code", Some(json!("lazada-2")));
    let taken = api.post("/stores", &namesake).expect(409);
    assert_eq!((taken.code(), &taken.body["store"]), ("name_taken", &json!("lazada")));
}

#[test]
fn every_field_of_a_sku_is_held_to_what_a_sku_keeps() {
    let app = TestApp::start();
    let api = article(&app);
    let put = |sku: Value| api.put("/skus", &json!({"skus": [sku]}));
    assert_eq!(fails_alone(&put(with(&sku(), "code", None)), "bad_field"), "/skus/0");
    for field in ["code", "name"] {
        // A name that is null is not there, and a new SKU needs one.
        for value in no_texts().into_iter().chain(hidden_texts()) {
            let answer = put(with(&sku(), field, Some(value)));
            assert_eq!(fails_alone(&answer, "bad_field"), format!("/skus/0/{field}"));
        }
    }
    for field in ["on_hand", "buffer"] {
        for value in no_units() {
            let answer = put(with(&sku(), field, Some(value)));
            assert_eq!(fails_alone(&answer, "bad_field"), format!("/skus/0/{field}"));
        }
    }
    for (field, words) in
        [("name", "Add its name: “New” is a new SKU."), ("on_hand", "Add the units on hand: “New” is a new SKU.")]
    {
        let answer = put(with(&sku(), field, None));
        assert_eq!(fails_alone(&answer, "bad_field"), format!("/skus/0/{field}"));
        assert_eq!(answer.body["failed"][0]["detail"], words);
        fails_alone(&put(with(&sku(), field, Some(Value::Null))), "bad_field");
    }
    fails_alone(&put(with(&sku(), "listings", Some(json!(vec!["lazada"; 1001])))), "bad_field");
    for value in [json!("lazada"), json!({}), json!(1), json!([1]), json!([null])] {
        let answer = put(with(&sku(), "listings", Some(value)));
        let pointer = fails_alone(&answer, "bad_field");
        assert!(pointer.starts_with("/skus/0/listings"), "{pointer}");
    }
    assert_eq!(fails_alone(&put(with(&sku(), "colour", Some(json!("red")))), "bad_field"), "/skus/0/colour");
    for (value, code) in
        [(json!(["nowhere"]), "unknown_store"), (json!([""]), "bad_field"), (json!(["L!"]), "bad_field")]
    {
        fails_alone(&put(with(&sku(), "listings", Some(value))), code);
    }
    for no_sku in [json!(["New", "New", 1]), json!(null), json!("New"), json!([])] {
        assert_eq!(fails_alone(&put(no_sku), "bad_field"), "/skus/0");
    }
    assert_eq!(api.get("/quantities?sku=New").expect(422).code(), "unknown_sku", "none was kept");
    for name in VISIBLE_TEXTS {
        let answer =
            put(json!({"code": name, "name": name, "on_hand": 1_000_000_000, "buffer": null, "listings": ["lazada"]}));
        assert_eq!(answer.expect(200).body["created"], 1);
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("sku", name).finish();
        assert_eq!(
            api.get(&format!("/quantities?{query}")).expect(200).body["quantities"][0]["quantity"],
            1_000_000_000
        );
    }
    assert_eq!(put(with(&sku(), "listings", None)).expect(200).body["created"], 1);
}

/// Whether the only item failed and the request was taken. Returns where its first wrong field is.
fn fails_alone<'a>(answer: &'a Answer, code: &str) -> &'a str {
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    let failed = &answer.body["failed"];
    assert_eq!(
        (failed[0]["code"].as_str(), failed.as_array().map(Vec::len)),
        (Some(code), Some(1)),
        "{:#}",
        answer.body
    );
    assert_eq!(failed[0]["index"], 0);
    failed[0]["pointer"].as_str().expect("a pointer")
}

#[test]
fn every_field_of_a_flash_sale_is_held_to_what_a_sale_keeps() {
    let app = TestApp::start();
    let api = article(&app);
    let body = sale("stock_allocation", "lazada", 60);
    let send = |body: &Value| api.post("/promotions", body);
    for field in ["name", "store", "ends_at", "type"] {
        refuse(send, &body, field, [no_texts(), hidden_texts()].concat());
    }
    let types = ["stock", "Stock Allocation", "STOCK_ALLOCATION", "draft"].map(Value::from).to_vec();
    refuse(send, &body, "type", types);
    refuse(send, &body, "ends_at", no_times());
    refuse(send, &body, "products", vec![json!(null), json!("Product1"), json!({}), json!(1)]);
    for value in no_units().into_iter().chain([json!(0), Value::Null]) {
        let refused = send(&sale("stock_allocation", "lazada", value.clone())).expect(422);
        assert_eq!((refused.code(), refused.pointer()), ("bad_field", "/products/0/quantity"), "{value}");
    }
    for value in [no_texts(), hidden_texts()].concat() {
        let refused = send(&with(&body, "products", Some(json!([{"sku": value, "quantity": 1}])))).expect(422);
        assert_eq!((refused.code(), refused.pointer()), ("bad_field", "/products/0/sku"), "{value}");
    }
    for sku in VISIBLE_TEXTS {
        let refused = send(&with(&body, "products", Some(json!([{"sku": sku, "quantity": 1}])))).expect(422);
        assert_eq!((refused.code(), &refused.body["sku"]), ("unknown_sku", &json!(sku)));
    }
    assert_eq!(api.get("/promotions").expect(200).body["promotions"], json!([]));
    assert!(shown(&api).iter().all(|(_, units)| *units == 100), "nothing is held");
    for name in VISIBLE_TEXTS {
        let created = send(&with(&sale("stock_allocation", "lazada", 1), "name", Some(json!(name)))).expect(201).body;
        assert_eq!(created["name"], name);
        api.post(&format!("/promotions/{}/end", created["id"].as_str().expect("an id")), &json!({})).expect(200);
    }
}

#[test]
fn a_body_that_is_no_json_of_ours_is_refused_with_where_it_goes_wrong() {
    let app = TestApp::start();
    let api = article(&app);
    let deep = "[".repeat(100_000);
    let send = |body: &[u8]| api.send("POST", "/promotions", &[JSON], Some(body));
    let and_more = format!("{}x", sale("stock_allocation", "lazada", 1));
    for body in
        ["", " ", "{", "{\"name\":", "name=11.11", "<xml/>", "{'a':1}", "{\"name\":01}", "{\"name\":NaN}", &and_more]
    {
        assert_eq!(send(body.as_bytes()).expect(400).code(), "bad_json", "{body:.20}");
    }
    for body in [&b"\xff\xfe{\0}\0"[..], b"{\"name\":\"\xff\"}", b"{\"name\":\"\\ud800\"}", b"\0"] {
        assert_eq!(send(body).expect(400).code(), "bad_json", "{body:?}");
    }
    for body in [&deep, "null", "[]", "\"x\"", "1", "true", "{}", "[{}]", "{\"name\":\"a\",\"name\":\"b\"}"] {
        assert_eq!(send(body.as_bytes()).expect(422).code(), "bad_field", "{body}");
    }
    assert_eq!(send(b"{\"name\":\"a\", \"type\": 1e999}").expect(400).code(), "bad_json");
}

#[test]
fn a_body_that_is_not_sent_as_json_is_refused() {
    let app = TestApp::start();
    let api = article(&app);
    let body = store().to_string();
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", ""]
    {
        let refused = api.send("POST", "/stores", &[("content-type", content_type)], Some(body.as_bytes())).expect(415);
        assert_eq!(refused.code(), "unsupported_media_type");
    }
    let charset = [("content-type", "Application/JSON; charset=utf-8")];
    api.send("POST", "/stores", &charset, Some(body.as_bytes())).expect(201);
}

#[test]
fn more_items_or_bytes_than_are_taken_are_refused_whole() {
    let app = TestApp::start();
    let api = article(&app);
    let skus = |count: usize| -> Value {
        let item = |n| json!({"code": format!("S-{n}"), "name": "Many", "on_hand": 1, "listings": ["lazada"]});
        json!({"skus": (0..count).map(item).collect::<Vec<_>>()})
    };
    let refused = api.put("/skus", &skus(1001)).expect(422);
    assert_eq!((refused.code(), &refused.body["limit"]), ("too_many_items", &json!(1000)));
    let products: Vec<Value> = (0..1001).map(|n| json!({"sku": format!("S-{n}"), "quantity": 1})).collect();
    let body = with(&sale("stock_allocation", "lazada", 1), "products", Some(json!(products)));
    assert_eq!(api.post("/promotions", &body).expect(422).code(), "too_many_items");
    for bytes in [(4 << 20) + 1, 20 << 20] {
        let mut large = skus(1).to_string().into_bytes();
        large.resize(bytes, b' ');
        let refused = api.send("PUT", "/skus", &[JSON], Some(&large)).expect(413);
        assert_eq!((refused.code(), &refused.body["limit"]), ("too_large", &json!(4 << 20)));
    }
    assert_eq!(api.get("/quantities?store=lazada").expect(200).body["quantities"].as_array().map(Vec::len), Some(1));
    let mut just_fits = skus(1).to_string().into_bytes();
    just_fits.resize(4 << 20, b' ');
    api.send("PUT", "/skus", &[JSON], Some(&just_fits)).expect(200);
    assert_eq!(api.put("/skus", &skus(1000)).expect(200).body["created"], 999);
    let products: Vec<Value> = (0..1000).map(|n| json!({"sku": format!("S-{n}"), "quantity": 1})).collect();
    let body = with(&sale("stock_allocation", "lazada", 1), "products", Some(json!(products)));
    assert_eq!(api.post("/promotions", &body).expect(201).body["products"].as_array().map(Vec::len), Some(1000));
}

#[test]
fn a_query_that_cannot_be_read_is_refused_and_never_answered_with_everything() {
    let app = TestApp::start();
    let api = article(&app);
    let refused = |api: &Api, path: &str| api.get(path).expect(400).code().to_owned();
    for query in ["stores=lazada", "store=lazada&store=shopee", "store=LAZADA+SG", "sku=a%00b", "sku=%E2%80%AEx", "x"] {
        assert_eq!(refused(&api, &format!("/quantities?{query}")), "bad_query", "{query}");
    }
    for query in ["status=draft", "status=Running", "status=%27", "store=a%20b", "type=x", "status=ended&status=ended"]
    {
        assert_eq!(refused(&api, &format!("/promotions?{query}")), "bad_query", "{query}");
    }
    let twice = api.get("/orders?status=open&%73tatus=shipped").expect(400);
    assert_eq!((twice.code(), twice.pointer()), ("bad_query", "?status"));
    assert_eq!(twice.body["detail"], "Send `status` once: it is here twice.");
    assert_eq!(api.get("/orders?store=lazada&Status=open").expect(400).pointer(), "?Status");
    let garbled = ["x", "AAAA", "%F0%9F%8E%89", "..", "-1", "bGF6YWRh", "YQoKCg", &"A".repeat(4000)];
    for cursor in garbled {
        assert_eq!(refused(&api, &format!("/quantities?cursor={cursor}")), "bad_cursor", "{cursor}");
        assert_eq!(refused(&api, &format!("/promotions?cursor={cursor}")), "bad_cursor", "{cursor}");
    }
    for sku in ["%25", "%27%3B--", "_", "*", "%5C"] {
        assert_eq!(api.get(&format!("/quantities?sku={sku}")).expect(422).code(), "unknown_sku", "{sku}");
    }
}
