//! Imports, as staff send files and watch them.

use crate::{
    scene::assert_verified,
    support::{Browser, EMAIL, Page, TestApp, on_postgres, run_program},
};
use chrono::TimeDelta;
use flashsale::{
    actions::{
        imports::{
            apply_import_chunk,
            start_import::{self, NewImport},
        },
        stores::add_store::{self, NewStore},
    },
    db::{
        self,
        catalogue::{ledger, skus},
        imports::Import,
        stores::listings,
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ImportId,
        imports::import::ImportKind,
    },
};
use std::{
    process::Output,
    time::{Duration, Instant},
};

const HEADER: &str = "sku,name,on_hand,stores\n";

/// A server with the stores `lazada-sg` and `shopee-sg`.
fn app() -> TestApp {
    app_with(&[])
}

/// The same without the server, whose job would import as well.
fn without_server() -> TestApp {
    let mut app = app();
    app.stop();
    app
}

fn app_with(variables: &[(&str, &str)]) -> TestApp {
    let app = TestApp::start_with(variables);
    for (code, name) in [("lazada-sg", "Lazada SG"), ("shopee-sg", "Shopee SG")] {
        let store = NewStore {
            code: StoreCode::trusted(code.into()),
            name: name.into(),
            marketplace: name.into(),
            time_zone: chrono_tz::Tz::Asia__Singapore,
            country: None,
            currency: None,
        };
        let now = app.now();
        app.write(|conn| add_store::run(conn, store.clone(), now)).expect("a store");
    }
    app
}

fn send(browser: &mut Browser, file: impl AsRef<[u8]>) -> Page {
    browser.get("/imports").submit_file("file", "catalogue.csv", file.as_ref())
}

/// Sends a file that is taken, and answers its page when all rows were tried.
fn import(browser: &mut Browser, file: impl AsRef<[u8]>) -> Page {
    let sent = send(browser, file);
    assert_eq!(sent.status, 303, "{}", sent.text());
    finished(browser, &sent.location.expect("the page of the import"))
}

pub fn finished(browser: &mut Browser, path: &str) -> Page {
    let since = Instant::now();
    loop {
        let page = browser.get(path);
        if page.text().contains("State Finished") {
            return page;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "still running: {}", page.text());
        std::thread::yield_now();
    }
}

/// Rows of the file, imported, new, known already and failed, as the page says.
pub fn counts(page: &Page) -> [String; 5] {
    let values = page.all(".tile-value");
    values.try_into().expect("five numbers")
}

fn sku(app: &TestApp, code: &str) -> Option<skus::Sku> {
    app.write(|conn| skus::find(conn, &SkuCode::trusted(code.into())).expect("a database"))
}

fn stores_of(app: &TestApp, code: &str) -> Vec<String> {
    let code = SkuCode::trusted(code.into());
    let listed = app.write(|conn| listings::stores_of(conn, [&code]).expect("a database"));
    listed.into_values().flatten().map(|store| store.to_string()).collect()
}

fn number_of_skus(app: &TestApp) -> i64 {
    use diesel::{QueryDsl, RunQueryDsl};
    app.write(|conn| db::engine::schema::skus::table.count().get_result(conn).expect("a number"))
}

/// `rows` SKUs called `S0`, `S1`, …
fn generated(rows: usize) -> String {
    let row = |n| format!("S{n},\"SKU, number {n}\",{},lazada-sg|shopee-sg\n", n % 100 + 1);
    HEADER.chars().chain((0..rows).map(row).collect::<String>().chars()).collect()
}

#[test]
fn every_row_of_a_good_file_is_a_sku_with_its_stock_its_stores_and_its_ledger() {
    let app = app();
    let mut browser = app.signed_in();
    let file = "SKU;Name;On hand;Stores;Buffer;Colour\r\n\
                TEE;\"Tee; red\";240;lazada-sg|shopee-sg;10;red\r\n\
                MUG;Becher für Kaffee;75;;;white\r\n";
    let page = import(&mut browser, ["\u{feff}", file].concat());
    assert_eq!(counts(&page), ["2", "2", "2", "0", "0"]);
    let tee = sku(&app, "TEE").expect("TEE");
    assert_eq!((tee.name.as_str(), tee.on_hand, tee.buffer), ("Tee; red", 240, 10));
    assert_eq!(stores_of(&app, "TEE"), ["lazada-sg", "shopee-sg"]);
    assert_eq!((sku(&app, "MUG").expect("MUG").name.as_str(), stores_of(&app, "MUG").len()), ("Becher für Kaffee", 0));
    let entries = ledger_of(&app, "TEE");
    assert_eq!(entries, [("opening_stock".to_owned(), EMAIL.to_owned(), "Import of catalogue.csv".to_owned(), 240)]);
    let list = browser.get("/imports");
    assert_eq!((list.cell("catalogue.csv", "Rows"), list.cell("catalogue.csv", "Failed")), ("2".into(), "0".into()));
    assert_eq!(
        (list.cell("catalogue.csv", "By"), list.cell("catalogue.csv", "State")),
        (EMAIL.into(), "Finished".into())
    );
}

fn ledger_of(app: &TestApp, code: &str) -> Vec<(String, String, String, i64)> {
    use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SelectableHelper};
    use flashsale::db::engine::schema::ledger_entries as entries;
    let code = SkuCode::trusted(code.into());
    let rows: Vec<ledger::EntryRow> = app.write(|conn| {
        let of_sku = entries::table.filter(entries::sku.eq(&code)).order(entries::number);
        of_sku.select(ledger::EntryRow::as_select()).load(conn).expect("entries")
    });
    rows.into_iter().map(|row| (row.kind.as_str().to_owned(), row.actor, row.reason, row.on_hand_change)).collect()
}

#[test]
fn a_file_brings_existing_skus_up_to_date_and_a_sku_that_stands_twice_is_what_its_last_row_says() {
    let app = app();
    let mut browser = app.signed_in();
    import(&mut browser, "sku,name,on_hand,stores,buffer\nTEE,Tee,100,lazada-sg|shopee-sg,7\n");
    let page = import(&mut browser, format!("{HEADER}TEE,Tee,90,shopee-sg\nMUG,Mug,5,\nTEE,Red tee,80,shopee-sg\n"));
    assert_eq!(counts(&page), ["3", "3", "1", "2", "0"]);
    let tee = sku(&app, "TEE").expect("TEE");
    assert_eq!((tee.name.as_str(), tee.on_hand, tee.buffer), ("Red tee", 80, 7), "a buffer that is not given stays");
    assert_eq!(stores_of(&app, "TEE"), ["shopee-sg"]);
    let changes: Vec<i64> = ledger_of(&app, "TEE").into_iter().map(|entry| entry.3).collect();
    assert_eq!(changes, [100, -10, -10]);
}

#[test]
fn rows_that_fail_come_back_with_their_reasons_and_can_be_mended_and_sent_again() {
    let app = app();
    let mut browser = app.signed_in();
    let file = format!(
        "{HEADER}GOOD,Good,5,lazada-sg\n,No code,5,\nNEG,Negative,-1,\nWORD,Words,many,\nHUGE,Huge,99999999999,\n\
         WHERE,Nowhere,5,lazada-sg|amazon-sg\n=1+1,=cmd|' /C calc'!A0,oops,\nCUT,Cut\n"
    );
    let page = import(&mut browser, &file);
    assert_eq!(counts(&page), ["8", "1", "1", "0", "7"]);
    assert_eq!(number_of_skus(&app), 1);
    assert_eq!(page.cell("3", "Reason"), "sku: Enter a SKU code.");
    assert_eq!(page.cell("7", "Reason"), "Add the store “amazon-sg” first: there is no such store.");
    let failed = browser.get(&page.attribute("a[download]", "href").expect("a link to the failed rows"));
    assert_eq!(failed.headers["content-disposition"], "attachment; filename=\"failed-rows.csv\"");
    let expected = "sku,name,on_hand,stores,reason\n\
        ,No code,5,,sku: Enter a SKU code.\n\
        NEG,Negative,-1,,on_hand: Enter 0 or more.\n\
        WORD,Words,many,,\"on_hand: Enter a whole number in digits, 0 or more.\"\n\
        HUGE,Huge,99999999999,,on_hand: Enter 1000000000 or less.\n\
        WHERE,Nowhere,5,lazada-sg|amazon-sg,Add the store “amazon-sg” first: there is no such store.\n\
        '=1+1,'=cmd|' /C calc'!A0,oops,,\"on_hand: Enter a whole number in digits, 0 or more.\"\n\
        CUT,Cut,,,Complete the row: it ends after 2 of 4 cells. The file may be cut off.\n";
    assert!(failed.has_byte_order_mark);
    assert_eq!(failed.body, expected);
    let corrected = failed.body.replace("oops", "6").replace(",-1,", ",1,").replace("|amazon-sg", "");
    let page = import(&mut browser, corrected);
    assert_eq!(counts(&page), ["7", "3", "3", "0", "4"]);
    assert_eq!(sku(&app, "=1+1").expect("a code like a formula").name, "=cmd|' /C calc'!A0");
    let failed = browser.get(&page.attribute("a[download]", "href").expect("a link to the failed rows"));
    assert_eq!(failed.body.lines().next(), Some("sku,name,on_hand,stores,reason"), "one column of reasons");
}

#[test]
fn a_file_that_cannot_be_read_as_a_whole_is_refused_with_what_to_do_and_nothing_is_kept() {
    let app = app();
    let mut browser = app.signed_in();
    let utf16: Vec<u8> = format!("\u{feff}{HEADER}A,B,1,\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (file, words) in [
        (&b""[..], "this one is empty"),
        (HEADER.as_bytes(), "this one has only a header"),
        (b"sku,name,on_hand,stores\nA,Caf\xE9,5,\n", "line 2 has the byte 0xE9"),
        (&utf16, "this one is in UTF-16"),
        (b"sku,name,on_hand,stores\nA,\"Tee,5,\nB,Mug,5,\n", "the file ends inside it"),
        (b"code;title\nA;Tee\n", "Add what is missing to the first line: sku, name, on_hand, stores"),
        (b"sku,name,on_hand,stores,SKU\nA,Tee,5,,B\n", "Keep only one column “sku”"),
        (b"sku,name,on_hand,stores\nA,T\0ee,5,\n", "line 2 has the byte 0x00"),
    ] {
        let page = send(&mut browser, file);
        assert_eq!(page.status, 422, "{words}: {}", page.text());
        assert!(page.title().starts_with("Error: "), "{}", page.title());
        assert_eq!(page.all("#file-error").len(), 1, "the words stand at the field");
        assert_eq!(page.all(".error-summary a[href='#file']").len(), 1, "and at the top");
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    let nothing = browser.get("/imports").submit(&[]);
    assert_eq!((nothing.status, nothing.all("#file-error")), (422, vec!["Error: Choose a file.".to_owned()]));
    assert!(browser.get("/imports").text().contains("No imports yet"));
}

#[test]
fn a_file_that_is_larger_than_the_limit_is_refused_with_the_limit() {
    let app = app_with(&[("FLASHSALE_UPLOAD_LIMIT_MIB", "1")]);
    let mut browser = app.signed_in();
    let page = send(&mut browser, vec![b'x'; 3 << 20]);
    assert_eq!(page.status, 413, "{}", page.text());
    assert!(page.text().contains("Send at most 1 MiB at once"), "{}", page.text());
    assert_eq!(import(&mut browser, generated(1)).status, 200, "and the next one is served");
}

#[test]
fn a_file_of_100_mb_is_imported_or_refused_like_any_other() {
    const BYTES: usize = 100_000_000;
    let app = app();
    let mut browser = app.signed_in();
    let no_rows = vec![b'x'; BYTES];
    let no_end = [HEADER.as_bytes(), b"TEE,\"", &no_rows].concat();
    for (line, file) in [(1, no_rows), (2, no_end)] {
        let page = send(&mut browser, file);
        assert_eq!(page.status, 422, "{}", page.text());
        assert!(
            page.all("#file-error")[0].contains(&format!("line {line}: it is longer than 64 KiB")),
            "{}",
            page.text()
        );
    }
    let about = "é".repeat(25_000);
    let rows = (0..BYTES / about.len()).map(|n| format!("S{n},SKU {n},5,lazada-sg,{about}\n"));
    let page = import(&mut browser, format!("sku,name,on_hand,stores,about\n{}", rows.collect::<String>()));
    assert_eq!(counts(&page), ["2000", "2000", "2000", "0", "0"]);
}

#[test]
fn ten_thousand_rows_are_imported_in_chunks_and_their_page_can_be_left() {
    let app = app();
    let mut browser = app.signed_in();
    let sent = send(&mut browser, generated(10_000));
    assert_eq!(browser.get("/imports").cell("catalogue.csv", "Rows"), "10000");
    let page = finished(&mut browser, sent.location.as_deref().expect("a page"));
    assert_eq!(counts(&page), ["10000", "10000", "10000", "0", "0"]);
    assert_eq!(number_of_skus(&app), 10_000);
    assert_eq!(sku(&app, "S9999").expect("the last row").on_hand, 100);
    assert!(page.headers.get("refresh").is_none(), "a page of a finished import stands still");
    assert_verified(&app.database, app.now());
}

/// An import of `rows` rows that no server has been notified of.
fn untold(app: &TestApp, rows: usize) -> Import {
    let new = NewImport {
        kind: Some(ImportKind::Catalogue),
        file_name: "left.csv".into(),
        actor: EMAIL.into(),
        is_check: false,
    };
    let (now, file) = (app.now(), generated(rows));
    let start = |conn: &mut db::Conn| start_import::run(conn, &new, now, file.as_bytes());
    app.database.write_blocking(start).expect("an import")
}

fn apply_chunk(app: &TestApp, id: Option<ImportId>) -> Option<Import> {
    let now = app.now();
    app.write(|conn| apply_import_chunk::run(conn, id, now).expect("a chunk"))
}

#[test]
fn a_running_import_shows_how_far_it_is_and_loads_itself_again_unless_told_not_to() {
    let app = app();
    let mut browser = app.signed_in();
    let import = untold(&app, 2_500);
    apply_chunk(&app, Some(import.id));
    let page = browser.get(&format!("/imports/{}", import.id));
    assert!(page.text().contains("1000 of 2500 rows done"), "{}", page.text());
    assert_eq!(page.attribute("progress", "value").as_deref(), Some("1000"));
    assert_eq!(page.headers["refresh"], "2");
    let still = browser.get(&page.attribute("a[href*=refresh]", "href").expect("a way to stop it"));
    assert!(still.headers.get("refresh").is_none(), "it was switched off");
}

#[test]
fn an_import_that_a_server_left_goes_on_where_it_was_when_another_starts() {
    let app = app();
    let mut browser = app.signed_in();
    let import = untold(&app, 3_500);
    let left = apply_chunk(&app, None).expect("the first chunk");
    assert_eq!((left.rows_done, left.finished_at), (1_000, None));
    app.start_another();
    let page = finished(&mut browser, &format!("/imports/{}", import.id));
    assert_eq!(counts(&page), ["3500", "3500", "3500", "0", "0"], "no row was applied twice");
    assert_eq!(ledger_of(&app, "S0").len(), 1);
}

#[test]
fn a_chunk_that_fails_half_way_leaves_nothing_behind() {
    let app = without_server();
    let import = untold(&app, 1_500);
    let now = app.now();
    let interrupted: Result<(), db::Error> = app.database.write_blocking(|conn| {
        apply_import_chunk::run(conn, Some(import.id), now)?;
        Err(db::Error::from(diesel::result::Error::RollbackTransaction))
    });
    assert!(interrupted.is_err());
    assert_eq!(number_of_skus(&app), 0);
    assert_eq!(apply_chunk(&app, Some(import.id)).expect("the first chunk").rows_done, 1_000);
    assert!(apply_chunk(&app, Some(import.id)).expect("the second chunk").finished_at.is_some());
    assert_eq!((apply_chunk(&app, Some(import.id)), apply_chunk(&app, None)), (None, None));
}

#[test]
fn two_servers_never_apply_the_same_chunk() {
    let app = without_server();
    if !on_postgres(&app.settings.database_url) {
        return; // There, one writer at a time has the whole file.
    }
    let import = untold(&app, 1_500);
    let now = app.now();
    let other = app.database.clone();
    app.write(|conn| {
        assert_eq!(apply_import_chunk::run(conn, None, now).expect("a chunk").expect("the first").rows_done, 1_000);
        let skipped = other.write_blocking(|conn| apply_import_chunk::run(conn, None, now));
        assert_eq!(skipped.expect("a database"), None, "the import is taken");
    });
    assert_eq!(apply_chunk(&app, None).expect("the second chunk").rows_done, import.rows_total);
}

#[test]
fn imports_are_listed_newest_first_a_page_at_a_time() {
    let app = app();
    let one_more = |_| {
        app.advance(TimeDelta::seconds(1));
        untold(&app, 1).id
    };
    let ids: Vec<ImportId> = (0..52).map(one_more).collect::<Vec<_>>().into_iter().rev().collect();
    let mut browser = app.signed_in();
    let mut shown = |path: &str| {
        let page = browser.get(path);
        let link = |css: &str| page.attribute(css, "href").unwrap_or_default();
        (page.all("tbody tr").len(), link("tbody a"), link("a[rel=next]"), link("a[rel=prev]"))
    };
    let (rows, newest, next, _) = shown("/imports");
    assert_eq!((rows, newest), (50, format!("/imports/{}", ids[0])));
    let (rows, newest, _, previous) = shown(&next);
    assert_eq!((rows, newest), (2, format!("/imports/{}", ids[50])));
    assert_eq!(shown(&previous).1, format!("/imports/{}", ids[0]));
}

#[test]
fn an_import_that_does_not_exist_is_not_found() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    for path in ["/imports/x", "/imports/019a0000-0000-7000-8000-000000000000", "/imports/x/failed-rows.csv"] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
    assert_eq!(app.browser().get("/imports").status, 303, "the page needs a session");
}

/// Runs `flashsale import catalogue FILE` on the database of `app`.
fn command(app: &TestApp, file: &std::path::Path) -> Output {
    run_program(&app.url, &["import", "catalogue", file.to_str().expect("a path of text")])
}

#[test]
fn the_command_line_imports_a_file_to_its_end() {
    let app = app();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.csv");
    std::fs::write(&file, generated(2_500)).expect("a file");
    let output = command(&app, &file);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Rows: 2500. Created: 2500. Updated: 0. Failed: 0.\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("1000 of 2500 rows"), "{output:?}");
    assert_eq!(ledger_of(&app, "S0")[0].1, "command line");
    assert_eq!(app.signed_in().get("/imports").cell("catalogue.csv", "By"), "command line");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing failed, nothing is written");
}

#[test]
fn the_command_line_leaves_the_rows_that_fail_beside_the_file_and_says_so() {
    let app = app();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.csv");
    std::fs::write(&file, format!("{HEADER}TEE,Tee,5,lazada-sg\nMUG,Mug,many,\n")).expect("a file");
    let output = command(&app, &file);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Rows: 2. Created: 1. Updated: 0. Failed: 1.\n");
    let failed = folder.path().join("catalogue.csv.failed.csv");
    assert!(String::from_utf8_lossy(&output.stderr).contains(&*failed.to_string_lossy()), "{output:?}");
    let rows = std::fs::read_to_string(&failed).expect("the failed rows");
    let expected = "sku,name,on_hand,stores,reason\n\
        MUG,Mug,many,,\"on_hand: Enter a whole number in digits, 0 or more.\"\n";
    assert_eq!(rows, ["\u{feff}", expected].concat());
    std::fs::write(&failed, rows.replace("many", "7")).expect("a corrected file");
    assert!(command(&app, &failed).status.success());
    assert_eq!(sku(&app, "MUG").expect("MUG").on_hand, 7);
}

#[test]
fn the_command_line_says_what_is_wrong_with_a_file_as_a_whole() {
    let app = app();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.csv");
    std::fs::write(&file, "sku,colour\nTEE,red\n").expect("a file");
    for (file, words) in [
        (file.clone(), "Add what is missing to the first line: sku, name, on_hand, stores"),
        (folder.path().join("nowhere.csv"), "The file could not be read"),
        (folder.path().to_owned(), "The file could not be read"),
    ] {
        let output = command(&app, &file);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(words), "{output:?}");
    }
    assert!(app.signed_in().get("/imports").text().contains("No imports yet"));
}
