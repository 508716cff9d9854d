//! Orders that were oversold: which of them stock that came in covers, and what asks before it makes more of them.

use crate::{
    dashboard::tile,
    scene::{LAZADA, SHOPEE, ZALORA, add_sku, article_shop, assert_verified, at, create, sale, stock, take},
    support::{Browser, Page, TestApp},
};
use flashsale::domain::promotions::promotion::FlashSaleType::StockAllocation;

/// 100 of Product1, of which 60 are held for Lazada; Shopee's orders are oversold by 3 and by 4.
fn shop() -> (TestApp, Browser) {
    let (app, browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    take(&app.database, at(1), SHOPEE, "first", &[("Product1", 43)]);
    take(&app.database, at(2), ZALORA, "second", &[("Product1", 4)]);
    (app, browser)
}

fn listed(browser: &mut Browser, filter: &str) -> Vec<String> {
    browser.get(&format!("/orders?oversold={filter}")).all("tbody th")
}

#[test]
fn stock_that_comes_in_covers_the_oldest_oversold_orders() {
    let (app, mut browser) = shop();
    assert_eq!(
        (listed(&mut browser, "short"), listed(&mut browser, "covered")),
        (vec!["second".into(), "first".into()], vec![])
    );
    stock(&app.database, at(3), "Product1", 105, 0);
    assert_eq!(listed(&mut browser, "short"), ["second"]);
    assert_eq!(listed(&mut browser, "covered"), ["first"]);
    assert_eq!(listed(&mut browser, "yes"), ["second", "first"]);
    let list = browser.get("/orders");
    assert_eq!([list.cell("first", "Oversold"), list.cell("second", "Oversold")], ["3 3 covered", "4 2 covered"]);
    assert_eq!(list.all("td.short"), ["4 2 covered"], "red is only for what is still missing");
    let dashboard = browser.get("/");
    assert_eq!([tile(&dashboard, "Oversold orders"), tile(&dashboard, "Covered orders")], ["1", "1"]);
    assert!(dashboard.all(".tile-hint").contains(&"owed 2 units".to_owned()), "{:?}", dashboard.all(".tile-hint"));
    assert_eq!(dashboard.cell("second", "Owed"), "2");
    assert_eq!(dashboard.cell("Product1", "Owed"), "2");
    let first = browser.get("/orders/shopee-sg/first");
    assert!(first.text().contains("Covered: it was oversold by 3 units"), "{}", first.text());
    let second = browser.get("/orders/zalora-sg/second");
    assert!(second.text().contains("Still short by 2 units"), "{}", second.text());
    stock(&app.database, at(4), "Product1", 107, 0);
    let dashboard = browser.get("/");
    assert_eq!([tile(&dashboard, "Oversold orders"), tile(&dashboard, "Oversold SKUs")], ["0", "0"]);
    assert_eq!(listed(&mut browser, "covered&q=sec"), ["second"]);
    assert_eq!(listed(&mut browser, "covered&store=shopee-sg"), ["first"]);
    assert_verified(&app.database, app.now());
}

#[test]
fn those_that_are_owed_most_come_first() {
    let (app, mut browser) = article_shop();
    for (code, units) in [("A", 2), ("B", 9), ("C", 5)] {
        add_sku(&app.database, code, code, 0, &[LAZADA]);
        take(&app.database, at(1), LAZADA, code, &[(code, units)]);
    }
    let page = browser.get("/");
    assert_eq!(page.all("[aria-labelledby=orders] tbody th"), ["B", "C", "A"]);
    assert_eq!(page.all("[aria-labelledby=oversold] tbody th"), ["B", "C", "A"]);
    assert!(page.all_attributes("main a", "href").contains(&"/orders?oversold=short".to_owned()));
}

#[test]
fn an_order_that_is_still_short_is_shipped_only_by_somebody_who_was_told() {
    let (app, mut browser) = shop();
    let words = "“Product1” is still short by 3 units: shipping this order takes units that are promised to others.";
    let ask = browser.get("/orders/shopee-sg/first/ship");
    assert!(ask.text().contains(words), "{}", ask.text());
    let unasked = ask.submit(&[("although_short", "")]);
    assert_eq!(unasked.status, 422);
    assert!(unasked.text().contains(words) && unasked.title().starts_with("Error: "), "{}", unasked.text());
    assert_eq!(browser.get("/orders/shopee-sg/first").all(".badge")[0], "Open");
    stock(&app.database, at(3), "Product1", 103, 0);
    let covered = browser.get("/orders/shopee-sg/first/ship");
    assert!(!covered.text().contains("still short"), "{}", covered.text());
    assert_eq!(covered.submit(&[]).status, 303, "stock for it has come in");
    let short = browser.get("/orders/zalora-sg/second/ship");
    assert_eq!(short.all("main form button"), ["Ship although it is short"]);
    assert_eq!(short.submit(&[]).status, 303, "it has left the warehouse");
    assert_verified(&app.database, app.now());
}

/// Ticks every order of a list and presses a button.
fn press(page: &Page, button: &str) -> Page {
    let keys = page.all_attributes("input[name=order]", "value");
    let mut typed: Vec<(&str, &str)> = keys.iter().map(|key| ("order", key.as_str())).collect();
    typed.push(("press", button));
    page.submit(&typed)
}

#[test]
fn shipping_many_asks_and_leaves_out_those_that_are_still_short() {
    let (app, mut browser) = shop();
    take(&app.database, at(3), LAZADA, "third", &[("Product1", 5)]);
    let ask = press(&browser.get("/orders"), "ship");
    assert_eq!((ask.status, ask.all("h1")), (200, vec!["Ship 3 orders?".to_owned()]));
    assert!(ask.text().contains("2 orders are still short of units"), "{}", ask.text());
    assert_eq!([ask.cell("first", "Still short by"), ask.cell("third", "Still short by")], ["3", "0"]);
    assert_eq!(browser.get("/orders?status=open").all("tbody th").len(), 3, "nothing is done yet");
    let partly = press(&ask, "ship");
    assert_eq!((partly.status, partly.all("h1")), (422, vec!["2 orders not shipped".to_owned()]));
    assert!(partly.cell("first", "Reason").starts_with("“Product1” is still short by 3 units"));
    let shipped = press(&partly, "ship_short");
    assert_eq!(shipped.location.as_deref(), Some("/orders?shipped=2"));
    assert_verified(&app.database, app.now());
}

#[test]
fn ticks_are_kept_when_the_list_is_filtered() {
    let (_app, mut browser) = shop();
    let list = browser.get("/orders");
    let sent = list.submit(&[("press", "apply"), ("order", "shopee-sg/first"), ("store", "zalora-sg")]);
    assert_eq!(sent.location.as_deref(), Some("/orders?store=zalora-sg&order=shopee-sg%2Ffirst"));
    let filtered = sent.follow();
    assert_eq!(filtered.all("tbody th"), ["second"]);
    assert!(filtered.text().contains("Order first of Shopee SG"), "{}", filtered.text());
    assert!(filtered.attribute("input[value='shopee-sg/first']", "checked").is_some());
}

fn typed_order<'a>(number: &'a str, quantity: &'a str) -> [(&'a str, &'a str); 4] {
    [("store", SHOPEE), ("number", number), ("sku", "Product1"), ("quantity", quantity)]
}

#[test]
fn an_order_that_is_typed_and_would_be_oversold_asks_first() {
    let (app, mut browser) = article_shop();
    let form = browser.get("/orders/new");
    assert!(form.all_attributes("datalist#known-skus option", "value").contains(&"Product1".to_owned()));
    let refused = form.submit(&[&typed_order("9", "100000")[..], &[("press", "take")]].concat());
    let words = "Enter 100 or less of “Product1”, or press Record it oversold: 100000 were entered, and 99900 of them \
                 would be oversold.";
    assert_eq!((refused.status, refused.all(".error-summary a[href='#quantity-1']")), (422, vec![words.to_owned()]));
    assert_eq!(refused.attribute("#quantity-1", "value").as_deref(), Some("100000"));
    assert_eq!(browser.get("/orders/shopee-sg/9").status, 404, "nothing is recorded yet");
    assert!(refused.all("button").contains(&"Record it oversold".to_owned()), "{:?}", refused.all("button"));
    let recorded = refused.submit(&[&typed_order("9", "100000")[..], &[("press", "oversell")]].concat());
    assert_eq!(recorded.status, 303, "{}", recorded.text());
    assert_eq!(recorded.follow().cell("Product1", "Oversold"), "99900");
    assert_verified(&app.database, app.now());
}

#[test]
fn pressing_record_twice_shows_the_order() {
    let (_app, mut browser) = article_shop();
    let form = browser.get("/orders/new");
    let typed = [&typed_order("9", "2")[..], &[("press", "take")]].concat();
    assert_eq!(form.submit(&typed).status, 303);
    let twice = form.submit(&typed);
    assert_eq!(twice.location.as_deref(), Some("/orders/shopee-sg/9?notice=was_taken"));
    assert!(twice.follow().text().contains("Nothing was changed: this order was already recorded."));
    let other = form.submit(&[&typed_order("9", "3")[..], &[("press", "take")]].concat());
    assert_eq!(other.status, 422, "another order with the same number");
}
