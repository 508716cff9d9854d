//! The form for one order.

use crate::{
    api::calls::sale,
    scene::{LAZADA, SHOPEE, add_sku, article_shop, assert_verified},
    support::{Browser, Page},
};
use chrono::TimeDelta;

/// The empty form.
fn form(browser: &mut Browser) -> Page {
    browser.get("/orders/new")
}

/// One line in the fields of the first row.
const ONE: [(&str, &str); 5] =
    [("store", LAZADA), ("number", "LZ-1"), ("sku", "Product1"), ("quantity", "2"), ("price", "12.50")];

/// `ONE` with other fields over it.
fn with<'a>(over: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let is_kept = |(name, _): &&(&str, &str)| over.iter().all(|(other, _)| other != name);
    ONE.iter().filter(is_kept).copied().chain(over.iter().copied()).chain([("press", "take")]).collect()
}

#[test]
fn an_order_is_typed_and_its_page_shows_it() {
    let (app, mut browser) = article_shop();
    let page = form(&mut browser);
    assert_eq!(page.all("tbody tr").len(), 5);
    let taken = page.submit(&with(&[]));
    assert_eq!(taken.location.as_deref(), Some("/orders/lazada-sg/LZ-1?notice=taken"), "{}", taken.text());
    let order = taken.follow();
    assert!(order.text().contains("The order was recorded."), "{}", order.text());
    assert_eq!((order.cell("Product1", "Quantity"), order.cell("Product1", "Value")), ("2".into(), "SGD 25.00".into()));
    assert!(
        order.text().contains("Received 10 Nov 2026, 20:00 Asia/Singapore from ops@example.com"),
        "{}",
        order.text()
    );
    assert_verified(&app.database, app.now());
}

#[test]
fn a_time_is_read_in_the_zone_of_the_store_and_decides_whether_the_order_is_of_the_sale() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    app.advance(TimeDelta::hours(1));
    api.post("/promotions", &sale("stock_allocation", LAZADA, 60)).expect(201);
    app.advance(TimeDelta::hours(1));
    // The sale began at 21:00 in Singapore.
    for (number, placed_at, from_hold) in [("before", "2026-11-10T20:59", "0"), ("during", "2026-11-10T21:00", "2")] {
        let page = form(&mut browser).submit(&with(&[("number", number), ("placed_at", placed_at)])).follow();
        assert_eq!(page.cell("Product1", "From held stock"), from_hold, "{number}");
    }
}

#[test]
fn the_minute_that_is_running_is_now() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    app.advance(TimeDelta::seconds(30));
    api.post("/promotions", &sale("stock_allocation", LAZADA, 60)).expect(201);
    app.advance(TimeDelta::seconds(20));
    for (number, placed_at, from_hold) in [("before", "2026-11-10T19:59", "0"), ("now", "2026-11-10T20:00", "2")] {
        let page = form(&mut browser).submit(&with(&[("number", number), ("placed_at", placed_at)])).follow();
        assert_eq!(page.cell("Product1", "From held stock"), from_hold, "{number}");
    }
}

#[test]
fn lines_are_typed_in_rows_and_pasted_and_more_are_had_by_a_button() {
    let (app, mut browser) = article_shop();
    add_sku(&app.database, "MUG", "Mug", 5, &[LAZADA]);
    let typed = with(&[("press", "add"), ("rows", "sku,quantity,unit_price\nMUG,1,3\nMUG\t"), ("if_short", "reject")]);
    let typed: Vec<(&str, &str)> = typed.into_iter().filter(|pair| *pair != ("press", "take")).collect();
    let more = form(&mut browser).submit(&typed);
    // The browser of the tests sends one row where the page has five: what was typed and five more.
    assert_eq!((more.status, more.all("tbody tr").len()), (200, 6));
    let kept = |css: &str| more.attribute(css, "value").unwrap_or_default();
    assert_eq!(
        [kept("#number"), kept("#sku-1"), kept("#quantity-1"), kept("#price-1")],
        ["LZ-1", "Product1", "2", "12.50"]
    );
    assert!(more.all("#rows").join("").contains("MUG,1,3"));
    assert_eq!(more.attribute("#if_short option[selected]", "value").as_deref(), Some("reject"));
    let fields = [("store", LAZADA), ("number", "LZ-2"), ("press", "take"), ("rows", "MUG,1,3\nMUG,2")];
    let cells = [
        ("sku", "Product1"),
        ("quantity", "2"),
        ("price", ""),
        ("sku", ""),
        ("quantity", ""),
        ("price", ""),
        ("sku", "MUG"),
        ("quantity", "1"),
        ("price", "5"),
    ];
    let page = form(&mut browser).submit(&[&fields[..], &cells[..]].concat()).follow();
    assert_eq!(page.all("tbody th"), ["Product1", "MUG", "MUG", "MUG"]);
    assert_eq!(page.all("td[data-label='Value']"), ["–", "SGD 5.00", "SGD 3.00", "–"]);
}

#[test]
fn what_is_wrong_is_said_at_its_field_and_what_was_typed_stays() {
    let (app, mut browser) = article_shop();
    add_sku(&app.database, "SOLD", "Sold out", 0, &[LAZADA]);
    for (over, field, words) in [
        (&[("store", "")][..], "store", "Choose the store that sold."),
        (&[("number", " ")], "number", "Enter an order number."),
        (&[("number", "2.88E+14")], "number", "as the store gave it: a spreadsheet made “2.88E+14” of it."),
        (&[("placed_at", "yesterday")], "placed_at", "Enter the time of the order as a date and a time"),
        (
            &[("placed_at", "2026-11-12T00:00")],
            "placed_at",
            "Check the order date: 12 Nov 2026, 00:00 in Asia/Singapore is more than a day in the future.",
        ),
        (&[("sku", "")], "sku-1", "Enter a SKU code."),
        (&[("quantity", "two")], "quantity-1", "Enter a whole number in digits, 1 or more."),
        (&[("price", "free")], "price-1", "Enter a price like 12.50"),
        (&[("sku", "Nothing")], "sku-1", "there is no “Nothing”"),
        (
            &[("sku", ""), ("quantity", ""), ("price", "")],
            "sku-1",
            "Enter a SKU and a quantity, or paste rows of them.",
        ),
        (&[("rows", "Product1")], "rows", "Row 1: give a SKU, a quantity and a unit price"),
        (&[("rows", "Product1,0")], "rows", "Row 1: Enter 1 or more."),
        (&[("rows", "sku,quantity,Price (SGD)\nProduct1,1,5")], "rows", "Call the column “Price (SGD)” unit_price"),
        (&[("rows", "Nothing,1")], "rows", "there is no “Nothing”"),
        (&[("quantity", "101"), ("if_short", "reject")], "quantity-1", "Enter 100 or less of “Product1”"),
        (
            &[("sku", "SOLD"), ("quantity", "1"), ("if_short", "reject")],
            "quantity-1",
            "Remove “SOLD”: none is available",
        ),
        (
            &[("quantity", "1000000000"), ("price", "10000000")],
            "price-1",
            "Check the prices: an order is worth SGD 10,000,000,000,000.00 at most.",
        ),
    ] {
        let typed = with(over);
        let page = form(&mut browser).submit(&typed);
        assert_eq!(page.status, 422, "{over:?}");
        let at_field = page.all(&format!("#{field}-error")).join("");
        assert!(at_field.contains(words), "{over:?}: {at_field:?}");
        assert_eq!(page.all(&format!(".error-summary a[href='#{field}']")).len(), 1, "{over:?}");
        assert!(page.title().starts_with("Error: "), "{}", page.title());
        for (name, value) in typed.iter().filter(|(name, _)| matches!(*name, "number" | "placed_at")) {
            assert_eq!(page.attribute(&format!("#{name}"), "value").as_deref(), Some(*value), "{over:?}");
        }
    }
    assert!(browser.get("/orders").text().contains("No orders yet"));
}

#[test]
fn whoever_types_an_order_that_is_known_is_led_to_it() {
    let (app, mut browser) = article_shop();
    let page = form(&mut browser);
    assert_eq!(page.submit(&with(&[])).status, 303);
    let again = page.submit(&with(&[("quantity", "3")]));
    assert_eq!(again.status, 422);
    let words = "Error: Enter another number: order LZ-1 of lazada-sg is already recorded. Nothing was changed.";
    assert_eq!(again.all("#number-error"), [words.replace("lazada-sg", "Lazada SG")]);
    assert_eq!(again.all("a[href='/orders/lazada-sg/LZ-1']"), ["Open order LZ-1"]);
    assert_eq!(page.submit(&with(&[("store", SHOPEE)])).status, 303, "another store may have the number too");
    assert_verified(&app.database, app.now());
}

#[test]
fn a_short_order_is_recorded_or_refused_as_the_form_says() {
    let (_app, mut browser) = article_shop();
    let refused = form(&mut browser).submit(&with(&[("quantity", "130"), ("if_short", "reject")]));
    assert_eq!(refused.status, 422);
    let asks = refused.submit(&with(&[("quantity", "130"), ("if_short", "record")]));
    assert_eq!((asks.status, asks.all("button[value=oversell]")), (422, vec!["Record it oversold".to_owned()]));
    let mut typed = with(&[("quantity", "130"), ("if_short", "record")]);
    typed.retain(|pair| *pair != ("press", "take"));
    typed.push(("press", "oversell"));
    let recorded = asks.submit(&typed).follow();
    assert_eq!(recorded.cell("Product1", "Oversold"), "30");
}
