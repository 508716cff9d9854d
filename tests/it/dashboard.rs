//! The dashboard: running sales, sales that end soon, and what needs attention.

use crate::{
    scene::{LAZADA, SHOPEE, ZALORA, article_shop, at, cause, create, order_number, sale, stock, store_code, take},
    support::{Page, TestApp},
};
use chrono::TimeDelta;
use flashsale::{
    actions::orders::close_order,
    db::promotions::holds,
    domain::promotions::promotion::FlashSaleType::{StockAllocation, StockReservation},
};

/// The numbers of the tiles.
fn tiles(page: &Page) -> Vec<(String, String)> {
    page.all(".tile dt").into_iter().zip(page.all(".tile-value")).collect()
}

pub(crate) fn tile(page: &Page, label: &str) -> String {
    let tiles = tiles(page);
    tiles.iter().find(|(of, _)| of == label).unwrap_or_else(|| panic!("no {label} in {tiles:?}")).1.clone()
}

#[test]
fn a_new_business_is_told_how_to_begin_until_its_first_flash_sale() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let page = browser.get("/");
    assert_eq!(page.all(".panel h2"), ["Getting started"]);
    assert!(page.text().contains("0 of 5 steps are done. Next: Name your organization."), "{}", page.text());
    let (app, mut browser) = article_shop();
    assert!(browser.get("/").text().contains("3 of 5 steps are done."));
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
    assert_eq!(tile(&page, "Ending soon"), "1");
    let cell = |column| page.cell("11.11 lazada-sg", column);
    assert_eq!(["Store", "Ends in", "Held", "Remaining"].map(cell), ["Lazada SG", "1 day 6 hours", "60", "60"]);
    app.advance(TimeDelta::hours(1));
    let page = browser.get("/");
    assert_eq!((tile(&page, "Running flash sales"), page.all("tbody th").len()), ("1".to_owned(), 1));
    app.advance(TimeDelta::hours(29));
    assert!(browser.get("/").text().contains("No flash sale is running"));
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
    assert_eq!(tile(&page, "Short holds"), "12");
    assert_eq!(page.cell("SKU-09", "Short by"), "5");
    assert!(page.text().contains("These are the first 10 of 12."), "{}", page.text());
}

#[test]
fn a_hold_is_short_until_it_is_in_hand_or_over() {
    let (app, mut browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    stock(&app.database, at(1), "Product1", 50, 0);
    assert_eq!(tile(&browser.get("/"), "Short holds"), "1");
    stock(&app.database, at(2), "Product1", 60, 0);
    assert_eq!(tile(&browser.get("/"), "Short holds"), "0");
    // An order that is owed units leaves with all of them: two fewer are in hand than are held.
    take(&app.database, at(3), SHOPEE, "1", &[("Product1", 2)]);
    let shipped = app
        .database
        .write_blocking(|conn| close_order::ship(conn, &cause(at(4)), (&store_code(SHOPEE), &order_number("1"))));
    shipped.expect("60 are on hand");
    let page = browser.get("/");
    assert_eq!((tile(&page, "Short holds"), page.cell("Product1", "Short by")), ("1".to_owned(), "2".to_owned()));
    app.advance(TimeDelta::minutes(71));
    let settled = app.database.write_blocking(|conn| holds::settle_ended(conn, app.now()));
    assert_eq!(settled.expect("a write"), 1);
    assert_eq!(tile(&browser.get("/"), "Short holds"), "0");
}

#[test]
fn orders_that_are_owed_units_are_listed_until_they_are_closed() {
    let (app, mut browser) = article_shop();
    assert_eq!(tile(&browser.get("/"), "Oversold orders"), "0");
    take(&app.database, at(0), SHOPEE, "first", &[("Product1", 103)]);
    take(&app.database, at(60), LAZADA, "second", &[("Product1", 4)]);
    app.advance(TimeDelta::hours(2));
    let page = browser.get("/");
    assert_eq!((tile(&page, "Oversold orders"), tile(&page, "Oversold SKUs")), ("2".to_owned(), "1".to_owned()));
    assert!(page.all(".tile-hint").contains(&"owed 7 units".to_owned()), "{:?}", page.all(".tile-hint"));
    let row = |column| page.cell("first", column);
    assert_eq!(["Store", "Placed", "Units", "Owed"].map(row), ["Shopee SG", "2 hours ago", "103", "3"]);
    for (store, number) in [(SHOPEE, "first"), (LAZADA, "second")] {
        let cancelled = app.database.write_blocking(|conn| {
            close_order::cancel(conn, &cause(at(90)), (&store_code(store), &order_number(number)))
        });
        cancelled.expect("they are open");
    }
    assert_eq!(tile(&browser.get("/"), "Oversold orders"), "0");
}

#[test]
fn a_hold_of_which_nine_tenths_are_sold_is_listed_while_its_sale_runs() {
    let (app, mut browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 40)])).expect("40 fit");
    take(&app.database, at(1), LAZADA, "1", &[("Product1", 35)]);
    assert_eq!(tile(&browser.get("/"), "Nearly sold out"), "0");
    take(&app.database, at(2), LAZADA, "2", &[("Product1", 1)]);
    let page = browser.get("/");
    assert_eq!(tile(&page, "Nearly sold out"), "1");
    let row = |column| page.cell("Product1", column);
    assert_eq!(["Promotion", "Store", "Held", "Remaining"].map(row), ["11.11 lazada-sg", "Lazada SG", "40", "4"]);
    app.advance(TimeDelta::hours(1));
    assert_eq!(tile(&browser.get("/"), "Nearly sold out"), "0");
}
