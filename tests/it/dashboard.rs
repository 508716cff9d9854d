//! The dashboard: what runs, what ends soon, and what needs somebody.

use crate::{
    scene::{LAZADA, SHOPEE, ZALORA, article_shop, at, create, sale, stock},
    support::{Page, TestApp},
};
use chrono::TimeDelta;
use flashsale::domain::promotion::FlashSaleType::{StockAllocation, StockReservation};

/// The numbers of the tiles.
fn tiles(page: &Page) -> Vec<(String, String)> {
    page.all(".tile dt").into_iter().zip(page.all(".tile-value")).collect()
}

fn tile(page: &Page, label: &str) -> String {
    let tiles = tiles(page);
    tiles.iter().find(|(of, _)| of == label).unwrap_or_else(|| panic!("no {label} in {tiles:?}")).1.clone()
}

#[test]
fn a_new_business_is_told_how_to_begin_until_its_first_flash_sale() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let page = browser.get("/");
    assert_eq!(page.all(".panel h2"), ["Getting started"]);
    assert!(!page.text().contains("(done)"), "{}", page.text());
    let (app, mut browser) = article_shop();
    assert_eq!(browser.get("/").text().matches("(done)").count(), 2);
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    assert!(browser.get("/").all(".panel h2").is_empty());
}

#[test]
fn what_runs_is_listed_with_the_soonest_end_first() {
    let (app, mut browser) = article_shop();
    let mut late = sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)]);
    late.ends_at = at(0).plus(TimeDelta::hours(30));
    create(&app.database, at(0), &late).expect("60 fit");
    create(&app.database, at(0), &sale(at(0), SHOPEE, StockReservation, &[("Product1", 5)])).expect("5 fit");
    let page = browser.get("/");
    assert_eq!(page.all("tbody th"), ["11.11 shopee-sg", "11.11 lazada-sg"]);
    assert_eq!(tile(&page, "Running flash sales"), "2");
    assert_eq!(tile(&page, "Ending within the hour"), "1");
    let cell = |column| page.cell("11.11 lazada-sg", column);
    assert_eq!(["Store", "Ends in", "Held", "Remaining"].map(cell), ["Lazada SG", "1 day 6 hours", "60", "60"]);
    app.advance(TimeDelta::hours(1));
    let page = browser.get("/");
    assert_eq!((tile(&page, "Running flash sales"), page.all("tbody th").len()), ("1".to_owned(), 1));
    app.advance(TimeDelta::hours(29));
    assert!(browser.get("/").text().contains("No flash sale runs now"));
}

#[test]
fn holds_that_are_not_in_hand_are_named() {
    let (app, mut browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 40)])).expect("40 fit");
    create(&app.database, at(1), &sale(at(1), SHOPEE, StockReservation, &[("Product1", 20)])).expect("20 fit");
    assert_eq!(tile(&browser.get("/"), "Short holds"), "0");
    stock(&app.database, at(2), "Product1", 50, 0);
    let page = browser.get("/");
    assert_eq!(tile(&page, "Short holds"), "1");
    let row = |column| page.cell("Product1", column);
    assert_eq!(["Promotion", "Store", "Remaining", "Short by"].map(row), ["11.11 shopee-sg", "Shopee SG", "20", "10"]);
    app.advance(TimeDelta::hours(1) + TimeDelta::seconds(1));
    assert_eq!(tile(&browser.get("/"), "Short holds"), "0", "what is over is not short");
}

#[test]
fn more_short_holds_than_are_listed_are_counted_as_such() {
    let (app, mut browser) = article_shop();
    let codes: Vec<String> = (0..12).map(|number| format!("SKU-{number:02}")).collect();
    for code in &codes {
        crate::scene::add_sku(&app.database, code, code, 5, &[ZALORA]);
    }
    let products: Vec<(&str, i64)> = codes.iter().map(|code| (code.as_str(), 5)).collect();
    create(&app.database, at(0), &sale(at(0), ZALORA, StockAllocation, &products)).expect("they fit");
    codes.iter().for_each(|code| stock(&app.database, at(1), code, 0, 0));
    let page = browser.get("/");
    assert_eq!(tile(&page, "Short holds"), "10 or more");
    assert_eq!(page.cell("SKU-09", "Short by"), "5");
}
