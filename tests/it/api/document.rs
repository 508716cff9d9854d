//! The document of the API is true: every answer that it names can be had, and no other. That each answer fits it is
//! seen to by [`crate::api::client`], in every test of the API.

use crate::{
    api::{
        calls::{article, sale},
        client::{Answer, Api, JSON},
    },
    orders::api::order,
    support::TestApp,
};
use diesel::prelude::*;
use flashsale::db::engine::schema::listings;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Codes that only a database or a program in trouble is answered with, a wrong clock (`engine/clocks.rs`), or half a request;
/// and that of a token without a permission, as long as every token has all.
const NOT_TO_BE_HAD: [&str; 8] = [
    "fault",
    "database_busy",
    "database_read_only",
    "database_unavailable",
    "outcome_unknown",
    "clock_off",
    "unreadable",
    "forbidden",
];

/// An answer of the document: the call, the status, and the code of a problem.
type Named = (String, String, String);

fn named(method: &str, path: &str, status: impl ToString, code: &str) -> Named {
    (format!("{method} {path}"), status.to_string(), code.to_owned())
}

/// Every answer that the document names.
fn in_document(document: &Value) -> BTreeSet<Named> {
    let mut all = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, call) in item.as_object().expect("calls") {
            for (status, response) in call["responses"].as_object().expect("responses") {
                let codes =
                    &response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"];
                let codes = codes["enum"]
                    .as_array()
                    .map_or(vec![""], |codes| codes.iter().map(|code| code.as_str().expect("a code")).collect());
                let method = method.to_uppercase();
                all.extend(codes.iter().map(|code| named(&method, path, status, code)));
            }
        }
    }
    all.retain(|(_, _, code)| !NOT_TO_BE_HAD.contains(&code.as_str()));
    all
}

/// Notes every answer that is had.
struct Asker<'a> {
    api: &'a Api,
    stranger: Api,
    had: BTreeSet<Named>,
}

impl Asker<'_> {
    fn note(&mut self, method: &str, template: &str, answer: Answer) -> Value {
        let code = if answer.status >= 400 { answer.code() } else { "" };
        self.had.insert(named(method, &format!("/api/v1{template}"), answer.status, code));
        answer.body
    }

    fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
        let answer = self.api.send(method, path, headers, Some(body));
        self.note(method, path, answer)
    }

    /// Everything that any call with a body may be answered with, and the answers to `bodies`.
    fn ask_with_body(&mut self, method: &str, path: &str, bodies: &[Value]) {
        self.ask_at(method, (path, path), bodies);
    }

    /// The same for a path with names in it.
    fn ask_at(&mut self, method: &str, (path, template): (&str, &str), bodies: &[Value]) {
        let answer = self.stranger.send(method, path, &[JSON], Some(b"{}"));
        self.note(method, template, answer);
        let long = vec![b' '; (4 << 20) + 1];
        type Sent<'a> = (&'a [(&'a str, &'a str)], &'a [u8]);
        let odd: [Sent<'_>; 5] = [
            (&[], b"{}"),
            (&[JSON, ("content-encoding", "br")], b"{}"),
            (&[JSON], b"{"),
            (&[JSON], b"{}"),
            (&[JSON], &long),
        ];
        for (headers, body) in odd {
            let answer = self.api.send(method, path, headers, Some(body));
            self.note(method, template, answer);
        }
        for body in bodies {
            let answer = self.api.send(method, path, &[JSON], Some(body.to_string().as_bytes()));
            self.note(method, template, answer);
        }
    }

    fn ask_with_key(&mut self, path: &str, body: &Value) {
        let body = body.to_string();
        self.ask("POST", path, &[JSON, ("idempotency-key", "a b")], body.as_bytes());
        self.ask("POST", path, &[JSON, ("idempotency-key", path)], body.as_bytes());
        self.ask("POST", path, &[JSON, ("idempotency-key", path)], format!("{body} ").as_bytes());
    }

    fn get(&mut self, path: &str, queries: &[&str]) {
        let answer = self.stranger.get(path);
        self.note("GET", path, answer);
        for query in queries {
            let answer = self.api.get(&format!("{path}{query}"));
            self.note("GET", path, answer);
        }
    }
}

#[test]
fn every_answer_that_the_document_names_can_be_had_and_no_other_is() {
    let app = TestApp::start();
    let api = article(&app);
    api.put("/skus", &json!({"skus": [{"code": "Loose", "name": "Listed nowhere", "on_hand": 5}]})).expect(200);
    let mut asker = Asker { api: &api, stranger: app.stranger(None), had: BTreeSet::new() };
    let store = json!({"code": "new", "name": "New", "marketplace": "Lazada", "time_zone": "Asia/Manila"});
    let namesake = json!({"code": "newer", "name": "NEW", "marketplace": "Lazada", "time_zone": "Asia/Manila"});
    asker.ask_with_body("POST", "/stores", &[store.clone(), store.clone(), namesake]);
    asker.ask_with_key("/stores", &store);
    let many = |item: Value| Value::Array(vec![item; 1001]);
    let skus = json!({"skus": many(json!({"code": "S", "name": "S", "on_hand": 1}))});
    asker.ask_with_body("PUT", "/skus", &[json!({"skus": []}), skus]);
    let products = |products: Value| {
        let mut body = sale("stock_allocation", "lazada", 1);
        body["products"] = products;
        body
    };
    let product = |sku: &str| json!({"sku": sku, "quantity": 1});
    let mut past = sale("stock_allocation", "lazada", 1);
    past["ends_at"] = json!("2026-11-10T12:00:00Z");
    asker.ask_with_body(
        "POST",
        "/promotions",
        &[
            sale("stock_allocation", "lazada", 60),
            sale("stock_allocation", "lazada", 1),
            sale("stock_allocation", "shopee", 41),
            sale("stock_allocation", "nowhere", 1),
            past,
            products(json!([])),
            products(json!([product("Nothing")])),
            products(json!([product("Loose")])),
            products(json!([product("Product1"), product("Product1")])),
            products(many(product("Product1"))),
        ],
    );
    asker.ask_with_key("/promotions", &sale("stock_reservation", "zalora", 1));
    let change = |sku: &str| json!({"sku": sku, "change": 1, "reason": "received"});
    let changes = json!({"changes": [change("Product1"), change("Nothing")]});
    asker.ask_with_body("POST", "/stock-changes", &[changes.clone(), json!({"changes": many(change("Product1"))})]);
    asker.ask_with_key("/stock-changes", &changes);
    let elsewhere = cursor_of_another_list(asker.api);
    let elsewhere = elsewhere.as_str();
    asker.get("/promotions", &["", "?status=x", "?cursor=x", elsewhere, "?store=typo"]);
    asker.get("/quantities", &["", "?x=x", "?cursor=x", elsewhere, "?store=typo", "?sku=typo"]);
    asker.get("/pushes", &["", "?state=in_step", "?cursor=x", elsewhere, "?store=typo", "?sku=typo"]);
    asker.get("/push-log", &["", "?since=x", "?cursor=x", elsewhere, "?store=typo", "?sku=typo"]);
    asker.get("/skus", &["", "?x=x", "?cursor=x", elsewhere, "?code=typo"]);
    asker.get("/orders", &["", "?status=x", "?cursor=x", elsewhere, "?store=typo"]);
    asker.get("/openapi.json", &[""]);
    for store in ["lazada", "nowhere", "No%20store"] {
        let path = format!("/stores/{store}/quantities.csv");
        for answer in [asker.stranger.get(&path), api.get(&path)] {
            asker.note("GET", "/stores/{store}/quantities.csv", answer);
        }
    }
    let id = api.get("/promotions").body["promotions"][0]["id"].as_str().expect("an id").to_owned();
    for id in [id.as_str(), "x"] {
        for (method, path, template) in [
            ("GET", format!("/promotions/{id}"), "/promotions/{id}"),
            ("POST", format!("/promotions/{id}/end"), "/promotions/{id}/end"),
        ] {
            let answers = [asker.stranger.send(method, &path, &[], None), api.send(method, &path, &[], None)];
            for answer in answers {
                asker.note(method, template, answer);
            }
        }
    }
    ask_about_orders(&mut asker);
    ask_about_listings(&app, &mut asker);
    let described = in_document(api.document());
    let never: Vec<&Named> = described.difference(&asker.had).collect();
    assert!(never.is_empty(), "in the document, and not to be had: {never:#?}");
    let silent: Vec<&Named> = asker.had.difference(&described).collect();
    assert!(silent.is_empty(), "to be had, and not in the document: {silent:#?}");
}

/// Everything that the call about a listing may be answered with. Lazada has a running sale, and two SKUs of Zalora share a seller
/// SKU, as an earlier version let them.
fn ask_about_listings(app: &TestApp, asker: &mut Asker<'_>) {
    let twin = json!({"skus": [{"code": "Twin", "name": "Twin", "on_hand": 5, "listings": ["zalora"]}]});
    asker.api.put("/skus", &twin).expect(200);
    app.write(|conn| {
        let of_zalora = listings::table.filter(listings::store.eq("zalora"));
        let shared = (listings::seller_sku.eq("Shared"), listings::shared_by.eq(listings::sku));
        diesel::update(of_zalora).set(shared).execute(conn).expect("two listings")
    });
    let template = "/stores/{store}/listings";
    let listing = json!({"seller_sku": "SET", "components": [{"sku": "Product1", "units": 2}]});
    let listings_of = |listings: Value| json!({"listings": listings}).to_string();
    let [one, many] = [vec![listing.clone()], vec![listing; 1_001]].map(|all| listings_of(Value::Array(all)));
    let path = "/stores/zalora/listings";
    let answer = asker.stranger.send("PUT", path, &[JSON], Some(b"{}"));
    asker.note("PUT", template, answer);
    let long = " ".repeat((4 << 20) + 1);
    for (path, headers, body) in [
        (path, &[JSON][..], one.as_str()),
        ("/stores/nowhere/listings", &[JSON], &one),
        (path, &[JSON], &many),
        (path, &[], "{}"),
        (path, &[JSON, ("content-encoding", "br")], "{}"),
        (path, &[JSON], "{"),
        (path, &[JSON], "{}"),
        (path, &[JSON], &long),
    ] {
        let answer = asker.api.send("PUT", path, headers, Some(body.as_bytes()));
        asker.note("PUT", template, answer);
    }
    let elsewhere = cursor_of_another_list(asker.api);
    let answers = ["", "?state=x", "?cursor=x", &elsewhere].map(|query| asker.api.get(&format!("{path}{query}")));
    let more = [asker.stranger.get(path), asker.api.get("/stores/nowhere/listings")];
    for answer in answers.into_iter().chain(more) {
        asker.note("GET", template, answer);
    }
    for path in
        ["lazada/listings/Product1", "shopee/listings/Product1", "shopee/listings/None", "zalora/listings/Shared"]
    {
        let path = format!("/stores/{path}");
        for answer in [asker.stranger.delete(&path), asker.api.delete(&path)] {
            asker.note("DELETE", "/stores/{store}/listings/{seller_sku}", answer);
        }
    }
}

/// A query with a cursor of the quantities of one store, which no other list takes.
fn cursor_of_another_list(api: &Api) -> String {
    let answer = api.get("/quantities?store=lazada").expect(200);
    format!("?cursor={}", answer.body["changes"].as_str().expect("a cursor"))
}

/// Everything that the calls about orders may be answered with.
fn ask_about_orders(asker: &mut Asker<'_>) {
    let many = json!({"orders": vec![order("lazada", "1", 1); 1001]});
    let open = json!({"orders": [order("lazada", "1", 1), order("lazada", "2", 1), order("lazada", "3", 1_000)]});
    asker.ask_with_body("POST", "/orders", &[open.clone(), many]);
    asker.ask_with_key("/orders", &open);
    for (method, path, template) in [
        ("GET", "1", "/orders/{store}/{number}"),
        ("GET", "9", "/orders/{store}/{number}"),
        ("POST", "1/ship", "/orders/{store}/{number}/ship"),
        ("POST", "3/ship", "/orders/{store}/{number}/ship"),
        ("POST", "9/ship", "/orders/{store}/{number}/ship"),
        ("POST", "1/cancel", "/orders/{store}/{number}/cancel"),
        ("POST", "2/cancel", "/orders/{store}/{number}/cancel"),
        ("POST", "2/ship", "/orders/{store}/{number}/ship"),
    ] {
        let path = format!("/orders/lazada/{path}");
        let answers = [asker.stranger.send(method, &path, &[], None), asker.api.send(method, &path, &[], None)];
        answers.into_iter().for_each(|answer| drop(asker.note(method, template, answer)));
    }
    let line = |sku: &str, quantity: i64| json!({"id": "1", "sku": sku, "quantity": quantity});
    let state = |line: Value| json!({"status": "open", "lines": [line]});
    let mut early = state(line("Product1", 1));
    early["placed_at"] = json!("2027-11-10T12:00:00Z");
    let mut dear = state(line("Product1", 2));
    dear["lines"][0]["unit_price_minor"] = json!(1_000_000_000_000_000_i64);
    let mut shipped = state(line("Product1", 100_000));
    shipped["status"] = json!("shipped");
    let mut reused = state(line("Product1", 1));
    reused["placed_at"] = json!("2025-11-10T12:00:00Z");
    let many = json!({"status": "open", "lines": vec![line("Product1", 1); 1001]});
    let bodies = [state(line("Product1", 1)), state(line("Nothing", 1)), early, dear, shipped, reused, many];
    let template = "/orders/{store}/{number}";
    asker.ask_at("PUT", ("/orders/lazada/state", template), &bodies);
    asker.ask_at("PUT", ("/orders/nowhere/state", template), &bodies[..1]);
    let elsewhere = asker.api.send("POST", "/orders/nowhere/1/cancel", &[], None);
    asker.note("POST", "/orders/{store}/{number}/cancel", elsewhere);
}

#[test]
fn the_document_says_what_every_call_is_for_and_what_it_takes() {
    let app = TestApp::start();
    let api = app.api();
    let document = api.document();
    assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    let mut calls = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, call) in item.as_object().expect("calls") {
            calls.insert(call["operationId"].as_str().expect("a name"));
            assert!(call["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{method} {path}");
            let takes_body = call["requestBody"].is_object();
            let only_says_what = ["/end", "/cancel", "/ship"].iter().any(|verb| path.ends_with(verb));
            let has_body = matches!((method.as_str(), only_says_what), ("post" | "put", false));
            assert_eq!(takes_body, has_body, "{method} {path}");
        }
    }
    assert_eq!(calls.len(), 22, "every call has a name of its own: {calls:?}");
    for schema in document["components"]["schemas"].as_object().expect("schemas").values() {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            // What may be null and is described elsewhere is one of two, and has its description there.
            let described = property["oneOf"].get(0).unwrap_or(property);
            assert!(described["description"].is_string() || property["$ref"].is_string(), "{name}: {property}");
        }
    }
}

#[test]
fn what_the_document_says_of_a_body_is_what_is_taken() {
    let app = TestApp::start();
    let api = article(&app);
    let document = api.document();
    let takes = |path: &str, method: &str, body: &Value| {
        let path = path.replace("/lazada/", "/{store}/");
        let call = &document["paths"][format!("/api/v1{path}")][method];
        let schema = &call["requestBody"]["content"]["application/json"]["schema"];
        let whole = json!({"allOf": [schema], "components": document["components"]});
        jsonschema::validator_for(&whole).expect("a schema").is_valid(body)
    };
    let store = json!({"code": "new", "name": "New", "marketplace": "Lazada", "time_zone": "Asia/Manila"});
    let skus = json!({"skus": [{"code": "New", "name": "New", "on_hand": 1, "buffer": 0, "listings": ["lazada"]}]});
    let sale = sale("stock_allocation", "lazada", 1);
    let changes = json!({"changes": [{"sku": "Product1", "change": 5, "reason": "received", "note": "PO 1"}]});
    let components = json!([{"sku": "Product1", "units": 2}]);
    let listings = json!({"listings": [{"seller_sku": "SET", "components": components, "item_id": "1"}]});
    let orders = json!({"orders": [order("lazada", "1", 1)], "if_short": "record"});
    for (path, method, body) in [
        ("/stores", "post", &store),
        ("/skus", "put", &skus),
        ("/promotions", "post", &sale),
        ("/stores/lazada/listings", "put", &listings),
        ("/stock-changes", "post", &changes),
        ("/orders", "post", &orders),
    ] {
        assert!(takes(path, method, body), "{path}");
        assert!(
            (200..300)
                .contains(&api.send(&method.to_uppercase(), path, &[JSON], Some(body.to_string().as_bytes())).status)
        );
        for value in [json!(null), json!([]), json!(true), json!(-1), json!(1.5), json!(""), json!({"a": 1})] {
            for place in places(body) {
                let mut changed = body.clone();
                *changed.pointer_mut(&place).expect("a place") = value.clone();
                let answer = api.send(&method.to_uppercase(), path, &[JSON], Some(changed.to_string().as_bytes()));
                let has_failed = |result: &Value| matches!(result["status"].as_str(), Some("failed" | "rejected"));
                let failed = answer.body["failed"].as_array().is_some_and(|failed| !failed.is_empty())
                    || answer.body["results"].as_array().is_some_and(|results| results.iter().any(has_failed));
                let is_taken = answer.status < 300 && !failed;
                // The document cannot say everything, such as which stores there are; what it refuses is refused.
                assert!(takes(path, method, &changed) || !is_taken, "{path}{place}: {value}: {}", answer.body);
                let codes =
                    [&answer.body["code"], &answer.body["failed"][0]["code"], &answer.body["results"][0]["code"]];
                // Which signs go with which reason is such a thing, too.
                let has_wrong_sign = place == "/changes/0/change" && value == -1;
                let has_wrong_shape = codes.contains(&&json!("bad_field")) && !value.is_string() && !has_wrong_sign;
                assert!(!has_wrong_shape || !takes(path, method, &changed), "{path}{place}: {value}: {}", answer.body);
            }
        }
    }
}

/// Every place in `body`, as a pointer.
fn places(body: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match body {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let deeper = inner
        .into_iter()
        .flat_map(|(name, value)| places(value).into_iter().map(move |place| format!("/{name}{place}")));
    std::iter::once(String::new()).chain(deeper).collect()
}
