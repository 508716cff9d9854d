//! A catalogue file that would take many listings off asks first.

use crate::{
    imports::files::finished,
    scene::{LAZADA, SHOPEE, add_sku, add_stores, read, store_code},
    support::{Browser, TestApp, run_program},
};
use flashsale::db::stores::listings;

/// A catalogue of 20 SKUs on both stores.
fn shop() -> TestApp {
    let app = TestApp::start();
    add_stores(&app.database, &[LAZADA, SHOPEE]);
    for nth in 0..20 {
        add_sku(&app.database, &format!("S{nth:02}"), "A shirt", 5, &[LAZADA, SHOPEE]);
    }
    app
}

/// A file that leaves only Shopee to the first `unlisted` SKUs.
fn file(unlisted: usize) -> String {
    let mut file = String::from("sku,name,on_hand,stores\n");
    for nth in 0..20 {
        let stores = if nth < unlisted { SHOPEE.to_owned() } else { format!("{LAZADA}|{SHOPEE}") };
        file.push_str(&format!("S{nth:02},A hat,7,{stores}\n"));
    }
    file
}

fn listed(app: &TestApp) -> usize {
    read(&app.database, listings::counts).get(&store_code(LAZADA)).copied().unwrap_or(0)
}

fn send(browser: &mut Browser, unlisted: usize) -> String {
    let sent = browser.get("/imports").submit_file("file", "catalogue.csv", file(unlisted).as_bytes());
    sent.location.expect("the page of the import")
}

#[test]
fn a_file_that_takes_more_than_a_tenth_of_a_store_off_waits_for_an_answer() {
    let app = shop();
    let mut browser = app.signed_in();
    let path = send(&mut browser, 12);
    let page = browser.get(&path);
    assert!(page.text().contains("It takes off 12 of 20 listings of lazada-sg"), "{}", page.text());
    assert!(page.text().contains("State Waits for an answer"), "{}", page.text());
    assert!(browser.get("/imports").text().contains("Waits for an answer"));
    assert_eq!(listed(&app), 20);
    assert!(!browser.get("/catalogue").text().contains("A hat"), "nothing of it is applied");

    page.submit_form(&format!("form[action='{path}/cancel']"), &[]);
    let page = browser.get(&path);
    assert!(page.text().contains("State Finished, some rows failed"), "{}", page.text());
    assert!(page.text().contains("The import was cancelled."), "{}", page.text());
    assert_eq!(listed(&app), 20);

    let path = send(&mut browser, 12);
    browser.get(&path).submit_form(&format!("form[action='{path}/go-on']"), &[]);
    finished(&mut browser, &path);
    assert_eq!(listed(&app), 8);
}

#[test]
fn a_few_listings_are_taken_off_without_a_question() {
    let app = shop();
    let mut browser = app.signed_in();
    let path = send(&mut browser, 10);
    finished(&mut browser, &path);
    assert_eq!(listed(&app), 10);
}

#[test]
fn the_command_line_takes_many_listings_off_only_with_a_flag() {
    let app = shop();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("catalogue.csv");
    std::fs::write(&path, file(20)).expect("a file");
    let path = path.to_str().expect("a path of text");
    let refused = run_program(&app.url, &["import", "catalogue", path]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && words.contains("20 of 20 listings of lazada-sg"), "{words}");
    assert!(words.contains("Use --retire if that is right."), "{words}");
    assert_eq!(listed(&app), 20);
    let taken = run_program(&app.url, &["import", "catalogue", path, "--retire"]);
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    assert_eq!(listed(&app), 0);
}
