//! Requests as they arrive.

use super::KIND;
use crate::{
    clock::Clock,
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
    marketplaces::{
        Connector, Credentials, Endpoint, HttpClient, Target, Timeouts,
        answering::{Answering, Received, push},
        registry,
    },
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn noon() -> Moment {
    chrono::DateTime::from_timestamp(1_790_000_000, 0).expect("a moment").into()
}

fn credentials(secret: &str) -> Credentials {
    let values = [("secret".to_owned(), secret.into())].into();
    registry::describe(KIND).credentials(values).expect("all fields")
}

fn target(sku: &str, quantity: i64) -> Target {
    Target {
        sku: Some(SkuCode::parse(sku).expect("a code")),
        seller_sku: sku.to_lowercase(),
        item_id: None,
        variant_id: None,
        quantity,
        at_most: None,
        sequence: 1,
        seen: None,
    }
}

fn connector(server: &Answering, credentials: Credentials, http: &HttpClient) -> Connector {
    let store = StoreCode::parse("shop").expect("a code");
    let endpoint = Endpoint { store: &store, kind: KIND, api_url: &server.address, warehouse: None };
    Connector::new(endpoint, credentials, http, None).expect("a connection")
}

fn message(request: &Received) -> Value {
    serde_json::from_slice(&request.body).expect("JSON")
}

#[test]
fn a_message_has_its_version_its_id_and_a_number_for_each_quantity() {
    let server = Answering::start(|_| (200, String::new()));
    let http = HttpClient::new(Timeouts::default(), Clock::from_fn(noon));
    let answers = push(&connector(&server, credentials("secret"), &http), &[target("A", 40), target("B", 0)]);
    assert!(answers.iter().all(|answer| answer.result.is_ok()), "{answers:?}");
    let request = server.take().remove(0);
    let id = request.headers["webhook-id"].clone();
    assert!(id.parse::<uuid::Uuid>().is_ok(), "{id}");
    assert_eq!(
        message(&request),
        json!({
            "version": 1, "id": id, "store": "shop", "sent_at": "2026-09-21T14:13:20Z",
            "quantities": [
                { "sku": "A", "seller_sku": "a", "quantity": 40, "sequence": 1 },
                { "sku": "B", "seller_sku": "b", "quantity": 0, "sequence": 1 },
            ],
        })
    );
    assert_eq!(request.headers["webhook-timestamp"], "1790000000");
    assert_eq!(request.headers["content-type"], "application/json");
}

#[test]
fn no_id_of_a_delivery_comes_twice() {
    let server = Answering::start(|_| (200, String::new()));
    let http = HttpClient::new(Timeouts::default(), Clock::from_fn(noon));
    for _ in 0..5 {
        push(&connector(&server, credentials("secret"), &http), &[target("A", 40)]);
    }
    let requests = server.take();
    let ids: BTreeSet<&str> = requests.iter().map(|request| request.headers["webhook-id"].as_str()).collect();
    assert_eq!(ids.len(), 5);
}

#[test]
fn an_old_secret_signs_beside_the_new_one_for_a_day() {
    let server = Answering::start(|_| (200, String::new()));
    let changed = credentials("new").replacing(&credentials("old"), noon());
    for (hours, signatures) in [(0, 2), (23, 2), (24, 1)] {
        let now = noon().plus(TimeDelta::hours(hours));
        let http = HttpClient::new(Timeouts::default(), Clock::from_fn(move || now));
        push(&connector(&server, changed.clone(), &http), &[target("A", 40)]);
        let headers = server.take().remove(0).headers;
        assert_eq!(headers["x-flashsale-signature"].matches(",v1=").count(), signatures, "{headers:?}");
        assert_eq!(headers["webhook-signature"].split(' ').count(), signatures, "{headers:?}");
    }
}

#[test]
fn an_old_secret_is_not_in_a_message_that_repeats_it() {
    let changed = credentials("new-s3cret").replacing(&credentials("old-s3cret"), noon());
    let server = Answering::start(|_| {
        (200, r#"{"failed":[{"sku":"A","reason":"signed with old-s3cret and new-s3cret"}]}"#.to_owned())
    });
    let http = HttpClient::new(Timeouts::default(), Clock::from_fn(noon));
    let failure = push(&connector(&server, changed, &http), &[target("A", 40)]).remove(0).result.expect_err("refused");
    assert_eq!(failure.message, "The webhook refused it: signed with … and …");
}
