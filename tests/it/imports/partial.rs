//! Files that say a part, and leave the rest as it is; and differences of stock.

use crate::{
    api::calls::together,
    imports::{
        files::counts,
        tables::{import, on_hand},
    },
    scene::{LAZADA, SHOPEE, article_shop, assert_verified},
    support::{TestApp, run_program},
};
use serde_json::json;

fn stores_of(app: &TestApp, code: &str) -> Vec<String> {
    let code = crate::scene::sku_code(code);
    let listed = app.write(|conn| flashsale::db::stores::listings::stores_of(conn, [&code]).expect("a database"));
    listed.into_values().flatten().map(|store| store.to_string()).collect()
}

#[test]
fn what_a_file_leaves_out_stays_as_it_is() {
    let (app, mut browser) = article_shop();
    for (file, result) in [
        ("sku,on_hand\nProduct1,90\n", ["1", "1", "0", "1", "0"]),
        ("sku,name\nProduct1,Product one\n", ["1", "1", "0", "1", "0"]),
        ("sku,name,on_hand,stores,buffer\nProduct1,,,,7\n", ["1", "1", "0", "1", "0"]),
        ("sku,on_hand\nNEW,5\n", ["1", "0", "0", "0", "1"]),
    ] {
        assert_eq!(counts(&import(&mut browser, "c.csv", file)), result, "{file}");
    }
    let page = browser.get("/catalogue/Product1");
    assert!(page.title().contains("Product1") && page.text().contains("Product one"), "{}", page.text());
    assert_eq!(on_hand(&app, "Product1"), Some(90));
    assert_eq!(stores_of(&app, "Product1").len(), 3);
    import(&mut browser, "c.csv", "sku,stores\nProduct1,|\n");
    assert_eq!(stores_of(&app, "Product1").len(), 0, "a single bar means no store");
}

#[test]
fn an_edited_export_never_undoes_what_happened_since() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    let order = json!({"store": LAZADA, "number": "1", "lines": [{"sku": "Product1", "quantity": 10}]});
    api.post("/orders", &json!({"orders": [order]})).expect(200);
    let export = browser.get("/catalogue.csv").body;
    api.post("/orders/lazada-sg/1/ship", &json!({})).expect(200);
    let renamed = export.replace("Product 1", "Product one");
    let page = import(&mut browser, "catalogue.csv", &renamed);
    assert_eq!(counts(&page), ["1", "0", "0", "0", "1"]);
    let words = "Look at the stock of “Product1” again: it was 100 when this was exported, and is 90 now.";
    assert!(page.cell("2", "Reason").starts_with(words), "{}", page.text());
    assert_eq!(on_hand(&app, "Product1"), Some(90));
    // Without a number, the rest of the row counts.
    let cleared = renamed.replace("Product one,100,", "Product one,,");
    assert_eq!(counts(&import(&mut browser, "catalogue.csv", &cleared)), ["1", "1", "0", "1", "0"]);
    assert_eq!(on_hand(&app, "Product1"), Some(90));
    let counted = "sku,on_hand,on_hand_shown,counted_at\nProduct1,95,100,2026-11-10 19:00\n";
    assert_eq!(counts(&import(&mut browser, "count.csv", counted)), ["1", "1", "0", "1", "0"]);
    assert_eq!(on_hand(&app, "Product1"), Some(95), "a count counts");
    let unmoved = browser.get("/catalogue.csv").body.replace("Product one,95,", "Product one,97,");
    assert_eq!(counts(&import(&mut browser, "catalogue.csv", &unmoved)), ["1", "1", "0", "1", "0"]);
    assert_eq!(counts(&import(&mut browser, "catalogue.csv", &unmoved)), ["1", "1", "0", "1", "0"], "twice is once");
    assert_eq!(on_hand(&app, "Product1"), Some(97));
    assert_verified(&app.database, app.now());
}

#[test]
fn changes_of_stock_are_differences_and_the_same_rows_are_not_applied_twice() {
    let (app, mut browser) = article_shop();
    let file = "sku,change,reason,note\nProduct1,200,received,Delivery 7\nProduct1,-3,damaged,\nProduct1,-1000,correction,\n\
                Nothing,5,received,\nProduct1,5,lost,\n";
    let page = import(&mut browser, "delivery.csv", file);
    assert_eq!(counts(&page), ["5", "2", "2", "0", "3"]);
    assert_eq!(on_hand(&app, "Product1"), Some(297));
    assert!(page.cell("4", "Reason").contains("297 on hand"), "{}", page.text());
    assert!(page.cell("5", "Reason").contains("there is no “Nothing”"));
    assert!(page.cell("6", "Reason").contains("received, returned, damaged, correction"));
    let again = browser.get("/imports").submit_file("file", "delivery.csv", file.as_bytes());
    assert!(again.all("#file-error")[0].contains("Check whether these changes are done already"), "{}", again.text());
    assert_eq!(on_hand(&app, "Product1"), Some(297));
    let ledger = browser.get("/catalogue/Product1").text();
    assert!(ledger.contains("Delivery 7") && ledger.contains("Import of delivery.csv"), "{ledger}");
    assert_verified(&app.database, app.now());
}

#[test]
fn a_mended_file_of_changes_can_be_sent_whole_and_a_sheet_that_grew_cannot() {
    let (app, mut browser) = article_shop();
    let header = "sku,change,reason,note\n";
    let first = "Product1,200,received,Delivery 7\nProduct1,-3,damaged,\nProduct1,-3,damaged,\n";
    let file = format!("{header}{first}Nothing,5,received,\nProduct1,five,received,\n");
    assert_eq!(counts(&import(&mut browser, "delivery.csv", &file)), ["5", "3", "3", "0", "2"]);
    assert_eq!(on_hand(&app, "Product1"), Some(294));
    // What a spreadsheet makes of it when it is saved again, with one of the two mended.
    let again = file.replace("five", "5").replace("200", "\"200 \"").replace("-3,damaged", "-3,Damaged");
    let sent =
        browser.get("/imports").submit_file_with("file", "delivery.csv", again.as_bytes(), &[("press", "check")]);
    let check = sent.follow();
    assert_eq!(counts(&check), ["5", "4", "1", "3", "1"], "{}", check.text());
    let page = import(&mut browser, "delivery.csv", &again);
    assert_eq!(counts(&page), ["5", "4", "1", "3", "1"]);
    let words = "3 rows were applied by the import of delivery.csv at 10 Nov 2026, 20:00 (Asia/Singapore), and not a second time.";
    assert!(page.text().contains(words), "{}", page.text());
    assert_eq!(page.cell("5", "Reason"), "Choose a SKU from the catalogue: there is no “Nothing”.");
    assert_eq!(on_hand(&app, "Product1"), Some(299));
    let mended = again.replace("Nothing", "Product1");
    let page = import(&mut browser, "delivery.csv", &mended);
    assert_eq!(counts(&page), ["5", "5", "1", "4", "0"]);
    assert_eq!(on_hand(&app, "Product1"), Some(304));

    let mut refusal = |file: &str| {
        let sent = browser.get("/imports").submit_file("file", "sheet.csv", file.as_bytes());
        assert_eq!(sent.status, 422, "{}", sent.text());
        sent.all("#file-error").join("")
    };
    let at = "10 Nov 2026, 20:00 (Asia/Singapore)";
    assert!(refusal(&mended).contains(&format!("a file with the same rows was imported as delivery.csv at {at}.")));
    // Another row among the old ones, and one of the old ones with another note.
    let grown = format!("{header}Product1,1,returned,\n{first}");
    let changed = format!("{header}{}", first.replace("Delivery 7", "Delivery 8"));
    let same = format!("{header}Product1,11,received,\n");
    import(&mut app.signed_in(), "sheet.csv", &same);
    for (file, rows, name) in [
        (format!("{same}Product1,12,received,\n"), "1 row of this file was", "sheet.csv"),
        (changed, "2 rows of this file were", "delivery.csv"),
    ] {
        let words =
            format!("Check which of these changes are done already: {rows} applied by the import of {name} at {at}.");
        assert!(refusal(&file).contains(&words), "{file}: {}", refusal(&file));
    }
    assert_eq!(on_hand(&app, "Product1"), Some(315));
    // The rows that were applied, and one more, are what is left of a file that failed in part.
    assert_eq!(counts(&import(&mut browser, "delivery.csv", &grown)), ["4", "4", "1", "3", "0"]);
    // A month later the same changes are others, and a note says so at any time.
    let noted = first.replace("Delivery 7", "Delivery 9").replace("damaged,\n", "damaged,bay 12\n");
    assert_eq!(counts(&import(&mut browser, "delivery.csv", format!("{header}{noted}"))), ["3", "3", "3", "0", "0"]);
    app.advance(chrono::TimeDelta::days(31));
    let mut later = app.signed_in();
    assert_eq!(counts(&import(&mut later, "sheet.csv", format!("{header}{first}"))), ["3", "3", "3", "0", "0"]);
    assert_verified(&app.database, app.now());
}

#[test]
fn a_file_of_changes_that_is_sent_eight_times_at_once_is_applied_once() {
    let (app, mut browser) = article_shop();
    let page = browser.get("/imports");
    let file = b"sku,change,reason\nProduct1,5,received\nProduct1,-1,damaged\n";
    let mut sent = together(&[(); 8], |()| page.submit_file("file", "d.csv", file).status);
    sent.sort_unstable();
    assert_eq!(sent, [303, 422, 422, 422, 422, 422, 422, 422]);
    app.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(on_hand(&app, "Product1"), Some(104));
}

#[test]
fn a_file_of_changes_of_which_nothing_was_applied_can_be_sent_as_it_is() {
    let (app, mut browser) = article_shop();
    let file = "sku,change,reason\nNEW,5,received\n";
    for _ in 0..2 {
        assert_eq!(counts(&import(&mut browser, "d.csv", file)), ["1", "0", "0", "0", "1"]);
    }
    import(&mut browser, "c.csv", "sku,name,on_hand\nNEW,New,1\n");
    assert_eq!(counts(&import(&mut browser, "d.csv", file)), ["1", "1", "1", "0", "0"]);
    assert_eq!(on_hand(&app, "NEW"), Some(6));
}

#[test]
fn the_command_line_checks_several_files_and_tidies_up_after_itself() {
    let (app, _) = article_shop();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| std::fs::write(path(name), text).expect("a file");
    let run = |arguments: &[&str]| {
        let output = run_program(&app.url, arguments);
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success())
    };
    let [one, two] = ["one.csv", "two.csv"].map(|name| path(name).display().to_string());
    write("one.csv", "sku,change,reason\nProduct1,5,received\n");
    write("two.csv", "sku,change,reason\nProduct1,many,received\n");
    let (said, is_good) = run(&["import", "stock-changes", "--check", &one, &two]);
    assert!(!is_good && said.contains("This was a check: nothing was changed."), "{said}");
    assert_eq!(on_hand(&app, "Product1"), Some(100));
    let failed = std::fs::read_to_string(path("two.csv.failed.csv")).expect("the failed rows");
    assert!(failed.starts_with("\u{feff}sku,change,reason,failed_because\nProduct1,many,received,"), "{failed}");
    write("two.csv", "sku,change,reason\nProduct1,7,returned\n");
    let (said, is_good) = run(&["import", "stock-changes", &one, &two]);
    assert!(is_good && said.matches("Rows: 1. Applied: 1.").count() == 2, "{said}");
    assert_eq!(on_hand(&app, "Product1"), Some(112));
    assert!(!path("two.csv.failed.csv").exists(), "what failed before is mended");
    write("two.csv.failed.csv", "sku,price\nsomebody else's\n");
    write("two.csv", "sku,change,reason\nProduct1,1,returned\n");
    assert!(run(&["import", "stock-changes", &two]).1);
    assert!(path("two.csv.failed.csv").exists(), "a file of somebody else stays");
    let listed = stores_of(&app, "Product1");
    assert!(listed.contains(&SHOPEE.to_owned()));
}
