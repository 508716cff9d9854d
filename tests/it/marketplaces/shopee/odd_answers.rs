//! Answers that are none: truncated, of another type, of another item, of another day. None of them acknowledges.

use crate::marketplaces::connectors::{Rig, classes};
use flashsale::marketplaces::{FailureClass, Target, shopee};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// The whole responses of a server, status line and headers included.
#[derive(Clone, Default)]
struct Script {
    write: Vec<u8>,
    read: Vec<u8>,
}

/// A server that answers every write with the same bytes, and every read with others.
struct Stub {
    address: String,
    script: Arc<Mutex<Script>>,
    is_over: Arc<AtomicBool>,
}

impl Stub {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let script = Arc::new(Mutex::new(Script::default()));
        let is_over = Arc::new(AtomicBool::new(false));
        let stub = Self { address, script: script.clone(), is_over: is_over.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let script = script.lock().expect("a script").clone();
                // A client may give up before the end.
                let _ = stream.and_then(|stream| answer(stream, &script));
            }
        });
        stub
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(&self.address);
    }
}

fn answer(stream: TcpStream, script: &Script) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let is_write = line.starts_with("POST");
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().expect("a length");
        }
    }
    reader.by_ref().take(length).read_to_end(&mut Vec::new())?;
    reader.into_inner().write_all(if is_write { &script.write } else { &script.read })
}

fn with_length(body: &[u8], length: usize) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn whole(body: &[u8]) -> Vec<u8> {
    with_length(body, body.len())
}

fn accepted(response: &Value) -> Value {
    json!({"error": "", "message": "", "warning": "", "request_id": "1", "response": response})
}

/// The answer to a write of one model.
fn written(stock: &Value) -> Value {
    accepted(&json!({"success_list": [{"model_id": 1, "stock": stock}], "failure_list": []}))
}

/// The model list of the item, which shows `stock` of model 1.
fn shown(stock: &Value) -> Value {
    accepted(&json!({"tier_variation": [], "model": [{
        "model_id": 1, "tier_index": [0], "promotion_id": 0, "model_sku": "seller-1", "price_info": [],
        "stock_info_v2": {
            "summary_info": {"total_reserved_stock": 0, "total_available_stock": stock},
            "seller_stock": [{"location_id": "SGZ", "stock": stock}],
            "shopee_stock": [],
        },
    }]}))
}

fn bytes(content: &Value) -> Vec<u8> {
    whole(content.to_string().as_bytes())
}

/// The bytes of answers that say nothing, by what is wrong with them. The right answer would be `right`.
fn broken(right: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let text = right.to_string();
    let half = &text.as_bytes()[..text.len() / 2];
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("half of the JSON", whole(half)),
        ("a body that breaks off", with_length(half, text.len())),
        ("UTF-16", whole(&utf16)),
        ("nothing", whole(b"")),
        ("null", whole(b"null")),
        ("a list", whole(format!("[{text}]").as_bytes())),
        ("a text", whole(Value::from(text.clone()).to_string().as_bytes())),
        ("HTML", whole(b"<html><body>Please sign in to the network</body></html>")),
        ("no response", bytes(&json!({"error": "", "message": "", "request_id": "1"}))),
        ("a response of another type", bytes(&accepted(&json!([])))),
        ("a response that is a text", bytes(&accepted(&json!("ok")))),
        ("an error that is a number", bytes(&json!({"error": 7, "message": "", "request_id": "1"}))),
    ]
}

/// Raises product 1 to 120, as far as these answers say.
fn push(rig: &Rig, stub: &Stub, write: Vec<u8>, read: Vec<u8>) -> Result<i64, FailureClass> {
    *stub.script.lock().expect("a script") = Script { write, read };
    classes(&rig.push(&[rig.target(1, 120)])).remove(0)
}

fn rig() -> (Rig, Stub) {
    let stub = Stub::start();
    let mut rig = Rig::new(shopee::KIND);
    rig.url = format!("http://{}", stub.address);
    (rig, stub)
}

fn assert_not_acknowledged(result: Result<i64, FailureClass>, what: &str) {
    assert_ne!(result, Ok(120), "{what}");
    if let Err(class) = result {
        assert!(!class.pauses(), "{what}: {class:?}");
    }
}

#[test]
fn the_right_answers_are_acknowledged() {
    let (rig, stub) = rig();
    let stock = json!(120);
    assert_eq!(push(&rig, &stub, bytes(&written(&stock)), bytes(&shown(&stock))), Ok(120));
    let text = json!("120");
    assert_eq!(push(&rig, &stub, bytes(&written(&text)), bytes(&shown(&text))), Ok(120), "numbers may be texts");
}

#[test]
fn an_answer_that_cannot_be_read_acknowledges_nothing() {
    let (rig, stub) = rig();
    let right_write = written(&json!(120));
    let right_read = shown(&json!(120));
    for (what, read) in broken(&right_read) {
        let result = push(&rig, &stub, bytes(&right_write), read);
        assert_not_acknowledged(result, &format!("{what} is read back"));
    }
    let before = shown(&json!(100));
    for (what, write) in broken(&right_write) {
        let result = push(&rig, &stub, write, bytes(&before));
        assert_not_acknowledged(result, &format!("{what} answers the write"));
    }
}

#[test]
fn a_quantity_of_another_type_acknowledges_nothing() {
    let (rig, stub) = rig();
    for stock in [
        json!(null),
        json!(true),
        json!([120]),
        json!({"stock": 120}),
        json!("many"),
        json!(""),
        json!("0x78"),
        json!("1,20"),
        json!(120.5),
        json!(-120),
        json!(1e30),
        json!("120.5"),
        json!("99999999999999999999"),
    ] {
        let result = push(&rig, &stub, bytes(&written(&stock)), bytes(&shown(&stock)));
        assert_not_acknowledged(result, &stock.to_string());
    }
}

/// An answer of yesterday, or of another question: it has the right form.
#[test]
fn an_answer_of_another_day_or_item_acknowledges_nothing() {
    let (rig, stub) = rig();
    let write = bytes(&written(&json!(120)));
    let yesterday = push(&rig, &stub, bytes(&written(&json!(7))), bytes(&shown(&json!(7))));
    assert_not_acknowledged(yesterday, "yesterday's quantity");
    let mut other_model = shown(&json!(120));
    other_model["response"]["model"][0]["model_id"] = 2.into();
    assert_not_acknowledged(push(&rig, &stub, write.clone(), bytes(&other_model)), "another model");
    let no_model = accepted(&json!({"tier_variation": [], "model": []}));
    assert_not_acknowledged(push(&rig, &stub, write.clone(), bytes(&no_model)), "no model");
    let mut refused = shown(&json!(120));
    refused["error"] = "product.error_server".into();
    assert_not_acknowledged(push(&rig, &stub, write, bytes(&refused)), "an error beside the content");
}

#[test]
fn an_item_of_another_day_is_not_the_one_that_was_asked_for() {
    let (rig, stub) = rig();
    let item = |id: u64, stock: i64| {
        accepted(&json!({"item_list": [{
            "item_id": id, "item_sku": "single", "has_model": false, "item_status": "NORMAL",
            "stock_info_v2": {
                "summary_info": {"total_reserved_stock": 0, "total_available_stock": stock},
                "seller_stock": [{"location_id": "SGZ", "stock": stock}],
                "shopee_stock": [],
            },
        }]}))
    };
    let write = accepted(&json!({"success_list": [{"model_id": 0, "stock": 120}], "failure_list": []}));
    let target = Target { item_id: Some("8000".to_owned()), variant_id: None, ..rig.target(1, 120) };
    for (read, expected) in [(item(8000, 120), Some(120)), (item(8000, 7), None), (item(9000, 120), None)] {
        *stub.script.lock().expect("a script") = Script { write: bytes(&write), read: bytes(&read) };
        let result = classes(&rig.push(std::slice::from_ref(&target))).remove(0);
        match expected {
            Some(shown) => assert_eq!(result, Ok(shown)),
            None => assert_not_acknowledged(result, &read.to_string()),
        }
    }
}

/// A `failure_list` that names a model that was not sent refuses an unknown row, so that no row is acknowledged by the
/// write alone: what is shown decides.
#[test]
fn a_refusal_of_a_model_that_was_not_sent_acknowledges_nothing() {
    let (rig, stub) = rig();
    let write = accepted(&json!({"success_list": [], "failure_list": [{"model_id": 77, "failed_reason": "no"}]}));
    let result = push(&rig, &stub, bytes(&write), bytes(&shown(&json!(100))));
    assert_not_acknowledged(result, "a refusal of model 77");
}
