//! Orders as people see them: the list, the page of each, shipping and cancelling.

use crate::{
    api::{calls::sale, client::Api},
    scene::{LAZADA, SHOPEE, add_sku, article_shop, assert_verified},
    support::{Browser, Page, TestApp},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// The article's shop, with a hold of 60 for Lazada.
fn shop() -> (TestApp, Browser, Api) {
    let (app, browser) = article_shop();
    let api = app.api();
    api.post("/promotions", &sale("stock_allocation", LAZADA, 60)).expect(201);
    (app, browser, api)
}

fn line(sku: &str, quantity: i64, price: i64) -> Value {
    json!({"sku": sku, "quantity": quantity, "unit_price_minor": price})
}

/// Has an order taken.
fn take(api: &Api, store: &str, number: &str, lines: &[Value]) {
    let order = json!({"store": store, "number": number, "lines": lines});
    let answer = api.post("/orders", &json!({"orders": [order]})).expect(200);
    assert_eq!(answer.body["results"][0]["status"], "accepted", "{:#}", answer.body);
}

/// The order numbers of a list.
fn numbers(page: &Page) -> Vec<String> {
    page.all("tbody th")
}

fn listed(browser: &mut Browser, path: &str) -> Vec<String> {
    numbers(&browser.get(path))
}

#[test]
fn a_list_without_orders_says_how_they_come() {
    let (_app, mut browser) = article_shop();
    let page = browser.get("/orders");
    assert!(page.text().contains("No orders yet"), "{}", page.text());
    let links = page.all_attributes(".empty a", "href");
    assert_eq!(links, ["/imports", "/orders/new", "/help#orders"]);
    assert_eq!(browser.get("/").all("nav a[href='/orders']"), ["Orders"]);
}

#[test]
fn the_list_shows_the_newest_first_with_where_the_units_came_from() {
    let (app, mut browser, api) = shop();
    take(&api, LAZADA, "LZ-1", &[line("Product1", 70, 1250)]);
    app.advance(TimeDelta::minutes(5));
    take(&api, SHOPEE, "SH-1", &[line("Product1", 35, 1000)]);
    let page = browser.get("/orders");
    assert_eq!(numbers(&page), ["SH-1", "LZ-1"]);
    let cells = |number: &str| {
        ["Store", "Placed", "Status", "Units", "From held stock", "From shared stock", "Oversold", "Value"]
            .map(|column| page.cell(number, column))
    };
    assert_eq!(
        cells("LZ-1"),
        ["Lazada SG", "10 Nov 2026, 20:00 Asia/Singapore", "Open", "70", "60", "10", "0", "SGD 875.00"]
    );
    assert_eq!(
        cells("SH-1"),
        ["Shopee SG", "10 Nov 2026, 20:05 Asia/Singapore", "Open", "35", "0", "30", "5", "SGD 350.00"]
    );
}

#[test]
fn every_filter_narrows_the_list_and_so_do_several_together() {
    let (app, mut browser, api) = shop();
    add_sku(&app.database, "MUG", "Mug", 5, &[SHOPEE]);
    take(&api, LAZADA, "LZ-1", &[line("Product1", 60, 100)]);
    take(&api, LAZADA, "LZ-2", &[line("Product1", 1, 100)]);
    take(&api, SHOPEE, "SH-1", &[line("MUG", 7, 100)]);
    take(&api, SHOPEE, "SH-2", &[line("Product1", 1, 100)]);
    api.post("/orders/shopee-sg/SH-2/cancel", &json!({})).expect(200);
    api.post("/orders/lazada-sg/LZ-2/ship", &json!({})).expect(200);
    let promotion = api.get("/promotions").expect(200).body["promotions"][0]["id"].as_str().expect("an id").to_owned();
    let of_sale = format!("promotion={promotion}");
    for (query, expected) in [
        ("", vec!["SH-2", "SH-1", "LZ-2", "LZ-1"]),
        ("store=lazada-sg", vec!["LZ-2", "LZ-1"]),
        ("status=open", vec!["SH-1", "LZ-1"]),
        ("status=open&store=shopee-sg", vec!["SH-1"]),
        ("status=shipped", vec!["LZ-2"]),
        ("status=cancelled&store=lazada-sg", vec![]),
        ("oversold=yes", vec!["SH-1"]),
        ("oversold=yes&store=shopee-sg", vec!["SH-1"]),
        ("oversold=yes&status=cancelled", vec![]),
        (&of_sale, vec!["LZ-2", "LZ-1"]),
        (&format!("{of_sale}&status=shipped"), vec!["LZ-2"]),
        (&format!("{of_sale}&store=shopee-sg"), vec![]),
        (&format!("{of_sale}&store=lazada-sg&status=open"), vec!["LZ-1"]),
        (&format!("{of_sale}&oversold=yes"), vec![]),
        ("q=LZ", vec!["LZ-2", "LZ-1"]),
        ("q=lz-1", vec!["LZ-1"]),
        ("q=MUG", vec!["SH-1"]),
        ("q=Product1", vec!["SH-2", "LZ-2", "LZ-1"]),
        ("q=Product1&status=cancelled", vec!["SH-2"]),
        ("q=MUG&oversold=yes", vec!["SH-1"]),
        ("q=Product1&oversold=yes", vec![]),
        (&format!("q=Product1&{of_sale}"), vec!["LZ-2", "LZ-1"]),
        ("q=nothing", vec![]),
        ("q=%23LZ-1", vec!["LZ-1"]),
        ("q=%23", vec![]),
        ("from=2026-11-10", vec!["SH-2", "SH-1", "LZ-2", "LZ-1"]),
        ("to=2026-11-10", vec!["SH-2", "SH-1", "LZ-2", "LZ-1"]),
        ("from=2026-11-11", vec![]),
        ("to=2026-11-09", vec![]),
        ("from=2026-11-10&to=2026-11-10&q=SH&status=open", vec!["SH-1"]),
        ("status=lost&store=Not+a+code&promotion=x", vec!["SH-2", "SH-1", "LZ-2", "LZ-1"]),
    ] {
        assert_eq!(listed(&mut browser, &format!("/orders?{query}")), expected, "{query}");
    }
    let none = browser.get("/orders?q=nothing");
    assert!(none.text().contains("No order found"), "{}", none.text());
}

#[test]
fn days_are_those_of_the_zone_that_the_page_names() {
    let (app, mut browser, api) = shop();
    app.advance(TimeDelta::hours(4));
    // Midnight in Singapore.
    take(&api, LAZADA, "LZ-1", &[line("Product1", 1, 100)]);
    let page = browser.get("/orders?from=2026-11-11");
    assert_eq!(numbers(&page), ["LZ-1"]);
    assert_eq!(page.all("label[for=from]"), ["Placed from (Asia/Singapore)"]);
    assert!(listed(&mut browser, "/orders?to=2026-11-10").is_empty());
    let wrong = browser.get("/orders?from=11/11/2026");
    assert_eq!(wrong.all("#from-error"), ["Error: Enter a date like 2026-11-11."]);
    assert_eq!(numbers(&wrong), ["LZ-1"], "what means nothing lets everything through");
}

#[test]
fn the_list_is_paged_both_ways_also_where_many_orders_were_placed_at_one_moment() {
    let (_app, mut browser, api) = shop();
    let orders: Vec<Value> = (0..120)
        .map(|n| json!({"store": if n % 2 == 0 { LAZADA } else { SHOPEE }, "number": format!("N-{n:03}"), "lines": [line("Product1", 1, 100)]}))
        .collect();
    api.post("/orders", &json!({"orders": orders})).expect(200);
    let all: Vec<String> = (0..120).rev().map(|n| format!("N-{n:03}")).collect();
    for filters in ["", "from=2026-11-10&to=2026-11-10", "q=N", "status=open"] {
        let first = browser.get(&format!("/orders?{filters}"));
        let second = first.press("Next", &[]).follow();
        let third = second.press("Next", &[]).follow();
        let read = [numbers(&first), numbers(&second), numbers(&third)].concat();
        assert_eq!(read, all, "{filters}");
        assert!(!third.has_button("Next"), "{filters}");
        let back = third.press("Previous", &[]).follow();
        assert_eq!(numbers(&back), numbers(&second), "{filters}");
    }
}

#[test]
fn turning_the_pages_and_clearing_the_filters_keeps_the_ticks() {
    let (_app, mut browser, api) = shop();
    let orders: Vec<Value> = (0..60)
        .map(|n| json!({"store": LAZADA, "number": format!("N-{n:03}"), "lines": [line("Product1", 1, 100)]}))
        .collect();
    api.post("/orders", &json!({"orders": orders})).expect(200);
    let first = browser.get("/orders?q=N");
    let choice = first.attribute("#order-3", "value").expect("a box");
    let second = first.press("Next", &[("order-3", &choice)]).follow();
    assert_eq!(numbers(&second).len(), 10);
    assert_eq!(second.all("fieldset .choice"), ["Order N-057 of Lazada SG"]);
    let back = second.press("Previous", &[]).follow();
    assert!(back.attribute("#order-3", "checked").is_some(), "{}", back.text());
    let cleared = second.press("Clear", &[("elsewhere-1", &choice)]).follow();
    assert!(cleared.attribute("#order-3", "checked").is_some(), "{}", cleared.text());
    // Other filters that were typed before are those of the first page of their list.
    let other = first.press("Next", &[("q", "N-00")]).follow();
    assert_eq!(numbers(&other).len(), 10, "{}", other.path);
}

#[test]
fn an_order_s_page_shows_for_each_line_where_its_units_came_from() {
    let (app, mut browser, api) = shop();
    add_sku(&app.database, "MUG", "Mug", 5, &[LAZADA]);
    take(
        &api,
        LAZADA,
        "a/b?c=%41 ü",
        &[line("Product1", 70, 1250), line("MUG", 7, 5), json!({"sku": "MUG", "quantity": 1})],
    );
    let path = browser.get("/orders").attribute("tbody th a", "href").expect("a link");
    let page = browser.get(&path);
    assert_eq!((page.status, page.all("h1")), (200, vec!["Order a/b?c=%41 ü".to_owned()]));
    let cells = |sku: &str| {
        ["Quantity", "From held stock", "Promotion", "From shared stock", "Oversold", "Unit price", "Value"]
            .map(|column| page.cell(sku, column))
    };
    assert_eq!(cells("Product1"), ["70", "60", "11.11", "10", "0", "SGD 12.50", "SGD 875.00"]);
    assert_eq!(cells("MUG"), ["7", "0", "none", "5", "2", "SGD 0.05", "SGD 0.35"]);
    let sale = page.attribute("td a[href^='/promotions/']", "href").expect("a link to the flash sale");
    assert_eq!(browser.get(&sale).all("h1"), ["11.11"]);
    let text = page.text();
    for words in [
        "Oversold by 3 units: sold with no stock left.",
        "The value leaves out 1 line without a price.",
        "Placed 10 Nov 2026, 20:00 Asia/Singapore",
        "Received 10 Nov 2026, 20:00 Asia/Singapore from token program",
        "875.35",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let ledger = browser.get("/catalogue/Product1");
    assert_eq!(ledger.attribute("td a[href^='/orders/']", "href"), Some(path), "the ledger leads to it");
    assert_eq!(browser.get("/orders/lazada-sg/nothing").status, 404);
    assert_eq!(browser.get("/orders/lazada-sg/%00").status, 404);
}

#[test]
fn an_order_is_shipped_or_cancelled_once_somebody_was_asked() {
    let (app, mut browser, api) = shop();
    take(&api, LAZADA, "1", &[line("Product1", 70, 100)]);
    take(&api, LAZADA, "2", &[line("Product1", 5, 100)]);
    let ask = browser.get("/orders/lazada-sg/1/ship");
    assert!(ask.text().contains("has 70 units"), "{}", ask.text());
    let shipped = ask.submit(&[]);
    assert_eq!(shipped.location.as_deref(), Some("/orders/lazada-sg/1?notice=shipped"));
    let page = shipped.follow();
    assert!(page.text().contains("The order was shipped."), "{}", page.text());
    assert!(page.text().contains("by ops@example.com"), "{}", page.text());
    assert!(page.all(".page-header .actions a").is_empty(), "nothing more can be done to it");
    assert_eq!(ask.submit(&[]).location, shipped.location, "twice is once");
    let late = browser.get("/orders/lazada-sg/1/cancel").follow();
    assert!(late.text().contains("Nothing was changed: the order was already shipped."), "{}", late.text());
    let cancelled = browser.get("/orders/lazada-sg/2/cancel").submit(&[]).follow();
    assert!(cancelled.text().contains("The order was cancelled."), "{}", cancelled.text());
    let late = browser.get("/orders/lazada-sg/2/ship").follow();
    assert!(late.text().contains("Nothing was changed: the order was already cancelled."), "{}", late.text());
    assert_eq!(browser.get("/catalogue/Product1").cell("Lazada SG", "Quantity to push"), "0");
    for path in ["/orders/lazada-sg/9/ship", "/orders/lazada-sg/1/lose", "/orders/nowhere/1/ship"] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
    let forged = browser.get("/orders/lazada-sg/2");
    assert_eq!(forged.status, 200);
    assert_verified(&app.database, app.now());
}

#[test]
fn an_order_that_the_warehouse_has_too_few_for_is_not_shipped_and_the_page_says_what_to_do() {
    let (_app, mut browser, api) = shop();
    take(&api, SHOPEE, "1", &[line("Product1", 130, 100)]);
    let refused = browser.get("/orders/shopee-sg/1/ship").submit(&[]);
    assert_eq!(refused.status, 422);
    let words = "Count “Product1” first: the order has 130 of it, and 100 are on hand.";
    assert!(refused.text().contains(words), "{}", refused.text());
    assert!(refused.title().starts_with("Error: "), "{}", refused.title());
    assert_eq!(refused.all("a[href='/catalogue/Product1/stocktake']"), ["Stocktake"]);
}

/// Ticks the orders of these numbers in the list and presses a button.
fn press(page: &Page, numbers: &[&str], button: &str) -> Page {
    let choice = |number: &&str| {
        let label = format!("Choose order {number}");
        let boxes = page.all("label.cell-check");
        let nth = boxes.iter().position(|text| *text == label).unwrap_or_else(|| panic!("no box of {number}"));
        ("order", page.all_attributes("label.cell-check input", "value")[nth].clone())
    };
    let ticked: Vec<(&str, String)> = numbers.iter().map(choice).collect();
    let mut typed: Vec<(&str, &str)> = ticked.iter().map(|(name, value)| (*name, value.as_str())).collect();
    typed.push(("press", button));
    page.submit(&typed)
}

#[test]
fn many_orders_are_shipped_at_once_and_what_cannot_be_is_listed_with_the_reason() {
    let (app, mut browser, api) = shop();
    take(&api, LAZADA, "1", &[line("Product1", 20, 100)]);
    take(&api, LAZADA, "2", &[line("Product1", 30, 100)]);
    take(&api, SHOPEE, "3", &[line("Product1", 90, 100)]);
    let list = browser.get("/orders?status=open");
    let ask = press(&list, &["1", "2", "3"], "ship");
    assert_eq!((ask.status, ask.all("h1")), (200, vec!["Ship 3 orders?".to_owned()]));
    let partly = ask.submit(&[]);
    assert_eq!((partly.status, partly.all("h1")), (422, vec!["1 order not shipped".to_owned()]));
    assert!(partly.text().contains("2 orders were shipped."), "{}", partly.text());
    assert_eq!(
        partly.cell("3", "Reason"),
        "Count “Product1” first: the order has 90 of it, and 50 are on hand. Stocktake"
    );
    assert_eq!(listed(&mut browser, "/orders?status=open"), ["3"], "the filters are kept");
    // All that the order wants, and what is left of the hold: with less it would still be short.
    api.put("/skus", &json!({"skus": [{"code": "Product1", "name": "Product1", "on_hand": 100}]})).expect(200);
    let again = partly.submit(&[("press", "ship")]);
    assert_eq!(again.location.as_deref(), Some("/orders?status=open&shipped=1"));
    assert!(again.follow().text().contains("Shipped: 1 order."));
    assert_verified(&app.database, app.now());
}

#[test]
fn many_orders_are_cancelled_once_somebody_was_asked() {
    let (app, mut browser, api) = shop();
    take(&api, LAZADA, "1", &[line("Product1", 20, 100)]);
    take(&api, LAZADA, "2", &[line("Product1", 30, 100)]);
    take(&api, SHOPEE, "3", &[line("Product1", 4, 100)]);
    let list = browser.get("/orders?store=lazada-sg");
    let ask = press(&list, &["1", "2"], "cancel");
    assert_eq!((ask.status, ask.all("h1")), (200, vec!["Cancel 2 orders?".to_owned()]));
    assert!(ask.text().contains("Their units (50 in total) go back"), "{}", ask.text());
    assert_eq!(listed(&mut browser, "/orders?status=open"), ["3", "2", "1"], "nothing is done yet");
    api.post("/orders/lazada-sg/2/ship", &json!({})).expect(200);
    // The hidden fields of the page are all sent.
    let keys = ask.all_attributes("input[name=order]", "value");
    let mut typed: Vec<(&str, &str)> = keys.iter().map(|key| ("order", key.as_str())).collect();
    typed.push(("press", "confirm"));
    let partly = ask.submit(&typed);
    assert_eq!((partly.status, partly.all("h1")), (422, vec!["1 order not cancelled".to_owned()]));
    assert_eq!(partly.cell("2", "Reason"), "The order was shipped: it cannot be cancelled.");
    assert_eq!(browser.get("/orders").cell("1", "Status"), "Cancelled");
    assert_verified(&app.database, app.now());
}

#[test]
fn whoever_ticks_nothing_is_told_to_and_what_was_ticked_stays() {
    let (_app, mut browser, api) = shop();
    take(&api, LAZADA, "1", &[line("Product1", 20, 100)]);
    let list = browser.get("/orders?q=1");
    let nothing = list.submit(&[("press", "ship")]);
    assert_eq!(nothing.status, 422);
    assert_eq!(nothing.all(".error-summary a[href='#chosen']"), ["Tick the orders first."]);
    assert_eq!(nothing.attribute("#q", "value").as_deref(), Some("1"), "the filters stay");
    // Enter in a box presses the first button of a form, which does nothing here.
    let no_button = press(&list, &["1"], "");
    assert_eq!((no_button.status, no_button.all(".error-summary a").join("")), (422, "Press Ship or Cancel.".into()));
    assert!(no_button.attribute("label.cell-check input", "checked").is_some(), "what was ticked stays");
}

#[test]
fn an_order_that_was_cancelled_before_it_came_in_is_shown_as_that() {
    let (_app, mut browser, api) = shop();
    api.post("/orders/shopee-sg/7/cancel", &json!({})).expect(200);
    assert_eq!(browser.get("/orders").cell("7", "Status"), "Cancelled before it arrived");
    let page = browser.get("/orders/shopee-sg/7");
    assert!(page.text().contains("and has not arrived yet. When it does, it takes no stock."), "{}", page.text());
    take(&api, SHOPEE, "7", &[line("Product1", 3, 100)]);
    let page = browser.get("/orders/shopee-sg/7");
    assert!(page.text().contains("This order was cancelled before it arrived: it took no stock."), "{}", page.text());
    assert_eq!(page.cell("Product1", "Quantity"), "3");
}

#[test]
fn what_the_filters_let_through_is_exported() {
    let (app, mut browser, api) = shop();
    add_sku(&app.database, "MUG", "Mug", 5, &[SHOPEE]);
    take(&api, LAZADA, "=1+1", &[line("Product1", 70, 1250), json!({"sku": "MUG", "quantity": 7})]);
    take(&api, SHOPEE, "2", &[line("MUG", 1, 5)]);
    let list = browser.get("/orders?store=lazada-sg");
    let links: Vec<String> =
        list.all_attributes("p a", "href").into_iter().filter(|href| href.contains(".csv")).collect();
    let [orders, lines] = [0, 1].map(|nth: usize| browser.get(&links[nth]));
    assert_eq!(orders.headers["content-disposition"], "attachment; filename=\"orders.csv\"");
    assert_eq!(
        orders.body,
        "store,order_number,placed_at,status,units,from_hold,from_shared,oversold,value,currency,local_time,time_zone\n\
         lazada-sg,'=1+1,2026-11-10T12:00:00Z,open,77,60,15,2,875.00,SGD,2026-11-10 20:00:00,Asia/Singapore\n"
    );
    let promotion = api.get("/promotions").expect(200).body["promotions"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        lines.body,
        format!(
            "store,order_number,placed_at,sku,quantity,unit_price,status,from_hold,from_shared,oversold,promotion,\
             currency,local_time,time_zone\n\
             lazada-sg,'=1+1,2026-11-10T12:00:00Z,Product1,70,12.50,open,60,10,0,{promotion},SGD,2026-11-10 20:00:00,Asia/Singapore\n\
             lazada-sg,'=1+1,2026-11-10T12:00:00Z,MUG,7,,open,0,5,2,,SGD,2026-11-10 20:00:00,Asia/Singapore\n"
        )
    );
    let many: Vec<Value> =
        (0..1_000).map(|n| json!({"store": SHOPEE, "number": format!("N{n}"), "lines": [line("MUG", 1, 5)]})).collect();
    for some in many.chunks(500) {
        api.post("/orders", &json!({"orders": some})).expect(200);
    }
    assert_eq!(browser.get("/orders.csv").body.lines().count(), 1 + 2 + 1_000, "more than a batch");
}

#[test]
fn an_order_is_worth_what_can_be_added_up() {
    let (_app, mut browser, api) = shop();
    let dear = json!({"sku": "Product1", "quantity": 1_000_000, "unit_price_minor": 1_000_000_000});
    take(&api, SHOPEE, "most", std::slice::from_ref(&dear));
    let more = json!({"store": SHOPEE, "number": "more", "lines": [dear, line("Product1", 1, 1)]});
    let refused = api.post("/orders", &json!({"orders": [more]})).expect(200);
    assert_eq!(refused.body["results"][0]["code"], "worth_too_much");
    assert_eq!(browser.get("/orders").cell("most", "Value"), "SGD 10,000,000,000,000.00");
}
