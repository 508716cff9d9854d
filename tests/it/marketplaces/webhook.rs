//! Webhooks: the simulated receiver against what it has to accept and refuse, and the connector against the receiver.
//!
//! Signatures are computed here with the crates alone: neither the receiver's code nor the connector's.

use crate::{
    marketplaces::connectors::{NOON, Rig, SHOP, classes},
    scene::{LAZADA, add_sku, add_stores, stock},
    seller::{STORES, Seller, product},
    support::{Page, TestApp, moment},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use flashsale::{
    demo::marketplace::{Fault, PlannedFault, Refusal},
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, FailureClass, HttpClient, Timeouts, registry, seal::SealKey, webhook},
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::Sha256;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

const KIND: ConnectorKind = webhook::KIND;

/// What stands before a secret in base64.
const BASE64_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn hmac_sha256(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// `v1` of `X-Flashsale-Signature`.
fn hexadecimal_signature(secret: &str, seconds: i64, body: &str) -> String {
    let bytes = hmac_sha256(secret.as_bytes(), &format!("{seconds}.{body}"));
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `v1` of `webhook-signature`.
fn standard_signature(secret: &str, id: &str, seconds: i64, body: &str) -> String {
    let key = match secret.strip_prefix("whsec_") {
        Some(text) => BASE64_STANDARD.decode(text).expect("base64"),
        None => secret.as_bytes().to_vec(),
    };
    BASE64_STANDARD.encode(hmac_sha256(&key, &format!("{id}.{seconds}.{body}")))
}

fn credentials(secret: &str) -> Credentials {
    let json = json!({"connector": "webhook", "secret": secret}).to_string();
    registry::credentials_of(&json.into()).expect("credentials")
}

/// A delivery as the sender of a test makes it.
struct Sent {
    id: String,
    header_id: String,
    seconds: i64,
    secret: String,
    body: String,
}

impl Sent {
    fn new(rig: &Rig, id: &str, rows: &Value) -> Self {
        let body = json!({
            "version": 1, "id": id, "store": "shop", "sent_at": NOON, "quantities": rows,
        });
        Self {
            id: id.to_owned(),
            header_id: id.to_owned(),
            seconds: rig.now().utc().timestamp(),
            secret: rig.credentials.value("secret").expose_secret().to_owned(),
            body: body.to_string(),
        }
    }

    /// The status and the body of the answer.
    fn send(&self, rig: &Rig) -> (u16, Value) {
        let hexadecimal = hexadecimal_signature(&self.secret, self.seconds, &self.body);
        let standard = standard_signature(&self.secret, &self.id, self.seconds, &self.body);
        self.send_signed(rig, &format!("t={},v1={hexadecimal}", self.seconds), &format!("v1,{standard}"))
    }

    fn send_signed(&self, rig: &Rig, flashsale: &str, standard: &str) -> (u16, Value) {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        let agent = ureq::Agent::from(config);
        let request = agent.post(&rig.url).header("content-type", "application/json");
        let request = request.header("x-flashsale-signature", flashsale);
        let request = request.header("webhook-id", &self.header_id);
        let request = request.header("webhook-timestamp", self.seconds.to_string());
        let response = request.header("webhook-signature", standard).send(&self.body).expect("an answer");
        let status = response.status().as_u16();
        let body = response.into_body().read_to_string().expect("a body");
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }
}

fn row(number: u64, quantity: i64, sequence: i64) -> Value {
    json!({
        "sku": format!("SKU-{number}"),
        "seller_sku": format!("seller-{number}"),
        "quantity": quantity,
        "sequence": sequence,
    })
}

#[test]
fn a_delivery_with_both_signatures_is_applied() {
    let rig = Rig::new(KIND);
    let sent = Sent::new(&rig, "d-1", &json!([row(1, 40, 1), row(2, 0, 1)]));
    assert_eq!(sent.send(&rig), (204, Value::Null));
    assert_eq!([1, 2, 3].map(|number| rig.shown(number)), [Some(40), Some(0), Some(100)]);
    assert_eq!(Sent::new(&rig, "d-2", &json!([])).send(&rig).0, 204, "the call that tests a connection");
}

/// Computed with Python's `hmac`, for the README as well.
#[test]
fn the_receiver_accepts_vectors_of_another_program() {
    let body = concat!(
        r#"{"version":1,"id":"d-1","store":"shop","sent_at":"2026-11-10T12:00:00Z","quantities":"#,
        r#"[{"sku":"SKU-1","seller_sku":"seller-1","quantity":40,"sequence":1790000000123456}]}"#,
    );
    for (secret, hexadecimal, standard) in [
        (
            "shop-secret",
            "19842dc11be801695b7d867460aa044e7d860028b25c94aedf799c616eaccc2a",
            "EtFpdhGoNDSyH2IGfbRtufly+nJ+Nq7b3FwvEJMAj70=",
        ),
        (
            BASE64_SECRET,
            "42316340bb6f326c41c4b044d6a1a0b9051b20fb08d11f402323c305f6d9e322",
            "gB41INoAsA7fXnNOrcrbMgrg4GEVwlJzafN/FQHPn1U=",
        ),
    ] {
        let rig = Rig::new(KIND);
        rig.marketplace.set_credentials(SHOP, credentials(secret));
        let sent = Sent { body: body.to_owned(), ..Sent::new(&rig, "d-1", &json!([])) };
        let flashsale = format!("t=1794312000,v1={hexadecimal}");
        assert_eq!(sent.send_signed(&rig, &flashsale, &format!("v1,{standard}")).0, 204, "{secret}");
        assert_eq!(rig.shown(1), Some(40), "{secret}");
        assert_eq!(hexadecimal_signature(secret, 1_794_312_000, body), hexadecimal);
        assert_eq!(standard_signature(secret, "d-1", 1_794_312_000, body), standard);
    }
}

#[test]
fn the_receiver_refuses_a_delivery_that_is_not_signed_as_it_has_to_be() {
    let rig = Rig::new(KIND);
    let sent = Sent::new(&rig, "d-1", &json!([row(1, 40, 1)]));
    let hexadecimal = hexadecimal_signature(&sent.secret, sent.seconds, &sent.body);
    let right = (
        format!("t={},v1={hexadecimal}", sent.seconds),
        format!("v1,{}", standard_signature(&sent.secret, &sent.id, sent.seconds, &sent.body)),
    );
    let wrong_first = format!("t={},v1={}", sent.seconds, hexadecimal.replace(['0', '1', '2', '3'], "4"));
    for (flashsale, standard) in [
        (wrong_first.as_str(), right.1.as_str()),
        ("", right.1.as_str()),
        (right.0.as_str(), ""),
        (right.0.as_str(), "v1,AAAA"),
        (right.0.as_str(), right.1.trim_start_matches("v1,")),
    ] {
        assert_eq!(sent.send_signed(&rig, flashsale, standard).0, 401, "{flashsale} {standard}");
    }
    let another_secret = Sent { secret: "another".to_owned(), ..Sent::new(&rig, "d-1", &json!([])) };
    assert_eq!(another_secret.send(&rig).0, 401);
    let old = Sent { seconds: sent.seconds - 301, ..Sent::new(&rig, "d-1", &json!([])) };
    assert_eq!(old.send(&rig).0, 401, "more than five minutes old");
    assert_eq!(rig.shown(1), Some(100));
    let several = (format!("t={},v1=00,v1={hexadecimal}", sent.seconds), format!("v1,bm90IHRoaXMgb25l {}", right.1));
    assert_eq!(sent.send_signed(&rig, &several.0, &several.1).0, 204, "any of several may be right");
}

#[test]
fn the_receiver_refuses_a_message_of_another_form() {
    let rig = Rig::new(KIND);
    let right = || Sent::new(&rig, "d-1", &json!([row(1, 40, 1)]));
    for body in [
        right().body.replace("\"version\":1", "\"version\":2"),
        right().body.replace("\"version\":1,", ""),
        right().body.replace("\"version\":1}", "}"),
        right().body.replace("d-1", "d-2"),
        right().body.replace("\"quantity\":40", "\"quantity\":-1"),
        right().body.replace("\"quantity\":40", "\"quantity\":\"40\""),
        right().body.replace("\"sequence\":1", "\"sequence\":null"),
        "[]".to_owned(),
    ] {
        if body == right().body {
            continue;
        }
        assert_eq!(Sent { body: body.clone(), ..right() }.send(&rig).0, 400, "{body}");
    }
    assert_eq!(rig.shown(1), Some(100));
}

#[test]
fn the_receiver_applies_a_delivery_once_and_nothing_that_is_older() {
    let rig = Rig::new(KIND);
    let fifty = Sent::new(&rig, "d-1", &json!([row(1, 50, 1_790_000_000_000_001)]));
    let thirty = Sent::new(&rig, "d-2", &json!([row(1, 30, 1_790_000_000_000_002), row(2, 7, 1), row(9, 1, 1)]));
    let failed = json!({"failed": [{"sku": "SKU-9", "reason": "There is no such product."}]});
    assert_eq!(thirty.send(&rig), (200, failed.clone()));
    assert_eq!(fifty.send(&rig), (204, Value::Null), "it was overtaken, which is no failure");
    assert_eq!((rig.shown(1), rig.shown(2)), (Some(30), Some(7)));
    rig.marketplace.add_product(SHOP, &rig.id(1), "", 99);
    assert_eq!(thirty.send(&rig), (200, failed), "the same delivery has the same answer");
    assert_eq!(rig.shown(1), Some(99), "and changes nothing");
    let same = Sent::new(&rig, "d-3", &json!([row(1, 31, 1_790_000_000_000_002)]));
    assert_eq!(same.send(&rig).0, 204);
    assert_eq!(rig.shown(1), Some(99), "the same sequence number is not newer");
    let newer = Sent::new(&rig, "d-4", &json!([row(1, 60, 1_790_000_000_000_003)]));
    assert_eq!((newer.send(&rig).0, rig.shown(1)), (204, Some(60)));
}

/// A refusal of product 1, with the way in which the answer names it.
fn refuse_product(rig: &Rig, named_by: &str) {
    let refusal =
        Refusal { status: None, code: named_by.to_owned(), kind: String::new(), message: "It is sold out.".to_owned() };
    rig.marketplace.change_product(SHOP, &rig.id(1), |product| product.refusal = Some(refusal));
}

fn refuse_all(rig: &Rig, status: u16, kind: &str) {
    let message = "A test refuses it.".to_owned();
    let refusal = Refusal { status: Some(status), code: String::new(), kind: kind.to_owned(), message };
    rig.marketplace.refuse(SHOP, Some(refusal));
}

#[test]
fn the_receiver_names_what_failed_as_tests_ask_for() {
    for (named_by, failed) in [
        ("", json!([{"sku": "SKU-1", "reason": "It is sold out."}])),
        ("seller_sku", json!([{"seller_sku": "seller-1", "reason": "It is sold out."}])),
        ("unknown", json!([{"sku": "SKU-1-of-another-store", "reason": "It is sold out."}])),
        ("object", json!({"SKU-1": "It is sold out."})),
    ] {
        let rig = Rig::new(KIND);
        refuse_product(&rig, named_by);
        let sent = Sent::new(&rig, "d-1", &json!([row(1, 40, 1), row(2, 40, 1)]));
        assert_eq!(sent.send(&rig), (200, json!({"failed": failed})), "{named_by}");
        assert_eq!((rig.shown(1), rig.shown(2)), (Some(100), Some(40)), "{named_by}");
    }
    let rig = Rig::new(KIND);
    refuse_all(&rig, 308, "text");
    assert_eq!(Sent::new(&rig, "d-1", &json!([])).send(&rig).0, 308);
}

// The connector.

/// A request that a [`Recorder`] was sent.
#[derive(Clone)]
struct Recorded {
    headers: BTreeMap<String, String>,
    body: String,
}

impl Recorded {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn seconds(&self) -> i64 {
        self.header("webhook-timestamp").parse().expect("seconds")
    }

    /// Whether both headers have a signature with that secret.
    fn is_signed_with(&self, secret: &str) -> bool {
        let first = self.header("x-flashsale-signature");
        let (time, signatures) = first.split_once(',').expect("a time and signatures");
        assert_eq!(time, format!("t={}", self.seconds()), "{first}");
        let right = format!("v1={}", hexadecimal_signature(secret, self.seconds(), &self.body));
        let is_first = signatures.split(',').any(|given| given == right);
        let id = self.header("webhook-id");
        let right = format!("v1,{}", standard_signature(secret, id, self.seconds(), &self.body));
        let is_second = self.header("webhook-signature").split(' ').any(|given| given == right);
        assert_eq!(is_first, is_second, "{:?}", self.headers);
        is_first
    }
}

/// A receiver that records the requests and gives the same answer to all of them.
struct Recorder {
    address: String,
    requests: Arc<Mutex<Vec<Recorded>>>,
}

impl Recorder {
    /// `answer` is what comes after `HTTP/1.1 `, with the headers and the body.
    fn answering(answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let requests: Arc<Mutex<Vec<Recorded>>> = Arc::default();
        let recorded = requests.clone();
        let answer = format!("HTTP/1.1 {answer}");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a call");
                recorded.lock().expect("requests").push(read_request(&stream));
                stream.write_all(answer.as_bytes()).expect("an answer");
            }
        });
        Self { address, requests }
    }

    fn with_json(status: u16, body: &str) -> Self {
        Self::answering(&format!(
            "{status} Said\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().expect("requests").clone()
    }

    fn last(&self) -> Recorded {
        self.requests().pop().expect("a request")
    }

    /// A rig whose store is connected to this receiver.
    fn rig(&self) -> Rig {
        let mut rig = Rig::new(KIND);
        rig.url = self.address.clone();
        rig
    }
}

fn read_request(stream: &TcpStream) -> Recorded {
    let mut reader = BufReader::new(stream);
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    reader.read_line(&mut line).expect("the first line");
    loop {
        line.clear();
        reader.read_line(&mut line).expect("a header");
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |text| text.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    Recorded { headers, body: String::from_utf8(body).expect("text") }
}

#[test]
fn the_connector_sends_the_message_with_its_id_and_both_signatures() {
    for secret in ["a secret of the shop", BASE64_SECRET] {
        let receiver = Recorder::with_json(200, "{}");
        let mut rig = receiver.rig();
        rig.credentials = credentials(secret);
        assert_eq!(classes(&rig.push(&[rig.target(1, 40), rig.target(2, 0)])), [Ok(40), Ok(0)]);
        assert_eq!(rig.check(), Ok(()));
        let requests = receiver.requests();
        assert_eq!(requests.len(), 2);
        for request in &requests {
            assert!(request.is_signed_with(secret), "{secret} {:?}", request.headers);
            assert!(!request.is_signed_with("another secret"));
            assert_eq!(request.seconds(), moment(NOON).utc().timestamp());
            assert!(request.header("content-type").starts_with("application/json"));
        }
        let message = requests[0].json();
        let names: BTreeSet<&str> = message.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(names, BTreeSet::from(["version", "id", "store", "sent_at", "quantities"]));
        assert_eq!((&message["version"], &message["store"]), (&json!(1), &json!("shop")));
        assert_eq!(message["id"], requests[0].header("webhook-id"));
        let sent_at: Moment = serde_json::from_value(message["sent_at"].clone()).expect("a moment");
        assert_eq!(sent_at, moment(NOON));
        let mut rows = message["quantities"].clone();
        for row in rows.as_array_mut().expect("a list") {
            let sequence = row.as_object_mut().expect("a row").remove("sequence").expect("a sequence number");
            assert!(sequence.as_i64().is_some_and(|sequence| sequence > 0), "{sequence}");
        }
        let expected = json!([
            {"sku": "SKU-1", "seller_sku": "seller-1", "quantity": 40},
            {"sku": "SKU-2", "seller_sku": "seller-2", "quantity": 0},
        ]);
        assert_eq!(rows, expected);
        assert_eq!(requests[1].json()["quantities"], json!([]), "the call that tests a connection");
        assert_ne!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
    }
}

#[test]
fn the_strict_receiver_takes_what_the_connector_sends() {
    let mut rig = Rig::new(KIND);
    assert_eq!(rig.check(), Ok(()));
    assert_eq!(classes(&rig.push(&[rig.target(1, 40), rig.target(2, 0)])), [Ok(40), Ok(0)]);
    assert_eq!((rig.shown(1), rig.shown(2)), (Some(40), Some(0)));
    rig.credentials = credentials(BASE64_SECRET);
    rig.marketplace.set_credentials(SHOP, rig.credentials.clone());
    assert_eq!(rig.check(), Ok(()));
}

/// Fault 11a of the findings.
#[test]
fn an_answer_that_names_a_row_in_another_way_acknowledges_nothing_it_may_be_about() {
    for named_by in ["", "seller_sku", "unknown", "object"] {
        let rig = Rig::new(KIND);
        refuse_product(&rig, named_by);
        let answers = rig.push(&[rig.target(1, 40), rig.target(2, 41)]);
        let failure = answers[0].result.as_ref().expect_err(named_by);
        assert!(!failure.class.is_store_wide(), "{named_by} {failure:?}");
        match named_by {
            "unknown" => assert!(answers[1].result.is_err(), "it may be about this row {answers:?}"),
            // The object names product 1. Whether anything is to be believed of such an answer is open.
            "object" => {}
            _ => {
                assert!(failure.message.contains("It is sold out."), "{named_by} {failure}");
                assert_eq!(answers[1].result, Ok(41), "{named_by}: the answer says which row it is");
            }
        }
    }
}

#[test]
fn whatever_a_receiver_says_of_rows_acknowledges_nothing_that_it_may_refuse() {
    for (body, first_is_set) in [
        (r#"{"failed":[]}"#, true),
        (r#"{"failed":null}"#, true),
        ("{}", true),
        (r#"{"ok":true}"#, true),
        (r#"{"failed":[{"sku":"sku-1","reason":"another spelling"}]}"#, false),
        (r#"{"failed":[{"sku":"SKU-1"}]}"#, false),
        (r#"{"failed":[{"sku":"SKU-1","seller_sku":"seller-2","reason":"which?"}]}"#, false),
        (r#"{"failed":["SKU-1"]}"#, false),
        (r#"{"failed":"SKU-1"}"#, false),
        (r#"{"failed":1}"#, false),
        (r#"{"failed":true}"#, false),
        (r#"{"failed":[{"reason":"no name"}]}"#, false),
        (r#"{"failed":[{"sku":null,"reason":"no name"}]}"#, false),
        (r#"{"failed":[{"sku":1,"reason":"a number"}]}"#, false),
        (r#"{"failed":[{"sku":"SKU-1","reason":{"code":7}}]}"#, false),
        (r#"{"failed":{"SKU-1":"no"}}"#, false),
        (r#"{"failed":[{"sku":"SKU-1","#, false),
        ("<html><title>Just a moment...</title></html>", false),
    ] {
        let rig_answers = {
            let receiver = Recorder::with_json(200, body);
            let rig = receiver.rig();
            rig.push(&[rig.target(1, 40), rig.target(2, 41)])
        };
        assert_eq!(rig_answers[0].result.is_ok(), first_is_set, "{body} {rig_answers:?}");
        for answer in &rig_answers {
            let pauses = answer.result.as_ref().is_err_and(|failure| failure.class.pauses());
            assert!(!pauses, "{body} {answer:?}");
        }
    }
    for answer in ["204 No Content\r\nconnection: close\r\n\r\n", "202 Accepted\r\ncontent-length: 0\r\n\r\n"] {
        let receiver = Recorder::answering(answer);
        let rig = receiver.rig();
        assert_eq!(rig.push_one(40), Ok(40), "{answer}");
    }
}

/// What the README says of each status.
#[test]
fn each_status_has_its_class() {
    use FailureClass::{Credentials, Mapping, Throttled, Unavailable};
    for (status, kind, class) in [
        (400, "", Mapping),
        (400, "text", Mapping),
        (422, "", Mapping),
        (401, "", Credentials),
        (401, "text", Credentials),
        (403, "", Credentials),
        (403, "text", Credentials),
        (404, "", Unavailable),
        (429, "", Throttled),
        (301, "", Unavailable),
        (302, "text", Unavailable),
        (308, "", Unavailable),
        (500, "", Unavailable),
        (502, "text", Unavailable),
        (503, "", Unavailable),
        (504, "", Unavailable),
    ] {
        let rig = Rig::new(KIND);
        refuse_all(&rig, status, kind);
        let failure = rig.push_one(40).expect_err("refused");
        assert_eq!(failure.class, class, "{status} {kind} {failure:?}");
        assert_eq!(rig.shown(1), Some(100), "{status}");
        if class != Mapping {
            assert_eq!(rig.check().expect_err("refused").class, class, "{status} {kind}");
        }
    }
    // Standard Webhooks: "no longer interested in receiving webhooks from this source. Sender should disable the webhook
    // endpoint". A store may be paused for it, and may be left alone for a while.
    let gone = Rig::new(KIND);
    refuse_all(&gone, 410, "");
    assert!(gone.push_one(40).expect_err("gone").class.is_store_wide());
    // What they are is not in a document; that they acknowledge and pause nothing is sure.
    for status in [405, 408, 409, 413, 415, 418] {
        let rig = Rig::new(KIND);
        refuse_all(&rig, status, "");
        let failure = rig.push_one(40).expect_err("refused");
        assert!(!failure.class.pauses(), "{status} {failure:?}");
    }
}

/// Fault 7 of the findings.
#[test]
fn a_page_of_a_cdn_is_no_answer_of_the_receiver() {
    for status in [200, 401, 403, 404, 410, 500, 502, 503] {
        let rig = Rig::new(KIND);
        rig.marketplace.add_fault(SHOP, Fault::Page { status });
        let answers = rig.push(&[rig.target(1, 40), rig.target(2, 120)]);
        let expected = [Err(FailureClass::Unavailable), Err(FailureClass::Unavailable)];
        assert_eq!(classes(&answers), expected, "{status} {answers:?}");
        let failure = rig.check().expect_err("a page");
        assert_eq!(failure.class, FailureClass::Unavailable, "{status} {failure:?}");
    }
    // A receiver's framework may answer these with a page as well, so what they are about is open.
    for status in [400, 422] {
        let rig = Rig::new(KIND);
        rig.marketplace.add_fault(SHOP, Fault::Page { status });
        let failure = rig.push_one(40).expect_err("a page");
        assert!(!failure.class.pauses(), "{status} {failure:?}");
        assert_eq!(rig.shown(1), Some(100));
    }
}

#[test]
fn the_time_to_wait_is_kept() {
    let rig = Rig::new(KIND);
    rig.marketplace.add_fault(SHOP, Fault::Throttle { seconds: 7 });
    assert_eq!(rig.push_one(40).expect_err("too many").retry_after, Some(Duration::from_secs(7)));
    let later = "Tue, 10 Nov 2026 12:00:30 GMT";
    for status in [429, 503] {
        let answer = format!("{status} Busy\r\nretry-after: {later}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        let receiver = Recorder::answering(&answer);
        let failure = receiver.rig().push_one(40).expect_err("busy");
        assert_eq!(failure.retry_after, Some(Duration::from_secs(30)), "{status} {failure:?}");
    }
}

#[test]
fn a_row_that_is_refused_with_others_is_found_and_the_others_are_set() {
    let receiver = Recorder::with_json(422, r#"{"message":"no"}"#);
    let rig = receiver.rig();
    let answers = rig.push(&[rig.target(1, 40), rig.target(2, 41), rig.target(3, 42)]);
    assert!(answers.iter().all(|answer| answer.result.is_err()), "{answers:?}");
    let ids: BTreeSet<String> =
        receiver.requests().iter().map(|request| request.header("webhook-id").to_owned()).collect();
    assert_eq!(ids.len(), receiver.requests().len(), "each delivery has an id of its own");
}

/// Fault 9 of the findings, in a fraction of the time: a receiver that takes 4.5 s is slow and right.
#[test]
fn a_slow_receiver_is_right() {
    let mut rig = Rig::new(KIND);
    let timeouts = Timeouts { connect: Duration::from_secs(2), whole: Duration::from_millis(1_000) };
    let now = rig.now();
    rig.http = HttpClient::new(timeouts, flashsale::clock::Clock::from_fn(move || now));
    rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::Slow { milliseconds: 560 }));
    assert_eq!(classes(&rig.push(&[rig.target(1, 40), rig.target(2, 41)])), [Ok(40), Ok(41)]);
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Recorder::with_json(200, "{}");
    for status in [301, 302, 303, 307, 308] {
        let answer = format!(
            "{status} Moved\r\nlocation: {}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            elsewhere.address
        );
        let failure = Recorder::answering(&answer).rig().push_one(40).expect_err("it moved");
        assert_eq!(failure.class, FailureClass::Unavailable, "{status} {failure:?}");
    }
    assert!(elsewhere.requests().is_empty(), "a signed message goes nowhere else");
}

/// Fault 11c of the findings: the sequence number of a SKU grows with every newer quantity, so that the strict receiver
/// takes each of them.
#[test]
fn every_newer_quantity_of_a_sku_has_a_larger_sequence_number() {
    let seller = Seller::open(1);
    let pusher = seller.pusher();
    let own_shop = STORES.iter().position(|(_, kind)| *kind == KIND).expect("a store of webhooks");
    seller.push(&pusher);
    for on_hand in [90, 30, 30, 31, 0, 7] {
        stock(&seller.app.database, seller.app.now(), &product(0), on_hand, 0);
        seller.push(&pusher);
        assert_eq!(seller.shown(0)[own_shop], on_hand, "at the same moment");
    }
    seller.app.advance(TimeDelta::seconds(1));
    stock(&seller.app.database, seller.app.now(), &product(0), 40, 0);
    seller.push(&pusher);
    assert_eq!(seller.shown(0)[own_shop], 40);
}

/// An answer that was lost does not keep the quantity from being sent once more, and the receiver from taking the next.
#[test]
fn a_delivery_whose_answer_was_lost_is_followed_by_newer_ones() {
    let seller = Seller::open(1);
    let pusher = seller.pusher();
    let (store, _) = STORES.iter().find(|(_, kind)| *kind == KIND).expect("a store of webhooks");
    seller.market.marketplace.add_fault(store, PlannedFault::from(Fault::DropAfter).times(1));
    seller.push(&pusher);
    seller.come_in_step(&pusher, TimeDelta::hours(1));
    stock(&seller.app.database, seller.app.now(), &product(0), 12, 0);
    seller.come_in_step(&pusher, TimeDelta::hours(1));
    assert!(seller.differences().is_empty());
}

/// The secret is changed on the page, and the receiver does not have to change it at the same moment.
#[test]
fn the_old_and_the_new_secret_both_sign_for_a_day() {
    const OLD: &str = "the first secret of the shop, long";
    const NEW: &str = "the second secret of the shop, long";
    const TEST: &str = "form[action='/stores/lazada-sg/test']";
    let receiver = Recorder::with_json(200, "{}");
    let key = SealKey::random().to_base64().expose_secret().to_owned();
    let app = TestApp::start_with(&[("FLASHSALE_PUSH", "no"), ("FLASHSALE_CREDENTIALS_KEY", &key)]);
    add_stores(&app.database, &[LAZADA]);
    add_sku(&app.database, "Product1", "Product 1", 100, &[LAZADA]);
    let mut browser = app.signed_in();
    let save = |browser: &mut crate::support::Browser, secret: &str| {
        let form = browser.get("/stores/lazada-sg/connection?kind=webhook");
        let saved = form.submit(&[("api_url", &receiver.address), ("secret", secret)]);
        assert_eq!(saved.status, 303, "{}", saved.text());
        saved.follow()
    };
    let test = |page: &Page| {
        let before = receiver.requests().len();
        let tested = page.submit_form(TEST, &[]);
        assert_eq!((tested.status, receiver.requests().len()), (303, before + 1), "{}", tested.text());
        receiver.last()
    };
    let first = test(&save(&mut browser, OLD));
    assert!(first.is_signed_with(OLD) && !first.is_signed_with(NEW));
    test(&save(&mut browser, NEW));
    let both = receiver.last();
    assert!(both.is_signed_with(OLD) && both.is_signed_with(NEW), "{:?}", both.headers);
    for (hours, is_signed_with_old) in [(23, true), (2, false)] {
        app.advance(TimeDelta::hours(hours));
        let later = test(&app.signed_in().get("/stores/lazada-sg"));
        assert!(later.is_signed_with(NEW), "{:?}", later.headers);
        assert_eq!(later.is_signed_with(OLD), is_signed_with_old, "{:?}", later.headers);
    }
}
