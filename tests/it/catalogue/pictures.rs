//! Pictures of SKUs: uploaded, or fetched once from an address.

use super::codes::{merge, rename};
use crate::{
    scene::{LAZADA, add_sku, article_shop, read, sku_code},
    support::{Browser, Page, TestApp},
};
use actix_web::rt::System;
use chrono::TimeDelta;
use flashsale::{
    clock::Clock,
    db::catalogue::pictures::{self, Fetch},
    jobs::fetch_pictures,
    marketplaces::{HttpClient, Timeouts},
    thumbnail::ORIGINAL_BYTES,
};
use std::{
    io::{Read, Write},
    net::TcpListener,
};

/// A PNG of one colour.
fn png(colour: [u8; 3]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 300, 200);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&colour.repeat(300 * 200)).expect("a picture");
    writer.finish().expect("a whole file");
    bytes
}

const RED: [u8; 3] = [200, 20, 20];
const BLUE: [u8; 3] = [20, 20, 200];

fn edit(browser: &mut Browser) -> Page {
    browser.get("/catalogue/Product1/edit")
}

/// The address of the picture on the page of a SKU.
fn shown(browser: &mut Browser, sku: &str) -> Option<String> {
    browser.get(&format!("/catalogue/{sku}")).attribute("h1 img", "src")
}

fn upload(browser: &mut Browser, original: &[u8]) -> Option<String> {
    let saved = edit(browser).submit_file("picture", "mug.png", original);
    assert_eq!(saved.status, 303, "{}", saved.text());
    shown(browser, "Product1")
}

fn fetch_of(app: &TestApp, sku: &str) -> Option<Fetch> {
    read(&app.database, |conn| pictures::fetch_of(conn, &sku_code(sku)))
}

/// Fetches what is due, as the job of a server does.
fn fetch_due(app: &TestApp, only_outside: bool) {
    let client = HttpClient::new(Timeouts::default(), Clock::system());
    let client = if only_outside { client.only_outside() } else { client };
    System::new().block_on(fetch_pictures::run_once(&app.database, &client, app.now())).expect("a run");
}

/// A server that gives every request this answer, over and over if it is to be endless. Its address.
fn answering(head: &str, body: Vec<u8>, is_endless: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/mug.png", listener.local_addr().expect("an address"));
    let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let asked = stream.read(&mut [0; 4_096]);
            let mut sent = asked.and_then(|_| stream.write_all(head.as_bytes())).and_then(|()| stream.write_all(&body));
            // Whoever has read enough closes the connection.
            while is_endless && sent.is_ok() {
                sent = stream.write_all(&body);
            }
        }
    });
    address
}

#[test]
fn a_picture_that_is_uploaded_is_shown_from_our_own_origin_to_staff_alone() {
    let (app, mut browser) = article_shop();
    assert_eq!(shown(&mut browser, "Product1"), None);
    let address = upload(&mut browser, &png(RED)).expect("a picture");
    let (status, headers, bytes) = browser.get_bytes(&address);
    assert_eq!((status, &bytes[..3]), (200, [0xff, 0xd8, 0xff].as_slice()), "a JPEG");
    assert!(bytes.len() < 2_000, "{}", bytes.len());
    let header = |name: &str| headers[name].to_str().expect("text").to_owned();
    assert_eq!(
        ["content-type", "cache-control", "x-content-type-options"].map(header),
        ["image/jpeg", "private, max-age=31536000, immutable", "nosniff"]
    );
    let stranger = app.browser().get(&address);
    assert!(stranger.location.is_some_and(|to| to.starts_with("/sign-in")), "{}", stranger.status);
    for other in ["/pictures/x", "/pictures/%00", &format!("/pictures/{}", "0".repeat(64))] {
        assert_eq!(browser.get(other).status, 404, "{other}");
    }
    assert_ne!(upload(&mut browser, &png(BLUE)).as_ref(), Some(&address), "another picture has another address");
    assert_eq!(browser.get_bytes(&address).0, 404, "and the first one is gone");
}

#[test]
fn what_is_no_picture_or_too_large_is_refused_at_its_field_and_nothing_is_saved() {
    let (app, mut browser) = article_shop();
    let html = b"<!doctype html><script>alert(1)</script>".to_vec();
    let large = vec![0xff; ORIGINAL_BYTES + 1];
    for (words, file) in [
        ("Choose a JPEG, PNG or WebP picture: this is a web page.", html),
        ("Choose a JPEG, PNG or WebP picture: this is none.", b"GIF89a".to_vec()),
        ("Choose another picture: this one is damaged.", png(RED)[..60].to_vec()),
        ("Choose a picture of at most 8 MiB: this one is larger.", large),
    ] {
        let refused = edit(&mut browser).submit_file_with("picture", "mug.png", &file, &[("name", "Another name")]);
        assert_eq!(
            (refused.status, refused.title().starts_with("Error: ")),
            (422, true),
            "{words}: {}",
            refused.text()
        );
        assert_eq!(refused.all("#picture-error"), [format!("Error: {words}")]);
        assert_eq!(refused.attribute("#name", "value").as_deref(), Some("Another name"), "what was typed is there");
    }
    let both = edit(&mut browser).submit_file_with(
        "picture",
        "mug.png",
        &png(RED),
        &[("picture_address", "https://shop.example/mug.png")],
    );
    assert_eq!((both.status, both.all("#picture_address-error").len()), (422, 1), "{}", both.text());
    assert_eq!((shown(&mut browser, "Product1"), fetch_of(&app, "Product1")), (None, None));
    assert_eq!(browser.get("/catalogue/Product1").all(".page-title p"), ["Product 1"]);
}

#[test]
fn lists_have_a_box_for_each_sku_once_one_has_a_picture() {
    let (app, mut browser) = article_shop();
    add_sku(&app.database, "MUG", "Mug", 5, &[LAZADA]);
    assert!(browser.get("/catalogue").all(".thumbnail").is_empty());
    let address = upload(&mut browser, &png(RED)).expect("a picture");
    let page = browser.get("/catalogue");
    assert_eq!((page.all(".thumbnail").len(), page.all_attributes("img.thumbnail", "src")), (2, vec![address.clone()]));
    assert_eq!(page.cell("Product1", "On hand"), "100", "the row is found by its code");
    let begun = browser.get("/promotions/new").submit(&[]);
    let details = [("name", "12.12"), ("type", "stock_allocation"), ("store", LAZADA), ("end", "2026-11-11T04:00")];
    let products = begun.follow().submit(&details).follow();
    assert_eq!(products.all_attributes("img.thumbnail", "src"), std::slice::from_ref(&address));
    let added = products.submit(&[("press", "add"), ("add", "Product1")]).follow();
    assert_eq!(added.all_attributes("#products img.thumbnail", "src"), [address]);
}

#[test]
fn a_picture_at_an_address_is_fetched_once() {
    let (mut app, mut browser) = article_shop();
    let address = answering("200 OK", png(RED), false);
    let saved = edit(&mut browser).submit(&[("picture_address", &address)]);
    assert_eq!(saved.status, 303, "{}", saved.text());
    while shown(&mut browser, "Product1").is_none() {
        std::thread::yield_now();
    }
    assert_eq!(fetch_of(&app, "Product1"), None);
    // A listing gives a SKU a picture only where it has none and waits for none.
    let ask =
        |app: &TestApp| app.write(|conn| pictures::ask(conn, &sku_code("Product1"), "http://other/").expect("asked"));
    ask(&app);
    assert_eq!(fetch_of(&app, "Product1"), None);
    let removed = edit(&mut browser).submit(&[("remove_picture", "yes")]);
    assert_eq!((removed.status, shown(&mut browser, "Product1")), (303, None));
    app.stop();
    ask(&app);
    assert_eq!(fetch_of(&app, "Product1"), None, "somebody does not want one");
    add_sku(&app.database, "MUG", "Mug", 5, &[LAZADA]);
    let mug = sku_code("MUG");
    app.write(|conn| {
        pictures::ask_all(conn, &[(mug.clone(), address.clone()), (mug.clone(), "x".to_owned())]).expect("asked")
    });
    assert_eq!(fetch_of(&app, "MUG").map(|fetch| fetch.address), Some(address));
    fetch_due(&app, false);
    let stored = read(&app.database, |conn| pictures::Pictures::read(conn, [&mug]));
    assert!(stored.of(&mug).is_some_and(|hash| hash.len() == 64), "{stored:?}");
}

#[test]
fn an_address_without_a_picture_is_given_up_with_the_reason() {
    let (app, mut browser) = article_shop();
    let endless = answering("200 OK", vec![0xff; 1 << 16], true);
    let long = answering("200 OK\r\ncontent-length: 104857600", vec![0xff; 1 << 16], true);
    let moved = answering("302 Found\r\nlocation: http://127.0.0.1:1/", Vec::new(), false);
    for (address, why) in [
        (endless, "Choose a picture of at most 8 MiB: this one is larger."),
        (long, "Choose a picture of at most 8 MiB: this one is larger."),
        (answering("200 OK\r\ncontent-type: image/png", b"<html>".to_vec(), false), "this is a web page."),
        (answering("404 Not Found", png(RED), false), "The address answers 404 Not Found."),
        (moved, "The address leads to another one."),
    ] {
        let saved = edit(&mut browser).submit(&[("picture_address", &address)]);
        assert_eq!(saved.status, 303, "{}", saved.text());
        while !fetch_of(&app, "Product1").is_some_and(|fetch| fetch.is_given_up()) {
            std::thread::yield_now();
        }
        let page = browser.get("/catalogue/Product1");
        let words = format!("The picture at {address} could not be fetched.");
        assert!(page.text().contains(&words) && page.text().contains(why), "{}", page.text());
        assert!(edit(&mut browser).text().contains(why));
    }
    for address in ["mug.png", "ftp://shop.example/mug.png", "https://me:secret@shop.example/mug.png"] {
        let refused = edit(&mut browser).submit(&[("picture_address", address)]);
        assert_eq!((refused.status, refused.all("#picture_address-error").len()), (422, 1), "{address}");
    }
}

#[test]
fn an_address_that_does_not_answer_is_tried_again_and_then_given_up() {
    let (mut app, _) = article_shop();
    app.stop();
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let address = format!("http://{closed}/mug.png");
    app.write(|conn| pictures::ask(conn, &sku_code("Product1"), &address).expect("asked"));
    for (tries, minutes) in [(1, 1), (2, 8), (3, 64), (4, 512)] {
        fetch_due(&app, false);
        fetch_due(&app, false);
        let fetch = fetch_of(&app, "Product1").expect("it waits");
        assert_eq!((fetch.tries, fetch.is_given_up()), (tries, false), "{fetch:?}");
        assert_eq!(fetch.failure, "The address cannot be reached.");
        app.advance(TimeDelta::minutes(minutes));
    }
    fetch_due(&app, false);
    assert!(fetch_of(&app, "Product1").expect("it is there").is_given_up());
}

#[test]
fn nothing_is_fetched_from_the_network_of_the_server() {
    let mut app = TestApp::start_with(&[("FLASHSALE_PRIVATE_ADDRESSES", "no")]);
    add_sku(&app.database, "Product1", "Product 1", 100, &[]);
    let mut browser = app.signed_in();
    for address in ["http://127.0.0.1/mug.png", "https://localhost/mug.png", "http://169.254.169.254/latest"] {
        let refused = edit(&mut browser).submit(&[("picture_address", address)]);
        assert_eq!(refused.status, 422, "{address}");
        let words = "Use an address outside the network of this server";
        assert!(refused.all("#picture_address-error")[0].contains(words), "{}", refused.text());
    }
    // What a marketplace says is not typed by anybody, and is checked when it is fetched.
    app.stop();
    let inside = answering("200 OK", png(RED), false);
    app.write(|conn| pictures::ask(conn, &sku_code("Product1"), &inside).expect("asked"));
    fetch_due(&app, true);
    let fetch = fetch_of(&app, "Product1").expect("it is there");
    assert!(fetch.is_given_up() && fetch.failure.starts_with("Use an address outside"), "{fetch:?}");
}

#[test]
fn a_picture_goes_where_its_sku_goes() {
    let (app, mut browser) = article_shop();
    let red = upload(&mut browser, &png(RED));
    rename(&app, "Product1", "TEE").expect("renamed");
    assert_eq!(shown(&mut browser, "TEE"), red, "to another code");
    add_sku(&app.database, "MISTAKE", "The same", 0, &[]);
    merge(&app, "MISTAKE", "TEE").expect("merged");
    assert_eq!(shown(&mut browser, "TEE"), red, "the one that stays has its own");
    add_sku(&app.database, "SHIRT", "The same", 0, &[]);
    app.write(|conn| pictures::ask(conn, &sku_code("SHIRT"), "http://127.0.0.1:1/").expect("asked"));
    let moved = merge(&app, "TEE", "SHIRT");
    assert_eq!(moved, Ok(()), "nothing shows units of it");
    assert_eq!(shown(&mut browser, "SHIRT"), red, "or gets that of the one that goes");
    assert_eq!((shown(&mut browser, "TEE"), fetch_of(&app, "SHIRT")), (None, None));
}
