//! Files of orders.

use crate::{
    api::client::Api,
    imports::files::{counts, finished},
    scene::{LAZADA, SHOPEE, add_sku, article_shop, assert_verified, store_code},
    support::{Browser, EMAIL, Page, TestApp, run_program},
};
use flashsale::{
    actions::imports::{
        apply_import_chunk,
        start_import::{self, NewImport},
    },
    db::{self, imports::Import, orders},
    domain::{code::OrderNumber, imports::import::ImportKind},
};
use serde_json::{Value, json};

const HEADER: &str = "store,order_number,placed_at,sku,quantity,unit_price\n";

fn send(browser: &mut Browser, rows: &str) -> Page {
    let file = format!("{HEADER}{rows}");
    browser.get("/imports").submit_file_with("file", "orders.csv", file.as_bytes(), &[("kind", "orders")])
}

/// Sends a file that is taken, and answers its page when all rows were tried.
fn import(browser: &mut Browser, rows: &str) -> Page {
    let sent = send(browser, rows);
    assert_eq!(sent.status, 303, "{}", sent.text());
    finished(browser, &sent.location.expect("the page of the import"))
}

/// The file of the rows that failed.
fn failed_rows(browser: &mut Browser, page: &Page) -> String {
    browser.get(&page.attribute("a[download]", "href").expect("a link to the failed rows")).body
}

fn order(api: &Api, store: &str, number: &str) -> Value {
    api.get(&format!("/orders/{store}/{number}")).expect(200).body
}

#[test]
fn a_file_of_orders_is_recorded_and_the_same_file_again_changes_nothing_and_says_so() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    add_sku(&app.database, "MUG", "Mug", 5, &[LAZADA]);
    let file = "lazada-sg,1,2026-11-10T19:30:00+08:00,Product1,2,12.50\nlazada-sg,1,2026-11-10T19:30:00+08:00,MUG,7,\n\
                shopee-sg,1,,Product1,3,9\n";
    let page = import(&mut browser, file);
    assert_eq!(counts(&page), ["3", "3", "3", "0", "0"]);
    assert_eq!(page.all(".tile dt"), ["Rows", "Imported", "Recorded", "Known already", "Failed"]);
    assert_eq!(page.all("a[href='/orders']"), ["Orders", "Go to the orders"]);
    let first = order(&api, LAZADA, "1");
    assert_eq!(
        (&first["placed_at"], &first["received_at"]),
        (&json!("2026-11-10T11:30:00Z"), &json!("2026-11-10T12:00:00Z"))
    );
    let lines = first["lines"].as_array().expect("lines");
    let line =
        |nth: usize| ["quantity", "unit_price_minor", "from_shared", "oversold"].map(|name| lines[nth][name].clone());
    assert_eq!(line(0), [json!(2), json!(1250), json!(2), json!(0)]);
    assert_eq!(line(1), [json!(7), Value::Null, json!(5), json!(2)]);
    assert_eq!(order(&api, SHOPEE, "1")["placed_at"], "2026-11-10T12:00:00Z", "empty is now");
    let ledger = browser.get("/catalogue/Product1?kind=order_taken");
    assert!(ledger.text().contains("Import of orders.csv"), "{}", ledger.text());
    let again = import(&mut browser, file);
    assert_eq!(counts(&again), ["3", "3", "0", "3", "0"]);
    assert_eq!(browser.get("/catalogue/Product1").cell("Lazada SG", "Quantity to push"), "95");
    assert_verified(&app.database, app.now());
}

#[test]
fn an_order_is_imported_whole_or_not_at_all_and_comes_back_with_its_reasons() {
    let (app, mut browser) = article_shop();
    let page = import(
        &mut browser,
        "lazada-sg,good,,Product1,1,\nlazada-sg,bad,,Product1,1,5\nlazada-sg,bad,,Product1,none,5\n\
         lazada-sg,strange,,Product1,1,\nlazada-sg,strange,,Nothing,1,\nnowhere,1,,Product1,1,\n\
         lazada-sg,late,2026-11-12T12:00:00Z,Product1,1,\nlazada-sg,,,Product1,1,\nlazada-sg,cut,,Product1\n",
    );
    assert_eq!(counts(&page), ["9", "1", "1", "0", "8"]);
    let failed = failed_rows(&mut browser, &page);
    let unknown = "Choose a SKU from the catalogue: there is no “Nothing”.";
    let expected = format!(
        "store,order_number,placed_at,sku,quantity,unit_price,reason\n\
         lazada-sg,bad,,Product1,1,5,Import it again once line 4 is fixed: an order is imported as a whole.\n\
         lazada-sg,bad,,Product1,none,5,\"quantity: Enter a whole number in digits, 1 or more.\"\n\
         lazada-sg,strange,,Product1,1,,{unknown}\n\
         lazada-sg,strange,,Nothing,1,,{unknown}\n\
         nowhere,1,,Product1,1,,Choose a store: there is no “nowhere”.\n\
         lazada-sg,late,2026-11-12T12:00:00Z,Product1,1,,\"Check the order date: 12 Nov 2026, 20:00 in Asia/Singapore is more than a day in the future.\"\n\
         lazada-sg,,,Product1,1,,order_number: Enter an order number.\n\
         lazada-sg,cut,,Product1,,,Complete the row: it ends after 4 of 6 cells. The file may be cut off.\n"
    );
    assert_eq!(failed, expected);
    assert_eq!(browser.get("/orders").all("tbody th"), ["good"]);
    let corrected = failed.replace("none", "2").replace("Nothing", "Product1");
    let page =
        browser.get("/imports").submit_file_with("file", "corrected.csv", corrected.as_bytes(), &[("kind", "orders")]);
    let page = finished(&mut browser, &page.location.expect("a page"));
    assert_eq!(counts(&page), ["8", "4", "4", "0", "4"]);
    assert_eq!(browser.get("/orders").cell("bad", "Units"), "3");
    assert_verified(&app.database, app.now());
}

/// An import of these rows that no server has been notified of.
fn untold(app: &TestApp, rows: &str) -> Import {
    let new = NewImport {
        kind: Some(ImportKind::Orders),
        file_name: "orders.csv".into(),
        actor: EMAIL.into(),
        is_check: false,
    };
    let (now, file) = (app.now(), format!("{HEADER}{rows}"));
    let start = |conn: &mut db::Conn| start_import::run(conn, &new, now, file.as_bytes());
    app.database.write_blocking(start).expect("an import")
}

fn apply_chunk(app: &TestApp, import: &Import) -> Import {
    let (id, now) = (Some(import.id), app.now());
    app.write(|conn| apply_import_chunk::run(conn, id, now).expect("a chunk")).expect("rows that wait")
}

/// The units of an order; none if there is no such order.
fn units(app: &TestApp, number: &str) -> i64 {
    let (store, number) = (store_code(LAZADA), OrderNumber::trusted(number.to_owned()));
    let found = app.write(|conn| orders::find(conn, &store, &number).expect("a read"));
    found.map_or(0, |order| order.units)
}

#[test]
fn an_order_that_stands_where_a_chunk_ends_is_applied_with_one_of_them() {
    let (app, _) = article_shop();
    let single = |n: usize| format!("{LAZADA},N-{n},,Product1,1,\n");
    let long = |number: &str, rows: usize| format!("{LAZADA},{number},,Product1,1,\n").repeat(rows);
    let rows: String = (0..998).map(single).chain([long("at the end", 5), long("whole", 1_000), single(998)]).collect();
    let import = untold(&app, &rows);
    assert_eq!(import.rows_total, 998 + 5 + 1_000 + 1);
    let first = apply_chunk(&app, &import);
    assert_eq!((first.rows_done, units(&app, "at the end"), units(&app, "whole")), (1_003, 5, 0));
    let second = apply_chunk(&app, &import);
    assert_eq!((second.rows_done, units(&app, "whole"), units(&app, "N-998")), (2_003, 1_000, 0));
    let last = apply_chunk(&app, &import);
    assert_eq!((last.rows_created, last.rows_failed, units(&app, "N-998")), (2_004, 0, 1));
    assert!(last.finished_at.is_some());
    assert_verified(&app.database, app.now());
}

#[test]
fn an_order_with_more_lines_than_an_order_has_fails_with_all_its_rows_and_no_other() {
    let (app, mut browser) = article_shop();
    let long = "lazada-sg,long,,Product1,1,\n".repeat(2_500);
    let page = import(&mut browser, &format!("lazada-sg,1,,Product1,1,\n{long}lazada-sg,2,,Product1,1,\n"));
    assert_eq!(counts(&page), ["2502", "2", "2", "0", "2500"]);
    let failed = failed_rows(&mut browser, &page);
    let reason = "\"Shorten the order to 1000 rows and 4 MiB: it has more, and was not imported.\"";
    assert_eq!(failed.lines().filter(|line| line.ends_with(reason)).count(), 2_500);
    assert_eq!(browser.get("/orders").all("tbody th"), ["2", "1"]);
    let nothing_else = import(&mut browser, &long);
    assert_eq!(counts(&nothing_else), ["2500", "0", "0", "0", "2500"], "it is finished at once");
    assert_verified(&app.database, app.now());
}

#[test]
fn a_file_whose_orders_are_torn_apart_is_refused_and_nothing_of_it_is_kept() {
    let (_app, mut browser) = article_shop();
    let torn = "lazada-sg,1,,Product1,1,\nlazada-sg,2,,Product1,1,\nlazada-sg,1,,Product1,2,\n";
    let page = send(&mut browser, torn);
    assert_eq!(page.status, 422);
    let words = "Put the rows of each order together and choose the file again: the order on line 4 is also on line 2, \
                 with different rows.";
    assert_eq!(page.all("#file-error"), [format!("Error: {words}")]);
    assert!(browser.get("/orders").text().contains("No orders yet"));
    assert!(browser.get("/imports").text().contains("No imports yet"));
    let hidden_in_a_long_one =
        format!("lazada-sg,1,,Product1,1,\nlazada-sg,2,,Product1,1,\n{}", "lazada-sg,1,,Product1,1,\n".repeat(1_200));
    assert_eq!(send(&mut browser, &hidden_in_a_long_one).status, 422);
    // Two exports, one after the other, that have an order in common.
    let twice = import(&mut browser, "lazada-sg,1,,Product1,1,\nlazada-sg,2,,Product1,1,\nlazada-sg,1,,Product1,1,\n");
    assert_eq!(counts(&twice), ["3", "3", "2", "1", "0"]);
}

#[test]
fn an_order_that_is_known_with_other_lines_stays_and_says_so() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    import(&mut browser, "lazada-sg,1,,Product1,1,5\nlazada-sg,1,,Product1,2,5\n");
    let page = import(&mut browser, "lazada-sg,1,,Product1,2,\nlazada-sg,1,,Product1,1,\n");
    assert_eq!(counts(&page), ["2", "2", "0", "2", "0"], "the same lines in another order, without prices");
    let page = import(&mut browser, "lazada-sg,1,,Product1,3,5\n");
    assert_eq!(counts(&page), ["1", "0", "0", "0", "1"]);
    assert!(
        page.text().contains("1 of lazada-sg is already recorded with different lines, and stays as it is."),
        "{}",
        page.text()
    );
    assert_eq!(order(&api, LAZADA, "1")["lines"].as_array().map(Vec::len), Some(2));
}

#[test]
fn an_order_that_was_cancelled_before_its_file_came_takes_nothing() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    api.post("/orders/lazada-sg/1/cancel", &json!({})).expect(200);
    let page = import(&mut browser, "lazada-sg,1,,Product1,1,5\n");
    assert_eq!(counts(&page), ["1", "1", "1", "0", "0"]);
    let cancelled = order(&api, LAZADA, "1");
    assert_eq!((&cancelled["status"], &cancelled["lines"][0]["from_shared"]), (&json!("cancelled"), &json!(0)));
    assert_verified(&app.database, app.now());
}

#[test]
fn the_sample_file_has_the_columns_that_the_page_explains() {
    let (app, mut browser) = article_shop();
    add_sku(&app.database, "PRODUCT1", "Product 1", 100, &[LAZADA, SHOPEE]);
    add_sku(&app.database, "TEE-BLK-M", "T-shirt", 240, &[LAZADA, SHOPEE]);
    let imports = browser.get("/imports");
    let columns: Vec<String> = imports.all("#orders + p + dl dt");
    let sample = browser.get(&imports.attribute("a[href*='samples/orders']", "href").expect("a sample"));
    assert_eq!(sample.body.lines().next(), Some(columns.join(",").as_str()));
    let rows = sample.body.strip_prefix(HEADER).expect("the header").replace("2026-11-11", "2026-11-10");
    assert_eq!(counts(&import(&mut browser, &rows)), ["3", "3", "3", "0", "0"]);
}

#[test]
fn the_command_line_imports_orders() {
    let (app, mut browser) = article_shop();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("orders.csv");
    let rows: String = (0..1_500).map(|n| format!("lazada-sg,N-{n},,Product1,1,2.50\n")).collect();
    std::fs::write(&file, format!("{HEADER}{rows}lazada-sg,bad,,Product1,many,\n")).expect("a file");
    let command = || run_program(&app.url, &["import", "orders", file.to_str().expect("a path of text")]);
    let output = command();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said, "Rows: 1501. Recorded: 1500. Known already: 0. Failed: 1.\n");
    let failed = std::fs::read_to_string(folder.path().join("orders.csv.failed.csv")).expect("the failed rows");
    assert!(failed.contains("lazada-sg,bad,,Product1,many,,"), "{failed}");
    let again = String::from_utf8_lossy(&command().stdout).into_owned();
    assert_eq!(again, "Rows: 1501. Recorded: 0. Known already: 1500. Failed: 1.\n");
    assert_eq!(browser.get("/orders").all("tbody tr").len(), 50);
    std::fs::write(&file, format!("{HEADER}lazada-sg,1,,A,1,\nlazada-sg,2,,A,1,\nlazada-sg,1,,A,2,\n"))
        .expect("a file");
    let torn = command();
    assert!(String::from_utf8_lossy(&torn.stderr).contains("line 4 is also on line 2"), "{torn:?}");
}
