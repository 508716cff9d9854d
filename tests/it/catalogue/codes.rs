//! SKUs that get another code, are archived, or are merged; and codes that nobody can tell apart.

use crate::{
    scene::{
        LAZADA, SHOPEE, ZALORA, add_sku, add_stores, article_shop, assert_verified, at, cause, create, end, list, read,
        sale, sku_code, stock, take,
    },
    support::TestApp,
    sync::pushes::Shop,
};
use diesel::prelude::*;
use flashsale::{
    actions::{
        catalogue::{
            archive_sku::{self, ArchiveRefusal},
            merge_skus::{self, MergeRefusal},
            normalize_codes,
            rename_sku::{self, RenameSkuRefusal},
        },
        orders::take_orders::Outcome,
    },
    db::{
        Failed,
        catalogue::skus::{self, Sku},
        engine::schema::{ledger_entries, order_lines},
        stores::listings,
    },
    domain::{code::SkuCode, promotions::promotion::FlashSaleType::StockAllocation},
};
use serde_json::json;

pub fn rename(app: &TestApp, from: &str, to: &str) -> Result<(), RenameSkuRefusal> {
    let work = |conn: &mut _| rename_sku::run(conn, &cause(at(5)), &sku_code(from), &sku_code(to));
    crate::scene::expected(app.database.write_blocking(work))
}

fn archive(app: &TestApp, sku: &str) -> Result<(), ArchiveRefusal> {
    let work = |conn: &mut _| archive_sku::archive(conn, &cause(at(5)), &sku_code(sku));
    crate::scene::expected(app.database.write_blocking(work))
}

pub fn merge(app: &TestApp, from: &str, into: &str) -> Result<(), MergeRefusal> {
    let work = |conn: &mut _| merge_skus::run(conn, &cause(at(5)), &sku_code(from), &sku_code(into));
    crate::scene::expected(app.database.write_blocking(work))
}

fn sku(app: &TestApp, code: &str) -> Option<Sku> {
    read(&app.database, |conn| skus::find(conn, &sku_code(code)))
}

fn totals(app: &TestApp, code: &str) -> [i64; 4] {
    let Sku { on_hand, committed, oversold, buffer, .. } = sku(app, code).expect("a SKU");
    [on_hand, committed, oversold, buffer]
}

#[test]
fn a_sku_keeps_all_that_it_has_under_another_code() {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    let app = &shop.app;
    let id =
        create(&app.database, at(1), &sale(at(1), LAZADA, StockAllocation, &[("Product1", 60)])).expect("a sale").id;
    take(&app.database, at(2), LAZADA, "1", &[("Product1", 10)]);
    take(&app.database, at(2), SHOPEE, "2", &[("Product1", 5)]);
    list(&app.database, at(3), "Product1", &[LAZADA, SHOPEE]).expect("Zalora is retiring it");
    rename(app, "Product1", "TEE").expect("renamed");
    assert_verified(&app.database, at(5));
    assert!(sku(app, "Product1").is_none());
    assert_eq!(totals(app, "TEE"), [100, 15, 0, 0]);
    let entries: Vec<String> =
        read(&app.database, |conn| ledger_entries::table.select(ledger_entries::sku).distinct().load(conn));
    assert_eq!(entries, ["TEE"]);
    let seller_sku = read(&app.database, |conn| listings::of_skus(conn, [&sku_code("TEE")]));
    assert_eq!(seller_sku[&sku_code("TEE")][0].seller_sku, "Product1", "the store's own code stays");
    // The hold still sells, and ends.
    take(&app.database, at(6), LAZADA, "3", &[("TEE", 10)]);
    end(&app.database, at(7), id).expect("ended");
    shop.settle(at(8));
    assert_verified(&app.database, at(8));

    // The old code is known: an order that names it is one of the SKU, and no other SKU may have it.
    let Outcome::Accepted(lines) = take(&app.database, at(9), SHOPEE, "4", &[("Product1", 1)]) else {
        panic!("it is refused")
    };
    assert_eq!(lines[0].sku.as_str(), "TEE");
    let body = json!({"skus": [{"code": "Product1", "name": "Another", "on_hand": 1}]});
    let answer = app.api().put("/skus", &body).expect(200).body;
    assert_eq!(answer["failed"][0]["code"], "former_code");
    let mut browser = app.signed_in();
    let page = browser.get("/catalogue/Product1").follow();
    assert!(page.text().contains("Former codes: Product1"), "{}", page.text());
    assert!(page.text().contains("“Product1” became “TEE”"), "{}", page.text());
    rename(app, "TEE", "Product1").expect("back again");
    assert_verified(&app.database, at(9));
}

#[test]
fn a_code_that_is_taken_or_looks_like_another_is_refused() {
    let (app, mut browser) = article_shop();
    add_sku(&app.database, "B", "B", 1, &[]);
    for (to, words) in [
        ("B", "Enter another code: “B” is taken. If both are the same thing, merge them instead."),
        ("b", "Enter another code: “B” differs only in upper and lower case."),
        ("Product1", "Enter another code: “Product1” is its code now."),
        ("", "Enter a SKU code."),
        ("A\u{200B}", "Remove the hidden character U+200B from the SKU code."),
    ] {
        let page = browser.get("/catalogue/Product1/rename").submit_form("form.form", &[("code", to)]);
        assert_eq!((page.status, page.all("#code-error")), (422, vec![format!("Error: {words}")]), "{to}");
        assert_eq!(page.attribute("#code", "value").as_deref(), Some(to));
    }
    rename(&app, "Product1", "product1").expect("its own code in another case");
    rename(&app, "B", "C").expect("renamed");
    let refused = rename(&app, "product1", "B").expect_err("refused").to_string();
    assert_eq!(refused, "Enter another code: “B” was one of “C” before.");
}

#[test]
fn a_ledger_entry_is_changed_by_nothing_but_a_new_code() {
    let (app, _) = article_shop();
    add_sku(&app.database, "B", "B", 1, &[]);
    let entry = || ledger_entries::table.filter(ledger_entries::sku.eq("Product1"));
    let moved =
        app.database.write_blocking(|conn| diesel::update(entry()).set(ledger_entries::sku.eq("B")).execute(conn));
    assert!(moved.is_err(), "there is a SKU with the old code");
    let changed = app
        .database
        .write_blocking(|conn| diesel::update(entry()).set(ledger_entries::reason.eq("another")).execute(conn));
    assert!(changed.is_err());
}

#[test]
fn an_archived_sku_is_out_of_the_catalogue_until_it_is_brought_back() {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    let app = &shop.app;
    take(&app.database, at(1), LAZADA, "1", &[("Product1", 10)]);
    assert_eq!(archive(app, "Product1"), Err(ArchiveRefusal::Ordered { committed: 10, oversold: 0 }));
    crate::scene::cancel(&app.database, at(1), LAZADA, "1");
    let running =
        create(&app.database, at(1), &sale(at(1), LAZADA, StockAllocation, &[("Product1", 60)])).expect("a sale");
    assert!(matches!(archive(app, "Product1"), Err(ArchiveRefusal::Held(_))));
    end(&app.database, at(2), running.id).expect("ended");
    let mut browser = app.signed_in();
    let asked = browser.get("/catalogue/Product1/archive");
    assert!(asked.text().contains("a connected store is set to 0 first"), "{}", asked.text());
    let page = asked.submit_form("form[action='/catalogue/Product1/archive']", &[]).follow();
    assert!(page.text().contains("This SKU is archived"), "{}", page.text());
    assert_verified(&app.database, app.now());
    assert!(!browser.get("/catalogue").text().contains("Product1"));
    assert!(!browser.get("/catalogue?q=Product1").text().contains("Product 1"));
    assert_eq!(browser.get("/catalogue?archived=yes").all("tbody th"), ["Product1"]);
    for store in [LAZADA, SHOPEE, ZALORA] {
        shop.scan(at(3));
        assert_eq!(shop.send(store, at(3)), [0], "{store}");
    }
    assert_eq!(shop.acknowledged(), [None; 3], "the listings are gone");
    let body = json!({"skus": [{"code": "Product1", "on_hand": 5}]});
    assert_eq!(app.api().put("/skus", &body).expect(200).body["failed"][0]["code"], "archived");
    browser.get("/catalogue/Product1").submit_form("form[action='/catalogue/Product1/restore']", &[]);
    assert_eq!(browser.get("/catalogue").all("tbody th"), ["Product1"]);
    assert_verified(&app.database, app.now());
}

#[test]
fn a_sku_that_was_a_mistake_is_merged_with_its_stock_and_open_orders() {
    let app = TestApp::start();
    add_stores(&app.database, &[LAZADA, SHOPEE]);
    add_sku(&app.database, "TEE", "Tee", 20, &[LAZADA]);
    add_sku(&app.database, "4.00638E+12", "Tee", 5, &[LAZADA, SHOPEE]);
    stock(&app.database, at(0), "4.00638E+12", 5, 1);
    take(&app.database, at(1), LAZADA, "1", &[("4.00638E+12", 3), ("TEE", 2)]);
    take(&app.database, at(1), SHOPEE, "2", &[("4.00638E+12", 4)]);
    take(&app.database, at(1), SHOPEE, "3", &[("4.00638E+12", 1)]);
    crate::scene::cancel(&app.database, at(1), SHOPEE, "3");
    assert_eq!(totals(&app, "4.00638E+12"), [5, 5, 2, 1]);

    let mut browser = app.signed_in();
    let path = "/catalogue/4.00638E%2B12/merge";
    let refused = browser.get(path).submit_form("form.form", &[("into", "NONE")]);
    assert_eq!(refused.all("#into-error"), ["Error: There is no SKU “NONE”."]);
    let asked = browser.get(path).submit_form("form.form", &[("into", "TEE")]);
    assert!(asked.text().contains("TEE will have 25 on hand, and the 2 order lines"), "{}", asked.text());
    assert_eq!(totals(&app, "TEE"), [20, 2, 0, 0], "it only asked");
    let page = asked.submit_form("form.form", &[]).follow();
    assert!(page.text().contains("Former codes: 4.00638E+12"), "{}", page.text());
    assert_eq!((totals(&app, "TEE"), totals(&app, "4.00638E+12")), ([25, 7, 2, 0], [0; 4]));
    assert_verified(&app.database, app.now());
    let lines: Vec<String> = read(&app.database, |conn| {
        order_lines::table.order((order_lines::number, order_lines::position)).select(order_lines::sku).load(conn)
    });
    assert_eq!(lines, ["TEE", "TEE", "TEE", "4.00638E+12"], "what is over stays where it was");
    let listed = read(&app.database, |conn| listings::stores_of(conn, [&sku_code("TEE")]));
    assert_eq!(listed[&sku_code("TEE")].len(), 2, "Shopee goes on with the listing");

    // The orders are shipped as those of the SKU, and late ones are its own.
    let mut browser = app.signed_in();
    browser.get("/orders/lazada-sg/1/ship").submit_form("form[action$='/ship']", &[]);
    assert_eq!(totals(&app, "TEE")[0], 20);
    let Outcome::Accepted(lines) = take(&app.database, app.now(), SHOPEE, "4", &[("4.00638E+12", 1)]) else {
        panic!("it is refused")
    };
    assert_eq!(lines[0].sku.as_str(), "TEE");
    assert_verified(&app.database, app.now());
    let page = browser.get("/catalogue/4.00638E%2B12");
    assert!(page.text().contains("This SKU was merged into TEE"), "{}", page.text());
}

#[test]
fn a_sku_in_a_running_sale_or_with_an_open_order_of_one_is_not_merged() {
    let (app, _) = article_shop();
    add_sku(&app.database, "B", "B", 10, &[LAZADA]);
    let running = create(&app.database, at(1), &sale(at(1), LAZADA, StockAllocation, &[("B", 5)])).expect("a sale");
    for (from, into) in [("B", "Product1"), ("Product1", "B")] {
        assert!(matches!(merge(&app, from, into), Err(MergeRefusal::Held { .. })), "{from} into {into}");
    }
    take(&app.database, at(2), LAZADA, "1", &[("B", 2)]);
    end(&app.database, at(3), running.id).expect("ended");
    assert_eq!(merge(&app, "B", "Product1"), Err(MergeRefusal::OrderedInSale("1".to_owned())));
    assert_eq!(merge(&app, "B", "B"), Err(MergeRefusal::Same));
    crate::scene::cancel(&app.database, at(4), LAZADA, "1");
    merge(&app, "B", "Product1").expect("merged");
    assert_eq!(merge(&app, "B", "Product1"), Err(MergeRefusal::Archived(sku_code("B"))));
    assert_verified(&app.database, at(5));
}

#[test]
fn what_a_store_still_shows_of_a_sku_is_not_merged_into_another_that_it_sells() {
    let shop = Shop::open();
    let app = &shop.app;
    add_sku(&app.database, "B", "B", 10, &[LAZADA]);
    list(&app.database, at(0), "Product1", &[LAZADA]).expect("listed");
    shop.settle(at(0));
    let shown = MergeRefusal::StillShown { sku: sku_code("B"), store: LAZADA.to_owned() };
    assert_eq!(merge(app, "B", "Product1"), Err(shown.clone()));
    list(&app.database, at(1), "B", &[]).expect("unlisted");
    assert_eq!(merge(app, "B", "Product1"), Err(shown), "it shows 10 until it has acknowledged 0");
    shop.settle(at(2));
    merge(app, "B", "Product1").expect("merged");
    shop.settle(at(5));
    assert_eq!(shop.acknowledged()[0], Some(110));
    assert_verified(&app.database, at(5));
}

#[test]
fn codes_that_differ_only_in_case_are_pointed_out_by_the_api() {
    let (app, _) = article_shop();
    let body = json!({"skus": [
        {"code": "PRODUCT1", "name": "Another", "on_hand": 1},
        {"code": "New", "name": "New", "on_hand": 1},
        {"code": "nEW", "name": "New", "on_hand": 1},
        {"code": "Product1", "on_hand": 5},
    ]});
    let answer = app.api().put("/skus", &body).expect(200).body;
    assert_eq!((&answer["created"], &answer["updated"]), (&json!(3), &json!(1)));
    let warnings: Vec<_> = answer["warnings"]
        .as_array()
        .expect("warnings")
        .iter()
        .map(|warning| (&warning["index"], &warning["code"]))
        .collect();
    let alike = json!("spelled_alike");
    assert_eq!(warnings, [(&json!(0), &alike), (&json!(2), &alike)]);
    assert!(answer["warnings"][0]["detail"].as_str().expect("words").contains("“Product1”"));
}

#[test]
fn hidden_characters_are_refused_and_what_looks_the_same_is_the_same() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    let put = |code: &str| {
        let body = json!({"skus": [{"code": code, "name": "Tee", "on_hand": 1}]});
        api.put("/skus", &body).expect(200).body
    };
    for hidden in ['\u{200B}', '\u{00AD}', '\u{2060}', '\u{061C}', '\u{3164}', '\u{200D}', '\u{FE0F}', '\u{200C}'] {
        let words = format!("Remove the hidden character U+{:04X} from the SKU code.", u32::from(hidden));
        let answer = put(&format!("TEE{hidden}"));
        assert!(answer["failed"][0]["detail"].as_str().expect("words").contains(&words), "{answer}");
        let page = browser.get("/catalogue/new").submit(&[
            ("code", &format!("TEE{hidden}")),
            ("name", "Tee"),
            ("on_hand", "1"),
        ]);
        assert!(page.text().contains(&words), "{}", page.text());
    }
    assert_eq!(put("Cafe\u{301}\u{A0}1")["created"], 1);
    assert_eq!(put("Caf\u{E9} 1")["updated"], 1);
    assert!(sku(&app, "Café 1").is_some());
}

#[test]
fn a_code_that_an_earlier_version_took_can_be_opened_and_mended() {
    let (app, mut browser) = article_shop();
    // As it was stored before.
    let odd = SkuCode::trusted("Product1\u{200B}".to_owned());
    let work = |conn: &mut _| rename_sku::run(conn, &cause(at(1)), &sku_code("Product1"), &odd);
    app.database.write_blocking(work).unwrap_or_else(|failed: Failed<RenameSkuRefusal>| panic!("{failed:?}"));
    let path = "/catalogue/Product1%E2%80%8B";
    assert_eq!(browser.get(path).status, 200);
    let page = browser.get(&format!("{path}/rename")).submit_form("form.form", &[("code", "Product1")]);
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(totals(&app, "Product1"), [100, 0, 0, 0]);
    assert_verified(&app.database, app.now());
}

#[test]
fn a_code_in_another_unicode_form_is_renamed_when_the_program_starts() {
    let (app, _) = article_shop();
    add_sku(&app.database, "A", "A", 3, &[LAZADA]);
    for (from, to) in [("Product1", "Cafe\u{301}\u{A0}1"), ("A", "B\u{200B}")] {
        let to = SkuCode::trusted(to.to_owned());
        let work = |conn: &mut _| rename_sku::run(conn, &cause(at(1)), &sku_code(from), &to);
        app.database.write_blocking(work).unwrap_or_else(|failed: Failed<RenameSkuRefusal>| panic!("{failed:?}"));
    }
    let renamed = app.database.write_blocking(|conn| normalize_codes::run(conn, &cause(at(2)))).expect("renamed");
    assert_eq!(renamed, 1, "a hidden character is for people to take out");
    assert_eq!(totals(&app, "Caf\u{E9} 1"), [100, 0, 0, 0]);
    assert_verified(&app.database, at(2));
}
