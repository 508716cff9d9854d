//! The requests of a push, against a server that answers as the documents say.

use super::KIND;
use crate::{
    domain::code::{SkuCode, StoreCode},
    marketplaces::{
        Answer, Connector, Credentials, Endpoint, FailureClass, HttpClient, Target,
        answering::{Answering, Received, push},
        credentials::Token,
        registry,
    },
};
use actix_web::rt::System;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn credentials() -> Credentials {
    let values = [("app_key".to_owned(), "123456".into()), ("app_secret".to_owned(), "helloworld".into())].into();
    let tokens = (Token::entered("access".into()), Token::entered("refresh".into()));
    registry::describe(KIND).credentials(values).expect("all fields").with_tokens(Some(tokens.0), Some(tokens.1))
}

fn connector(server: &Answering, warehouse: Option<&str>) -> Connector {
    let store = StoreCode::parse("shop").expect("a code");
    let endpoint = Endpoint { store: &store, kind: KIND, api_url: &server.address, warehouse };
    Connector::new(endpoint, credentials(), &HttpClient::default(), None).expect("a connection")
}

/// A SKU that is raised, so that no campaigns are read before.
fn raised(number: usize) -> Target {
    Target {
        sku: Some(SkuCode::parse(&format!("SKU-{number}")).expect("a code")),
        seller_sku: format!("seller-{number}"),
        item_id: Some(format!("{}", 7_000 + number)),
        variant_id: Some(format!("{}", 9_000 + number)),
        quantity: 40,
        at_most: Some(10),
        sequence: 1,
        seen: None,
    }
}

/// The values of a request's parameters, and its path.
fn parameters(request: &Received) -> (String, BTreeMap<String, String>) {
    let line = request.line.split(' ').nth(1).expect("a path");
    let (path, query) = line.split_once('?').unwrap_or((line, ""));
    let body = form_urlencoded::parse(&request.body).into_owned();
    (path.to_owned(), form_urlencoded::parse(query.as_bytes()).into_owned().chain(body).collect())
}

/// A product with one SKU and so many bytes of description.
fn product(number: usize, quantity: i64, description: usize) -> Value {
    json!({
        "item_id": 7_000 + number,
        "attributes": { "name": "Shoe", "description": "<p>x</p>".repeat(description / 8) },
        "skus": [{
            "SkuId": 9_000 + number, "SellerSku": format!("seller-{number}"), "Available": quantity,
            "multiWarehouseInventories": [{ "warehouseCode": "dropshipping", "sellableQuantity": quantity }],
            "fblWarehouseInventories": [], "channelInventories": [],
        }],
    })
}

/// The numbers of the seller SKUs that a read asks for.
fn asked(parameters: &BTreeMap<String, String>) -> Vec<usize> {
    let list: Vec<String> = serde_json::from_str(&parameters["sku_seller_list"]).expect("a list");
    list.iter().map(|seller_sku| seller_sku["seller-".len()..].parse().expect("a number")).collect()
}

fn ok(content: Value) -> (u16, String) {
    let mut answer = json!({ "code": "0", "request_id": "0ba2887315178178017221014" });
    answer.as_object_mut().expect("an object").extend(content.as_object().expect("an object").clone());
    (200, answer.to_string())
}

fn products(products: Vec<Value>) -> (u16, String) {
    ok(json!({ "data": { "total_products": products.len(), "products": products } }))
}

fn refused(code: &str, kind: &str, message: &str, detail: &Value) -> (u16, String) {
    (200, json!({ "code": code, "type": kind, "message": message, "detail": detail, "request_id": "1" }).to_string())
}

/// A shop that accepts every write, and answers reads by a function of the numbers that are asked for.
fn shop(mut read: impl FnMut(Vec<usize>) -> (u16, String) + Send + 'static) -> Answering {
    Answering::start(move |request| match parameters(request) {
        (path, parameters) if path == "/products/get" => read(asked(&parameters)),
        _ => ok(json!({ "data": {} })),
    })
}

fn results(answers: Vec<Answer>) -> Vec<Result<i64, FailureClass>> {
    answers.into_iter().map(|answer| answer.result.map_err(|failure| failure.class)).collect()
}

fn paths(server: &Answering) -> Vec<String> {
    server.take().iter().map(|request| parameters(request).0).collect()
}

#[test]
fn products_of_any_size_are_read_in_answers_that_fit() {
    let server = shop(|numbers| products(numbers.into_iter().map(|number| product(number, 40, 300_000)).collect()));
    let targets: Vec<Target> = (1..=50).map(raised).collect();
    let answers = push(&connector(&server, None), &targets);
    assert!(results(answers).iter().all(|result| *result == Ok(40)));
    // 50 of 300 KB are 15 MB: read as 12 or 13 at a time.
    assert_eq!(paths(&server).len(), 1 + 1 + 2 + 4);
}

#[test]
fn a_product_that_is_too_large_by_itself_is_no_failure_of_the_others() {
    let server = shop(|numbers| {
        let size = |number| if number == 3 { 5_000_000 } else { 1_000 };
        products(numbers.into_iter().map(|number| product(number, 40, size(number))).collect())
    });
    let targets: Vec<Target> = (1..=8).map(raised).collect();
    let answers = results(push(&connector(&server, None), &targets));
    for (index, result) in answers.into_iter().enumerate() {
        assert_eq!(result, if index == 2 { Err(FailureClass::Temporary) } else { Ok(40) }, "{index}");
    }
    let huge = Answering::start(|_| (200, "x".repeat(5_000_000)));
    let lowered: Vec<Target> = (1..=50).map(|number| Target { at_most: None, ..raised(number) }).collect();
    let answers = results(push(&connector(&huge, None), &lowered));
    assert!(answers.iter().all(|result| *result == Err(FailureClass::Temporary)));
    assert!(paths(&huge).len() <= 9, "it is not asked for every product");
}

/// Two rows that are too much fail alone, wherever they are: also as the first two, before anything was read.
#[test]
fn two_products_that_are_too_much_are_no_failure_of_the_others() {
    for bad in [[1, 2], [3, 6], [49, 50], [1, 50]] {
        for timeout in [false, true] {
            let server = shop(move |numbers| {
                if timeout && numbers.iter().any(|number| bad.contains(number)) {
                    return refused("ServiceTimeout", "SYSTEM", "", &Value::Null);
                }
                let size = |number| if bad.contains(&number) { 5_000_000 } else { 1_000 };
                products(numbers.into_iter().map(|number| product(number, 40, size(number))).collect())
            });
            let targets: Vec<Target> = (1..=50).map(raised).collect();
            let answers = results(push(&connector(&server, None), &targets));
            for (index, result) in answers.into_iter().enumerate() {
                assert_eq!(result.is_ok(), !bad.contains(&(index + 1)), "{bad:?} {timeout} {index} {result:?}");
            }
        }
    }
}

#[test]
fn a_product_of_an_unexpected_shape_fails_alone() {
    for shape in [json!(null), json!("text"), json!({ "skus": "text" }), json!({ "skus": [7] }), json!([])] {
        let server = shop(move |numbers| {
            let shown = |number| if number == 2 { shape.clone() } else { product(number, 40, 100) };
            products(numbers.into_iter().map(shown).collect())
        });
        let targets: Vec<Target> = (1..=3).map(raised).collect();
        let answers = results(push(&connector(&server, None), &targets));
        assert_eq!(answers, [Ok(40), Err(FailureClass::Temporary), Ok(40)]);
    }
}

/// What is unknown is of the listing, and what a row is refused for never is of the store.
#[test]
fn a_row_is_never_refused_for_the_store() {
    for (code, message) in [
        ("4154", "SYS_REQUEST_TOO_FAST"),
        ("IllegalAccessToken", "The specified access token is invalid or expired"),
        ("NeverSeen", "Something new"),
        ("SYS_ERROR", "inner service fail"),
    ] {
        for answer_code in ["501", "0"] {
            let server = Answering::start(move |request| {
                let (path, parameters) = parameters(request);
                if path == "/products/get" {
                    return products(asked(&parameters).into_iter().map(|number| product(number, 40, 100)).collect());
                }
                if parameters["payload"].contains("<SkuId>9002</SkuId>") {
                    let details = json!([{ "code": code, "sku_id": "9002", "message": message }]);
                    return refused(answer_code, "SYSTEM", "Update product failed", &details);
                }
                ok(json!({ "data": {} }))
            });
            let answers = push(&connector(&server, None), &(1..=3).map(raised).collect::<Vec<Target>>());
            let failure = answers[1].result.as_ref().expect_err("refused");
            assert!(failure.message.ends_with(&format!("({code})")) && !failure.token_ended, "{failure:?}");
            assert_eq!(results(answers), [Ok(40), Err(FailureClass::Temporary), Ok(40)], "{code} {answer_code}");
        }
    }
}

#[test]
fn a_read_that_takes_too_long_is_repeated_for_fewer() {
    let server = shop(|numbers| {
        if numbers.len() > 15 {
            return refused("ServiceTimeout", "SYSTEM", "", &Value::Null);
        }
        products(numbers.into_iter().map(|number| product(number, 40, 100)).collect())
    });
    let targets: Vec<Target> = (1..=50).map(raised).collect();
    assert!(results(push(&connector(&server, None), &targets)).iter().all(|result| *result == Ok(40)));
}

#[test]
fn the_address_of_a_read_has_at_most_4_kb() {
    let server = Answering::start(|request| match parameters(request) {
        (path, _) if path == "/products/get" => products((1..=50).map(|number| product(number, 40, 100)).collect()),
        _ => ok(json!({ "data": {} })),
    });
    let seller_sku = |number| format!("{number} {}", "Áo “đỏ” ".repeat(12));
    let targets: Vec<Target> =
        (1..=50).map(|number| Target { seller_sku: seller_sku(number), ..raised(number) }).collect();
    assert!(results(push(&connector(&server, None), &targets)).iter().all(|result| *result == Ok(40)));
    let lines: Vec<usize> = server.take().iter().map(|request| request.line.len()).collect();
    assert!(lines.len() > 3 && lines.iter().all(|length| *length < 4_096), "{lines:?}");
}

#[test]
fn rows_that_a_refusal_names_fail_and_the_others_are_sent_without_them() {
    let server = Answering::start(|request| {
        let (path, parameters) = parameters(request);
        if path == "/products/get" {
            return products(asked(&parameters).into_iter().map(|number| product(number, 40, 100)).collect());
        }
        let mut details = Vec::new();
        if parameters["payload"].contains("<ItemId>7002</ItemId>") {
            let message = "negative sellable on channel inventory,entityId=123,id=456";
            details.push(json!({ "code": "E0501", "field": "bizCheck", "item_id": 7002, "message": message }));
        }
        if parameters["payload"].contains("<SkuId>9004</SkuId>") {
            details.push(json!({ "code": "4137", "sku_id": "9004", "message": "ITEM_NOT_FOUND" }));
        }
        if details.is_empty() {
            return ok(json!({ "data": {} }));
        }
        refused("501", "ISP", "E501: Update product failed", &Value::from(details))
    });
    let targets: Vec<Target> = (1..=5).map(raised).collect();
    let answers = push(&connector(&server, None), &targets);
    let said = |index: usize| answers[index].result.as_ref().expect_err("refused").message.clone();
    assert_eq!(said(1), "Lazada refused it: negative sellable on channel inventory,entityId=123,id=456 (E0501)");
    assert_eq!(said(3), "Lazada refused it: ITEM_NOT_FOUND (4137)");
    let classes = [Ok(40), Err(FailureClass::Locked), Ok(40), Err(FailureClass::Mapping), Ok(40)];
    assert_eq!(results(answers), classes);
    let update = "/product/stock/sellable/update";
    // Two writes, a look at the campaigns of the locked one, and what the others show.
    assert_eq!(paths(&server), [update, update, "/products/get", "/products/get"]);
}

#[test]
fn a_refusal_that_names_no_row_is_found_in_halves() {
    let server = Answering::start(|request| {
        let (path, parameters) = parameters(request);
        if path == "/products/get" {
            return products(asked(&parameters).into_iter().map(|number| product(number, 40, 100)).collect());
        }
        if parameters["payload"].contains("seller-3<") {
            let detail = json!([{ "field": "Product", "message": "Category is inactive" }]);
            return refused("501", "ISP", "E501: Update product failed", &detail);
        }
        ok(json!({ "data": {} }))
    });
    let targets: Vec<Target> = (1..=4).map(raised).collect();
    let answers = push(&connector(&server, None), &targets);
    let failure = answers[2].result.as_ref().expect_err("refused");
    assert_eq!(failure.message, "Lazada refused it: Category is inactive (501)");
    assert_eq!(results(answers), [Ok(40), Ok(40), Err(FailureClass::Temporary), Ok(40)]);
}

#[test]
fn what_a_mega_campaign_does_not_allow_is_locked_until_its_end() {
    let said = "During the Bday Mega campaign, there are restrictions for stock adjustments in effect between \
                2026-03-20 00:00:00 - 2026-03-27 23:59:59. Sellers can increase stocks, but may not decrease stocks.";
    let server = Answering::start(move |_| refused("4170", "ISP", said, &Value::Null));
    let failure = push(&connector(&server, None), &[raised(1)]).remove(0).result.expect_err("locked");
    let lock = failure.lock.expect("a lock");
    assert_eq!((failure.class, lock.quantity), (FailureClass::Locked, None));
    assert_eq!(lock.until.expect("an end").to_string(), "2026-03-27T17:00:00Z", "in the zone in which it ends last");
    assert!(failure.message.ends_with("(4170)"), "{}", failure.message);
}

#[test]
fn only_the_chosen_warehouse_is_set_and_compared() {
    let elsewhere = |numbers: Vec<usize>| {
        let mut found = Vec::new();
        for number in numbers {
            let mut product = product(number, 30, 100);
            let other = json!({ "warehouseCode": "MY10RV7-WH-10002", "sellableQuantity": 40 });
            product["skus"][0]["multiWarehouseInventories"].as_array_mut().expect("a list").push(other);
            found.push(product);
        }
        products(found)
    };
    let server = shop(elsewhere);
    assert_eq!(results(push(&connector(&server, Some("MY10RV7-WH-10002")), &[raised(1)])), [Ok(40)]);
    let write = parameters(&server.take()[0]).1;
    assert!(write["payload"].contains("<WarehouseCode>MY10RV7-WH-10002</WarehouseCode>"), "{write:?}");
    let lowered = Target { at_most: None, ..raised(1) };
    let failure = push(&connector(&server, None), &[lowered]).remove(0).result.expect_err("several");
    assert_eq!(failure.message, "Lazada sells it from 2 warehouses. Choose one under Edit connection.");
    assert_eq!(failure.class, FailureClass::Mapping);
    assert_eq!(paths(&server), ["/products/get"], "nothing is set before one is chosen");
}

#[test]
fn a_renewal_that_is_refused_ends_the_permission_unless_lazada_failed() {
    for (code, kind, class) in [
        ("IllegalRefreshToken", "ISV", FailureClass::PermissionEnded),
        ("AUTH_TYPE_UNSUPPORTED", "ISV", FailureClass::PermissionEnded),
        ("IllegalAccessToken", "ISV", FailureClass::Credentials),
        ("NeverSeen", "ISV", FailureClass::PermissionEnded),
        ("6", "ISP", FailureClass::Temporary),
        ("ApiCallLimit", "ISV", FailureClass::Throttled),
    ] {
        let server = Answering::start(move |_| refused(code, kind, "said", &Value::Null));
        let failure = System::new().block_on(connector(&server, None).refresh()).expect_err("refused");
        assert_eq!((failure.class, failure.token_ended), (class, false), "{code}");
        assert!(failure.message.ends_with(&format!("said ({code})")), "{}", failure.message);
    }
}

#[test]
fn an_answer_of_a_proxy_with_a_code_of_its_own_is_not_about_the_seller() {
    for (status, body, class) in [
        (403, r#"{"code":403,"message":"Forbidden"}"#, FailureClass::Unavailable),
        (404, r#"{"code":"NotFound","message":"no such route"}"#, FailureClass::Unavailable),
        (200, r#"{"code":"Forbidden"}"#, FailureClass::Unavailable),
        (429, r#"{"code":"429","message":"slow down"}"#, FailureClass::Throttled),
    ] {
        let server = Answering::start(move |_| (status, body.to_owned()));
        let connector = connector(&server, None);
        let system = System::new();
        for failure in [
            system.block_on(connector.check()).expect_err(body),
            system.block_on(connector.refresh()).expect_err(body),
            system.block_on(connector.warehouses()).expect_err(body),
        ] {
            assert_eq!((failure.class, failure.token_ended), (class, false), "{status} {body}: {failure}");
        }
    }
}

#[test]
fn the_warehouses_of_a_seller_are_listed_and_those_who_cannot_ask_have_none() {
    let server = Answering::start(|request| {
        assert_eq!(parameters(request).1["addressTypes"], r#"["warehouse"]"#);
        let module = json!([{ "code": "dropshipping", "name": "Home", "status": "ACTIVE" }]);
        ok(json!({ "result": { "success": true, "module": module, "error_code": {} } }))
    });
    let warehouses = System::new().block_on(connector(&server, None).warehouses()).expect("warehouses");
    assert_eq!(warehouses.iter().map(|warehouse| warehouse.code.as_str()).collect::<Vec<_>>(), ["dropshipping"]);
    let server = Answering::start(|_| {
        refused("Mp3SellerApiLimit", "ISV", "Mp3 Seller not support the api -apipath", &Value::Null)
    });
    assert_eq!(System::new().block_on(connector(&server, None).warehouses()), Ok(Vec::new()));
}
