//! How bodies are sent: compressed, with a byte order mark, in another encoding.

use crate::{
    api::{
        calls::article,
        client::{Answer, Api, JSON},
    },
    support::TestApp,
};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::io::Write;

fn zipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).expect("memory");
    encoder.finish().expect("memory")
}

fn put(api: &Api, encoding: &str, body: &[u8]) -> Answer {
    api.send("PUT", "/skus", &[JSON, ("content-encoding", encoding)], Some(body))
}

fn skus(code: &str) -> Vec<u8> {
    json!({"skus": [{"code": code, "name": "Größe", "on_hand": 1}]}).to_string().into_bytes()
}

#[test]
fn a_body_may_be_compressed_with_gzip_and_with_nothing_else() {
    let app = TestApp::start();
    let api = article(&app);
    for (encoding, code) in [("gzip", "A"), ("x-gzip", "B"), ("GZIP", "C"), ("identity, gzip", "D")] {
        assert_eq!(put(&api, encoding, &zipped(&skus(code))).expect(200).body["created"], 1, "{encoding}");
    }
    for encoding in ["identity", ""] {
        assert_eq!(put(&api, encoding, &skus(&format!("plain-{encoding}"))).expect(200).body["created"], 1);
    }
    for encoding in ["br", "deflate", "zstd", "gzip, gzip", "compress", "x"] {
        let refused = put(&api, encoding, &skus("E")).expect(415);
        assert_eq!((refused.code(), refused.header("accept-encoding")), ("unsupported_encoding", Some("gzip")));
        let detail = refused.body["detail"].as_str().expect("words");
        assert!(detail.contains("Content-Encoding") && detail.contains(encoding), "{detail}");
    }
    for broken in [&b"not gzip"[..], b"", &zipped(&skus("F"))[..30]] {
        assert_eq!(put(&api, "gzip", broken).expect(400).code(), "unreadable");
    }
    let codes: Vec<Value> = api.get("/skus").expect(200).body["skus"].as_array().expect("a list").to_vec();
    assert_eq!(codes.len(), 7, "{codes:?}");
}

#[test]
fn a_small_body_that_becomes_a_large_one_is_refused() {
    let app = TestApp::start();
    let api = article(&app);
    let mut large = skus("Bomb");
    large.resize(64 << 20, b' ');
    let bomb = zipped(&large);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    for path in ["/skus", "/orders", "/stock-changes"] {
        let method = if path == "/skus" { "PUT" } else { "POST" };
        let headers = [JSON, ("content-encoding", "gzip")];
        let refused = api.send(method, path, &headers, Some(&bomb)).expect(413);
        assert_eq!((refused.code(), &refused.body["limit"]), ("too_large", &json!(4 << 20)));
        app.stranger(None).send(method, path, &headers, Some(&bomb)).expect(401);
    }
    large.truncate(4 << 20);
    put(&api, "gzip", &zipped(&large)).expect(200);
}

#[test]
fn a_byte_order_mark_is_skipped_and_another_encoding_is_named() {
    let app = TestApp::start();
    let api = article(&app);
    let with_mark = [b"\xEF\xBB\xBF", skus("Mark").as_slice()].concat();
    assert_eq!(api.send("PUT", "/skus", &[JSON], Some(&with_mark)).expect(200).body["created"], 1);
    assert_eq!(put(&api, "gzip", &zipped(&with_mark)).expect(200).body["updated"], 1);
    let text = String::from_utf8(skus("Wide")).expect("UTF-8");
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = [&b"\xFF\xFE"[..], &little].concat();
    for body in [little, big, marked] {
        let refused = api.send("PUT", "/skus", &[JSON], Some(&body)).expect(400);
        assert_eq!(refused.code(), "bad_json");
        assert_eq!(refused.body["detail"], "Send the body in UTF-8: it is in UTF-16.");
    }
    // In Latin-1 each of these letters is a byte, which is no UTF-8.
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
    assert_eq!(api.send("PUT", "/skus", &[JSON], Some(&latin)).expect(400).code(), "bad_json");
}

#[test]
fn a_request_that_is_compressed_the_second_time_is_the_same_request() {
    let app = TestApp::start();
    let api = article(&app);
    let body = json!({"changes": [{"sku": "Product1", "change": 5, "reason": "received"}]}).to_string();
    let key = ("idempotency-key", "receipt");
    api.send("POST", "/stock-changes", &[JSON, key], Some(body.as_bytes())).expect(200);
    let headers = [JSON, key, ("content-encoding", "gzip")];
    let again = api.send("POST", "/stock-changes", &headers, Some(&zipped(body.as_bytes()))).expect(200);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
}
