//! The help.

use crate::support::{TestApp, selector};
use flashsale::web::sessions::sha256_hex;
use scraper::Html;

#[test]
fn the_help_explains_both_types_with_the_article_s_numbers() {
    let app = TestApp::start();
    let page = app.signed_in().get("/help");
    assert_eq!(page.status, 200);
    let shown = |row| ["Lazada shows", "Shopee shows", "Zalora shows"].map(|column| page.cell(row, column));
    assert_eq!(shown("Stock Allocation of 60"), ["60", "40", "40"]);
    assert_eq!(shown("Stock Reservation of 60"), ["100 (60 + 40)", "40", "40"]);
    assert!(page.text().contains("gets a ' in front, so that no spreadsheet runs it"), "{}", page.text());
}

#[test]
fn every_link_of_the_contents_leads_to_a_heading() {
    let app = TestApp::start();
    let page = app.signed_in().get("/help");
    let entries = page.all("main nav a");
    for (number, entry) in (1..).zip(&entries) {
        let target = page.attribute(&format!("main nav li:nth-child({number}) a"), "href").expect("a link");
        assert_eq!(page.all(&format!("h2{target}")), [entry.as_str()]);
    }
    assert_eq!(entries.len(), page.all("main h2").len());
}

#[test]
fn every_picture_is_there_small_described_and_of_the_size_that_is_announced() {
    let app = TestApp::start();
    let page = app.signed_in().get("/help");
    let html = Html::parse_document(&page.body);
    let (mut all, mut versions) = (Vec::new(), Vec::new());
    for picture in html.select(&selector("main img")) {
        let attribute = |name| picture.attr(name).unwrap_or_default();
        let (path, version) = attribute("src").split_once("?v=").expect("a version");
        let png = std::fs::read(format!("{}{path}", env!("CARGO_MANIFEST_DIR"))).expect(path);
        assert!(png.len() < 80_000, "{path} has {} bytes: make it smaller with pngquant", png.len());
        let side = |from: usize| u32::from_be_bytes(png[from..from + 4].try_into().expect("four bytes")).to_string();
        assert_eq!([attribute("width"), attribute("height")], [side(16), side(20)], "{path}");
        assert!(attribute("alt").len() > 20, "{path}");
        assert_eq!(attribute("loading"), "lazy", "{path}");
        all.extend(png);
        versions.push(version);
    }
    let version = &sha256_hex(all)[..12];
    assert_eq!(versions, [version; 8], "the left is what the page says, the right what the files are");
}
