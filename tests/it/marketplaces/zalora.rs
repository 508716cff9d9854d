//! Zalora: the simulated Seller Center against its document, and the connector against the simulated Seller Center.
//!
//! "The document" is Zalora's `openapi-standalone.yaml`, version 2.0. Its vectors for signed requests are not here: the
//! calls about stock are not signed.

use crate::marketplaces::connectors::{Rig, SHOP, classes};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use flashsale::{
    demo::marketplace::{CallKind, Fault, Marketplace, PlannedFault, ProductId, Refusal, Warehouse},
    domain::stores::connection::ConnectorKind,
    marketplaces::{Credentials, FailureClass, HttpClient, Target, Timeouts, zalora},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

const KIND: ConnectorKind = zalora::KIND;
const PROBLEM: &str = "application/problem+json";

struct Response {
    status: u16,
    content_type: String,
    retry_after: Option<String>,
    body: String,
}

impl Response {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.body))
    }

    /// The title of a problem, whose shape is checked.
    fn problem(&self) -> String {
        assert_eq!(self.content_type, PROBLEM, "{}", self.body);
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        assert!(problem["type"].is_string() && problem["detail"].is_string(), "{problem}");
        problem["title"].as_str().expect("a title").to_owned()
    }
}

/// A client that was written from the document.
struct Client {
    agent: ureq::Agent,
    address: String,
    token: String,
}

impl Client {
    /// With the access token that the connector has fetched.
    fn of(rig: &Rig) -> Self {
        let access = rig.credentials.access().expect("a token");
        Self {
            agent: ureq::Agent::config_builder().http_status_as_error(false).build().into(),
            address: rig.url.clone(),
            token: access.secret.expose_secret().to_owned(),
        }
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn get(&self, path: &str) -> Response {
        let request = self.agent.get(format!("{}{path}", self.address)).header("authorization", self.bearer());
        response(request.call().expect("an answer"))
    }

    fn put(&self, body: &str) -> Response {
        let request = self.agent.put(format!("{}/v2/stock/product", self.address));
        let request = request.header("authorization", self.bearer()).header("content-type", "application/json");
        response(request.send(body).expect("an answer"))
    }

    fn set(&self, rows: &Value) -> Value {
        let response = self.put(&rows.to_string());
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()
    }

    /// Asks for a token with a header and a body.
    fn ask(&self, authorization: Option<&str>, content_type: &str, body: &str) -> Response {
        let request = self.agent.post(format!("{}/oauth/client-credentials", self.address));
        let request = request.header("content-type", content_type);
        let request = match authorization {
            Some(given) => request.header("authorization", given),
            None => request,
        };
        response(request.send(body).expect("an answer"))
    }
}

fn response(response: ureq::http::Response<ureq::Body>) -> Response {
    let header = |name: &str| Some(response.headers().get(name)?.to_str().expect("a header").to_owned());
    let content_type = header("content-type").unwrap_or_default();
    let retry_after = header("retry-after");
    let status = response.status().as_u16();
    let body = response.into_body().read_to_string().expect("a body");
    Response { status, content_type, retry_after, body }
}

fn refusal(status: u16, title: &str) -> Refusal {
    Refusal {
        status: Some(status),
        code: title.to_owned(),
        kind: String::new(),
        message: "A test refuses it.".to_owned(),
    }
}

fn product(number: u64) -> ProductId {
    ProductId { item: number.to_string(), variant: String::new() }
}

const FORM: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data; boundary=b";
const GRANT_IN_PARTS: &str =
    "--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--b--\r\n";

#[test]
fn a_token_is_for_an_hour_and_for_the_client_in_a_header_or_in_the_form() {
    let rig = Rig::new(KIND);
    let mut client = Client::of(&rig);
    let id = rig.credentials.id("client_id").to_owned();
    let secret = rig.credentials.value("client_secret").expose_secret().to_owned();
    let basic = |id: &str, secret: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")));
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    for (header, content_type, body) in [
        (Some(basic(&id, &secret)), FORM, "grant_type=client_credentials"),
        (Some(basic(&id, &secret)), PARTS, GRANT_IN_PARTS),
        (None, FORM, &form),
    ] {
        let given = client.ask(header.as_deref(), content_type, body);
        assert_eq!(given.status, 200, "{content_type} {}", given.body);
        let token = given.json();
        assert_eq!((&token["expires_in"], &token["token_type"]), (&json!(3600), &json!("Bearer")));
        client.token = token["access_token"].as_str().expect("a token").to_owned();
        assert_eq!(client.get("/v2/seller-settings").status, 200);
    }
    rig.advance(TimeDelta::seconds(3_599));
    assert_eq!(client.get("/v2/seller-settings").status, 200);
    rig.advance(TimeDelta::seconds(1));
    let ended = client.get("/v2/seller-settings");
    assert_eq!((ended.status, ended.problem().as_str()), (401, "Unauthorized"));
    for (header, body, error) in [
        (basic("unknown", &secret), "grant_type=client_credentials", "invalid_app_id"),
        (basic(&id, "wrong"), "grant_type=client_credentials", "invalid_client"),
        (basic(&id, &secret), "grant_type=password", "unsupported_grant_type"),
    ] {
        let refused = client.ask(Some(&header), FORM, body);
        assert_eq!((refused.status, &refused.json()["error"]), (400, &json!(error)), "{}", refused.body);
    }
}

#[test]
fn an_update_lists_what_it_ignored_and_sets_the_others() {
    let rig = Rig::new(KIND);
    let client = Client::of(&rig);
    let row = |product: u64, quantity: i64| json!({"productId": product, "quantity": quantity});
    assert_eq!(client.set(&json!([row(7_001, 40), row(7_002, 0)])), json!([]), "the usual answer");
    rig.marketplace.change_product(SHOP, &rig.id(2), |product| product.fulfilled_by_marketplace = Some(5));
    rig.marketplace.change_product(SHOP, &rig.id(3), |product| product.refusal = Some(refusal(422, "Not approved")));
    let sent = json!([row(7_001, 30), row(7_002, 30), row(9_999, 30), row(7_003, 30), row(7_001, -1)]);
    let ignored = client.set(&sent);
    let ids: Vec<&Value> = ignored.as_array().expect("a list").iter().map(|row| &row["productId"]).collect();
    assert_eq!(ids, [&json!(7_002), &json!(9_999), &json!(7_003), &json!(7_001)]);
    assert_eq!([1, 2, 3].map(|number| rig.shown(number)), [Some(30), Some(0), Some(100)]);
    assert_eq!(rig.marketplace.quantity(SHOP, &product(9_999)), None, "nothing is created");
}

#[test]
fn an_update_takes_at_most_100_rows_of_numbers() {
    let rig = Rig::new(KIND);
    let client = Client::of(&rig);
    let rows = |count: u64| {
        let row = |nth: u64| json!({"productId": 7_001 + nth, "quantity": 1});
        Value::from_iter((0..count).map(row)).to_string()
    };
    assert_eq!(client.put(&rows(100)).status, 200);
    for body in [
        rows(101),
        rows(0),
        json!({"productId": 7_001, "quantity": 1}).to_string(),
        json!([{"productId": "7001", "quantity": 1}]).to_string(),
        json!([{"productId": 7_001, "quantity": "1"}]).to_string(),
        json!([{"productId": 7_001, "quantity": 1.5}]).to_string(),
        json!([{"productId": 7_001}]).to_string(),
        "[".to_owned(),
    ] {
        let refused = client.put(&body);
        assert_eq!((refused.status, refused.problem().as_str()), (422, "Entity can not be processed"), "{body}");
    }
}

#[test]
fn the_stock_of_a_product_has_the_documents_fields_and_not_its_id() {
    let rig = Rig::new(KIND);
    let client = Client::of(&rig);
    rig.marketplace.add_warehouse(SHOP, Warehouse { code: "1".to_owned(), name: "Central Warehouse".to_owned() });
    assert_eq!(rig.marketplace.sell(SHOP, &rig.id(1), 11), 11);
    let stock = client.get("/v2/stock/product/7001").json();
    let fields: BTreeSet<&str> = stock.as_object().expect("an object").keys().map(String::as_str).collect();
    let of_the_document = [
        "shopSku",
        "sellerSku",
        "name",
        "quantity",
        "reservedStock",
        "preVerificationStock",
        "available",
        "consignments",
        "sellableStock",
        "nonSellableStock",
        "warehouses",
    ];
    assert_eq!(fields, BTreeSet::from(of_the_document));
    assert!(["shopSku", "sellerSku", "name"].iter().all(|name| stock[*name].is_string()), "{stock}");
    assert_eq!(stock["sellerSku"], "seller-1");
    assert_eq!(stock["consignments"], Value::Null);
    assert_eq!(stock["warehouses"], json!([{"name": "Central Warehouse", "stock": 100, "warehouseId": 1}]));
    let missing = client.get("/v2/stock/product/9999");
    assert_eq!((missing.status, missing.problem().as_str()), (404, "Entity not found"));
}

/// AvailableStock = Quantity + consignments - ReservedStock, or - PreVerificationStock if that is higher.
#[test]
fn buyers_see_the_quantity_with_consignments_and_without_open_orders() {
    let rig = Rig::new(KIND);
    let client = Client::of(&rig);
    let numbers = |client: &Client| {
        let stock = client.get("/v2/stock/product/7001").json();
        ["quantity", "reservedStock", "available"].map(|field| stock[field].as_i64().expect("an integer"))
    };
    assert_eq!(numbers(&client), [100, 0, 100]);
    rig.marketplace.sell(SHOP, &rig.id(1), 6);
    assert_eq!(numbers(&client), [100, 6, 94], "an order stays in the quantity");
    client.set(&json!([{"productId": 7_001, "quantity": 20}]));
    assert_eq!((numbers(&client), rig.shown(1)), ([20, 6, 14], Some(14)));
    rig.marketplace.change_product(SHOP, &rig.id(1), |product| product.pre_verification = 8);
    client.set(&json!([{"productId": 7_001, "quantity": 20}]));
    assert_eq!(numbers(&client), [20, 6, 12]);
    rig.marketplace.change_product(SHOP, &rig.id(1), |product| product.fulfilled_by_marketplace = Some(101));
    let stock = client.get("/v2/stock/product/7001").json();
    assert_eq!((&stock["available"], &stock["sellableStock"]), (&json!(113), &json!(101)));
    let consignments = json!({
        "received": 101, "quarantined": 0, "defective": 0, "canceled": 0, "returned": 0, "failed": 0,
    });
    assert_eq!(stock["consignments"], consignments);
}

#[test]
fn the_stock_of_a_set_is_one_answer_and_products_say_which_set_they_are_in() {
    let rig = Rig::new(KIND);
    let client = Client::of(&rig);
    for number in 1..=3 {
        rig.marketplace.change_product(SHOP, &rig.id(number), |product| product.product_set = Some(744));
    }
    rig.marketplace.add_product(SHOP, &product(8_000), "other", 5);
    let stock = client.get("/v2/stock/product-set/744").json();
    let rows = stock.as_array().expect("a list");
    assert_eq!(rows.len(), 3, "{stock}");
    assert!(rows.iter().all(|row| row.get("productId").is_none() && row["quantity"] == 100), "{stock}");
    let products = client.get("/v2/products?productIds[]=7001&productIds%5B%5D=7003&productIds[]=9999").json();
    let products = products.as_array().expect("a list");
    let named: Vec<_> = products.iter().map(|row| (&row["id"], &row["sellerSku"], &row["productSetId"])).collect();
    let set = json!(744);
    let expected = [(&json!(7_001), &json!("seller-1"), &set), (&json!(7_003), &json!("seller-3"), &set)];
    assert_eq!(named, expected, "those that are not the seller's are left out");
    assert_eq!(client.get("/v2/products?sellerSku=other").json()[0]["id"], 8_000);
    assert_eq!(client.get("/v2/products").json().as_array().map(Vec::len), Some(4));
    assert_eq!(client.get("/v2/product-set/744/products").json().as_array().map(Vec::len), Some(3));
    let found = client.get("/v2/product/seller-skus?sellerSkus[]=other&sellerSkus[]=none&limit=100&offset=0").json();
    assert_eq!((&found["items"][0]["id"], &found["pagination"]["totalCount"]), (&json!(8_000), &json!(1)));
    assert_eq!(client.get("/v2/product/seller-skus?sellerSkus[]=other").problem(), "Entity can not be processed");
    assert_eq!(client.get("/v2/stock/product-set/1").problem(), "Entity not found");
}

#[test]
fn calls_are_limited_and_the_maintenance_mode_is_the_documents() {
    let rig = Rig::new(KIND);
    let client = Client::of(&rig);
    let statuses: Vec<u16> = (0..90).map(|_| client.get("/v2/seller-settings").status).collect();
    assert!(statuses[..30].iter().all(|status| *status == 200) && statuses.contains(&429), "{statuses:?}");
    rig.marketplace.add_fault(SHOP, Fault::Throttle { seconds: 7 });
    let throttled = client.get("/v2/seller-settings");
    assert_eq!((throttled.status, throttled.retry_after.as_deref()), (429, Some("7")));
    assert_eq!(throttled.problem(), "Too Many Requests");
    rig.marketplace.refuse(SHOP, Some(refusal(503, "maintenance_mode")));
    let maintenance = client.get("/v2/seller-settings");
    assert!(maintenance.status == 503 && maintenance.retry_after.is_some());
    let words = json!({"message": "Service is unavailable due to maintenance mode", "caused_by": "maintenance_mode"});
    assert_eq!(maintenance.json(), words);
    rig.marketplace.refuse(SHOP, Some(refusal(403, "Access Denied")));
    assert_eq!(client.get("/v2/seller-settings").problem(), "Access Denied");
}

// The connector.

/// A rig with so many products in sets of a size, each with 100 units.
fn with_products(count: u64, set_size: u64) -> Rig {
    let rig = Rig::new(KIND);
    for number in 1..=count {
        rig.marketplace.add_product(SHOP, &rig.id(number), &format!("seller-{number}"), 100);
        let set = Some(700 + (number - 1) / set_size);
        rig.marketplace.change_product(SHOP, &rig.id(number), |product| product.product_set = set);
    }
    rig
}

/// Fault 1 of the findings.
#[test]
fn a_row_that_zalora_ignored_is_never_acknowledged() {
    let rig = Rig::new(KIND);
    rig.marketplace.change_product(SHOP, &rig.id(2), |product| product.refusal = Some(refusal(422, "Not approved")));
    let answers = rig.push(&[rig.target(1, 20), rig.target(2, 20), rig.target(9, 7), rig.target(3, 0)]);
    assert_eq!([1, 2, 9, 3].map(|number| rig.shown(number)), [Some(20), Some(100), None, Some(0)]);
    assert_eq!((&answers[0].result, &answers[3].result), (&Ok(20), &Ok(0)), "the others are set");
    let unknown = answers[2].result.as_ref().expect_err("an unknown product");
    assert_eq!(unknown.class, FailureClass::Mapping, "{unknown:?}");
    // Zalora does not say why it ignored a product that it has.
    let ignored = answers[1].result.as_ref().expect_err("an ignored row");
    assert!(!ignored.class.is_store_wide(), "{ignored:?}");
}

/// The schema of the answer can be read as a list of what was set. Whichever it is, what is shown decides.
#[test]
fn a_list_of_what_was_set_is_no_refusal() {
    let rig = Rig::new(KIND);
    rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::ListWhatWasSet).on(CallKind::Write));
    let answers = rig.push(&[rig.target(1, 20), rig.target(9, 7), rig.target(3, 30)]);
    assert!(answers[1].result.is_err(), "{answers:?}");
    assert_eq!((&answers[0].result, &answers[2].result), (&Ok(20), &Ok(30)), "{answers:?}");
}

#[test]
fn a_product_in_zaloras_own_warehouse_is_said_not_to_be_ours_to_set() {
    let rig = Rig::new(KIND);
    rig.marketplace.change_product(SHOP, &rig.id(2), |product| product.fulfilled_by_marketplace = Some(5));
    let answers = rig.push(&[rig.target(1, 20), rig.target(2, 20)]);
    assert_eq!(classes(&answers), [Ok(20), Err(FailureClass::NotWritable)], "{answers:?}");
}

/// "In as few calls as the API allows": one call says which sets there are, and each set is one call.
#[test]
fn many_products_of_a_few_sets_are_read_in_a_few_calls() {
    let rig = with_products(130, 40);
    // The set has products that are not ours to set as well.
    rig.marketplace.add_product(SHOP, &product(6_999), "not-listed", 5);
    rig.marketplace.change_product(SHOP, &product(6_999), |product| product.product_set = Some(700));
    let targets: Vec<Target> = (1..=130).map(|number| rig.target(number, 7)).collect();
    for batch in rig.connector().batches(&targets) {
        let batch: Vec<Target> = batch.into_iter().map(|place| targets[place].clone()).collect();
        let answers = rig.push(&batch);
        let wrong = answers.iter().find(|answer| answer.result != Ok(7));
        assert_eq!(wrong, None);
    }
    let calls = rig.marketplace.calls(SHOP);
    assert_eq!(calls.writes, 2, "{calls:?}");
    // The batches have products of three and of two sets. Which sets these are is one call, and each set is one, before
    // the quantities are set and after.
    assert!(calls.reads <= 2 * (1 + 3) + 2 * (1 + 2), "{calls:?}");
    assert_eq!(rig.marketplace.quantity(SHOP, &product(6_999)), Some(5));
}

#[test]
fn a_seller_sku_that_is_another_one_on_zalora_does_not_matter() {
    let rig = with_products(3, 3);
    let mut targets = vec![rig.target(1, 20), rig.target(2, 30)];
    targets[0].seller_sku = "seller-2".to_owned();
    targets[1].seller_sku = "seller-1".to_owned();
    assert_eq!(classes(&rig.push(&targets)), [Ok(20), Ok(30)], "the listing's productId counts");
    assert_eq!((rig.shown(1), rig.shown(2)), (Some(20), Some(30)));
}

/// Fault 6 of the findings.
#[test]
fn open_orders_are_added_to_what_is_set_and_what_buyers_see_counts() {
    let rig = with_products(3, 3);
    rig.marketplace.sell(SHOP, &rig.id(1), 6);
    rig.marketplace.sell(SHOP, &rig.id(2), 1);
    let answers = rig.push(&[rig.target(1, 20), rig.target(2, 0), rig.target(3, 120)]);
    assert_eq!(classes(&answers), [Ok(20), Ok(0), Ok(120)], "{answers:?}");
    assert_eq!([1, 2, 3].map(|number| rig.shown(number)), [Some(20), Some(0), Some(120)]);
    let stock = Client::of(&rig).get("/v2/stock/product/7001").json();
    assert_eq!((&stock["quantity"], &stock["available"]), (&json!(26), &json!(20)));
    assert_eq!(rig.push_one(20), Ok(20), "the same again does no harm");
    assert_eq!(rig.shown(1), Some(20));
}

#[test]
fn a_higher_pre_verification_stock_is_added_instead() {
    let rig = with_products(3, 3);
    rig.marketplace.sell(SHOP, &rig.id(1), 6);
    rig.marketplace.change_product(SHOP, &rig.id(1), |product| product.pre_verification = 9);
    assert_eq!(rig.push_one(20), Ok(20));
    assert_eq!(rig.shown(1), Some(20));
}

#[test]
fn a_yes_that_changed_nothing_is_not_what_is_acknowledged() {
    let rig = with_products(3, 3);
    rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::Ignore).on(CallKind::Write));
    let answers = rig.push(&[rig.target(1, 40), rig.target(2, 100)]);
    assert_ne!(answers[0].result, Ok(40), "{answers:?}");
    assert_eq!(answers[1].result, Ok(100), "{answers:?}");
}

/// Fault 7 of the findings.
#[test]
fn a_page_of_a_cdn_pauses_nothing_at_any_call() {
    for (kind, name) in [(Some(CallKind::Write), "write"), (Some(CallKind::Read), "read"), (None, "any")] {
        for status in [200, 401, 403, 404, 429, 502, 503] {
            let rig = Rig::new(KIND);
            let page = PlannedFault { on: kind, ..Fault::Page { status }.into() };
            rig.marketplace.add_fault(SHOP, page);
            let answers = rig.push(&[rig.target(1, 20), rig.target(2, 120)]);
            for (answer, sent) in answers.iter().zip([20, 120]) {
                assert_ne!(answer.result, Ok(sent), "{name} {status}");
                // The answer to a write proves nothing, so what is shown may be read back all the same.
                if kind == Some(CallKind::Write) && status == 200 {
                    assert!(!answer.result.as_ref().is_err_and(|failure| failure.class.pauses()), "{answer:?}");
                    continue;
                }
                let failure = answer.result.as_ref().expect_err("a page");
                let is_right = failure.class == FailureClass::Unavailable
                    || (status == 429 && failure.class == FailureClass::Throttled);
                assert!(is_right, "{name} {status} {failure:?}");
            }
            if kind != Some(CallKind::Write) {
                let failure = rig.check().err();
                let is_right = failure.as_ref().is_some_and(|failure| !failure.class.pauses());
                assert!(is_right, "{name} {status}: a page does not prove a connection {failure:?}");
            }
        }
    }
    for status in [200, 401, 403, 404, 502] {
        let mut rig = Rig::new(KIND);
        rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::Page { status }).on(CallKind::Token));
        let failure = rig.refresh().expect_err("a page");
        assert_eq!(failure.class, FailureClass::Unavailable, "token {status} {failure:?}");
    }
}

#[test]
fn each_status_of_the_document_has_its_class() {
    use FailureClass::{Credentials, Mapping, PermissionEnded, Throttled, Unavailable};
    for (status, title, allowed) in [
        (401, "Unauthorized", &[Credentials][..]),
        (403, "Access Denied", &[Credentials, PermissionEnded]),
        (422, "Entity can not be processed", &[Mapping]),
        (429, "Too Many Requests", &[Throttled]),
        (500, "Service Unavailable", &[Unavailable]),
        (502, "Bad Gateway", &[Unavailable]),
        (503, "Service Unavailable", &[Unavailable]),
        (503, "maintenance_mode", &[Unavailable, Throttled]),
    ] {
        let rig = Rig::new(KIND);
        rig.marketplace.refuse(SHOP, Some(refusal(status, title)));
        let answers = rig.push(&[rig.target(1, 120)]);
        let failure = answers[0].result.as_ref().expect_err(title);
        assert!(allowed.contains(&failure.class), "{status} {title} {failure:?}");
        assert_eq!(failure.token_ended, status == 401, "{status} {title} {failure:?}");
        if title == "maintenance_mode" {
            assert_eq!(failure.retry_after, Some(Duration::from_secs(120)), "{failure:?}");
        }
    }
}

fn with_secret(rig: &Rig, name: &str, value: &str) -> Credentials {
    let known = rig.credentials.value(name).expose_secret();
    let json = rig.credentials.to_json().expose_secret().replace(known, value);
    flashsale::marketplaces::registry::credentials_of(&json.into()).expect("credentials")
}

#[test]
fn a_client_that_zalora_refuses_has_to_be_entered_again_and_a_busy_token_address_has_not() {
    for (name, value) in [("client_id", "unknown"), ("client_secret", "wrong")] {
        let mut rig = Rig::new(KIND);
        rig.credentials = with_secret(&rig, name, value);
        let failure = rig.refresh().expect_err("it is unknown");
        assert!(failure.class == FailureClass::Credentials && !failure.token_ended, "{name} {failure:?}");
    }
    for (status, title, allowed) in [
        (400, "invalid_app_id", &[FailureClass::Credentials][..]),
        (401, "Unauthorized", &[FailureClass::Credentials]),
        (429, "Too Many Requests", &[FailureClass::Throttled]),
        (503, "maintenance_mode", &[FailureClass::Unavailable, FailureClass::Throttled]),
        (500, "Service Unavailable", &[FailureClass::Unavailable]),
    ] {
        let mut rig = Rig::new(KIND);
        rig.marketplace.refuse(SHOP, Some(refusal(status, title)));
        let failure = rig.refresh().expect_err(title);
        assert!(allowed.contains(&failure.class), "{status} {title} {failure:?}");
    }
}

#[test]
fn compressed_answers_are_read() {
    let mut rig = Rig::new(KIND);
    rig.marketplace.add_fault(SHOP, Fault::Gzip);
    rig.refresh().expect("a token");
    assert_eq!(rig.push_one(20), Ok(20));
}

/// Fault 9 of the findings: each request has a time limit of its own.
#[test]
fn calls_that_are_slow_one_by_one_are_right() {
    let mut rig = with_products(3, 1);
    let timeouts = Timeouts { connect: Duration::from_secs(2), whole: Duration::from_millis(900) };
    let now = rig.now();
    rig.http = HttpClient::new(timeouts, flashsale::clock::Clock::from_fn(move || now));
    rig.marketplace.add_fault(SHOP, Fault::Slow { milliseconds: 450 });
    let answers = rig.push(&[rig.target(1, 20), rig.target(2, 21), rig.target(3, 22)]);
    assert_eq!(classes(&answers), [Ok(20), Ok(21), Ok(22)], "{answers:?}");
}

#[test]
fn what_cannot_be_read_back_is_not_acknowledged() {
    for fault in [Fault::Garbage, Fault::Drop, Fault::ServerError, Fault::Huge, Fault::Page { status: 200 }] {
        let rig = with_products(3, 1);
        rig.marketplace.add_fault(SHOP, PlannedFault::from(fault).on(CallKind::Read));
        let answers = rig.push(&[rig.target(1, 120), rig.target(2, 120)]);
        assert!(answers.iter().all(|answer| answer.result.is_err()), "{fault:?} {answers:?}");
        assert!(answers.iter().all(|answer| answer.result.as_ref().is_err_and(|failure| !failure.class.pauses())));
    }
}

#[test]
fn the_demo_groups_products_into_sets() {
    let id = |position| Marketplace::product_id(KIND, position, "A");
    assert_eq!((id(0).item.as_str(), id(9).item.as_str()), ("510400", "510409"));
    let rig = Rig::new(KIND);
    for position in 0..30 {
        rig.marketplace.add_product(SHOP, &id(position), &format!("demo-{position}"), 1);
    }
    let client = Client::of(&rig);
    assert_eq!(client.get("/v2/stock/product-set/25520").json().as_array().map(Vec::len), Some(20));
}
