//! The list of unmatched lines: its filters, its pages, and the indexes behind it.

use crate::{
    api::client::Api,
    engine::migrations::plans,
    marketplaces::connectors::Log,
    scene::{LAZADA, SHOPEE, add_sku, article_shop, at, read, stock, store_code},
    seller::Seller,
    support::Page,
};
use actix_web::rt::System;
use flashsale::{
    db::{
        engine::paging::Place,
        orders::unmatched::{Filter, of_order, page},
    },
    domain::code::OrderNumber,
    jobs::match_lines::Matcher,
};
use serde_json::json;

/// Puts an order of one unit of each of these seller SKUs.
fn put(api: &Api, store: &str, number: &str, status: &str, seller_skus: &[&str]) {
    let line = |(nth, seller_sku)| json!({"id": format!("{nth}"), "seller_sku": seller_sku, "quantity": 1});
    let lines: Vec<_> = seller_skus.iter().enumerate().map(line).collect();
    let order = json!({"status": status, "placed_at": "2026-11-10T10:00:00Z", "lines": lines});
    api.put(&format!("/orders/{store}/{number}"), &order).expect(200);
}

/// Orders with their seller SKUs, as a list shows them.
fn lines(page: &Page) -> Vec<String> {
    let skus = page.all("tbody td[data-label='Seller SKU']");
    page.all("tbody th").into_iter().zip(skus).map(|(order, sku)| format!("{order} {sku}")).collect()
}

#[test]
fn an_empty_list_says_what_an_unmatched_line_is_and_pages_lead_to_it() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    let text = browser.get("/orders/unmatched").text();
    assert!(text.contains("unmatched if no listing of its store has its seller SKU"), "{text}");
    assert_eq!(browser.get("/orders").all("a[href='/orders/unmatched']"), ["Unmatched lines"]);
    assert_eq!(browser.get("/help").all("a[href='/orders/unmatched']"), ["Unmatched lines"]);
    put(&api, LAZADA, "1", "open", &["MUG"]);
    let links = browser.get("/").all("a[href='/orders/unmatched']");
    assert_eq!(links, ["Unmatched lines", "All unmatched lines"], "the tile and the table");
}

#[test]
fn a_line_leads_to_its_order_and_to_where_it_can_be_matched_until_it_is() {
    let seller = Seller::open_with_pages(1);
    let (api, mut browser) = (seller.app.api(), seller.app.signed_in());
    put(&api, SHOPEE, "A%2F1", "open", &["Mug & Co", "Product-0"]);
    put(&api, "own-shop", "2", "open", &["Mug & Co"]);
    put(&api, SHOPEE, "3", "cancelled", &["Mug & Co"]);
    let page = browser.get("/orders/unmatched");
    assert_eq!(lines(&page), ["2 Mug & Co", "A/1 Mug & Co"], "what was cancelled takes nothing");
    let columns = ["Store", "Placed", "Quantity", "Where to match it"];
    let placed = "10 Nov 2026, 18:00 Asia/Singapore";
    assert_eq!(columns.map(|column| page.cell("A/1", column)), [SHOPEE, placed, "1", "What shopee-sg lists"]);
    let links = page.all_attributes("tbody a", "href");
    let found = "/stores/shopee-sg/found?q=Mug+%26+Co";
    assert_eq!(links, ["/orders/own-shop/2", "/stores/own-shop/listings", "/orders/shopee-sg/A%2F1", found]);
    for link in links {
        assert_eq!(browser.get(&link).status, 200, "{link}");
    }
    let sku = json!({"code": "MUG", "name": "Mug", "on_hand": 10});
    api.put("/skus", &json!({"skus": [sku]})).expect(200);
    for store in [SHOPEE, "own-shop"] {
        let listing = json!({"seller_sku": "Mug & Co", "components": [{"sku": "MUG", "units": 1}]});
        api.put(&format!("/stores/{store}/listings"), &json!({"listings": [listing]})).expect(200);
    }
    assert!(browser.get("/orders/unmatched").text().contains("No unmatched lines"));
}

#[test]
fn the_store_and_a_search_narrow_the_lines_alone_and_together() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    put(&api, LAZADA, "1", "open", &["MUG-RED", "MUG-100%"]);
    put(&api, SHOPEE, "2", "open", &["mug blue"]);
    put(&api, SHOPEE, "3", "open", &["PLATE"]);
    let all = vec!["1 MUG-RED", "1 MUG-100%", "2 mug blue", "3 PLATE"];
    for (query, expected) in [
        ("", all.clone()),
        ("store=shopee-sg", vec!["2 mug blue", "3 PLATE"]),
        ("q=mug", vec!["1 MUG-RED", "1 MUG-100%", "2 mug blue"]),
        ("q=+blue++MUG+", vec!["2 mug blue"]),
        ("q=%25", vec!["1 MUG-100%"]),
        ("q=mug&store=shopee-sg", vec!["2 mug blue"]),
        ("q=plate&store=lazada-sg", vec![]),
        ("q=%01", all.clone()),
        ("q=%00", vec![]),
        ("store=Not+a+code", all.clone()),
        ("after=x&before=%7C%7C", all.clone()),
        ("after=lazada-sg%7Cmany%7C1", all.clone()),
        ("q=%27%3B+DROP+TABLE+orders%3B+--", vec![]),
    ] {
        let page = browser.get(&format!("/orders/unmatched?{query}"));
        assert_eq!((page.status, lines(&page)), (200, expected.into_iter().map(str::to_owned).collect()), "{query}");
    }
    let none = browser.get("/orders/unmatched?q=cup");
    assert!(none.text().contains("No line found"), "{}", none.text());
    assert_eq!(none.attribute("#q", "value").as_deref(), Some("cup"));
    let chosen = browser.get("/orders/unmatched?store=shopee-sg");
    assert_eq!(chosen.all("option[selected]"), ["Shopee SG"]);
}

#[test]
fn lines_are_paged_both_ways_also_within_an_order() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    let skus: Vec<String> = (0..80).map(|nth| format!("SKU-{nth:02}")).collect();
    let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
    put(&api, SHOPEE, "1", "open", &skus);
    put(&api, LAZADA, "1", "open", &skus[..10]);
    for (query, count) in [("", 90), ("?store=shopee-sg&q=sku", 80)] {
        let first = browser.get(&format!("/orders/unmatched{query}"));
        let next = browser.get(&first.attribute("a[rel=next]", "href").expect("a page more"));
        assert_eq!((lines(&first).len(), lines(&next).len()), (50, count - 50));
        assert_eq!(lines(&next).last().map(String::as_str), Some("1 SKU-79"));
        assert_eq!(next.attribute("a[rel=next]", "href"), None);
        let back = browser.get(&next.attribute("a[rel=prev]", "href").expect("the page before"));
        assert_eq!((lines(&back), back.attribute("a[rel=prev]", "href")), (lines(&first), None), "{query}");
    }
}

#[test]
fn orders_that_cannot_be_matched_do_not_keep_the_job_from_the_others_and_are_logged_once() {
    let (mut app, _) = article_shop();
    let api = app.api();
    for nth in 0..150 {
        put(&api, SHOPEE, &format!("{nth:03}"), "shipped", &["MUG"]);
    }
    put(&api, SHOPEE, "later", "shipped", &["PLATE"]);
    for sku in ["MUG", "PLATE"] {
        add_sku(&app.database, sku, sku, 0, &[SHOPEE]);
    }
    app.stop();
    stock(&app.database, at(0), "PLATE", 10, 0);
    let is_matched = |number: &str| {
        let number = OrderNumber::parse(number).expect("a number");
        read(&app.database, |conn| of_order(conn, &store_code(SHOPEE), &number)).is_empty()
    };
    assert!(!is_matched("later"), "the units were not counted when it was listed");

    let log = Log::default();
    let matcher = Matcher::new(app.database.clone());
    let run = |times: usize| {
        for _ in 0..times {
            System::new().block_on(matcher.run_once(at(0))).expect("no database error");
        }
    };
    tracing::subscriber::with_default(log.subscriber(), || run(6));
    assert!(is_matched("later") && !is_matched("000"));
    assert_eq!(log.text().matches("lines stay unmatched").count(), 150);

    stock(&app.database, at(0), "MUG", 200, 0);
    run(4);
    assert!(is_matched("000") && is_matched("149"), "the pass begins again");
}

#[test]
fn the_lines_are_read_from_an_index_in_their_order_however_they_are_narrowed() {
    let (app, _) = article_shop();
    let key = format!("{LAZADA}|0|1");
    for store in [None, Some(store_code(LAZADA))] {
        for search in ["", "mug"] {
            for place in [Place::Start, Place::After(key.clone()), Place::Before(key.clone())] {
                let filter = Filter { search: search.to_owned(), store: store.clone() };
                let read = |conn: &mut _| drop(page(conn, &filter, &place).expect("a read"));
                let plans = plans(&app.settings.database_url, read);
                let [(plan, statement)] = &plans[..] else { panic!("one statement: {plans:?}") };
                let walks = ["Sort", "TEMP B-TREE", "Seq Scan", "SCAN orders", "Join"];
                let index = if store.is_some() { "unmatched_lines" } else { "" };
                let is_walked = walks.iter().any(|walk| plan.contains(walk));
                assert!(!is_walked && plan.contains(index), "{filter:?} {place:?}\n{statement}\n{plan}");
            }
        }
    }
}
