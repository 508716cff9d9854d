//! The catalogue: what each store should show, seen by a person.

use crate::{
    scene::{LAZADA, SHOPEE, ZALORA, add_sku, article_shop, at, create, end, list, sale, stock},
    support::{Browser, Page, TestApp},
};
use chrono::TimeDelta;
use flashsale::domain::promotions::promotion::FlashSaleType::{StockAllocation, StockReservation};

const ALL: [&str; 3] = [LAZADA, SHOPEE, ZALORA];

/// What the stores show for a SKU, in the order Lazada, Shopee, Zalora.
fn shown(page: &Page, sku: &str) -> [String; 3] {
    ["Lazada SG", "Shopee SG", "Zalora SG"].map(|store| page.cell(sku, store))
}

fn codes_of(page: &Page) -> Vec<String> {
    page.all("tbody th")
}

#[test]
fn an_allocation_of_the_article_is_seen_in_its_row() {
    let (app, mut browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    let page = browser.get("/catalogue");
    assert_eq!(shown(&page, "Product1"), ["60", "40", "40"]);
    let numbers = ["On hand", "Committed", "Held", "Buffer", "Available now"].map(|of| page.cell("Product1", of));
    assert_eq!(numbers, ["100", "0", "60", "0", "40"]);
    assert_eq!(page.cell("Product1", "Flash sale"), "Flashsale: Lazada SG");
}

#[test]
fn a_reservation_of_the_article_is_seen_in_its_row() {
    let (app, mut browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockReservation, &[("Product1", 60)])).expect("60 fit");
    assert_eq!(shown(&browser.get("/catalogue?flashsale=running"), "Product1"), ["100", "40", "40"]);
}

#[test]
fn a_sale_is_over_at_its_end_without_anything_having_to_run() {
    let (app, mut browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    app.advance(TimeDelta::hours(1) - TimeDelta::microseconds(1));
    assert_eq!(shown(&browser.get("/catalogue"), "Product1"), ["60", "40", "40"]);
    app.advance(TimeDelta::microseconds(1));
    let page = browser.get("/catalogue");
    assert_eq!(shown(&page, "Product1"), ["100", "100", "100"]);
    assert_eq!(page.cell("Product1", "Flash sale"), "");
    assert!(codes_of(&browser.get("/catalogue?flashsale=running")).is_empty());
}

#[test]
fn a_store_that_does_not_list_a_sku_shows_no_number() {
    let (app, mut browser) = article_shop();
    stock(&app.database, at(0), "Mug", 7, 2);
    list(&app.database, at(0), "Mug", &[SHOPEE]).expect("listed");
    assert_eq!(shown(&browser.get("/catalogue"), "Mug"), ["not listed", "5", "not listed"]);
}

#[test]
fn the_filters_let_through_what_they_say() {
    let (app, mut browser) = article_shop();
    for (code, stores) in [("A", &ALL[..]), ("B", &[SHOPEE]), ("C", &ALL), ("D", &[]), ("E", &ALL)] {
        stock(&app.database, at(0), code, 10, 0);
        list(&app.database, at(0), code, stores).expect("listed");
    }
    let on_lazada = sale(at(0), LAZADA, StockAllocation, &[("A", 1), ("C", 1), ("Product1", 1)]);
    create(&app.database, at(0), &on_lazada).expect("they fit");
    create(&app.database, at(0), &sale(at(0), SHOPEE, StockReservation, &[("C", 1), ("B", 1)])).expect("they fit");
    let ended = create(&app.database, at(0), &sale(at(0), ZALORA, StockAllocation, &[("E", 5)])).expect("it fits");
    end(&app.database, at(0), ended.id).expect("it runs");
    for (query, found) in [
        ("", vec!["A", "B", "C", "D", "E", "Product1"]),
        ("flashsale=running", vec!["A", "B", "C", "Product1"]),
        ("flashsale=none", vec!["D", "E"]),
        ("store=lazada-sg", vec!["A", "C", "E", "Product1"]),
        ("store=lazada-sg&flashsale=running", vec!["A", "C", "Product1"]),
        ("store=lazada-sg&flashsale=none", vec!["E"]),
        ("store=lazada-sg&flashsale=running&q=prod", vec!["Product1"]),
        ("store=no-such-store", vec![]),
        ("flashsale=sometimes&store=No%20store%21", vec!["A", "B", "C", "D", "E", "Product1"]),
    ] {
        assert_eq!(codes_of(&browser.get(&format!("/catalogue?{query}"))), found, "{query}");
    }
    let page = browser.get("/catalogue?store=shopee-sg&flashsale=running&q=");
    assert_eq!(page.attribute("#store option[selected]", "value").as_deref(), Some(SHOPEE));
    assert_eq!(page.attribute("#flashsale option[selected]", "value").as_deref(), Some("running"));
}

#[test]
fn a_search_finds_every_word_anywhere_in_the_code_or_the_name() {
    let (_app, mut browser) = named_skus(&[
        ("TEE-BLK-M", "Tee shirt, black"),
        ("tee-wht-s", "Tee shirt, white"),
        ("MUG-1", "50%_OFF \"Deluxe\" mug"),
        ("双十一", "ÄRMEL 🎉 party"),
    ]);
    for (search, found) in [
        ("BLK", vec!["TEE-BLK-M"]),
        ("shirt", vec!["TEE-BLK-M", "tee-wht-s"]),
        ("white shirt", vec!["tee-wht-s"]),
        ("shirt m", vec!["TEE-BLK-M"]),
        ("te", vec!["TEE-BLK-M", "tee-wht-s"]),
        ("m", vec!["MUG-1"]),
        ("m 1", vec!["MUG-1"]),
        ("50%", vec!["MUG-1"]),
        ("%_o", vec!["MUG-1"]),
        ("\"Del", vec!["MUG-1"]),
        ("ärm", vec!["双十一"]),
        ("双十一", vec!["双十一"]),
        ("🎉", vec!["双十一"]),
        ("🎉 party", vec!["双十一"]),
        ("  ", vec!["MUG-1", "TEE-BLK-M", "tee-wht-s", "双十一"]),
    ] {
        assert_eq!(codes_of(&search_for(&mut browser, search)), found, "{search}");
    }
}

#[test]
fn no_search_is_answered_with_an_error() {
    let (_app, mut browser) = named_skus(&[("A", "A")]);
    let long = "x".repeat(10_000);
    let words = "ab cd ".repeat(1_000);
    let searches = [
        "\"",
        "'",
        "''; DROP TABLE skus; --",
        "%",
        "_",
        "\\",
        "\\%",
        "a\0b",
        "\0",
        "AND",
        "NEAR(",
        "* OR *",
        "col:abc",
    ];
    for search in searches.into_iter().chain(["\u{202E}\u{FEFF}", "\u{10FFFF}", "<script>", &long, &words]) {
        let page = search_for(&mut browser, search);
        assert_eq!(page.status, 200, "{search}");
        assert_eq!(
            page.attribute("#q", "value").unwrap_or_default().replace('\0', "\u{FFFD}"),
            search.replace('\0', "\u{FFFD}")
        );
    }
    for query in ["q=%FF%FE", "q=a&q=b", "after=%00", "before=%00", "after=%FF&flashsale=none", "store=%00"] {
        assert_eq!(browser.get(&format!("/catalogue?{query}")).status, 200, "{query}");
    }
}

#[test]
fn a_long_catalogue_is_paged_in_both_directions_whatever_the_filter() {
    let (app, mut browser) = article_shop();
    let codes: Vec<String> = (0..240).map(|number| format!("SKU-{number:03}")).collect();
    codes.iter().for_each(|code| crate::scene::add_sku(&app.database, code, code, 2, &[LAZADA, SHOPEE]));
    let held: Vec<(&str, i64)> = codes[..120].iter().map(|code| (code.as_str(), 1)).collect();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &held)).expect("they fit");
    create(&app.database, at(0), &sale(at(0), SHOPEE, StockAllocation, &held[..60])).expect("they fit");
    for (filters, expected) in [
        ("q=sku-", &codes[..]),
        ("flashsale=running", &codes[..120]),
        ("flashsale=running&store=lazada-sg", &codes[..120]),
        ("flashsale=running&q=sku-", &codes[..120]),
        ("flashsale=none&store=lazada-sg&q=sku", &codes[120..]),
        ("flashsale=none&store=shopee-sg&after=Q", &codes[120..]),
    ] {
        let mut pages = vec![browser.get(&format!("/catalogue?{filters}"))];
        while let Some(next) = pages[pages.len() - 1].attribute("a[rel=next]", "href") {
            pages.push(browser.get(&next));
        }
        let forwards: Vec<Vec<String>> = pages.iter().map(codes_of).collect();
        assert_eq!(forwards.concat(), expected, "{filters}");
        let mut page = pages.pop().expect("the last page");
        for expected in forwards.iter().rev().skip(1) {
            page = browser.get(&page.attribute("a[rel=prev]", "href").expect("a page before"));
            assert_eq!(codes_of(&page), *expected, "{filters}");
        }
    }
}

#[test]
fn an_empty_catalogue_says_how_to_begin_and_an_empty_answer_how_to_go_on() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let page = browser.get("/catalogue");
    assert!(page.text().contains("No SKUs yet"), "{}", page.text());
    assert_eq!(page.attribute(".empty a", "href").as_deref(), Some("/imports"));
    stock(&app.database, at(0), "A", 1, 0);
    let page = browser.get("/catalogue?q=nothing");
    assert!(page.text().contains("No SKU found"), "{}", page.text());
    assert_eq!(page.attribute(".empty a", "href").as_deref(), Some("/catalogue"));
}

/// A shop with SKUs of these codes and names.
fn named_skus(skus: &[(&str, &str)]) -> (TestApp, Browser) {
    let app = TestApp::start();
    for (code, name) in skus {
        crate::scene::add_sku(&app.database, code, name, 10, &[]);
    }
    let browser = app.signed_in();
    (app, browser)
}

fn search_for(browser: &mut Browser, words: &str) -> Page {
    browser.get(&flashsale::web::query::href("/catalogue", &[("q", words)]))
}

#[test]
fn the_export_has_the_filtered_rows_and_no_cell_that_runs() {
    let (app, mut browser) = article_shop();
    crate::scene::add_sku(&app.database, "=1+1", "@SUM(A1), \"quoted\"", 7, &[SHOPEE]);
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    let header =
        "sku,name,on_hand,committed,held,buffer,available_now,stores,lazada-sg,shopee-sg,zalora-sg,on_hand_shown\n";
    let formula = "'=1+1,\"'@SUM(A1), \"\"quoted\"\"\",7,0,0,0,7,shopee-sg,,7,,7\n";
    let product = "Product1,Product 1,100,0,60,0,40,lazada-sg|shopee-sg|zalora-sg,60,40,40,100\n";
    let link = browser.get("/catalogue?flashsale=running").attribute("a[href^=\"/catalogue.csv\"]", "href");
    let file = browser.get(&link.expect("a link"));
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"catalogue.csv\"");
    assert!(file.has_byte_order_mark, "spreadsheets take it for another encoding without");
    assert_eq!(file.body, [header, product].concat());
    assert_eq!(browser.get("/catalogue.csv").body, [header, formula, product].concat());
    assert_eq!(browser.get("/catalogue.csv?q=nothing").body, header);
    assert_eq!(app.browser().get("/catalogue.csv").status, 303);
}

#[test]
fn an_export_of_many_batches_is_whole() {
    let app = TestApp::start();
    let skus: Vec<_> = (0..2_500).map(|number| format!("SKU-{number:04}")).collect();
    app.write(|conn| {
        let input = |code: &String| flashsale::actions::catalogue::save_skus::SkuInput {
            code: crate::scene::sku_code(code),
            name: Some(code.clone()),
            on_hand: Some(1),
            buffer: None,
            listings: None,
        };
        flashsale::actions::catalogue::save_skus::run(
            conn,
            &crate::scene::cause(at(0)),
            skus.iter().map(input).collect(),
        )
        .expect("SKUs");
    });
    let file = app.signed_in().get("/catalogue.csv");
    let exported: Vec<&str> = file.body.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(exported, skus);
}

#[test]
fn the_catalogue_lists_the_products_of_one_flash_sale() {
    let (app, mut browser) = article_shop();
    for code in ["A", "B", "C"] {
        add_sku(&app.database, code, "Mug", 10, &[LAZADA, SHOPEE]);
    }
    let of_lazada =
        create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("A", 1), ("B", 1)])).expect("fits").id;
    let of_shopee =
        create(&app.database, at(1), &sale(at(1), SHOPEE, StockAllocation, &[("B", 1), ("C", 1)])).expect("fits").id;
    for (query, codes) in [
        (format!("promotion={of_lazada}"), vec!["A", "B"]),
        (format!("promotion={of_shopee}&flashsale=running"), vec!["B", "C"]),
        (format!("promotion={of_shopee}&flashsale=none"), vec![]),
        (format!("promotion={of_lazada}&q=mug b"), vec!["B"]),
        (format!("promotion={of_lazada}&q=mug"), vec!["A", "B"]),
        (format!("promotion={of_lazada}&store=zalora-sg"), vec![]),
        ("promotion=01980000-0000-7000-8000-000000000000".to_owned(), vec![]),
        ("promotion=what".to_owned(), vec!["A", "B", "C", "Product1"]),
    ] {
        assert_eq!(codes_of(&browser.get(&format!("/catalogue?{}", query.replace(' ', "+")))), codes, "{query}");
    }
    let path = format!("/promotions/{of_lazada}");
    let link = |page: &Page| {
        let links = page.all_attributes("main a.button", "href");
        links.into_iter().find(|href| href.starts_with("/catalogue?")).expect("a link")
    };
    for page in [browser.get(&path), browser.get(&format!("{path}/confirmation"))] {
        let list = browser.get(&link(&page));
        assert_eq!(codes_of(&list), ["A", "B"], "{}", page.path);
        assert_eq!(list.all("#promotion option[selected]"), ["11.11 lazada-sg"]);
        let file = browser.get(&list.attribute("a[href^=\"/catalogue.csv\"]", "href").expect("a file"));
        assert_eq!(file.body.lines().count(), 3, "{}", file.body);
    }
    browser.get(&format!("{path}/end")).submit(&[]);
    let of_ended = link(&browser.get(&path));
    assert_eq!(codes_of(&browser.get(&of_ended)), ["A", "B"], "an ended sale too");
}
