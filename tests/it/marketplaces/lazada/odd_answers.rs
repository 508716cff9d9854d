//! Answers that the simulated Lazada never gives: truncated, of the wrong type, old, or about something else. None of them
//! acknowledges anything.

use super::rig;
use flashsale::marketplaces::{Failure, FailureClass};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
};

const ACCEPTED: &str = r#"{"code":"0","data":{},"request_id":"1"}"#;

/// A server that answers to every write with one body and to every read with another.
fn serve(write: impl Into<Vec<u8>>, read: impl Into<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let write = write.into();
    let read = read.into();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            // A client that breaks the connection has its own failure.
            drop(answer(stream, &write, &read));
        }
    });
    format!("http://{address}/rest")
}

fn answer(stream: TcpStream, write: &[u8], read: &[u8]) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    let body = if first.starts_with("POST") { write } else { read };
    let mut stream = stream;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()
}

/// What is pushed is 120, of the item 7001 and the SKU 9001.
fn pushed_to(url: String) -> Result<i64, Failure> {
    let mut rig = rig();
    rig.url = url;
    rig.push_one(120)
}

fn products(skus: &str) -> String {
    format!(
        r#"{{"code":"0","request_id":"1","data":{{"total_products":1,"products":[{{"item_id":7001,"status":"Active","skus":{skus}}}]}}}}"#
    )
}

fn sku(stock: &str) -> String {
    products(&format!(r#"[{{"SkuId":9001,"SellerSku":"seller-1","Status":"active",{stock}}}]"#))
}

fn sellable(value: &str) -> String {
    sku(&format!(
        r#""quantity":{value},"Available":{value},"multiWarehouseInventories":[{{"warehouseCode":"dropshipping","sellableQuantity":{value},"quantity":{value},"totalQuantity":{value}}}],"fblWarehouseInventories":[],"channelInventories":[]"#
    ))
}

#[test]
fn what_is_read_back_is_believed_in_the_types_that_lazada_uses() {
    for (value, shown) in [("120", 120), ("\"120\"", 120), ("100", 100), ("0", 0)] {
        assert_eq!(pushed_to(serve(ACCEPTED, sellable(value))), Ok(shown), "{value}");
    }
    // `null` stands for an empty list in the example of GetProductItem, and code 0 may be a number.
    let bare = sku(r#""multiWarehouseInventories":[{"warehouseCode":"dropshipping","sellableQuantity":120}],
                      "fblWarehouseInventories":null,"channelInventories":null"#);
    assert_eq!(pushed_to(serve(r#"{"code":0}"#, bare)), Ok(120));
}

#[test]
fn a_read_that_is_not_about_the_sku_acknowledges_nothing() {
    let right = sellable("120");
    for (what, read) in [
        ("nothing", String::new()),
        ("an empty object", "{}".to_owned()),
        ("a list", "[]".to_owned()),
        ("a text", "\"0\"".to_owned()),
        ("no data", r#"{"code":"0","request_id":"1"}"#.to_owned()),
        ("data that is null", r#"{"code":"0","data":null}"#.to_owned()),
        ("products that are null", r#"{"code":"0","data":{"products":null}}"#.to_owned()),
        ("no products", r#"{"code":"0","data":{"total_products":0,"products":[]}}"#.to_owned()),
        ("products as a text", r#"{"code":"0","data":{"products":"[]"}}"#.to_owned()),
        ("SKUs that are null", products("null")),
        ("no SKUs", products("[]")),
        ("another SKU", right.replace("9001", "9002")),
        ("another item and SKU", right.replace("7001", "7002").replace("9001", "9003")),
        ("a code that is not 0", right.replacen("\"code\":\"0\"", "\"code\":\"6\"", 1)),
        ("no code", right.replacen("\"code\":\"0\",", "", 1)),
        ("half", right[..right.len() / 2].to_owned()),
        ("all but the last byte", right[..right.len() - 1].to_owned()),
        ("the answer to another call", ACCEPTED.to_owned()),
        ("a page", "<html><body>Welcome to the network</body></html>".to_owned()),
    ] {
        let failure = pushed_to(serve(ACCEPTED, read)).expect_err(what);
        assert!(failure.may_have_arrived, "{what}: {failure:?}");
        assert!(!failure.class.pauses(), "{what}: {failure:?}");
    }
}

#[test]
fn a_quantity_of_the_wrong_type_is_no_quantity() {
    for value in
        ["null", "\"\"", "\"many\"", "120.5", "true", "[120]", "{\"units\":120}", "1e400", "99999999999999999999"]
    {
        let result = pushed_to(serve(ACCEPTED, sellable(value)));
        let failure = result.expect_err(value);
        assert!(!failure.class.pauses(), "{value}: {failure:?}");
    }
}

#[test]
fn an_answer_in_another_encoding_is_no_answer() {
    let read = sellable("120");
    let wide: Vec<u8> = read.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut broken = read.clone().into_bytes();
    broken[20] = 0xff;
    for body in [wide, broken] {
        let failure = pushed_to(serve(ACCEPTED, body)).expect_err("not UTF-8");
        assert_eq!(failure.class, FailureClass::Unavailable, "{failure:?}");
    }
}

/// Whatever a write is answered with, only what is read back counts: here that is the old quantity.
#[test]
fn an_answer_to_a_write_acknowledges_nothing_by_itself() {
    for write in [
        ACCEPTED,
        "",
        "{}",
        "[]",
        "null",
        "\"0\"",
        r#"{"code":"0"}"#,
        r#"{"code":0,"data":null}"#,
        r#"{"code":null}"#,
        r#"{"code":["0"]}"#,
        r#"{"code":"0","data":{},"detail":"none"}"#,
        r#"{"code":"0","data":{},"detail":[null]}"#,
        r#"{"code":"0","data":{"skus":[{"SkuId":9001,"SellableQuantity":120}]}"#,
        "<html><body>OK</body></html>",
    ] {
        let result = pushed_to(serve(write, sellable("100")));
        assert_ne!(result, Ok(120), "{write}");
        assert!(result.is_ok() || result.is_err_and(|failure| !failure.class.pauses()), "{write}");
    }
}

/// A refusal that names a product which was not sent may be about any of those that were.
#[test]
fn a_refusal_of_another_row_acknowledges_nothing() {
    for detail in [
        r#"[{"code":"E0501","field":"ItemId","message":"ITEM_NOT_FOUND"}]"#,
        r#"[{"code":"E0501","message":"ITEM_NOT_FOUND","seller_sku":"another","sku_id":"1"}]"#,
        r#"[{"code":"E0501","message":"ITEM_NOT_FOUND","seller_sku":" SELLER-1 "}]"#,
        r#"[{"code":"E0501","message":"ITEM_NOT_FOUND","item_id":1}]"#,
    ] {
        let write = format!(r#"{{"code":"0","data":{{}},"detail":{detail},"request_id":"1"}}"#);
        let result = pushed_to(serve(write, sellable("100")));
        assert_ne!(result, Ok(120), "{detail}");
    }
}
