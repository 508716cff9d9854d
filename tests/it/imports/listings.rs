//! Files that say by what the marketplaces know listings.

use crate::{
    imports::files::finished,
    scene::{LAZADA, SHOPEE, add_sku, article_shop, read, sku_code, store_code},
    stores::mapping::{connect, ids, map},
    support::{TestApp, run_program},
};
use flashsale::{
    db::stores::{connections, fetches, listings},
    marketplaces::shopee,
};

#[test]
fn a_file_maps_listings_and_what_cannot_be_mapped_comes_back_with_the_reason() {
    let (app, mut browser) = article_shop();
    connect(&app, SHOPEE, shopee::KIND);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("listings.csv");
    let rows = "store,sku,seller_sku,item_id,variant_id\n\
                lazada-sg,Product1,P1-SG,28072,13449\n\
                shopee-sg,Product1,,28072,\n\
                lazada-sg,Product9,,1,2\n\
                Lazada SG,Product1,,1,2\n";
    std::fs::write(&file, rows).expect("a file");
    let command = || run_program(&app.url, &["import", "listings", file.to_str().expect("a path of text")]);
    let output = command();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Rows: 4. Mapped: 2. As before: 0. Failed: 2.\n");
    let failed = std::fs::read_to_string(folder.path().join("listings.csv.failed.csv")).expect("the failed rows");
    assert!(failed.contains("List “Product9” on lazada-sg first: that store does not sell it."), "{failed}");
    assert!(failed.contains("store: Use only letters"), "{failed}");
    let found = |store: &str| {
        let listing = read(&app.database, |conn| listings::find(conn, &sku_code("Product1"), &store_code(store)));
        let listing = listing.expect("a listing");
        (listing.seller_sku, listing.item_id, listing.variant_id)
    };
    let id = |id: &str| Some(id.to_owned());
    assert_eq!(found("lazada-sg"), ("P1-SG".to_owned(), id("28072"), id("13449")));
    assert_eq!(found("shopee-sg"), ("Product1".to_owned(), id("28072"), None));
    assert_eq!(String::from_utf8_lossy(&command().stdout), "Rows: 4. Mapped: 0. As before: 2. Failed: 2.\n");
    let page = browser.get("/imports");
    let sample = browser.get(&page.attribute("a[href*='samples/listings']", "href").expect("a sample"));
    let columns: Vec<String> = page.all("#listings + p + dl dt");
    assert_eq!(sample.body.lines().next(), Some(columns.join(",").as_str()));
}

/// Imports rows of a file, and answers what is said and the rows that failed.
fn import(app: &TestApp, rows: &str) -> (String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("listings.csv");
    std::fs::write(&file, format!("store,sku,seller_sku,item_id,variant_id\n{rows}")).expect("a file");
    let output = run_program(&app.url, &["import", "listings", file.to_str().expect("a path of text")]);
    let failed = std::fs::read_to_string(folder.path().join("listings.csv.failed.csv")).unwrap_or_default();
    (String::from_utf8_lossy(&output.stdout).into_owned(), failed)
}

/// The same of rows about Lazada: `sku,item_id,variant_id` each.
fn import_to_lazada(app: &TestApp, rows: &str) -> (String, String) {
    let row = |row: &str| {
        let (sku, ids) = row.split_once(',').expect("a row");
        format!("lazada-sg,{sku},,{ids}\n")
    };
    import(app, &rows.split_whitespace().map(row).collect::<String>())
}

/// A shop with A, B, C and D on Lazada, of which A and B are mapped.
fn shop() -> TestApp {
    let (app, _) = article_shop();
    ["A", "B", "C", "D"].iter().for_each(|sku| add_sku(&app.database, sku, sku, 10, &[LAZADA]));
    map(&app, "A", "1", "10");
    map(&app, "B", "2", "20");
    app
}

/// The ids of the items of A, B, C and D.
fn items(app: &TestApp) -> [String; 4] {
    ["A", "B", "C", "D"].map(|sku| ids(app, sku)[1].clone())
}

#[test]
fn a_product_that_another_sku_has_is_refused_and_the_other_rows_are_applied() {
    let app = shop();
    let (said, failed) = import_to_lazada(&app, "A,1,10 C,1,10 D,7,70 Product1,7,70 B,3,30");
    assert_eq!(said, "Rows: 5. Mapped: 2. As before: 1. Failed: 2.\n");
    let rows: Vec<&str> = failed.lines().skip(1).collect();
    assert_eq!(
        rows,
        [
            "lazada-sg,C,,1,10,\"A already has this ItemId on Lazada SG. Enter another, or clear it for A first.\"",
            "lazada-sg,Product1,,7,70,\"D already has this ItemId on Lazada SG. Enter another, or clear it for D first.\"",
        ]
    );
    assert_eq!((items(&app), ids(&app, "Product1")[1].as_str()), (["1", "3", "", "7"].map(String::from), ""));
    // Another store may call a product of its own so.
    connect(&app, SHOPEE, shopee::KIND);
    let of_shopee = import(&app, "shopee-sg,Product1,,1,10\n");
    assert_eq!(of_shopee.0, "Rows: 1. Mapped: 1. As before: 0. Failed: 0.\n", "{}", of_shopee.1);
}

#[test]
fn two_skus_change_products_within_a_file() {
    let app = shop();
    assert_eq!(import_to_lazada(&app, "A,2,20 B,1,10").0, "Rows: 2. Mapped: 2. As before: 0. Failed: 0.\n");
    assert_eq!(items(&app), ["2", "1", "", ""]);
    assert_eq!(
        import_to_lazada(&app, "C,2,20 A,, D,1,10 B,9,90").0,
        "Rows: 4. Mapped: 3. As before: 0. Unmapped: 1. Failed: 0.\n"
    );
    assert_eq!(items(&app), ["", "9", "2", "1"]);
    // B is refused the product of D, so it still has the product that C wants.
    let (said, failed) = import_to_lazada(&app, "C,9,90 B,1,10");
    assert_eq!(said, "Rows: 2. Mapped: 0. As before: 0. Failed: 2.\n");
    assert!(failed.contains("B already has this ItemId") && failed.contains("D already has this ItemId"), "{failed}");
    assert_eq!(items(&app), ["", "9", "2", "1"]);
}

#[test]
fn rows_too_far_apart_to_change_products_do_when_those_that_failed_are_imported_again() {
    let app = shop();
    let between = "D,4,40 ".repeat(1_000);
    let (said, failed) = import_to_lazada(&app, &format!("A,2,20 {between} B,1,10"));
    assert_eq!(said, "Rows: 1002. Mapped: 1. As before: 999. Failed: 2.\n");
    let rows = failed.lines().skip(1).filter_map(|row| row.split(",\"").next());
    let again: String = rows.map(|row| format!("{row}\n")).collect();
    assert_eq!(import(&app, &again).0, "Rows: 2. Mapped: 2. As before: 0. Failed: 0.\n", "{again}");
    assert_eq!(items(&app), ["2", "1", "", "4"]);
}

#[test]
fn the_ids_of_a_file_are_read_as_its_store_needs_them() {
    let app = shop();
    let (_, failed) = import_to_lazada(&app, "C,5,");
    assert!(failed.contains("variant_id: Enter the SkuId too: Lazada needs it together with the ItemId."), "{failed}");
    connect(&app, LAZADA, shopee::KIND);
    let (said, failed) = import_to_lazada(&app, "C,+5,0 D,05,00 A,5,");
    assert_eq!(said, "Rows: 3. Mapped: 1. As before: 0. Failed: 2.\n");
    assert!(failed.contains("item_id: Enter the item_id in digits: Shopee uses numbers."), "{failed}");
    assert!(failed.contains("D already has this item_id on Lazada SG."), "{failed}");
    assert_eq!(ids(&app, "D"), ["D", "5", ""]);
    assert_eq!(import_to_lazada(&app, "D,005,0").0, "Rows: 1. Mapped: 0. As before: 1. Failed: 0.\n");
}

#[test]
fn a_row_without_ids_is_no_mapping_and_a_store_that_is_not_there_is_told_with_those_that_are() {
    let app = shop();
    let mut browser = app.signed_in();
    let file = "store,sku,seller_sku,item_id,variant_id\nlazada-sg,A,,,\nlazada-sg,C,C-1,,\nlazada-sg,D,,,\nlazada-sg,B,,2,20\n\
                nostore,A,,1,10\n";
    let sent = browser.get("/imports").submit_file("file", "listings.csv", file.as_bytes());
    let page = finished(&mut browser, &sent.location.expect("the page of the import"));
    for (label, number) in [("Mapped", "0"), ("As before", "2"), ("Unmapped", "2"), ("Failed", "1")] {
        assert!(page.text().contains(&format!("{label} {number}")), "{label} {number} in {}", page.text());
    }
    assert!(page.text().contains("2 rows have no IDs: their listings are not pushed until there are some."));
    let words = "store: Choose a store: there is no “nostore”. There are lazada-sg, shopee-sg, zalora-sg.";
    assert_eq!(page.cell("6", "Reason"), words);
    assert_eq!(items(&app), ["", "2", "", ""]);
}

/// A store that is pushed to: it was tested and started.
fn start(app: &TestApp, store: &str) {
    app.write(|conn| {
        let mut connection = connections::lock(conn, &store_code(store)).expect("a read").expect("a connection");
        connection.resume();
        connection.tested_at = Some(app.now());
        connections::update(conn, &connection).expect("a write");
        fetches::set_started(conn, &store_code(store), Some(app.now())).expect("a write");
    });
}

#[test]
fn a_file_that_changes_much_of_a_store_waits_until_a_person_has_seen_what_would_change() {
    for (count, is_paused) in [(9, false), (12, true)] {
        let (app, _) = article_shop();
        connect(&app, SHOPEE, shopee::KIND);
        start(&app, SHOPEE);
        let rows: String = (0..count).map(|nth| format!("shopee-sg,SET-{nth},Product1*2\n")).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kits.csv");
        std::fs::write(&file, format!("store,seller_sku,components\n{rows}")).expect("a file");
        let output = run_program(&app.url, &["import", "listings", file.to_str().expect("a path of text")]);
        assert!(output.status.success(), "{output:?}");
        let connection =
            read(&app.database, |conn| connections::find(conn, &store_code(SHOPEE))).expect("a connection");
        let reason = connection.pause_reason.unwrap_or_default();
        assert_eq!(connection.paused_at.is_some(), is_paused, "{count}: {reason}");
        assert_eq!(reason.contains("have other matches now"), is_paused, "{reason}");
        let started = read(&app.database, |conn| fetches::started_at(conn, &store_code(SHOPEE)));
        assert_eq!(started.is_none(), is_paused);
    }
}
